// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Nothing but plain types: the compilers of GPU kernels read this header, too.

namespace mambascope {

/// What a quantized value is stored as: an n-bit integer, or a small floating-point number (OCP 8-bit
/// floating-point specification; OCP microscaling formats 1.0; NVFP4).
enum class NumberFormat { Int, Fp8E4M3, Fp8E5M2, MxFp4, NvFp4 };

/// A small float: sign, exponent from `minExponent` on (below it the values are denormal), `mantissaBits`.
struct SmallFloat {
    int mantissaBits = 0, minExponent = 0;
    float largest = 0; ///< finite; larger magnitudes saturate
};
inline constexpr SmallFloat kE4M3{3, -6, 448.0f};
inline constexpr SmallFloat kE5M2{2, -14, 57344.0f};
inline constexpr SmallFloat kE2M1{1, 0, 6.0f};

} // namespace mambascope
