// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/figures/figure_painter.h"
#include "ui/figures/figure_sheet.h"
#include "ui/models/core_words.h"
#include "ui/plots/axis_ticks.h"
#include "ui/plots/panel_painter.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <array>
#include <limits>

namespace mambascope::ui {
namespace {

enum class Marker { Circle, Square, Triangle, Diamond };
constexpr std::size_t kMarkers = 4;

/// How a series or a reference looks.
struct Look {
    QColor colour;
    Marker marker = Marker::Circle;
    Qt::PenStyle level = Qt::DashLine; ///< of a reference
};

class SweepPainter {
public:
    SweepPainter(QPainter& painter, const SweepFigure& figure, const PlotColours& colours, double point)
        : m_painter(painter)
        , m_figure(figure)
        , m_colours(colours)
        , m_point(point)
        , m_headFont(sheetFont(7.5 * point, true))
        , m_font(sheetFont(6.5 * point))
        , m_metrics(m_font)
        , m_values(accuracyRange(figure)) {}

    void paint(QRectF area) {
        area.setTop(area.top() + paintLegend(area));
        const auto count = static_cast<int>(m_figure.panels.size());
        const int columns = count < 4 ? panelColumns(count, area.size())
                            : count > 4 && area.width() > 1.2 * area.height() ? (count + 1) / 2
                                                                              : 2;
        const int rows = (count + columns - 1) / columns;
        const double gap = 8 * m_point;
        const QSizeF size(
            (area.width() - gap * (columns - 1)) / columns, (area.height() - gap * (rows - 1)) / rows);
        for (int i = 0; i < count; ++i) {
            const QPointF corner((i % columns) * (size.width() + gap), (i / columns) * (size.height() + gap));
            paintPanel(
                QRectF(area.topLeft() + corner, size), m_figure.panels[static_cast<std::size_t>(i)],
                i % columns == 0);
        }
    }

private:
    /// The order of series is the same in every panel.
    Look lookOf(std::size_t index) const {
        const std::array<QColor, 5> colours{
            m_colours.stem[3], m_colours.outlier, m_colours.stem[0], m_colours.stem[1], m_colours.stem[2]};
        constexpr std::array kLevels{Qt::DashLine, Qt::DashDotLine, Qt::DashDotDotLine};
        return {
            colours[index % colours.size()], static_cast<Marker>(index % kMarkers),
            kLevels[index % kLevels.size()]};
    }

    QPen linePen(const Look& look, bool reference) const {
        return QPen(
            reference ? m_colours.secondaryText : look.colour, (reference ? 0.7 : 0.9) * m_point,
            reference ? look.level : Qt::SolidLine, Qt::FlatCap);
    }

    void paintMarker(QPointF at, const Look& look) const {
        const double r = 2.1 * m_point;
        QPainterPath path;
        switch (look.marker) {
        case Marker::Circle:
            path.addEllipse(at, r, r);
            break;
        case Marker::Square:
            path.addRect(QRectF(at.x() - 0.88 * r, at.y() - 0.88 * r, 1.76 * r, 1.76 * r));
            break;
        case Marker::Triangle:
            path.addPolygon(QPolygonF(
                {at + QPointF(0, -1.2 * r), at + QPointF(1.1 * r, 0.8 * r), at + QPointF(-1.1 * r, 0.8 * r),
                 at + QPointF(0, -1.2 * r)}));
            break;
        case Marker::Diamond:
            path.addPolygon(QPolygonF(
                {at + QPointF(0, -1.3 * r), at + QPointF(1.3 * r, 0), at + QPointF(0, 1.3 * r),
                 at + QPointF(-1.3 * r, 0), at + QPointF(0, -1.3 * r)}));
            break;
        }
        m_painter.setPen(QPen(m_colours.background, 0.4 * m_point));
        m_painter.setBrush(look.colour);
        m_painter.drawPath(path);
        m_painter.setBrush(Qt::NoBrush);
    }

    void write(QPointF baseline, const QString& string, const QFont& font, const QColor& colour) const {
        m_painter.setFont(font);
        m_painter.setPen(colour);
        m_painter.drawText(baseline, string);
    }

