// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Plain constants, because kernels' compilers read this header too.

namespace mambascope {

/// Bins of the magnitude histogram. Bin edges are 2^e and 1.5·2^e: bin b counts values whose magnitude x has
/// histogramBin(x) == b. Bin 0 also takes zeros and everything smaller, the last bin everything larger.
inline constexpr int kHistogramBins = 80;
/// Bits 22 and up of 2^-20, the biased exponent and the first mantissa bit: what bin 0 starts at.
inline constexpr int kHistogramFirstPattern = (127 - 20) * 2;

} // namespace mambascope
