// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/safetensors.h"
#include "core/quantization/export_hf.h"

#include <string>
#include <vector>

namespace mambascope {

/// Where the division by a site's smoothing factors went in an exported checkpoint.
enum class SmoothingFold {
    None,      ///< the site is not smoothed
    Norm,      ///< into the weight of the norm before in_proj
    XProj,     ///< into the rows of x_proj that make dt_proj's input
    GatedNorm, ///< into the weight of Mamba-2's norm before out_proj
    Columns,   ///< nowhere exact: the factors are divided out of the written weight's columns
};
SmoothingFold smoothingFold(const ModelSpec& spec, const ResolvedPlan& plan, SiteId site);

/// The tensors of the exported checkpoint under Hugging Face's names, in the order of the computation.
/// `checkpoint`, `plan` and `job` have to outlive the result. Values that are not finite are added to
/// `nonfinite` as they are met.
std::vector<TensorToWrite> exportTensors(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, DType dtype, const Job& job,
    std::int64_t& nonfinite);

/// config.json of the exported checkpoint: the original's keys, with everything that decides the shape set
/// right.
OrderedJson exportConfig(const Checkpoint& checkpoint, DType dtype);

/// What the weights cannot express, a sentence each.
std::vector<std::string> exportNotes(const ModelSpec& spec, const ResolvedPlan& plan, DType dtype);

/// mambascope.json: plan, scales of both sides, smoothing factors, zeroed channels, hashes, notes.
OrderedJson exportRecord(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, const ExportRequest& request, DType dtype,
    const std::vector<std::string>& notes);

} // namespace mambascope
