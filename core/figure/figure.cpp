// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/figure.h"

#include "core/base/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace mambascope {
namespace {

/// Four significant digits, the same in every locale.
std::string rounded(double value) {
    std::array<char, 32> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 4).ptr;
    return {text.data(), end};
}

std::string counted(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string bandLabel(const FigureOptions& options) {
    const std::string k = shortestText(options.k);
    switch (options.rule) {
    case OutlierRule::ChannelSpread:
        return "mean + " + k + "σ";
    case OutlierRule::AllElements:
        return "|μ| + " + k + "σ of all elements";
    case OutlierRule::LlmInt8:
        return "|x| < 6";
    case OutlierRule::Mad:
        return "median + " + k + " scaled MAD";
    }
    return {};
}

std::string ruleSentence(const FigureOptions& options) {
    const std::string k = shortestText(options.k);
    const std::string tail = " (rule " + std::string(outlierRuleName(options.rule)) +
                             (options.rule == OutlierRule::LlmInt8 ? "" : ", k = " + k) +
                             "); channels above it are marked.";
    switch (options.rule) {
    case OutlierRule::ChannelSpread:
        return "The band reaches to the mean of the channel maxima plus " + k + " standard deviations" + tail;
    case OutlierRule::AllElements:
        return "The band reaches to the magnitude of the mean of all elements plus " + k +
               " standard deviations of them" + tail;
    case OutlierRule::LlmInt8:
        return "The band reaches to a magnitude of 6, the criterion of LLM.int8()" + tail;
    case OutlierRule::Mad:
        return "The band reaches to the median of the channel maxima plus " + k +
               " scaled median absolute deviations" + tail;
    }
    return {};
}

std::string sourceSentence(const CalibrationSource& source, int layer, Side side) {
    std::string text = "Largest absolute activation of every channel at the " + std::string(sideName(side)) +
                       "s of the linear layers of layer " + std::to_string(layer);
    if (!source.checkpointName.empty()) {
        text += " of " + source.checkpointName;
    }
    if (source.imported()) {
        return text + ", imported from activation scales that another tool measured.";
    }
    text += ", over ";
    if (!source.textName.empty()) {
        text += source.textName + ", ";
    }
    text += std::to_string(source.samples) + (source.contiguous ? " contiguous" : "") + " windows × " +
            std::to_string(source.length) + " tokens (" + std::to_string(source.tokens) + " tokens)";
    return text + (source.partial ? ", stopped before the last window." : ".");
}

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
        panel.bandLabel = bandLabel(options);
    }
    for (const OutlierChannel& outlier : outliers.outliers) {
        panel.marks.push_back({outlier.channel, outlier.absmax, std::to_string(outlier.channel)});
    }
    return panel;
}

} // namespace

Figure layerFigure(const CalibrationSnapshot& calibration, int layer, const FigureOptions& options) {
    const std::string& name = calibration.source.checkpointName;
    Figure figure;
    figure.title = (name.empty() ? std::string() : name + " · ") + "layer " + std::to_string(layer);
    figure.caption = sourceSentence(calibration.source, layer, options.side);
    const auto answerable = [&](Linear linear) {
        return findOutliers(calibration.at({layer, linear}, options.side), options.rule, options.k)
            .answerable;
    };
    const std::span<const Linear> linears = calibration.spec.linears();
    if (std::all_of(linears.begin(), linears.end(), answerable)) {
        figure.caption += " " + ruleSentence(options);
    }
    figure.yScale = options.yScale;
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
    }
    figure.caption += unanswerable;
    return figure;
}

AxisRange valueRange(const StemPanel& panel, AxisScale scale) {
    double largest = panel.bandHigh.value_or(0.0);
    double smallest = largest;
    for (const float value : panel.values) {
        const auto v = static_cast<double>(value);
        largest = std::max(largest, v);
        if (v > 0 && (smallest <= 0 || v < smallest)) {
            smallest = v;
        }
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
    std::string csv = "panel,channel,absmax,outlier,threshold\n";
    for (const StemPanel& panel : figure.panels) {
        const std::string threshold = panel.bandHigh ? shortestText(*panel.bandHigh) : std::string();
        auto mark = panel.marks.begin();
        for (std::size_t c = 0; c < panel.values.size(); ++c) {
            const bool marked = mark != panel.marks.end() && static_cast<std::size_t>(mark->channel) == c;
            if (marked) {
                ++mark;
            }
            csv += panel.title + "," + std::to_string(c) + "," + shortestText(panel.values[c]) + "," +
                   (marked ? "1" : "0") + "," + threshold + "\n";
        }
    }
    return csv;
}

} // namespace mambascope
