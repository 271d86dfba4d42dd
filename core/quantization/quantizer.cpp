// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/quantizer.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace mambascope {
namespace {

constexpr std::int32_t kInfinityBits = 0x7f800000;
/// 1.5 · 2^23: adding it leaves no bit below 1, so that the processor's rounding mode (to nearest even)
/// rounds to an integer. Unlike a call of rint it vectorises on every processor; it holds for magnitudes up
/// to 2^22.
constexpr float kRounder = 12582912.0f;
/// Values a count of 32 bits is kept for.
constexpr std::size_t kChunk = 1U << 16;

[[gnu::always_inline]] inline std::int32_t magnitudeBits(float x) {
    return std::bit_cast<std::int32_t>(x) & 0x7fffffff;
}

/// clamp(round(x / Δ), −limit, limit). Clamping first gives the same, because the limits are integers. A NaN
/// fails both comparisons and stays.
[[gnu::always_inline]] inline float roundedQuotient(float x, float scale, float limit) {
    float v = x / scale;
    v = v > limit ? limit : v;
    v = v < -limit ? -limit : v;
    return (v + kRounder) - kRounder;
}

[[gnu::always_inline]] inline std::int64_t
fakeQuantizeKernel(float* __restrict x, std::size_t count, float scale, float limit) {
    std::int64_t nonfinite = 0;
    for (std::size_t first = 0; first < count; first += kChunk) {
        const std::size_t last = std::min(count, first + kChunk);
        std::int32_t found = 0;
        for (std::size_t i = first; i < last; ++i) {
            found += magnitudeBits(x[i]) >= kInfinityBits ? 1 : 0;
            x[i] = roundedQuotient(x[i], scale, limit) * scale;
        }
        nonfinite += found;
    }
    return nonfinite;
}

/// Largest finite magnitude as a bit pattern; patterns compare like magnitudes.
[[gnu::always_inline]] inline std::int32_t absmaxKernel(const float* __restrict x, std::size_t count) {
    std::int32_t largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t bits = magnitudeBits(x[i]);
        const std::int32_t finite = bits < kInfinityBits ? bits : 0;
        largest = finite > largest ? finite : largest;
    }
    return largest;
}

struct Kernels {
    std::int64_t (*fakeQuantize)(float*, std::size_t, float, float);
    std::int32_t (*absmax)(const float*, std::size_t);
};

std::int64_t fakeQuantizePortable(float* x, std::size_t count, float scale, float limit) {
    return fakeQuantizeKernel(x, count, scale, limit);
}
std::int32_t absmaxPortable(const float* x, std::size_t count) {
    return absmaxKernel(x, count);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] std::int64_t fakeQuantizeAvx2(float* x, std::size_t count, float scale, float limit) {
    return fakeQuantizeKernel(x, count, scale, limit);
}
[[gnu::target("avx2")]] std::int32_t absmaxAvx2(const float* x, std::size_t count) {
    return absmaxKernel(x, count);
}
#endif

/// Every operation is exact or correctly rounded per element, so all widths give the same numbers.
const Kernels& kernels() {
#if defined(__x86_64__)
    static const Kernels chosen = __builtin_cpu_supports("avx2")
                                      ? Kernels{fakeQuantizeAvx2, absmaxAvx2}
                                      : Kernels{fakeQuantizePortable, absmaxPortable};
#else
    static const Kernels chosen{fakeQuantizePortable, absmaxPortable};
#endif
    return chosen;
}

/// A scale of 0 stands for "every q is 0"; only NaN stays.
std::int64_t clear(std::span<float> x) {
    std::int64_t nonfinite = 0;
    for (float& value : x) {
        nonfinite += magnitudeBits(value) >= kInfinityBits ? 1 : 0;
        value = std::isnan(value) ? value : 0.0f;
    }
    return nonfinite;
}

} // namespace

int quantizerMax(int bits) {
    assert(bits >= 2 && bits <= 8);
    return (1 << (bits - 1)) - 1;
}

float quantizerScale(float absmax, int bits) {
    const float scale = absmax / static_cast<float>(quantizerMax(bits));
    return std::isnormal(scale) ? scale : 0.0f;
}

float finiteAbsmax(std::span<const float> x) {
    return std::bit_cast<float>(kernels().absmax(x.data(), x.size()));
}

std::int64_t fakeQuantize(std::span<float> x, float scale, int bits) {
    if (scale == 0.0f) {
        return clear(x);
    }
    return kernels().fakeQuantize(x.data(), x.size(), scale, static_cast<float>(quantizerMax(bits)));
}

std::int64_t quantize(std::span<const float> x, float scale, int bits, std::span<std::int8_t> q) {
    assert(q.size() == x.size());
    const auto limit = static_cast<float>(quantizerMax(bits));
    std::int64_t nonfinite = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        nonfinite += magnitudeBits(x[i]) >= kInfinityBits ? 1 : 0;
        const bool zero = scale == 0.0f || std::isnan(x[i]);
        q[i] = zero ? std::int8_t{0} : static_cast<std::int8_t>(roundedQuotient(x[i], scale, limit));
    }
    return nonfinite;
}

} // namespace mambascope