    /// Returns its height.
    double paintLegend(const QRectF& area) const {
        const double sample = 14 * m_point, gap = 3 * m_point, between = 11 * m_point;
        const double line = m_metrics.height() + 1.5 * m_point;
        double x = area.left(), y = area.top();
        const auto& series = m_figure.panels.front().series;
        for (std::size_t i = 0; i < series.size(); ++i) {
            const double width = sample + gap + m_metrics.horizontalAdvance(figureText(series[i].name));
            if (x > area.left() && x + width > area.right()) {
                x = area.left();
                y += line;
            }
            const Look look = lookOf(i);
            const bool reference = isReference(m_figure, series[i]);
            const double middle = y + m_metrics.height() / 2;
            if (reference || series[i].joined) {
                m_painter.setPen(linePen(look, reference));
                m_painter.drawLine(QPointF(x, middle), QPointF(x + sample, middle));
            }
            if (!reference) {
                paintMarker(QPointF(x + sample / 2, middle), look);
            }
            write(QPointF(x + sample + gap, y + m_metrics.ascent()), figureText(series[i].name), m_font, m_colours.text);
            x += width + between;
        }
        return y - area.top() + line + 4 * m_point;
    }

    /// One panel's place on the paper.
    struct Frame {
        QRectF area;
        AxisRange x, y;
        AxisScale xScale = AxisScale::Linear;
        QPointF at(double px, double py) const {
            return {
                area.left() + axisFraction(px, x, xScale) * area.width(),
                area.bottom() - axisFraction(py, y, AxisScale::Linear) * area.height()};
        }
    };

    void paintPanel(const QRectF& cell, const AccuracyPanel& panel, bool first) const {
        const QFontMetricsF head(m_headFont);
        const double labels = m_metrics.horizontalAdvance(QStringLiteral("100")) + 5 * m_point;
        const double left = labels + (first ? m_metrics.height() + 2 * m_point : 0);
        const bool named = !m_figure.xLabel.empty();
        Frame frame{
            cell.adjusted(
                left, panel.title.empty() ? 2 * m_point : head.height() + 3 * m_point, -2 * m_point,
                -(4 * m_point + m_metrics.height() * (named ? 2 : 1))),
            horizontalRange(m_figure, panel), m_values, m_figure.xScale};
        if (frame.area.width() < 10 * m_point || frame.area.height() < 10 * m_point) {
            return;
        }
        write(
            QPointF(frame.area.left(), cell.top() + head.ascent()),
            head.elidedText(figureText(panel.title), Qt::ElideRight, frame.area.width()), m_headFont, m_colours.text);
        paintAxes(frame, first);
        if (panel.chance && *panel.chance >= m_values.low) {
            m_painter.setPen(QPen(m_colours.axis, 0.7 * m_point, Qt::DotLine));
            m_painter.drawLine(frame.at(frame.x.low, *panel.chance), frame.at(frame.x.high, *panel.chance));
        }
        for (const bool references : {true, false}) { // series lie above levels
            for (std::size_t i = 0; i < panel.series.size(); ++i) {
                if (isReference(m_figure, panel.series[i]) == references) {
                    paintSeries(frame, panel, i);
                }
            }
        }
    }

    void paintAxes(const Frame& frame, bool first) const {
        const QRectF& area = frame.area;
        const double tickLength = 2.5 * m_point;
        const AxisTicks vertical = axisTicks(
            frame.y, AxisScale::Linear, area.height(), [&](const QString&) { return m_metrics.ascent(); });
        for (const auto& tick : vertical.major) {
            const double y = frame.at(frame.x.low, tick.value).y();
            m_painter.setPen(QPen(m_colours.grid, 0.4 * m_point));
            m_painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
            write(
                QPointF(
                    area.left() - tickLength - m_metrics.horizontalAdvance(tick.label),
                    y + (m_metrics.ascent() - m_metrics.descent()) / 2),
                tick.label, m_font, m_colours.secondaryText);
        }
        m_painter.setPen(QPen(m_colours.axis, 0.5 * m_point));
        m_painter.drawLine(area.topLeft(), area.bottomLeft());
        m_painter.drawLine(area.bottomLeft(), area.bottomRight());
        const double baseline = area.bottom() + tickLength + m_point + m_metrics.ascent();
        for (const auto& tick : horizontalTicks(frame)) {
            const double x = frame.at(tick.value, frame.y.low).x();
            m_painter.setPen(QPen(m_colours.axis, 0.5 * m_point));
            m_painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + tickLength));
            write(
                QPointF(x - m_metrics.horizontalAdvance(tick.label) / 2, baseline), tick.label, m_font,
                m_colours.secondaryText);
        }
        const QString label = figureText(m_figure.xLabel);
        write(
            QPointF(
                area.center().x() - m_metrics.horizontalAdvance(label) / 2, baseline + m_metrics.height()),
            label, m_font, m_colours.secondaryText);
        if (first) {
            const QString accuracy = figureText("accuracy, %");
            m_painter.save();
            m_painter.translate(
                area.left() - m_metrics.horizontalAdvance(QStringLiteral("100")) - 6 * m_point, area.center().y());
            m_painter.rotate(-90);
            write(
                QPointF(-m_metrics.horizontalAdvance(accuracy) / 2, 0), accuracy, m_font,
                m_colours.secondaryText);
            m_painter.restore();
        }
    }

