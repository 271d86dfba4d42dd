// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/chart_painter.h"

#include "ui/models/core_words.h"
#include "ui/models/text.h"
#include "ui/plots/axis_ticks.h"
#include "ui/plots/label_layout.h"
#include "ui/plots/panel_painter.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

constexpr double kTick = 4, kGap = 4, kPointRadius = 4; // logical pixels

/// Everything that one panel is painted with.
struct Sheet {
    QPainter& painter;
    const ChartPanel& panel;
    const ChartFrame& frame;
    const ChartStyle& style;
    QFontMetricsF metrics;

    void text(QPointF baseline, const QString& words, const QColor& colour) const {
        painter.setFont(style.smallFont);
        painter.setPen(colour);
        painter.drawText(baseline, words);
    }
};

AxisTicks xTicks(const ChartAxis& axis, double width, const QFontMetricsF& metrics) {
    return axisTicks(
        axis.range, axis.scale, width, [&](const QString& label) { return metrics.horizontalAdvance(label); },
        axis.whole);
}

AxisTicks yTicks(const ChartAxis& axis, double height, const QFontMetricsF& metrics) {
    return axisTicks(
        axis.range, axis.scale, height, [&](const QString&) { return metrics.ascent(); }, axis.whole);
}

/// Both series of the same colour are told apart by lightness: a wider ribbon is lighter.
QColor fillOf(const ChartSeries& series, const ChartPanel& panel, const PlotColours& colours) {
    QColor colour = colours.stemOf(series.colour);
    if (series.kind == ChartKind::Ribbon) {
        colour.setAlphaF(&series == &panel.series.front() ? 0.25F : 0.45F);
    }
    return colour;
}

void paintHead(const Sheet& sheet) {
    const QFontMetricsF head(sheet.style.headFont);
    const double left = sheet.frame.area.left(), room = sheet.frame.cell.right() - left;
    const QString title = head.elidedText(figureText(sheet.panel.title), Qt::ElideRight, room);
    const double baseline = sheet.frame.cell.top() + head.ascent();
    sheet.painter.setFont(sheet.style.headFont);
    sheet.painter.setPen(sheet.style.colours.text);
    sheet.painter.drawText(QPointF(left, baseline), title);
    const double from = left + head.horizontalAdvance(title) + 10 * sheet.style.unit;
    sheet.text(
        QPointF(from, baseline),
        sheet.metrics.elidedText(
            figureText(sheet.panel.subtitle), Qt::ElideRight, sheet.frame.cell.right() - from),
        sheet.style.colours.secondaryText);
}

void paintAxes(const Sheet& sheet) {
    const ChartFrame& frame = sheet.frame;
    const QRectF& area = frame.area;
    const PlotColours& colours = sheet.style.colours;
    const double unit = sheet.style.unit;
    const AxisTicks across = xTicks(frame.xAxis, area.width(), sheet.metrics);
    const AxisTicks up = yTicks(frame.yAxis, area.height(), sheet.metrics);
    QPainter& painter = sheet.painter;
    painter.setPen(QPen(colours.axis, unit));
    painter.drawLine(area.topLeft(), area.bottomLeft());
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    double widest = 0;
    for (const auto& tick : up.major) {
        const double y = frame.y(tick.value), width = sheet.metrics.horizontalAdvance(tick.label);
        painter.setPen(QPen(colours.grid, unit));
        painter.drawLine(QPointF(area.left() + unit, y), QPointF(area.right(), y));
        painter.setPen(QPen(colours.axis, unit));
        painter.drawLine(QPointF(area.left() - kTick * unit, y), QPointF(area.left(), y));
        sheet.text(
            QPointF(
                area.left() - (kTick + kGap) * unit - width,
                y + sheet.metrics.ascent() / 2 - sheet.metrics.descent() / 2),
            tick.label, colours.secondaryText);
        widest = std::max(widest, width);
    }
    const double baseline = area.bottom() + (kTick + 2) * unit + sheet.metrics.ascent();
    for (const auto& tick : across.major) {
        const double x = frame.x(tick.value);
        painter.setPen(QPen(colours.axis, unit));
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + kTick * unit));
        sheet.text(
            QPointF(x - sheet.metrics.horizontalAdvance(tick.label) / 2, baseline), tick.label,
            colours.secondaryText);
    }
    const QString xLabel = figureText(frame.xAxis.label), yLabel = figureText(frame.yAxis.label);
    sheet.text(
        QPointF(
            area.center().x() - sheet.metrics.horizontalAdvance(xLabel) / 2,
            baseline + sheet.metrics.height()),
        xLabel, colours.secondaryText);
    painter.save();
    painter.translate(area.left() - (kTick + 2 * kGap) * unit - widest, area.center().y());
    painter.rotate(-90);
    sheet.text(QPointF(-sheet.metrics.horizontalAdvance(yLabel) / 2, 0), yLabel, colours.secondaryText);
    painter.restore();
}

