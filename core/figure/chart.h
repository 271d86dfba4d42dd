// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/axis_scale.h"
#include "core/model/site.h"

#include <optional>
#include <string>
#include <vector>

namespace mambascope {

/// How the points of a series are drawn.
enum class ChartKind {
    Bars,   ///< from x to xEnd, from zero, or else the lower edge of the panel, to y
    Line,   ///< y over x
    Points, ///< y at x, with an error bar where there is an interval
    Ribbon, ///< the area between low and high over x
};

struct ChartPoint {
    double x = 0, y = 0;
    double xEnd = 0;                 ///< Bars only
    std::optional<double> low, high; ///< an interval of y
    std::string label = {};          ///< beside a point, and in its readout
};

struct ChartSeries {
    std::string label;
    ChartKind kind = ChartKind::Line;
    Linear colour = Linear::InProj; ///< one of the four colours that are safe beside each other
    std::vector<ChartPoint> points; ///< by x
};

/// A line across a panel at one x.
struct ChartMark {
    double x = 0;
    std::string label;
    bool outlier = false; ///< in the colour of outliers
};

struct ChartAxis {
    std::string label;
    AxisScale scale = AxisScale::Linear;
    AxisRange range;
    bool whole = false; ///< only whole numbers have a meaning
};

struct ChartPanel {
    std::string title, subtitle;
    ChartAxis x, y;
    std::vector<ChartSeries> series;
    std::vector<ChartMark> marks;
    std::string emptyText; ///< shown instead of data if there are none
};

/// Panels of series over an axis, without how they are painted.
struct Chart {
    std::string title;
    std::string caption;
    std::vector<ChartPanel> panels;
};

/// The smallest range that holds every point of the panel's series along x or y, intervals included, with
/// `margin` of its length at both ends (for Log, of its decades; what is not positive is left out).
AxisRange rangeOfX(const ChartPanel& panel, double margin);
AxisRange rangeOfY(const ChartPanel& panel, double margin);

/// panel, series, x, x_end, y, low, high, label: a line for every point.
std::string chartToCsv(const Chart& chart);

} // namespace mambascope
