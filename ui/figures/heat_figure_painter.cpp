// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/figures/figure_painter.h"
#include "ui/figures/figure_sheet.h"
#include "ui/plots/heat_painter.h"
#include "ui/plots/panel_painter.h"

#include <QPainter>

namespace mambascope::ui {

void paintFigure(
    QPainter& painter, const QRectF& target, const HeatFigure& figure, const PlotColours& colours,
    double pixelsPerPoint) {
    constexpr double kPixelsToAPoint = 0.75;
    constexpr double kFinestVector = 0.2; // of a point: 360 pixels to an inch
    painter.save();
    const HeatMap& map = *figure.map;
    const QRectF area = paintSheet(painter, target, {map.title, map.caption}, colours, pixelsPerPoint);
    HeatStyle style;
    style.colours = colours;
    style.colourMap = figure.colours;
    style.font = sheetFont(6.5 * pixelsPerPoint);
    style.unit = kPixelsToAPoint * pixelsPerPoint;
    style.resolution = isVector(painter) ? kFinestVector * pixelsPerPoint : 1;
    paintHeat(
        painter, heatLayout(area, map, wholeWindow(map), !figure.plan.empty(), style), map, figure.plan,
        style);
    painter.restore();
}

} // namespace mambascope::ui
