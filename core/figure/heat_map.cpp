// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/heat_map.h"

#include "core/base/number_text.h"
#include "core/figure/captions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace mambascope {
namespace {

constexpr std::array<std::string_view, 3> kStatistics{"absmax", "sigmas", "weight"};
constexpr std::array<std::string_view, 3> kOrders{"depth", "outliers", "largest"};
constexpr std::size_t kFaintest = 100; // one in so many may be too small to be told apart
constexpr std::size_t kSampled = 20'000;
constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

template <class Value>
std::optional<Value> parsed(const std::array<std::string_view, 3>& names, std::string_view text) {
    const auto found = std::find(names.begin(), names.end(), text);
    return found == names.end() ? std::nullopt : std::optional(static_cast<Value>(found - names.begin()));
}

std::string siteWords(const HeatOptions& options) {
    return std::string(linearName(options.linear)) + " " + std::string(sideName(options.side)) + "s";
}

std::string valueLabelOf(const HeatOptions& options) {
    switch (options.statistic) {
    case HeatStatistic::Absmax:
        return options.side == Side::Input ? "absolute maximum |x|" : "absolute maximum |y|";
    case HeatStatistic::Sigmas:
        return options.rule == OutlierRule::LlmInt8 ? "absolute maximum / 6"
               : options.rule == OutlierRule::Mad   ? "scaled MADs above the median"
                                                    : "σ above the mean";
    case HeatStatistic::WeightAbsmax:
        return "weight column |W|";
    }
    return {};
}

std::string measuredSentence(const CalibrationSnapshot& calibration, const HeatOptions& options) {
    const std::string where = "the " + siteWords(options) + " in every layer";
    switch (options.statistic) {
    case HeatStatistic::Absmax:
        return sourceSentence("Largest absolute activation of every channel at " + where, calibration.source);
    case HeatStatistic::Sigmas:
        return sourceSentence(
            "Largest absolute activation of every channel at " + where + ", in " + valueLabelOf(options) +
                " of its layer,",
            calibration.source);
    case HeatStatistic::WeightAbsmax:
        break;
    }
    const std::string& name = calibration.source.checkpointName;
    return "Largest absolute weight that meets every channel at " + where +
           (name.empty() ? std::string() : " of " + name) + ".";
}

std::string orderSentence(HeatOrder order) {
    switch (order) {
    case HeatOrder::Depth:
        break;
    case HeatOrder::OutlierShare:
        return " Layers with the most outlier channels are at the top.";
    case HeatOrder::Largest:
        return " Layers with the largest value are at the top.";
    }
    return {};
}

std::string captionOf(const CalibrationSnapshot& calibration, const HeatMap& map) {
    std::string text = measuredSentence(calibration, map.options);
    if (std::ranges::all_of(map.rows, [](const HeatRow& row) { return row.spread == 0; })) {
        return text + " The " + ruleName(map.options.rule, map.options.k) + " has no answer here." +
               orderSentence(map.options.order) +
               " A point has the colour of the largest value that falls on it.";
    }
    text.append(" ").append(counted(static_cast<std::size_t>(map.outlierCount()), "outlier channel"));
    text.append(" by ").append(ruleName(map.options.rule, map.options.k)).append(".");
    return text + orderSentence(map.options.order) +
           " A point has the colour of the largest value that falls on it.";
}

/// Why a statistic has no values at all; empty if it has.
std::string
whyEmpty(const HeatMap& map, const CalibrationSnapshot& calibration, const WeightStatistics* weights) {
    const HeatOptions& options = map.options;
    if (!calibration.spec.has(options.linear)) {
        return "This model has no " + std::string(linearName(options.linear)) + ".";
    }
    if (options.statistic == HeatStatistic::WeightAbsmax && options.side == Side::Output) {
        return "Columns of a weight belong to input channels. Show the inputs.";
    }
    if (options.statistic == HeatStatistic::WeightAbsmax && weights == nullptr) {
        return "The weights are not known: this needs the checkpoint itself.";
    }
    if (std::all_of(map.rows.begin(), map.rows.end(), [](const HeatRow& row) { return row.largest == 0; }) &&
        std::none_of(map.values.begin(), map.values.end(), [](float value) { return value > 0; })) {
        return options.statistic == HeatStatistic::Sigmas ? "The outlier rule has no answer here."
                                                          : "Not observed in this calibration.";
    }
    return {};
}

/// Least and largest of the finite values; the least is infinite if there are none.
std::pair<float, float> finiteRange(const std::vector<float>& values) {
    // Several at a time: a comparison that waits for the one before takes far longer.
    constexpr std::size_t kLanes = 16;
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    std::array<float, kLanes> low, high;
    low.fill(kInfinity);
    high.fill(-kInfinity);
    const auto take = [&](std::size_t lane, float value) {
        low[lane] = value < low[lane] && value > -kInfinity ? value : low[lane];
        high[lane] = value > high[lane] && value < kInfinity ? value : high[lane];
    };
    std::size_t i = 0;
    for (; i + kLanes <= values.size(); i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            take(lane, values[i + lane]);
        }
    }
    for (; i < values.size(); ++i) {
        take(0, values[i]);
    }
    return {*std::ranges::min_element(low), *std::ranges::max_element(high)};
}

