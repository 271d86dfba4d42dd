// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/figures/figure_painter.h"

#include "ui/figures/figure_sheet.h"
#include "ui/models/core_words.h"
#include "ui/plots/axis_ticks.h"
#include "ui/plots/block_diagram_painter.h"
#include "ui/plots/panel_painter.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

/// Everything the parts of a figure are painted with.
struct Sheet {
    QPainter& painter;
    const Figure& figure;
    const PlotColours& colours;
    double point; ///< painter units to a typographic point
    bool vector = false;
    bool twoLineHeads = false;
    QFont headFont, smallFont;

    double smallHeight() const { return QFontMetricsF(smallFont).height(); }
    double headHeight() const {
        return QFontMetricsF(headFont).height() + (twoLineHeads ? smallHeight() : 0) + 2 * point;
    }
};

Sheet makeSheet(QPainter& painter, const Figure& figure, const PlotColours& colours, double point) {
    return {
        painter,
        figure,
        colours,
        point,
        isVector(painter),
        false,
        sheetFont(7.5 * point, true),
        sheetFont(6.5 * point)};
}

void drawText(
    const Sheet& sheet, QPointF baseline, const QString& string, const QFont& font, const QColor& colour) {
    sheet.painter.setFont(font);
    sheet.painter.setPen(colour);
    sheet.painter.drawText(baseline, string);
}

void paintHead(const Sheet& sheet, const QRectF& rect, const StemPanel& panel) {
    const QFontMetricsF head(sheet.headFont);
    const QFontMetricsF small(sheet.smallFont);
    const QString title = head.elidedText(figureText(panel.title), Qt::ElideRight, rect.width());
    double baseline = rect.top() + head.ascent();
    double left = rect.left();
    drawText(sheet, QPointF(left, baseline), title, sheet.headFont, sheet.colours.text);
    if (sheet.twoLineHeads) {
        baseline += small.height();
    } else {
        left += head.horizontalAdvance(title) + 5 * sheet.point;
    }
    const QString subtitle =
        small.elidedText(figureText(panel.subtitle), Qt::ElideRight, rect.right() - left);
    drawText(sheet, QPointF(left, baseline), subtitle, sheet.smallFont, sheet.colours.secondaryText);
}

double headWidth(const Sheet& sheet, const StemPanel& panel) {
    return QFontMetricsF(sheet.headFont).horizontalAdvance(figureText(panel.title)) + 5 * sheet.point +
           QFontMetricsF(sheet.smallFont).horizontalAdvance(figureText(panel.subtitle));
}

AxisTicks valueTicks(const Sheet& sheet, const PanelFrame& frame) {
    const double height = QFontMetricsF(sheet.smallFont).ascent();
    return axisTicks(
        frame.values, frame.scale, frame.area.height(), [height](const QString&) { return height; });
}

AxisTicks channelTicks(const Sheet& sheet, const PanelFrame& frame) {
    const QFontMetricsF metrics(sheet.smallFont);
    return axisTicks(
        AxisRange{frame.first, frame.last}, AxisScale::Linear, frame.area.width(),
        [&metrics](const QString& label) { return metrics.horizontalAdvance(label); }, true);
}

double widestLabel(const AxisTicks& ticks, const QFont& font) {
    double width = 0;
    for (const auto& tick : ticks.major) {
        width = std::max(width, QFontMetricsF(font).horizontalAdvance(tick.label));
    }
    return width;
}

void paintGrid(const Sheet& sheet, const PanelFrame& frame, const AxisTicks& ticks) {
    sheet.painter.setPen(QPen(sheet.colours.grid, 0.4 * sheet.point));
    for (const auto& tick : ticks.major) {
        const double y = frame.y(tick.value);
        sheet.painter.drawLine(QPointF(frame.area.left(), y), QPointF(frame.area.right(), y));
    }
}

