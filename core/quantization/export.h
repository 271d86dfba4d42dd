// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/model/model.h"
#include "core/quantization/export_request.h"
#include "core/quantization/resolve.h"

#include <vector>

namespace mambascope {

/// The weight that a site multiplies with under a plan: float weight [outputs, inputs] times smoothing per
/// column, then fake-quantized. The engine and the exporter both use it, so that an export holds the
/// session's weights.
Result<std::vector<float>>
effectiveWeight(const Checkpoint& checkpoint, SiteId site, const ResolvedSite& resolved);

/// Writes a checkpoint that other programs load, with a model card (README.md) and mambascope.json (plan,
/// scales of both sides, smoothing vectors, zeroed channels, hashes).
///
/// `hf`: MambaForCausalLM, FalconMambaForCausalLM or Mamba2ForCausalLM with fake-quantized weights.
/// `compressed-tensors`: the same with the linears as integers and scales that decode to the same weights.
/// `gguf`: model.gguf for llama.cpp (Mamba and FalconMamba), whose blocks quantize the plan's weights again.
///
/// Smoothing at in_proj is folded into the norm weight, at dt_proj into x_proj's dt rows when x_proj's output
/// is not quantized (not in FalconMamba, whose norm lies between), and at Mamba-2's out_proj into the gated
/// norm's weight; where no exact fold exists the smoothing vector stands in mambascope.json and the notes say
/// so. Zeroed input channels become zero columns of the weight. Usage, with a sentence, for what the format
/// cannot express. The folder appears complete or not at all; only one tensor at a time is in memory.
/// `calibration` says in the model card where the scales come from; it may be null.
Result<ExportReport> exportModel(
    const Checkpoint& checkpoint, const ResolvedPlan& resolved, const ExportRequest& request,
    const CalibrationSource* calibration, const Job& job);

} // namespace mambascope
