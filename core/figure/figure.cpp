// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/figure.h"

#include "core/base/number_text.h"
#include "core/figure/after_plan.h"
#include "core/figure/captions.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace mambascope {
namespace {

StemPanel layerPanel(
    const ChannelStatistics& statistics, Linear linear, const FigureOptions& options,
    const OutlierSet& outliers) {
    StemPanel panel;
    panel.linear = linear;
    panel.title = std::string(linearName(linear)) + " " + std::string(sideName(options.side));
    panel.xLabel = "channel";
    panel.yLabel = options.side == Side::Input ? "absolute maximum |x|" : "absolute maximum |y|";
    if (statistics.channels() == 0) {
        panel.emptyText = "Not observed in this calibration";
        return panel;
    }
    panel.values = statistics.absmax;
    panel.subtitle = counted(panel.values.size(), "channel") + " · " +
                     (outliers.possible     ? counted(outliers.outliers.size(), "outlier")
                      : outliers.answerable ? std::string("no outlier possible")
                                            : std::string("rule not possible")) +
                     " · max " + rounded(static_cast<double>(statistics.largest())) + " at channel " +
                     std::to_string(statistics.largestChannel());
    if (outliers.possible) {
        panel.bandLow = 0.0;
        panel.bandHigh = outliers.threshold;
        panel.bandLabel = bandLabel(options.rule, options.k);
    }
    for (const OutlierChannel& outlier : outliers.outliers) {
        panel.marks.push_back({outlier.channel, outlier.absmax, std::to_string(outlier.channel)});
    }
    return panel;
}

std::span<const float> columnsOf(const WeightStatistics* weights, SiteId site) {
    const auto index = static_cast<std::size_t>(site.index());
    return weights != nullptr && index < weights->columnAbsmax.size()
               ? std::span<const float>(weights->columnAbsmax[index])
               : std::span<const float>();
}

void addAfter(
    StemPanel& panel, const ChannelStatistics& statistics, SiteId site, const FigureExtras& extras) {
    panel.after = absmaxAfterPlan(statistics, columnsOf(extras.weights, site), *extras.plan, site);
    if (!panel.after.empty()) {
        panel.afterLabel = "after " + beforeQuantization(*extras.plan, site) + ": max " +
                           rounded(static_cast<double>(*std::ranges::max_element(panel.after)));
    }
}

/// The weight's columns under the panel of its inputs, with the same channels marked.
StemPanel weightPanel(const StemPanel& inputs, SiteId site, const WeightStatistics* weights) {
    StemPanel panel;
    panel.linear = site.linear;
    panel.title = std::string(linearName(site.linear)) + " weight columns";
    panel.xLabel = inputs.xLabel;
    panel.yLabel = "absolute maximum |W|";
    const std::span<const float> columns = columnsOf(weights, site);
    if (columns.empty() || (!inputs.values.empty() && columns.size() != inputs.values.size())) {
        panel.emptyText = "The weights are not known";
        return panel;
    }
    panel.values.assign(columns.begin(), columns.end());
    const auto largest = std::ranges::max_element(panel.values);
    panel.subtitle = "max " + rounded(static_cast<double>(*largest)) + " at channel " +
                     std::to_string(largest - panel.values.begin());
    for (OutlierMark mark : inputs.marks) {
        mark.value = panel.values[static_cast<std::size_t>(mark.channel)];
        panel.marks.push_back(mark);
    }
    return panel;
}

} // namespace

Figure layerFigure(
    const CalibrationSnapshot& calibration, int layer, const FigureOptions& options,
    const FigureExtras& extras) {
    const std::string& name = calibration.source.checkpointName;
    Figure figure;
    figure.title = (name.empty() ? std::string() : name + " · ") + "layer " + std::to_string(layer);
    figure.caption = sourceSentence(
        "Largest absolute activation of every channel at the " + std::string(sideName(options.side)) +
            "s of the linear layers of layer " + std::to_string(layer),
        calibration.source);
    const auto answerable = [&](Linear linear) {
        return findOutliers(calibration.at({layer, linear}, options.side), options.rule, options.k)
            .answerable;
    };
    const std::span<const Linear> linears = calibration.spec.linears();
    if (std::all_of(linears.begin(), linears.end(), answerable)) {
        figure.caption += " " + bandSentence(options.rule, options.k);
    }
    figure.yScale = options.yScale;
    if (extras.diagram) {
        figure.diagram = calibration.spec;
    }
    std::string unanswerable;
    for (const Linear linear : linears) {
        const ChannelStatistics& statistics = calibration.at({layer, linear}, options.side);
        const OutlierSet outliers = findOutliers(statistics, options.rule, options.k);
        if (!outliers.answerable) {
            unanswerable = " " + outliers.why; // the same at each of them
        } else if (statistics.channels() > 0 && !outliers.possible) {
            figure.caption.append(" ").append(linearName(linear)).append(": ").append(outliers.why);
        }
        figure.panels.push_back(layerPanel(statistics, linear, options, outliers));
        if (options.side == Side::Input && extras.plan != nullptr && statistics.channels() > 0) {
            addAfter(figure.panels.back(), statistics, {layer, linear}, extras);
        }
    }
    figure.caption += unanswerable;
    if (std::ranges::any_of(figure.panels, [](const StemPanel& panel) { return !panel.after.empty(); })) {
        figure.caption += " Lines: the maxima after what the plan does before it quantizes.";
    }
    if (extras.weightPanels && options.side == Side::Input) {
        for (std::size_t i = 0; i < linears.size(); ++i) {
            figure.panels.push_back(weightPanel(figure.panels[i], {layer, linears[i]}, extras.weights));
        }
        figure.caption += " Below: the largest absolute weight of the column that meets each channel.";
    }
    return figure;
}

