// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/calibration/outliers.h"
#include "core/figure/heat_grid.h"
#include "core/quantization/plan.h"
#include "core/quantization/resolve.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// What the colour of a channel says.
enum class HeatStatistic {
    Absmax,       ///< largest absolute activation
    Sigmas,       ///< the same, in the spreads of the outlier rule above its centre (OutlierChannel::sigmas)
    WeightAbsmax, ///< largest absolute weight of the column that meets the channel; input sides only
};
std::string_view heatStatisticName(HeatStatistic statistic); ///< "absmax", "sigmas", "weight"
std::optional<HeatStatistic> parseHeatStatistic(std::string_view text);

/// How the layers are sorted from top to bottom.
enum class HeatOrder { Depth, OutlierShare, Largest };
std::string_view heatOrderName(HeatOrder order); ///< "depth", "outliers", "largest"
std::optional<HeatOrder> parseHeatOrder(std::string_view text);

struct HeatOptions {
    Linear linear = Linear::OutProj;
    Side side = Side::Input;
    HeatStatistic statistic = HeatStatistic::Absmax;
    HeatOrder order = HeatOrder::Depth;
    AxisScale scale = AxisScale::Log;
    OutlierRule rule = OutlierRule::ChannelSpread;
    double k = 6;
    bool operator==(const HeatOptions&) const = default;
};

/// One layer of a heat map.
struct HeatRow {
    std::vector<int> outliers; ///< channels, ascending
    float largest = 0;         ///< of the statistic
    int largestChannel = 0;
    double centre = 0, spread = 0; ///< of the outlier rule; spread 0 if it has none
};

/// Layers × channels of one site: what a heat map shows, without how it is painted.
struct HeatMap {
    HeatOptions options;
    std::string title;      ///< "mamba-2.8b-hf · out_proj inputs"
    std::string caption;    ///< model, calibration, rule and k, how rows are sorted, what colours mean
    std::string valueLabel; ///< "absolute maximum |x|", beside the colours
    int layers = 0, channels = 0;
    std::vector<float> values;   ///< [layers × channels] of the statistic; NaN where it is not known
    std::vector<float> absmax;   ///< [layers × channels]; empty if the statistic is that
    std::vector<HeatRow> rows;   ///< by layer
    std::vector<int> order;      ///< layers from top to bottom
    std::vector<int> recurrence; ///< [channels] number of layers in which the channel is an outlier
    /// Up to the largest value. Log: from the first percentile of the positive ones, or 1 for sigmas.
    HeatScale scale;
    HeatGrid grid;         ///< rows are layers; peaks are the outliers
    std::string emptyText; ///< why there is nothing to show; empty if there is

    float value(int layer, int channel) const { return values[index(layer, channel)]; }
    float absmaxAt(int layer, int channel) const {
        return (absmax.empty() ? values : absmax)[index(layer, channel)];
    }
    /// How many spreads a channel's absmax stands above the rule's centre; none if the rule has no spread.
    std::optional<double> sigmas(int layer, int channel) const;
    bool isOutlier(int layer, int channel) const;
    int outlierCount() const;
    std::size_t index(int layer, int channel) const {
        return static_cast<std::size_t>(layer) * static_cast<std::size_t>(channels) +
               static_cast<std::size_t>(channel);
    }
};

/// `weights` may be null; HeatStatistic::WeightAbsmax then shows why there is nothing.
HeatMap
heatMap(const CalibrationSnapshot& calibration, const WeightStatistics* weights, const HeatOptions& options);
/// The same values with another scale of colours.
HeatMap withScale(HeatMap map, AxisScale scale);

/// What the plan does at a site, a few characters each: "8", "fp8", "–" for nothing.
struct HeatPlanCell {
    std::string weight, activation;
    int weightBits = kBitsOff, activationBits = kBitsOff;
    bool operator==(const HeatPlanCell&) const = default;
};
/// By layer.
std::vector<HeatPlanCell> heatPlanCells(const QuantPlan& plan, int layers, Linear linear);

/// layer, channel, the statistic, spreads above the centre, outlier: a line for every value that is known, in
/// the order of the rows.
std::string heatMapToCsv(const HeatMap& map);

} // namespace mambascope
