// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/chart.h"

#include "core/base/csv.h"
#include "core/base/number_text.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mambascope {
namespace {

/// Grows with the values that it is shown.
struct Extent {
    AxisScale scale;
    double low = std::numeric_limits<double>::infinity(), high = -low;

    void add(double value) {
        if (std::isfinite(value) && (scale != AxisScale::Log || value > 0)) {
            low = std::min(low, value);
            high = std::max(high, value);
        }
    }

    AxisRange range(double margin) const {
        if (!(low <= high)) {
            return scale == AxisScale::Log ? AxisRange{1, 10} : AxisRange{0, 1};
        }
        if (scale == AxisScale::Log) {
            const double factor = high > low ? std::pow(high / low, margin) : 2;
            return {low / factor, high * factor};
        }
        const double around = high > low ? (high - low) * margin : std::max(std::abs(high) * 0.1, 0.5);
        return {low - around, high + around};
    }
};

std::string number(const std::optional<double>& value) {
    return value ? shortestText(*value) : std::string();
}

} // namespace

AxisRange rangeOfX(const ChartPanel& panel, double margin) {
    Extent extent{panel.x.scale};
    for (const ChartSeries& series : panel.series) {
        for (const ChartPoint& point : series.points) {
            extent.add(point.x);
            if (series.kind == ChartKind::Bars) {
                extent.add(point.xEnd);
            }
        }
    }
    return extent.range(margin);
}

AxisRange rangeOfY(const ChartPanel& panel, double margin) {
    Extent extent{panel.y.scale};
    for (const ChartSeries& series : panel.series) {
        for (const ChartPoint& point : series.points) {
            if (series.kind != ChartKind::Ribbon) {
                extent.add(point.y);
            }
            extent.add(point.low.value_or(point.y));
            extent.add(point.high.value_or(point.y));
        }
    }
    return extent.range(margin);
}

std::string chartToCsv(const Chart& chart) {
    std::string csv = "panel,series,x,x_end,y,low,high,label\n";
    for (const ChartPanel& panel : chart.panels) {
        for (const ChartSeries& series : panel.series) {
            const bool bars = series.kind == ChartKind::Bars, ribbon = series.kind == ChartKind::Ribbon;
            for (const ChartPoint& point : series.points) {
                csv += csvField(panel.title) + "," + csvField(series.label) + "," + shortestText(point.x) +
                       "," + (bars ? shortestText(point.xEnd) : std::string()) + "," +
                       (ribbon ? std::string() : shortestText(point.y)) + "," + number(point.low) + "," +
                       number(point.high) + "," + csvField(point.label) + "\n";
            }
        }
    }
    return csv;
}

} // namespace mambascope
