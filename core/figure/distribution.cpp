// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/distribution.h"

#include "core/base/number_text.h"
#include "core/figure/captions.h"
#include "core/quantization/clipping.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mambascope {
namespace {

constexpr const char* kOnlyMagnitudes = "Only the largest magnitudes are known here.";

std::string titleOf(const CalibrationSnapshot& calibration, int layer, const std::string& what) {
    const std::string& name = calibration.source.checkpointName;
    return (name.empty() ? std::string() : name + " · ") + "layer " + std::to_string(layer) + " · " + what;
}

std::string siteTitle(Linear linear, Side side) {
    return std::string(linearName(linear)) + " " + std::string(sideName(side));
}

std::string symbolOf(Side side) {
    return side == Side::Input ? "x" : "y";
}

void addHistogram(ChartPanel& panel, const ChannelStatistics& statistics, Linear linear) {
    const std::vector<std::int64_t>& bins = statistics.histogram;
    const auto filled = [](std::int64_t count) {
        return count > 0;
    };
    const auto first = static_cast<int>(std::ranges::find_if(bins, filled) - bins.begin());
    const auto last =
        static_cast<int>(std::ranges::find_if(bins.rbegin(), bins.rend(), filled).base() - bins.begin());
    const auto total = static_cast<double>(std::accumulate(bins.begin(), bins.end(), std::int64_t{0}));
    ChartSeries series{"share", ChartKind::Bars, linear, {}};
    for (int bin = first; bin < last; ++bin) {
        const double end = static_cast<double>(histogramEdge(bin + 1));
        const double begin = bin == 0 ? end / 1.5 : static_cast<double>(histogramEdge(bin));
        series.points.push_back(
            {begin, static_cast<double>(bins[static_cast<std::size_t>(bin)]) / total, end});
    }
    panel.series.push_back(std::move(series));
}

void addMarks(ChartPanel& panel, const ChannelStatistics& statistics, const FigureOptions& options) {
    for (const double percent : {99.0, 99.9, 99.99}) {
        const Clip clip{ClipKind::Percentile, percent};
        panel.marks.push_back(
            {static_cast<double>(clipMagnitude(statistics, clip, statistics.largest(), kBitsOff)),
             shortestText(percent) + " %"});
    }
    panel.marks.push_back({std::abs(statistics.elementMean()) + 6 * statistics.elementStd(), "|μ| + 6σ"});
    const OutlierSet outliers = findOutliers(statistics, options.rule, options.k);
    if (outliers.possible && options.rule != OutlierRule::AllElements) {
        panel.marks.push_back({outliers.threshold, bandLabel(options.rule, options.k), true});
    }
}

ChartPanel
distributionPanel(const ChannelStatistics& statistics, Linear linear, const FigureOptions& options) {
    ChartPanel panel;
    panel.title = siteTitle(linear, options.side);
    const std::string symbol = symbolOf(options.side);
    panel.x = {std::string("magnitude |").append(symbol).append("|"), AxisScale::Log, {}};
    panel.y = {"share of elements", AxisScale::Log, {}};
    if (!hasDistribution(statistics)) {
        panel.emptyText = statistics.channels() == 0 ? "Not observed in this calibration" : kOnlyMagnitudes;
        return panel;
    }
    addHistogram(panel, statistics, linear);
    addMarks(panel, statistics, options);
    panel.subtitle = "σ of all elements " + rounded(statistics.elementStd()) + " · max " +
                     rounded(static_cast<double>(statistics.largest()));
    panel.x.range = rangeOfX(panel, 0.01);
    for (const ChartMark& mark : panel.marks) {
        panel.x.range.high = std::max(panel.x.range.high, mark.x);
    }
    constexpr double kForLabels = 0.14; // of the axis: marks stand near the end, and their labels beside them
    panel.x.range.high *= std::pow(panel.x.range.high / panel.x.range.low, kForLabels);
    panel.y.range = rangeOfY(panel, 0.08);
    return panel;
}

ChartPanel ribbonPanel(const ChannelStatistics& statistics, Linear linear, const FigureOptions& options) {
    ChartPanel panel;
    panel.title = siteTitle(linear, options.side);
    panel.x = {"channels, by absmax", AxisScale::Linear, {}, true};
    panel.y = {std::string("value ").append(symbolOf(options.side)), AxisScale::Symlog, {}};
    if (statistics.channels() == 0 || statistics.onlyMagnitudes()) {
        panel.emptyText = statistics.channels() == 0 ? "Not observed in this calibration" : kOnlyMagnitudes;
        return panel;
    }
    std::vector<std::size_t> order(statistics.absmax.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t channel) { return statistics.absmax[channel]; });
    ChartSeries all{"smallest to largest", ChartKind::Ribbon, linear, {}};
    ChartSeries usual{"mean ± σ", ChartKind::Ribbon, linear, {}};
    ChartSeries mean{"mean", ChartKind::Line, linear, {}};
    const OutlierSet outliers = findOutliers(statistics, options.rule, options.k);
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        const std::size_t channel = order[rank];
        const auto x = static_cast<double>(rank), centre = static_cast<double>(statistics.mean[channel]);
        const double sigma = std::sqrt(static_cast<double>(statistics.m2[channel]));
        const std::string label = "channel " + std::to_string(channel);
        all.points.push_back(
            {x, centre, x, static_cast<double>(statistics.min[channel]),
             static_cast<double>(statistics.max[channel]), label});
        usual.points.push_back({x, centre, x, centre - sigma, centre + sigma, label});
        mean.points.push_back({x, centre, x, {}, {}, label});
        if (outliers.contains(static_cast<int>(channel))) {
            panel.marks.push_back({x, std::to_string(channel), true});
        }
    }
    panel.series = {std::move(all), std::move(usual), std::move(mean)};
    panel.subtitle =
        counted(order.size(), "channel") + " · " +
        (outliers.possible ? counted(outliers.outliers.size(), "outlier") : "no outlier possible");
    panel.x.range = {-0.5, static_cast<double>(order.size()) - 0.5};
    panel.y.range = rangeOfY(panel, 0.05);
    panel.y.range.linear = std::max(statistics.elementStd(), 1e-12); // most values are within it
    return panel;
}

} // namespace

