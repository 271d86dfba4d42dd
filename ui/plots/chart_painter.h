// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/chart.h"
#include "ui/theme/theme.h"

#include <QFont>
#include <QRectF>

#include <vector>

class QPainter;

namespace mambascope::ui {

/// How a chart is painted: on the screen, in logical pixels, and in files.
struct ChartStyle {
    PlotColours colours = PlotColours::light();
    QFont headFont, smallFont;
    double unit = 1;       ///< the painter's units to a logical pixel (three quarters of a point)
    double resolution = 1; ///< the finest column worth drawing: a device pixel
};

/// Where a panel's data are drawn.
struct ChartFrame {
    QRectF cell; ///< with head, axes and labels
    QRectF area; ///< between the axes
    ChartAxis xAxis, yAxis;

    double x(double value) const {
        return area.left() + axisFraction(value, xAxis.range, xAxis.scale) * area.width();
    }
    double y(double value) const {
        return area.bottom() - axisFraction(value, yAxis.range, yAxis.scale) * area.height();
    }
};

/// By panel: in a grid, whose columns have their left edges in line.
std::vector<ChartFrame> chartFrames(const Chart& chart, const QRectF& target, const ChartStyle& style);

/// Every panel with head, grid, series, marks, axes and, where there are several series, their legend.
/// Ribbons keep their peaks: a column shows the least and the largest of its points.
void paintChart(QPainter& painter, const Chart& chart, const QRectF& target, const ChartStyle& style);

} // namespace mambascope::ui
