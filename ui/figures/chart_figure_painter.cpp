// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/figures/figure_painter.h"
#include "ui/figures/figure_sheet.h"
#include "ui/plots/chart_painter.h"
#include "ui/plots/panel_painter.h"

#include <QPainter>

namespace mambascope::ui {

void paintFigure(
    QPainter& painter, const QRectF& target, const Chart& chart, const PlotColours& colours,
    double pixelsPerPoint) {
    constexpr double kPixelsToAPoint = 0.75;
    constexpr double kFinestVector = 0.25; // of a point, as stems have it
    painter.save();
    const QRectF area = paintSheet(painter, target, {chart.title, chart.caption}, colours, pixelsPerPoint);
    paintChart(
        painter, chart, area,
        {colours, sheetFont(7.5 * pixelsPerPoint, true), sheetFont(6.5 * pixelsPerPoint),
         kPixelsToAPoint * pixelsPerPoint, isVector(painter) ? kFinestVector * pixelsPerPoint : 1});
    painter.restore();
}

} // namespace mambascope::ui