void paintBars(const Sheet& sheet, const ChartSeries& series) {
    const ChartAxis& axis = sheet.frame.yAxis;
    const bool fromZero = axis.scale == AxisScale::Linear && axis.range.low < 0 && axis.range.high > 0;
    const double foot = fromZero ? sheet.frame.y(0) : sheet.frame.area.bottom();
    for (const ChartPoint& point : series.points) {
        const double left = sheet.frame.x(point.x), right = sheet.frame.x(point.xEnd);
        const double end = sheet.frame.y(point.y);
        sheet.painter.fillRect(
            QRectF(
                left, std::min(end, foot), std::max(sheet.style.resolution, right - left - sheet.style.unit),
                std::max(sheet.style.resolution, std::abs(foot - end))),
            sheet.style.colours.stemOf(series.colour));
    }
}

/// One column of a ribbon: the least and the largest of the points on it.
struct RibbonColumn {
    double x, low, high;
};

void paintRibbon(const Sheet& sheet, const ChartSeries& series) {
    std::vector<RibbonColumn> columns;
    for (const ChartPoint& point : series.points) {
        const double x = sheet.frame.x(point.x);
        const double low = point.low.value_or(point.y), high = point.high.value_or(point.y);
        if (columns.empty() || x - columns.back().x >= sheet.style.resolution) {
            columns.push_back({x, low, high});
        } else {
            columns.back().low = std::min(columns.back().low, low);
            columns.back().high = std::max(columns.back().high, high);
        }
    }
    QPolygonF outline;
    for (const RibbonColumn& column : columns) {
        outline << QPointF(column.x, sheet.frame.y(column.high));
    }
    for (auto column = columns.rbegin(); column != columns.rend(); ++column) {
        outline << QPointF(column->x, sheet.frame.y(column->low));
    }
    sheet.painter.setPen(Qt::NoPen);
    sheet.painter.setBrush(fillOf(series, sheet.panel, sheet.style.colours));
    sheet.painter.drawPolygon(outline);
}

void paintLine(const Sheet& sheet, const ChartSeries& series) {
    QPolygonF line;
    for (const ChartPoint& point : series.points) {
        line << QPointF(sheet.frame.x(point.x), sheet.frame.y(point.y));
    }
    sheet.painter.setPen(QPen(sheet.style.colours.stemOf(series.colour), 1.2 * sheet.style.unit));
    sheet.painter.setBrush(Qt::NoBrush);
    sheet.painter.drawPolyline(line);
}

