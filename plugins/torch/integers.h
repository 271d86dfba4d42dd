// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"
#include "core/quantization/resolve.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mambascope {

// What the dtype int8 means, on every device: linears multiply 8-bit integers and sum them in 32 bits, exactly. A
// linear whose weight the plan makes integers of (a scale a tensor or a channel) and whose input it makes integers of
// yields what fake quantization does, up to the rounding of its fp32 sums. in_proj and out_proj are integers under every
// plan that has no other number format or group scales for them: what the plan leaves in floats becomes 8 bits, a
// scale an output (weight) and a scale a token (input). All other linears, and the head, are what the backend takes for
// floats. Then y = (sum · Δ of the output) · Δ of the row, each step rounded to fp32: the same everywhere, bit for bit.

/// Whether such a linear multiplies integers.
bool multipliesIntegers(const ResolvedSite& site, Linear linear);

/// What quantizes the input of such a linear.
ResolvedActivation integerInput(const ResolvedActivation& quantizer);

struct IntegerWeight {
    std::vector<std::int8_t> q; ///< [outputs, inputs]
    /// [outputs] Δ; NaN where a weight is no finite number, which spoils its output as it does in floats.
    std::vector<float> scales;
};
/// The integers of a weight [outputs, inputs] that the plan has fake-quantized already, or left in floats.
IntegerWeight
toIntegers(std::span<const float> weight, std::int64_t outputs, const ResolvedSite& site, int threads);

/// 255 · 127 times so many inputs fit into 31 bits.
inline constexpr std::int64_t kMostIntegerInputs = 65536;

} // namespace mambascope
