// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/calibration/outliers.h"
#include "core/quantization/plan.h"
#include "core/quantization/resolve.h"

#include <string>
#include <vector>

namespace mambascope {

/// Largest absolute input of every channel, by SiteId::index(); empty where it is not known.
using SiteAbsmax = std::vector<std::vector<float>>;

SiteAbsmax inputAbsmax(const CalibrationSnapshot& calibration);
/// The same after what a plan does before it quantizes (absmaxAfterPlan()). Sites that it smooths are not
/// known without `weights`.
SiteAbsmax inputAbsmaxAfter(
    const QuantPlan& plan, const CalibrationSnapshot& calibration, const WeightStatistics* weights);

/// A channel that is an outlier in one of two and not in the other.
struct ChangedOutlier {
    int layer = 0, channel = 0;
    bool added = false; ///< in the second only
    float from = 0, to = 0;
    bool operator==(const ChangedOutlier&) const = default;
};

/// How many times as large the second of two is as the first: layers × channels of one linear's inputs.
struct RatioMap {
    Linear linear = Linear::OutProj;
    int layers = 0, channels = 0;
    /// [layers × channels] log₂ of to / from; −∞ where only the second is 0, +∞ where only the first is; NaN
    /// where it is not known.
    std::vector<float> log2Ratio;
    double range = 1;                    ///< the largest finite |log₂|, at least 1: what colours reach to
    std::vector<ChangedOutlier> changed; ///< by layer and channel
    std::string emptyText;               ///< why there is nothing to show; empty if there is

    float at(int layer, int channel) const {
        return log2Ratio
            [static_cast<std::size_t>(layer) * static_cast<std::size_t>(channels) +
             static_cast<std::size_t>(channel)];
    }
};

/// Outliers are those of channel-spread or mad with factor k; the other rules need more than maxima, and
/// channel-spread stands in for them.
RatioMap ratioMap(
    const ModelSpec& spec, Linear linear, const SiteAbsmax& from, const SiteAbsmax& to, OutlierRule rule,
    double k);

/// `bands × width` pixels, row-major: of all that falls on a pixel, what lies furthest from 1. No change is
/// lost at any size; NaN where nothing is known.
std::vector<float> pooledRatios(const RatioMap& map, int width, int bands);

/// layer, channel, ratio, outlier_added, outlier_removed: a line for every channel that is known.
std::string ratioMapToCsv(const RatioMap& map);

} // namespace mambascope