namespace {

double linearPart(const StemPanel& panel) {
    std::vector<float> positive;
    std::ranges::copy_if(panel.values, std::back_inserter(positive), [](float value) { return value > 0; });
    if (positive.empty()) {
        return 1;
    }
    const auto tenth = positive.begin() + static_cast<std::ptrdiff_t>(positive.size() / 10);
    std::nth_element(positive.begin(), tenth, positive.end());
    return static_cast<double>(*tenth);
}

} // namespace

AxisRange valueRange(const StemPanel& panel, AxisScale scale) {
    double largest = panel.bandHigh.value_or(0.0);
    double smallest = largest;
    for (const std::vector<float>* series : {&panel.values, &panel.after}) {
        for (const float value : *series) {
            const auto v = static_cast<double>(value);
            largest = std::max(largest, v);
            if (v > 0 && (smallest <= 0 || v < smallest)) {
                smallest = v;
            }
        }
    }
    if (scale == AxisScale::Symlog) {
        return {0.0, largest > 0 ? largest * 1.5 : 1.0, linearPart(panel)};
    }
    if (scale == AxisScale::Linear) {
        constexpr double kMargin = 1.06; // room for the marks' labels
        return {0.0, largest > 0 ? largest * kMargin : 1.0};
    }
    constexpr double kFactor = 1.5;
    return largest > 0 ? AxisRange{smallest / kFactor, largest * kFactor} : AxisRange{0.1, 1.0};
}

std::vector<ColumnExtent>
columnExtents(std::span<const float> values, double firstChannel, double lastChannel, int columns) {
    std::vector<ColumnExtent> extents;
    if (columns < 1 || values.empty() || !(firstChannel <= lastChannel)) {
        return extents;
    }
    const double begin = std::max(std::ceil(firstChannel), 0.0);
    const double end = std::min(std::floor(lastChannel), static_cast<double>(values.size() - 1));
    const double width = lastChannel - firstChannel;
    for (double channel = begin; channel <= end; channel += 1.0) {
        const double position = width > 0 ? (channel - firstChannel) / width * columns : 0.0;
        const int column = std::min(static_cast<int>(position), columns - 1);
        const float value = values[static_cast<std::size_t>(channel)];
        if (extents.empty() || extents.back().column != column) {
            extents.push_back({column, value, value, static_cast<int>(channel)});
            continue;
        }
        ColumnExtent& extent = extents.back();
        extent.low = std::min(extent.low, value);
        if (value > extent.high) {
            extent.high = value;
            extent.highChannel = static_cast<int>(channel);
        }
    }
    return extents;
}

std::string figureToCsv(const Figure& figure) {
    const bool after =
        std::ranges::any_of(figure.panels, [](const StemPanel& panel) { return !panel.after.empty(); });
    std::string csv = "panel,channel,absmax,outlier,threshold" + std::string(after ? ",after\n" : "\n");
    for (const StemPanel& panel : figure.panels) {
        const std::string threshold = panel.bandHigh ? shortestText(*panel.bandHigh) : std::string();
        auto mark = panel.marks.begin();
        for (std::size_t c = 0; c < panel.values.size(); ++c) {
            const bool marked = mark != panel.marks.end() && static_cast<std::size_t>(mark->channel) == c;
            if (marked) {
                ++mark;
            }
            csv += panel.title + "," + std::to_string(c) + "," + shortestText(panel.values[c]) + "," +
                   (marked ? "1" : "0") + "," + threshold;
            if (after) {
                csv += "," + (panel.after.empty() ? std::string() : shortestText(panel.after[c]));
            }
            csv += "\n";
        }
    }
    return csv;
}

} // namespace mambascope
