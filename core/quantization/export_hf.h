// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/model/model.h"
#include "core/quantization/resolve.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mambascope {

/// The weight that a site multiplies with under a plan: float weight [outputs, inputs] times smoothing per
/// column, then fake-quantized. The engine and the exporter both use it, so that an export holds the
/// session's weights.
Result<std::vector<float>>
effectiveWeight(const Checkpoint& checkpoint, SiteId site, const ResolvedSite& resolved);

struct ExportRequest {
    std::filesystem::path folder;
    bool overwrite = false;
    QuantPlan plan;
    std::string calibrationHash; ///< recorded in mambascope.json; may be empty
    std::string checkpointHash;
    std::optional<DType>
        dtype; ///< of the written weights; none: fp32, which holds every fake-quantized value exactly
};

struct ExportReport {
    std::vector<std::string> files;
    std::vector<std::string> notes; ///< what the checkpoint alone cannot express, a sentence each
    std::int64_t bytes = 0;
};

/// Writes an ordinary HF checkpoint (MambaForCausalLM, FalconMambaForCausalLM, Mamba2ForCausalLM) with
/// fake-quantized weights: config.json, model.safetensors, tokenizer files copied, and mambascope.json (plan,
/// scales of both sides, smoothing vectors, zeroed channels, hashes). Smoothing at in_proj is folded into the
/// norm weight, at dt_proj into x_proj's dt rows when x_proj's output is not quantized (not in FalconMamba,
/// whose norm lies between), and at Mamba-2's out_proj into the gated norm's weight; where no exact fold
/// exists the smoothing vector stands in mambascope.json and the notes say so. Zeroed input channels become
/// zero columns of the weight. The folder appears complete or not at all.
Result<ExportReport> exportHf(
    const Checkpoint& checkpoint, const ResolvedPlan& resolved, const ExportRequest& request, const Job& job);

} // namespace mambascope