HeatScale scaleOf(const HeatMap& map, AxisScale scale) {
    std::vector<float> positive;
    const auto [low, high] = finiteRange(map.values);
    // For a percentile every so many values are enough; the channels of a layer have no period.
    const std::size_t step = map.values.size() / kSampled + 1;
    for (std::size_t i = 0; i < map.values.size(); i += step) {
        if (map.values[i] > 0 && std::isfinite(map.values[i])) {
            positive.push_back(map.values[i]);
        }
    }
    if (!(high >= low)) {
        return {{1, 10}, scale};
    }
    AxisRange range{low, high};
    if (scale == AxisScale::Log && !positive.empty()) {
        // The few channels that hardly ever fire would take most of the colours from all others.
        const auto least = positive.begin() + static_cast<std::ptrdiff_t>(positive.size() / kFaintest);
        std::nth_element(positive.begin(), least, positive.end());
        // What lies closer to the mean than its own spread does not matter.
        range.low = map.options.statistic == HeatStatistic::Sigmas ? 1 : static_cast<double>(*least);
    } else if (scale == AxisScale::Log) {
        range.low = 1;
    } else if (map.options.statistic != HeatStatistic::Sigmas) {
        range.low = 0;
    }
    if (!(range.high > range.low)) {
        range.high = range.low > 0 ? range.low * 1.01 : range.low + 1;
    }
    return {range, scale};
}

void sortRows(HeatMap& map) {
    map.order.resize(static_cast<std::size_t>(map.layers));
    std::iota(map.order.begin(), map.order.end(), 0);
    const auto row = [&map](int layer) -> const HeatRow& {
        return map.rows[static_cast<std::size_t>(layer)];
    };
    // Stable: equal layers stay in the order of the computation.
    if (map.options.order == HeatOrder::OutlierShare) {
        std::stable_sort(map.order.begin(), map.order.end(), [&](int a, int b) {
            return row(a).outliers.size() > row(b).outliers.size();
        });
    } else if (map.options.order == HeatOrder::Largest) {
        std::stable_sort(map.order.begin(), map.order.end(), [&](int a, int b) {
            return row(a).largest > row(b).largest;
        });
    }
}

void fillRow(
    HeatMap& map, int layer, const ChannelStatistics& statistics, const WeightStatistics* weights,
    SiteId site) {
    HeatRow& row = map.rows[static_cast<std::size_t>(layer)];
    const OutlierSet outliers = findOutliers(statistics, map.options.rule, map.options.k);
    row.centre = outliers.centre;
    row.spread = map.options.rule == OutlierRule::LlmInt8 ? outliers.threshold : outliers.spread;
    if (!outliers.answerable) {
        row.spread = 0;
    }
    for (const OutlierChannel& outlier : outliers.outliers) {
        row.outliers.push_back(outlier.channel);
        ++map.recurrence[static_cast<std::size_t>(outlier.channel)];
    }
    const std::vector<float>* columns =
        weights != nullptr && static_cast<std::size_t>(site.index()) < weights->columnAbsmax.size()
            ? &weights->columnAbsmax[static_cast<std::size_t>(site.index())]
            : nullptr;
    const std::size_t observed = std::min(statistics.absmax.size(), static_cast<std::size_t>(map.channels));
    for (std::size_t c = 0; c < static_cast<std::size_t>(map.channels); ++c) {
        const std::size_t at = map.index(layer, 0) + c;
        const float absmax = c < observed ? statistics.absmax[c] : kUnknown;
        float value = absmax;
        if (map.options.statistic == HeatStatistic::Sigmas) {
            value = row.spread > 0 ? static_cast<float>((absmax - row.centre) / row.spread) : kUnknown;
        } else if (map.options.statistic == HeatStatistic::WeightAbsmax) {
            value = columns != nullptr && map.options.side == Side::Input && c < columns->size()
                        ? (*columns)[c]
                        : kUnknown;
        }
        map.values[at] = value;
        if (!map.absmax.empty()) {
            map.absmax[at] = absmax;
        }
        if (value > row.largest) {
            row.largest = value;
            row.largestChannel = static_cast<int>(c);
        }
    }
}

void shadeAgain(HeatMap& map) {
    map.grid = HeatGrid(map.layers, map.channels, map.values, map.scale);
    std::vector<std::vector<int>> peaks;
    for (const HeatRow& row : map.rows) {
        peaks.push_back(row.outliers);
    }
    map.grid.setPeaks(std::move(peaks));
}

