// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/quantization/plan.h"

namespace mambascope {

/// Whether the magnitudes' distribution is known, and not their maxima alone.
bool hasDistribution(const ChannelStatistics& statistics);

/// The magnitude at which a static scale ends, at most `absmax`, from the histogram of all channels' magnitudes
/// (ChannelStatistics::histogram), in whose bins values are taken for evenly spread.
///
/// Percentile: the magnitude that `percent` % of the values do not exceed.
/// Mse: of absmax · 2^(−i/8), i = 0 … 80, the largest c with the least expected squared error of an integer quantizer
/// of `bits` bits: Δ²/12 for what lies below c, Δ = c / qmax, and (|x| − c)² for what is clamped.
float clipMagnitude(const ChannelStatistics& statistics, Clip clip, float absmax, int bits);

} // namespace mambascope