void paintPoints(const Sheet& sheet, const ChartSeries& series) {
    const double unit = sheet.style.unit, radius = kPointRadius * unit;
    const QColor colour = sheet.style.colours.stemOf(series.colour);
    std::vector<QPointF> places;
    std::vector<MarkLabel> labels;
    sheet.painter.setFont(sheet.style.smallFont);
    for (const ChartPoint& point : series.points) {
        const QPointF place(sheet.frame.x(point.x), sheet.frame.y(point.y));
        if (point.low && point.high) {
            sheet.painter.setPen(QPen(colour, 1.2 * unit));
            for (const double end : {*point.low, *point.high}) {
                const QPointF tip(place.x(), sheet.frame.y(end));
                sheet.painter.drawLine(place, tip);
                sheet.painter.drawLine(tip - QPointF(3 * unit, 0), tip + QPointF(3 * unit, 0));
            }
        }
        sheet.painter.setPen(QPen(sheet.style.colours.background, unit));
        sheet.painter.setBrush(colour);
        sheet.painter.drawEllipse(place, radius, radius);
        places.push_back(place);
        labels.push_back(
            {place,
             QSizeF(sheet.metrics.horizontalAdvance(figureText(point.label)), sheet.metrics.ascent())});
    }
    const auto rects = placeLabels(labels, places, sheet.frame.area, radius);
    for (std::size_t i = 0; i < rects.size(); ++i) {
        if (rects[i]) {
            sheet.text(
                QPointF(rects[i]->left(), rects[i]->top() + sheet.metrics.ascent()),
                figureText(series.points[i].label), sheet.style.colours.text);
        }
    }
}

/// Lines across, their labels along the top in as many rows as fit beside each other.
void paintMarks(const Sheet& sheet) {
    const QRectF& area = sheet.frame.area;
    const double unit = sheet.style.unit;
    const auto colourOf = [&](const ChartMark& mark) {
        return mark.outlier ? sheet.style.colours.outlier : sheet.style.colours.secondaryText;
    };
    for (const ChartMark& mark : sheet.panel.marks) {
        const double x = sheet.frame.x(mark.x);
        sheet.painter.setPen(QPen(colourOf(mark), unit, Qt::DashLine, Qt::FlatCap));
        sheet.painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    }
    std::vector<QRectF> taken;
    for (const ChartMark& mark : sheet.panel.marks) {
        const double x = sheet.frame.x(mark.x);
        if (x < area.left() || x > area.right()) {
            continue;
        }
        const QString label = figureText(mark.label);
        QRectF rect(0, 0, sheet.metrics.horizontalAdvance(label), sheet.metrics.height());
        const bool toTheLeft = x + rect.width() + 2 * kGap * unit > area.right();
        rect.moveTopLeft(
            QPointF(toTheLeft ? x - kGap * unit - rect.width() : x + kGap * unit, area.top() + unit));
        const auto covered = [&](const QRectF& other) {
            return other.intersects(rect);
        };
        while (std::ranges::any_of(taken, covered) && rect.bottom() < area.center().y()) {
            rect.translate(0, rect.height());
        }
        if (!std::ranges::any_of(taken, covered)) {
            taken.push_back(rect);
            sheet.painter.fillRect(rect, sheet.style.colours.background);
            sheet.text(rect.topLeft() + QPointF(0, sheet.metrics.ascent()), label, colourOf(mark));
        }
    }
}

/// Above the panel at the right, as far as the head leaves room.
void paintLegend(const Sheet& sheet) {
    if (sheet.panel.series.size() < 2) {
        return;
    }
    const double unit = sheet.style.unit, swatch = sheet.metrics.ascent();
    double right = sheet.frame.area.right();
    const double top = sheet.frame.area.top() - sheet.metrics.height() - 2 * unit;
    for (auto series = sheet.panel.series.rbegin(); series != sheet.panel.series.rend(); ++series) {
        const QString label = figureText(series->label);
        right -= sheet.metrics.horizontalAdvance(label);
        sheet.text(QPointF(right, top + sheet.metrics.ascent()), label, sheet.style.colours.secondaryText);
        right -= swatch + kGap * unit;
        sheet.painter.fillRect(
            QRectF(
                right, top + swatch * 0.3, swatch, series->kind == ChartKind::Line ? 2 * unit : swatch * 0.6),
            fillOf(*series, sheet.panel, sheet.style.colours));
        right -= 3 * kGap * unit;
    }
}

