// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/number_format.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>

namespace mambascope {
namespace {

struct Description {
    std::string_view name, title;
    SmallFloat element;
    int block;
};

constexpr std::array<Description, 5> kFormats{
    {{"int", "integer", {}, 0},
     {"fp8_e4m3", "FP8 E4M3", kE4M3, 0},
     {"fp8_e5m2", "FP8 E5M2", kE5M2, 0},
     {"mxfp4", "MXFP4", kE2M1, 32},
     {"nvfp4", "NVFP4", kE2M1, 16}}};

const Description& describe(NumberFormat format) {
    return kFormats[static_cast<std::size_t>(format)];
}

float powerOfTwo(int exponent) { // of a normal number
    return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23);
}

/// ⌊log2 x⌋ of a normal number above 0; −127 for 0 and denormal ones.
int exponentOf(float x) {
    return static_cast<int>(std::bit_cast<std::uint32_t>(x) >> 23 & 0xff) - 127;
}

float largestFinite(std::span<const float> x) {
    float largest = 0;
    for (const float value : x) {
        const float magnitude = std::fabs(value);
        largest = std::isfinite(magnitude) && magnitude > largest ? magnitude : largest;
    }
    return largest;
}

float normalOrZero(float scale) {
    return std::isnormal(scale) ? scale : 0.0f;
}

/// What a block's values are divided by; 0 where all become 0.
float blockScale(float absmax, float scale, NumberFormat format) {
    if (absmax == 0.0f) {
        return 1.0f;
    }
    if (format == NumberFormat::MxFp4) {
        // E8M0 holds 2^−127 … 2^127; 2^−127 is no normal fp32 number, and so is left out.
        return powerOfTwo(std::clamp(exponentOf(absmax) - 2, -126, 127));
    }
    return scale == 0.0f ? 0.0f : normalOrZero(scale * roundToSmallFloat(absmax / 6.0f / scale, kE4M3));
}

std::int64_t roundAll(std::span<float> x, float scale, const SmallFloat& element) {
    std::int64_t nonfinite = 0;
    for (float& value : x) {
        nonfinite += std::isfinite(value) ? 0 : 1;
        if (scale != 0.0f) {
            value = roundToSmallFloat(value / scale, element) * scale;
        } else if (!std::isnan(value)) {
            value = 0.0f;
        }
    }
    return nonfinite;
}

} // namespace

std::string_view numberFormatName(NumberFormat format) {
    return describe(format).name;
}

std::string_view numberFormatTitle(NumberFormat format) {
    return describe(format).title;
}

std::optional<NumberFormat> parseNumberFormat(std::string_view name) {
    const auto found = std::find_if(
        kFormats.begin(), kFormats.end(), [&](const Description& format) { return format.name == name; });
    return found == kFormats.end() ? std::nullopt
                                   : std::optional(static_cast<NumberFormat>(found - kFormats.begin()));
}

int blockSize(NumberFormat format) {
    return describe(format).block;
}

float roundToSmallFloat(float x, const SmallFloat& format) {
    const float magnitude = std::fabs(x);
    if (!(magnitude < format.largest)) { // a NaN, too
        return std::isnan(x) ? x : std::copysign(format.largest, x);
    }
    // Neighbours of a value lie 2^(exponent − mantissaBits) apart, below the first exponent as far as in it.
    // Adding 1.5 · 2^23 of these steps leaves no bit below one, in the processor's rounding to nearest even.
    const int step = std::max(exponentOf(magnitude), format.minExponent) - format.mantissaBits;
    const float rounder = 1.5f * powerOfTwo(23 + step);
    return std::copysign((magnitude + rounder) - rounder, x);
}

float scaleDivisor(NumberFormat format) {
    assert(format != NumberFormat::Int && format != NumberFormat::MxFp4);
    const float largest = describe(format).element.largest;
    return format == NumberFormat::NvFp4 ? largest * kE4M3.largest : largest;
}

float floatScale(float absmax, NumberFormat format) {
    return format == NumberFormat::MxFp4 ? 1.0f : normalOrZero(absmax / scaleDivisor(format));
}

std::int64_t fakeQuantizeFloat(std::span<float> row, float scale, NumberFormat format) {
    assert(format != NumberFormat::Int);
    const Description& description = describe(format);
    if (description.block == 0) {
        return roundAll(row, scale, description.element);
    }
    const auto size = static_cast<std::size_t>(description.block);
    std::int64_t nonfinite = 0;
    for (std::size_t first = 0; first < row.size(); first += size) {
        const std::span<float> block = row.subspan(first, std::min(size, row.size() - first));
        nonfinite += roundAll(block, blockScale(largestFinite(block), scale, format), description.element);
    }
    return nonfinite;
}

} // namespace mambascope
