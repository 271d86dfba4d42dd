// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/axis_scale.h"
#include "core/figure/svg.h"

#include <string>
#include <string_view>
#include <vector>

/// The pieces that drawings of every kind of figure are made of. Lengths are units of the drawing.
namespace mambascope::svg {

inline constexpr int kLeft = 56, kRight = 12, kTop = 40, kBottom = 34; ///< around what a panel shows

/// Two decimals, the same in every locale.
std::string number(double value);
/// As few digits as say it: "0.001", "1", "2.5", "1e+06".
std::string tickText(double value);
/// About how wide a text is that is not bold.
double textWidth(std::string_view utf8);

/// Text is escaped. `anchor`: start, middle or end.
std::string
text(double x, double y, std::string_view anchor, std::string_view style, const std::string& content);
std::string line(double x1, double y1, double x2, double y2, std::string_view style);

/// Round values from low to high. For Log, powers of ten; where there would be fewer than two, linear ones.
std::vector<double> ticks(const AxisRange& range, AxisScale scale);

/// Where a panel shows its data.
struct Frame {
    double left = 0, right = 0, top = 0, bottom = 0;
    AxisRange xRange, yRange;
    AxisScale xScale = AxisScale::Linear, yScale = AxisScale::Linear;

    double x(double value) const { return left + axisFraction(value, xRange, xScale) * (right - left); }
    double y(double value) const { return bottom - axisFraction(value, yRange, yScale) * (bottom - top); }
};

/// A name on the horizontal axis.
struct NamedTick {
    double value = 0;
    std::string name;
};

/// Horizontal grid lines with their values, the lower edge with names below it, and the labels of both axes.
/// A name that would run into the one before is left out.
std::string axes(
    const Frame& frame, const std::vector<NamedTick>& names, const std::string& xLabel,
    const std::string& yLabel);

/// Names of the ticks of a range; only whole numbers if `whole`.
std::vector<NamedTick> namedTicks(const AxisRange& range, AxisScale scale, bool whole);

/// Title and subtitle of the panel whose frame this is.
std::string heading(const Frame& frame, const std::string& title, const std::string& subtitle);

/// The element around everything, with title and description for those who do not see it.
std::string
drawing(int width, int height, const std::string& title, const std::string& caption, const std::string& body);

} // namespace mambascope::svg
