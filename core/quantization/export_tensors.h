// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/safetensors.h"
#include "core/quantization/export.h"
#include "core/quantization/export_packed.h"

#include <span>
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

/// A site's float weight times its smoothing factors per column, before it is quantized.
Result<std::vector<float>>
smoothedWeight(const Checkpoint& checkpoint, SiteId site, const ResolvedSite& resolved);

/// The tensors of the exported checkpoint under Hugging Face's names, in the order of the computation; the
/// linears that `packed` ([site index], may be empty) says so as integers and scales. `checkpoint`, `plan`,
/// `packed` and `job` have to outlive the result. Values that are not finite are added to `nonfinite` as they
/// are met.
std::vector<TensorToWrite> exportTensors(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, DType dtype, const Job& job,
    std::int64_t& nonfinite, std::span<const PackedLinear> packed = {});

} // namespace mambascope
