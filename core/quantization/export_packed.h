// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/checkpoint/safetensors.h"
#include "core/model/model.h"
#include "core/quantization/resolve.h"

#include <span>
#include <string>
#include <vector>

namespace mambascope {

/// How the compressed-tensors layout (vllm-project/compressed-tensors) stores the linear of one site.
struct PackedLinear {
    enum class Storage {
        Float, ///< an ordinary weight
        Int8,  ///< "int-quantized": one int8 a value, activations quantized too
        Packed ///< "pack-quantized": int32 words, lowest bits first, value + 2^(bits−1); weights only
    };
    Storage storage = Storage::Float;
    WeightQuantization weight; ///< as the scales are stored: "channel" also where one group spans a row
    ResolvedActivation input;  ///< active only if the layout holds it
    bool rowFactors = false;   ///< the scales of some rows carry the smoothing of the site behind
    bool operator==(const PackedLinear&) const = default;
};
std::string_view packedStorageName(PackedLinear::Storage storage); ///< "float", "int8", "packed"

/// How each site is stored, [site index]. Sites whose smoothing has no exact place before them stay float.
/// Usage, naming the sites, if a weight has other than 4 or 8 bits or a group size that does not divide its
/// row, and if no linear is left to be stored as integers.
Result<std::vector<PackedLinear>> packedLayout(const ModelSpec& spec, const ResolvedPlan& plan);

/// The tensors of one linear that is not stored as float: weight (int8) or weight_packed and weight_shape,
/// weight_scale of type `scaleType`, and input_scale where the input has a static scale. Names begin with
/// `module`. weight_scale times the integers is the effective weight (effectiveWeight()), bit for bit with
/// fp32 scales, except for rows with factors. Producing fails if that does not hold, e.g. for NaN.
/// `checkpoint` and `plan` have to outlive the result.
std::vector<TensorToWrite> packedTensors(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, SiteId site, const PackedLinear& linear,
    const std::string& module, DType scaleType);

/// "quantization_config" of config.json.
OrderedJson packedConfig(const ModelSpec& spec, std::span<const PackedLinear> layout);

} // namespace mambascope
