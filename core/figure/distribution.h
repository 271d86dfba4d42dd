// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/chart.h"
#include "core/figure/figure.h"

namespace mambascope {

/// How the magnitudes at the linears of a layer are distributed, a panel each: the share of all elements
/// (over tokens and channels) in every bin of the calibration's histogram, over the magnitude, both
/// logarithmic. Marked are the percentiles 99, 99.9 and 99.99, mean + 6σ of all elements, and the threshold
/// of the outlier rule. The first bin holds zeros too. A panel says why it is empty where only the largest
/// magnitudes are known. Of the options side, rule and k count. `layer` has to be in range.
Chart distributionChart(const CalibrationSnapshot& calibration, int layer, const FigureOptions& options);

/// How every channel is distributed over tokens, a panel for each linear: channels sorted by their absmax,
/// and over them the ribbons from the smallest to the largest value and mean ± σ, and the mean as a line.
/// Symmetric logarithmic. Outliers of the rule are marked.
Chart channelRibbons(const CalibrationSnapshot& calibration, int layer, const FigureOptions& options);

} // namespace mambascope