    /// Names of numbers, without those that would run into the one before.
    std::vector<AxisTicks::Major> namedTicks(const Frame& frame) const {
        std::vector<AxisTicks::Major> ticks;
        double free = -std::numeric_limits<double>::infinity();
        for (const auto& [value, name] : m_figure.ticks) {
            const double half = m_metrics.horizontalAdvance(figureText(name)) / 2;
            const double x = frame.at(value, frame.y.low).x();
            const bool fits = x - half > free;
            ticks.push_back({value, fits ? figureText(name) : QString()});
            free = fits ? x + half + 3 * m_point : free;
        }
        return ticks;
    }

    std::vector<AxisTicks::Major> horizontalTicks(const Frame& frame) const {
        if (!m_figure.ticks.empty()) {
            return namedTicks(frame);
        }
        if (m_figure.categories.empty()) {
            return axisTicks(frame.x, frame.xScale, frame.area.width(), [&](const QString& label) {
                       return m_metrics.horizontalAdvance(label);
                   }).major;
        }
        std::vector<AxisTicks::Major> ticks;
        const double room = frame.area.width() / static_cast<double>(m_figure.categories.size()) - 2 * m_point;
        for (const std::string& name : m_figure.categories) {
            ticks.push_back(
                {static_cast<double>(ticks.size()), m_metrics.elidedText(figureText(name), Qt::ElideRight, room)});
        }
        return ticks;
    }

    void paintSeries(const Frame& frame, const AccuracyPanel& panel, std::size_t index) const {
        const AccuracySeries& series = panel.series[index];
        const Look look = lookOf(index);
        if (isReference(m_figure, series)) {
            m_painter.setPen(linePen(look, true));
            for (const AccuracyPoint& point : series.points) {
                m_painter.drawLine(frame.at(frame.x.low, point.y), frame.at(frame.x.high, point.y));
            }
            return;
        }
        const double shift = besides(m_figure, panel, index);
        QPolygonF line;
        for (const AccuracyPoint& point : series.points) {
            line << frame.at(point.x + shift, point.y);
        }
        m_painter.setPen(linePen(look, false));
        if (series.joined) {
            m_painter.drawPolyline(line);
        }
        for (const AccuracyPoint& point : series.points) {
            const QPointF low = frame.at(point.x + shift, std::max(point.low, m_values.low));
            const QPointF high = frame.at(point.x + shift, std::min(point.high, m_values.high));
            const QPointF cap(1.2 * m_point, 0);
            m_painter.setPen(QPen(look.colour, 0.6 * m_point));
            m_painter.drawLine(low, high);
            m_painter.drawLine(low - cap, low + cap);
            m_painter.drawLine(high - cap, high + cap);
        }
        for (const QPointF& at : line) {
            paintMarker(at, look);
        }
    }

    QPainter& m_painter;
    const SweepFigure& m_figure;
    const PlotColours& m_colours;
    double m_point;
    QFont m_headFont, m_font;
    QFontMetricsF m_metrics;
    AxisRange m_values;
};

} // namespace

void paintFigure(
    QPainter& painter, const QRectF& target, const SweepFigure& figure, const PlotColours& colours,
    double pixelsPerPoint) {
    painter.save();
    const QRectF area = paintSheet(painter, target, {figure.title, figure.caption}, colours, pixelsPerPoint);
    if (!figure.panels.empty()) {
        SweepPainter(painter, figure, colours, pixelsPerPoint).paint(area);
    }
    painter.restore();
}

} // namespace mambascope::ui