void paintAxes(
    const Sheet& sheet, const PanelFrame& frame, const StemPanel& panel, const AxisTicks& valueAxis,
    double labels) {
    QPainter& painter = sheet.painter;
    const QRectF& area = frame.area;
    const QFontMetricsF metrics(sheet.smallFont);
    const double longTick = 2.5 * sheet.point;
    const double shortTick = 1.4 * sheet.point;
    painter.setPen(QPen(sheet.colours.axis, 0.5 * sheet.point));
    painter.drawLine(area.topLeft(), area.bottomLeft());
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    for (const auto& tick : valueAxis.major) {
        painter.drawLine(
            QPointF(area.left() - longTick, frame.y(tick.value)), QPointF(area.left(), frame.y(tick.value)));
    }
    for (const double value : valueAxis.minor) {
        painter.drawLine(
            QPointF(area.left() - shortTick, frame.y(value)), QPointF(area.left(), frame.y(value)));
    }
    const AxisTicks channelAxis = channelTicks(sheet, frame);
    for (const auto& tick : channelAxis.major) {
        const double x = frame.x(tick.value);
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + longTick));
    }
    for (const auto& tick : valueAxis.major) {
        const double width = metrics.horizontalAdvance(tick.label);
        drawText(
            sheet,
            QPointF(
                area.left() - longTick - 1.5 * sheet.point - width,
                frame.y(tick.value) + metrics.ascent() / 2 - metrics.descent() / 2),
            tick.label, sheet.smallFont, sheet.colours.secondaryText);
    }
    const double labelBaseline = area.bottom() + longTick + 1 * sheet.point + metrics.ascent();
    for (const auto& tick : channelAxis.major) {
        drawText(
            sheet, QPointF(frame.x(tick.value) - metrics.horizontalAdvance(tick.label) / 2, labelBaseline),
            tick.label, sheet.smallFont, sheet.colours.secondaryText);
    }
    const QString xLabel = figureText(panel.xLabel);
    drawText(
        sheet,
        QPointF(area.center().x() - metrics.horizontalAdvance(xLabel) / 2, labelBaseline + metrics.height()),
        xLabel, sheet.smallFont, sheet.colours.secondaryText);
    const QString yLabel = figureText(panel.yLabel);
    painter.save();
    painter.translate(
        area.left() - longTick - 1.5 * sheet.point - labels - 2.5 * sheet.point, area.center().y());
    painter.rotate(-90);
    drawText(
        sheet, QPointF(-metrics.horizontalAdvance(yLabel) / 2, 0), yLabel, sheet.smallFont,
        sheet.colours.secondaryText);
    painter.restore();
}

void paintEmpty(const Sheet& sheet, const QRectF& area, const StemPanel& panel) {
    sheet.painter.setFont(sheet.smallFont);
    sheet.painter.setPen(sheet.colours.secondaryText);
    sheet.painter.drawText(area, Qt::AlignCenter | Qt::TextWordWrap, figureText(panel.emptyText));
}

/// The panel's frame with the height it has in `cell`; the left edge depends on the other panels.
PanelFrame panelFrame(const Sheet& sheet, const QRectF& cell, const StemPanel& panel) {
    PanelFrame frame;
    frame.unit = 0.75 * sheet.point;
    frame.resolution = sheet.vector ? 0.25 * sheet.point : 1;
    frame.scale = sheet.figure.yScale;
    frame.values = valueRange(panel, frame.scale);
    std::tie(frame.first, frame.last) = allChannels(panel);
    const double below = 3.5 * sheet.point + 2 * sheet.smallHeight();
    // To the right, half of the last channel's number, which is centred on its tick.
    frame.area = cell.adjusted(0, sheet.headHeight(), -3 * sheet.point, -below);
    return frame;
}

double labelWidth(const Sheet& sheet, const QRectF& cell, const StemPanel& panel) {
    return panel.values.empty()
               ? 0
               : widestLabel(valueTicks(sheet, panelFrame(sheet, cell, panel)), sheet.smallFont);
}