void paintPanel(
    QPainter& painter, const ChartPanel& panel, const ChartFrame& frame, const ChartStyle& style) {
    const Sheet sheet{painter, panel, frame, style, QFontMetricsF(style.smallFont)};
    paintHead(sheet);
    if (!panel.emptyText.empty()) {
        painter.setFont(style.smallFont);
        painter.setPen(style.colours.secondaryText);
        painter.drawText(frame.area, Qt::AlignCenter | Qt::TextWordWrap, figureText(panel.emptyText));
        return;
    }
    paintAxes(sheet);
    paintLegend(sheet);
    painter.save();
    const double margin = kPointRadius * style.unit;
    painter.setClipRect(frame.area.adjusted(-margin, -margin, margin, 0), Qt::IntersectClip);
    for (const ChartSeries& series : panel.series) {
        switch (series.kind) {
        case ChartKind::Bars:
            paintBars(sheet, series);
            break;
        case ChartKind::Line:
            paintLine(sheet, series);
            break;
        case ChartKind::Points:
            paintPoints(sheet, series);
            break;
        case ChartKind::Ribbon:
            paintRibbon(sheet, series);
            break;
        }
    }
    paintMarks(sheet);
    painter.restore();
}

} // namespace

std::vector<ChartFrame> chartFrames(const Chart& chart, const QRectF& target, const ChartStyle& style) {
    const int count = static_cast<int>(chart.panels.size());
    const int columns = panelColumns(count, target.size()), rows = (count + columns - 1) / columns;
    const QFontMetricsF metrics(style.smallFont);
    const double unit = style.unit, gap = 14 * unit;
    const QSizeF cell(
        (target.width() - gap * (columns - 1)) / columns, (target.height() - gap * (rows - 1)) / rows);
    const bool legend =
        std::ranges::any_of(chart.panels, [](const ChartPanel& panel) { return panel.series.size() > 1; });
    const double head =
        QFontMetricsF(style.headFont).height() + (legend ? metrics.height() : 0) + kGap * unit;
    const double below = (kTick + 2) * unit + 2 * metrics.height();
    std::vector<ChartFrame> frames;
    std::vector<double> labels(static_cast<std::size_t>(columns), 0.0); // width of the numbers
    for (int i = 0; i < count; ++i) {
        const ChartPanel& panel = chart.panels[static_cast<std::size_t>(i)];
        const QPointF corner((i % columns) * (cell.width() + gap), (i / columns) * (cell.height() + gap));
        ChartFrame frame{QRectF(target.topLeft() + corner, cell), {}, panel.x, panel.y};
        frame.area = frame.cell.adjusted(0, head, -6 * unit, -below);
        double& widest = labels[static_cast<std::size_t>(i % columns)];
        for (const auto& tick : yTicks(panel.y, frame.area.height(), metrics).major) {
            widest = std::max(widest, metrics.horizontalAdvance(tick.label));
        }
        frames.push_back(frame);
    }
    for (int i = 0; i < count; ++i) {
        QRectF& area = frames[static_cast<std::size_t>(i)].area;
        area.setLeft(
            area.left() + labels[static_cast<std::size_t>(i % columns)] + metrics.height() +
            (kTick + 2 * kGap) * unit);
        // Axes on whole device pixels are sharp.
        const auto snapped = [&](double at) {
            return std::round(at / style.resolution) * style.resolution;
        };
        area = QRectF(
            QPointF(snapped(area.left()), snapped(area.top())),
            QPointF(snapped(area.right()), snapped(area.bottom())));
    }
    return frames;
}

void paintChart(QPainter& painter, const Chart& chart, const QRectF& target, const ChartStyle& style) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    const std::vector<ChartFrame> frames = chartFrames(chart, target, style);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        if (frames[i].area.width() > 20 * style.unit && frames[i].area.height() > 20 * style.unit) {
            paintPanel(painter, chart.panels[i], frames[i], style);
        }
    }
    painter.restore();
}

} // namespace mambascope::ui
