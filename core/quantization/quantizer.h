// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/quantization/plan.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mambascope {

/// Largest integer of n-bit symmetric, restricted-range quantization: 2^(n−1) − 1.
int quantizerMax(int bits);

/// Scale Δ = absmax / qmax in fp32. Returns 0 — which stands for "every q is 0" — if absmax is 0 or Δ is no
/// normal number.
float quantizerScale(float absmax, int bits);

/// x ← clamp(round(x / Δ), −qmax, qmax) · Δ with round to nearest even and a true division. Δ = 0 gives 0.
/// NaN stays NaN, infinities saturate; the return value counts both.
std::int64_t fakeQuantize(std::span<float> x, float scale, int bits);

/// The integers of the same definition (NaN gives 0 and is counted).
std::int64_t quantize(std::span<const float> x, float scale, int bits, std::span<std::int8_t> q);

/// Largest |x| among the finite values; 0 if there is none.
float finiteAbsmax(std::span<const float> x);

struct WeightQuantization {
    int bits = kBitsOff; ///< of the integer format
    Granularity granularity;
    NumberFormat format = NumberFormat::Int;
    bool active() const { return format != NumberFormat::Int || bits < kBitsOff; }
    bool operator==(const WeightQuantization&) const = default;
};

/// Scales of a weight [rows, columns], row-major: one (tensor), one a row (channel), or ⌈columns/g⌉ a row
/// (group). The formats with block scales have one for the tensor, whatever the granularity (floatScale()).
std::vector<float> weightScales(
    std::span<const float> weight, std::int64_t rows, std::int64_t columns, const WeightQuantization& how);

/// Fake-quantizes a weight [rows, columns] in place; bits = kBitsOff changes nothing. Returns the count of
/// non-finite values met.
std::int64_t fakeQuantizeWeight(
    std::span<float> weight, std::int64_t rows, std::int64_t columns, const WeightQuantization& how);

/// The same for a parameter of any shape: the first dimension counts the rows, a vector (D) is one row.
std::int64_t fakeQuantizeParameter(
    std::span<float> values, std::span<const std::int64_t> shape, const WeightQuantization& how);

/// SmoothQuant factors s_j = max(max|X_j|^α / max|W_j|^(1−α), 1e−5), computed in double, stored in fp32
/// (arXiv 2211.10438, eq. 4). s_j = 1 where either maximum is 0 and for every channel in `zeroed`
/// (ascending).
std::vector<float> smoothingFactors(
    std::span<const float> inputAbsmax, std::span<const float> columnAbsmax, double alpha,
    std::span<const std::int32_t> zeroed);

/// Largest |W_ij| of every column j of a weight [rows, columns].
std::vector<float> columnAbsmax(std::span<const float> weight, std::int64_t rows, std::int64_t columns);

} // namespace mambascope