/// `labels` is the width kept for the value axis's numbers.
void paintPanel(
    const Sheet& sheet, const QRectF& cell, const StemPanel& panel, const QColor& stem, double labels) {
    PanelFrame frame = panelFrame(sheet, cell, panel);
    frame.area.setLeft(cell.left() + labels + sheet.smallHeight() + 5.5 * sheet.point);
    if (!sheet.vector) {
        frame.area = QRectF(frame.area.toAlignedRect());
    }
    if (frame.area.width() < 4 * sheet.point || frame.area.height() < 4 * sheet.point) {
        return;
    }
    paintHead(
        sheet, QRectF(frame.area.left(), cell.top(), cell.right() - frame.area.left(), sheet.headHeight()),
        panel);
    if (panel.values.empty()) {
        paintEmpty(sheet, frame.area, panel);
        return;
    }
    const AxisTicks ticks = valueTicks(sheet, frame);
    paintBand(sheet.painter, frame, panel, sheet.colours);
    paintGrid(sheet, frame, ticks);
    paintStems(sheet.painter, frame, panel, stem);
    paintAfter(sheet.painter, frame, panel, sheet.colours);
    paintBandEdge(sheet.painter, frame, panel, sheet.colours, sheet.smallFont);
    paintMarks(sheet.painter, frame, panel, sheet.colours, sheet.smallFont);
    paintAxes(sheet, frame, panel, ticks, labels);
}

/// Lays the panels out in a grid; those of a column have their left edges in line.
void paintPanels(Sheet& sheet, const QRectF& area) {
    const auto& panels = sheet.figure.panels;
    const int count = static_cast<int>(panels.size());
    const int columns = panelColumns(count, area.size());
    const int rows = (count + columns - 1) / columns;
    const double gapX = 10 * sheet.point;
    const double gapY = 6 * sheet.point;
    const QSizeF size(
        (area.width() - gapX * (columns - 1)) / columns, (area.height() - gapY * (rows - 1)) / rows);
    sheet.twoLineHeads = std::any_of(panels.begin(), panels.end(), [&](const StemPanel& panel) {
        return headWidth(sheet, panel) > size.width() - 34 * sheet.point;
    });
    const auto cell = [&](int i) {
        const QPointF corner((i % columns) * (size.width() + gapX), (i / columns) * (size.height() + gapY));
        return QRectF(area.topLeft() + corner, size);
    };
    for (int column = 0; column < std::min(columns, count); ++column) {
        double labels = 0;
        for (int i = column; i < count; i += columns) {
            labels = std::max(labels, labelWidth(sheet, cell(i), panels[static_cast<std::size_t>(i)]));
        }
        for (int i = column; i < count; i += columns) {
            const auto index = static_cast<std::size_t>(i);
            paintPanel(sheet, cell(i), panels[index], sheet.colours.stemOf(panels[index].linear), labels);
        }
    }
}

} // namespace

void paintFigure(
    QPainter& painter, const QRectF& target, const Figure& figure, const PlotColours& colours,
    double pixelsPerPoint) {
    painter.save();
    Sheet sheet = makeSheet(painter, figure, colours, pixelsPerPoint);
    QRectF area = paintSheet(painter, target, {figure.title, figure.caption}, colours, pixelsPerPoint);
    if (figure.diagram) {
        const QFont font = sheetFont(6.5 * pixelsPerPoint);
        paintDiagram(
            painter, diagramLayout(*figure.diagram, area, font), figure.panels, std::nullopt,
            {colours, font, 0.75 * pixelsPerPoint});
        area.setTop(area.top() + diagramHeight(font) + 4 * pixelsPerPoint);
    }
    if (!figure.panels.empty()) {
        paintPanels(sheet, area);
    }
    painter.restore();
}

} // namespace mambascope::ui
