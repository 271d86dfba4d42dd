// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/figure/axis_scale.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mambascope {

/// An accuracy with its 95 % interval, in per cent.
struct AccuracyPoint {
    double x = 0; ///< a value of the horizontal axis, or the place of a category from 0
    double y = 0, low = 0, high = 0;
    std::string plan; ///< what was evaluated
};

struct AccuracySeries {
    std::string name; ///< the same in every panel where it has points
    bool joined = true; ///< a line goes through the points
    std::vector<AccuracyPoint> points; ///< by x
};

struct AccuracyPanel {
    std::string title; ///< "HellaSwag (acc_norm)"
    std::vector<AccuracySeries> series;
    std::optional<double> chance;
};

/// What a sweep found, as accuracy against what its plans or checkpoints differ in.
struct SweepFigure {
    std::string title, caption;
    std::string xLabel;
    AxisScale xScale = AxisScale::Linear;
    std::vector<std::string> categories; ///< names of the horizontal axis's places; empty: it has numbers
    std::vector<std::pair<double, std::string>> ticks; ///< where numbers have names, and which; empty: nowhere
    std::vector<std::string> references; ///< series that are one value for all x, drawn as a level
    std::vector<AccuracyPanel> panels;
};

/// From results.json of a sweep. The horizontal axis is the checkpoints' parameters if there are several of
/// different size; else the migration strength or the weights' bits if plans have three values of it; else the
/// granularity if plans have two; else the tasks, side by side in one panel. Plans that differ in nothing else are
/// a series, named by the words that their names begin with; a plan that is alone is a reference. A panel for every task, and one for their average, whose interval
/// is ±1.96 standard errors of a mean of independent tasks. Unreadable if `results` is not such a file.
Result<SweepFigure> sweepFigure(const Json& results, std::string_view what);

/// The vertical range that holds every interval of all panels, in whole tens: {low, high}.
AxisRange accuracyRange(const SweepFigure& figure);
/// The horizontal range of a panel of the figure: its places if the axis has names, else its points with a margin.
AxisRange horizontalRange(const SweepFigure& figure, const AccuracyPanel& panel);

/// Whether a series is one value for all x, drawn as a level.
bool isReference(const SweepFigure& figure, const AccuracySeries& series);
/// How far a panel's series stands beside its place: where the axis has names, series do not cover each other's intervals.
double besides(const SweepFigure& figure, const AccuracyPanel& panel, std::size_t series);

/// Panel, series, x (a category's name where there are categories), plan, accuracy, low, high.
std::string figureToCsv(const SweepFigure& figure);

} // namespace mambascope
