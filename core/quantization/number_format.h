// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/small_float.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mambascope {

std::string_view numberFormatName(NumberFormat format);  ///< "int", "fp8_e4m3", "fp8_e5m2", "mxfp4", "nvfp4"
std::string_view numberFormatTitle(NumberFormat format); ///< "integer", "FP8 E4M3", … "NVFP4"
std::optional<NumberFormat> parseNumberFormat(std::string_view name);

/// Elements that share a block scale: 32 (mxfp4), 16 (nvfp4), or 0 for the formats without.
int blockSize(NumberFormat format);

/// The nearest value of the format, ties to even, saturating. NaN stays NaN.
float roundToSmallFloat(float x, const SmallFloat& format);

/// What a largest magnitude is divided by for floatScale(): 448, 57344, 6 · 448. Neither for Int nor mxfp4.
float scaleDivisor(NumberFormat format);

/// Scale of a tensor, row or group in one of the float formats, from its largest finite magnitude: absmax /
/// 448, absmax / 57344, or for nvfp4 absmax / (6 · 448), on which its block scales build. Fp32; 0 — every
/// value becomes 0 — where that is no normal number. 1 for mxfp4, which has block scales only. Not for Int.
float floatScale(float absmax, NumberFormat format);

/// x ← x̂ for values that share `scale`, those of a row in their order: blocks are cut from the front, the
/// last one may be shorter. fp8: x̂ = scale · round(x / scale). mxfp4: block scale 2^(⌊log2 absmax⌋ − 2), as
/// E8M0. nvfp4: block scale = scale · E4M3(absmax / 6 / scale). The block scale of an all-zero block is 1; a
/// block scale that rounds to 0 makes its block 0. Not for Int. Returns the count of values that are not
/// finite: NaN stays, infinities saturate, and block scales do without both.
std::int64_t fakeQuantizeFloat(std::span<float> row, float scale, NumberFormat format);

} // namespace mambascope