std::string cellText(NumberFormat format, int bits) {
    switch (format) {
    case NumberFormat::Int:
        return bits >= kBitsOff ? "–" : std::to_string(bits);
    case NumberFormat::Fp8E4M3:
    case NumberFormat::Fp8E5M2:
        return "fp8";
    case NumberFormat::MxFp4:
        return "mx4";
    case NumberFormat::NvFp4:
        return "nv4";
    }
    return {};
}

int bitsOf(NumberFormat format, int bits) {
    return format == NumberFormat::Int                                          ? bits
           : format == NumberFormat::Fp8E4M3 || format == NumberFormat::Fp8E5M2 ? 8
                                                                                : 4;
}

} // namespace

std::string_view heatStatisticName(HeatStatistic statistic) {
    return kStatistics[static_cast<std::size_t>(statistic)];
}

std::optional<HeatStatistic> parseHeatStatistic(std::string_view text) {
    return parsed<HeatStatistic>(kStatistics, text);
}

std::string_view heatOrderName(HeatOrder order) {
    return kOrders[static_cast<std::size_t>(order)];
}

std::optional<HeatOrder> parseHeatOrder(std::string_view text) {
    return parsed<HeatOrder>(kOrders, text);
}

std::optional<double> HeatMap::sigmas(int layer, int channel) const {
    const HeatRow& row = rows[static_cast<std::size_t>(layer)];
    const float value = absmaxAt(layer, channel);
    return row.spread > 0 && !std::isnan(value) ? std::optional((value - row.centre) / row.spread)
                                                : std::nullopt;
}

bool HeatMap::isOutlier(int layer, int channel) const {
    const std::vector<int>& outliers = rows[static_cast<std::size_t>(layer)].outliers;
    return std::binary_search(outliers.begin(), outliers.end(), channel);
}

int HeatMap::outlierCount() const {
    return std::accumulate(rows.begin(), rows.end(), 0, [](int sum, const HeatRow& row) {
        return sum + static_cast<int>(row.outliers.size());
    });
}

HeatMap
heatMap(const CalibrationSnapshot& calibration, const WeightStatistics* weights, const HeatOptions& options) {
    HeatMap map;
    map.options = options;
    const std::string& name = calibration.source.checkpointName;
    map.title = (name.empty() ? std::string() : name + " · ") + siteWords(options);
    map.valueLabel = valueLabelOf(options);
    map.layers = calibration.spec.layers;
    map.channels = calibration.spec.channels(options.linear, options.side);
    map.rows.resize(static_cast<std::size_t>(map.layers));
    map.recurrence.resize(static_cast<std::size_t>(map.channels));
    map.values.resize(map.index(map.layers, 0));
    if (options.statistic != HeatStatistic::Absmax) {
        map.absmax.resize(map.values.size());
    }
    for (int layer = 0; layer < map.layers; ++layer) {
        const SiteId site{layer, options.linear};
        fillRow(map, layer, calibration.at(site, options.side), weights, site);
    }
    map.emptyText = whyEmpty(map, calibration, weights);
    map.caption = captionOf(calibration, map);
    map.scale = scaleOf(map, options.scale);
    sortRows(map);
    shadeAgain(map);
    return map;
}

HeatMap withScale(HeatMap map, AxisScale scale) {
    map.options.scale = scale;
    map.scale = scaleOf(map, scale);
    shadeAgain(map);
    return map;
}

std::vector<HeatPlanCell> heatPlanCells(const QuantPlan& plan, int layers, Linear linear) {
    std::vector<HeatPlanCell> cells;
    for (int layer = 0; layer < layers; ++layer) {
        const SiteSettings settings = plan.at({layer, linear});
        // Weights of sites are quantized only if the plan's groups include them.
        const int weightBits = plan.groups.linear ? settings.weightBits : kBitsOff;
        const NumberFormat weightFormat = plan.groups.linear ? settings.weightFormat : NumberFormat::Int;
        cells.push_back(
            {cellText(weightFormat, weightBits), cellText(settings.activationFormat, settings.activationBits),
             bitsOf(weightFormat, weightBits), bitsOf(settings.activationFormat, settings.activationBits)});
    }
    return cells;
}

std::string heatMapToCsv(const HeatMap& map) {
    std::string csv =
        "layer,channel," + std::string(heatStatisticName(map.options.statistic)) + ",spreads,outlier\n";
    for (const int layer : map.order) {
        for (int channel = 0; channel < map.channels; ++channel) {
            const float value = map.value(layer, channel);
            if (std::isnan(value)) {
                continue;
            }
            const auto sigmas = map.sigmas(layer, channel);
            csv += std::to_string(layer) + "," + std::to_string(channel) + "," + shortestText(value) + "," +
                   (sigmas ? rounded(*sigmas) : std::string()) + "," +
                   (map.isOutlier(layer, channel) ? "1" : "0") + "\n";
        }
    }
    return csv;
}

} // namespace mambascope