Chart distributionChart(const CalibrationSnapshot& calibration, int layer, const FigureOptions& options) {
    Chart chart;
    chart.title = titleOf(calibration, layer, "distribution");
    chart.caption = sourceSentence(
                        "Magnitudes of all elements at the " + std::string(sideName(options.side)) +
                            "s of the linear layers of layer " + std::to_string(layer),
                        calibration.source) +
                    " Bars: two bins to a power of two, the share of all elements in each. Lines: "
                    "percentiles, six standard "
                    "deviations of all elements, and the threshold of the " +
                    ruleName(options.rule, options.k) + ".";
    for (const Linear linear : calibration.spec.linears()) {
        chart.panels.push_back(
            distributionPanel(calibration.at({layer, linear}, options.side), linear, options));
    }
    return chart;
}

Chart channelRibbons(const CalibrationSnapshot& calibration, int layer, const FigureOptions& options) {
    Chart chart;
    chart.title = titleOf(calibration, layer, "channels over tokens");
    chart.caption =
        sourceSentence(
            "Values of every channel over all tokens at the " + std::string(sideName(options.side)) +
                "s of the linear layers of layer " + std::to_string(layer),
            calibration.source) +
        " Channels are sorted by their largest magnitude. Light: smallest to largest value; dark: mean ± σ; "
        "line: mean. Outlier channels by " +
        ruleName(options.rule, options.k) + " are marked.";
    for (const Linear linear : calibration.spec.linears()) {
        chart.panels.push_back(ribbonPanel(calibration.at({layer, linear}, options.side), linear, options));
    }
    return chart;
}

} // namespace mambascope
