// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/chart_plot.h"

#include "ui/models/core_words.h"
#include "ui/models/text.h"
#include "ui/plots/axis_ticks.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPaintEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mambascope::ui {

ChartPlot::ChartPlot(QWidget* parent)
    : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
}

void ChartPlot::setChart(std::shared_ptr<const Chart> chart) {
    show({}, {});
    m_chart = std::move(chart);
    m_static.invalidate();
    m_frames.clear();
    update();
}

void ChartPlot::setEmptyText(const QString& text) {
    m_emptyText = text;
    update();
}

void ChartPlot::setTheme(const Theme* theme) {
    m_theme = theme;
    connect(theme, &Theme::changed, this, [this] {
        m_static.invalidate();
        update();
    });
}

ChartStyle ChartPlot::style() const {
    ChartStyle style;
    style.colours = m_theme != nullptr ? m_theme->colours() : PlotColours::light();
    style.headFont = style.smallFont = font();
    style.headFont.setWeight(QFont::DemiBold);
    style.smallFont.setPointSizeF(font().pointSizeF() * 0.9);
    style.resolution = 1.0 / devicePixelRatioF();
    return style;
}

QRectF ChartPlot::target() const {
    return QRectF(rect()).adjusted(6, 6, -6, -4);
}

const ChartPoint* ChartPlot::pointAt(Place place) const {
    if (m_chart == nullptr || place.panel < 0) {
        return nullptr;
    }
    const ChartPanel& panel = m_chart->panels[static_cast<std::size_t>(place.panel)];
    return &panel.series[static_cast<std::size_t>(place.series)]
                .points[static_cast<std::size_t>(place.point)];
}

QPointF ChartPlot::position(std::size_t panel, std::size_t series, std::size_t point) const {
    const ChartPoint& at = m_chart->panels[panel].series[series].points[point];
    const ChartFrame frame = chartFrames(*m_chart, target(), style())[panel];
    const bool bar = m_chart->panels[panel].series[series].kind == ChartKind::Bars;
    return {bar ? (frame.x(at.x) + frame.x(at.xEnd)) / 2 : frame.x(at.x), frame.y(at.y)};
}

ChartPlot::Place ChartPlot::nearest(const QPointF& at) const {
    Place best;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t p = 0; p < m_frames.size(); ++p) {
        const ChartFrame& frame = m_frames[p];
        const ChartPanel& panel = m_chart->panels[p];
        if (!frame.area.adjusted(-4, -4, 4, 4).contains(at) || !panel.emptyText.empty()) {
            continue;
        }
        for (std::size_t s = 0; s < panel.series.size(); ++s) {
            const ChartSeries& series = panel.series[s];
            for (std::size_t i = 0; i < series.points.size(); ++i) {
                const ChartPoint& point = series.points[i];
                const double left = frame.x(point.x);
                const double right = series.kind == ChartKind::Bars ? frame.x(point.xEnd) : left;
                const double across = std::max({0.0, left - at.x(), at.x() - right});
                // Along x first: a bar or a ribbon is pointed at wherever it is.
                const double distance = across + (series.kind == ChartKind::Points ? 1 : 1e-3) *
                                                     std::abs(frame.y(point.y) - at.y());
                if (distance < least) {
                    least = distance;
                    best = {static_cast<int>(p), static_cast<int>(s), static_cast<int>(i)};
                }
            }
        }
    }
    return best;
}

QString ChartPlot::describe(Place place) const {
    const ChartPoint* point = pointAt(place);
    if (point == nullptr) {
        return {};
    }
    const ChartPanel& panel = m_chart->panels[static_cast<std::size_t>(place.panel)];
    const ChartSeries& series = panel.series[static_cast<std::size_t>(place.series)];
    QStringList parts{figureText(panel.title)};
    if (panel.series.size() > 1) {
        parts << figureText(series.label);
    }
    if (!point->label.empty()) {
        parts << figureText(point->label);
    }
    QString x = formatValue(point->x);
    if (series.kind == ChartKind::Bars && panel.x.whole) {
        x = formatValue(std::round((point->x + point->xEnd) / 2)); // bars side by side in what they are of
    } else if (series.kind == ChartKind::Bars) {
        x = tr("%1 to %2").arg(x, formatValue(point->xEnd));
    }
    parts << QStringLiteral("%1: %2").arg(figureText(panel.x.label), x);
    QString y = formatValue(point->y);
    if (point->low && point->high) {
        y = tr("%1 (%2 to %3)").arg(y, formatValue(*point->low), formatValue(*point->high));
    }
    parts << QStringLiteral("%1: %2").arg(figureText(panel.y.label), y);
    return parts.join(QStringLiteral(" · "));
}

void ChartPlot::show(Place cursor, Place hover) {
    if (cursor != m_cursor || hover != m_hover) {
        m_cursor = cursor;
        m_hover = hover;
        update();
    }
    const QString text = describe(m_hover.panel >= 0 ? m_hover : m_cursor);
    if (text != m_readout) {
        m_readout = text;
        Q_EMIT readoutChanged(text);
        if (QAccessible::isActive()) {
            QAccessibleValueChangeEvent event(this, text);
            QAccessible::updateAccessibility(&event);
        }
    }
}

void ChartPlot::step(int points, int series, int panels) {
    if (m_chart == nullptr) {
        return;
    }
    const auto usable = [this](int panel) {
        const ChartPanel& shown = m_chart->panels[static_cast<std::size_t>(panel)];
        return shown.emptyText.empty() && !shown.series.empty() && !shown.series.front().points.empty();
    };
    const int count = static_cast<int>(m_chart->panels.size());
    Place to = m_cursor;
    if (to.panel < 0 || panels != 0) {
        int panel = to.panel < 0 ? 0 : to.panel + panels;
        while (panel >= 0 && panel < count && !usable(panel)) {
            panel += panels < 0 ? -1 : 1;
        }
        if (panel >= 0 && panel < count) {
            to = {panel, 0, 0};
        }
    } else {
        const ChartPanel& panel = m_chart->panels[static_cast<std::size_t>(to.panel)];
        to.series = std::clamp(to.series + series, 0, static_cast<int>(panel.series.size()) - 1);
        const auto last = panel.series[static_cast<std::size_t>(to.series)].points.size() - 1;
        to.point = std::clamp(to.point + points, 0, static_cast<int>(last));
    }
    show(to, {});
}

void ChartPlot::paintEvent(QPaintEvent* event) {
    const ChartStyle style = this->style();
    if (!m_static.isValid(size(), devicePixelRatioF())) {
        QImage& image = m_static.renew(size(), devicePixelRatioF(), style.colours.background);
        QPainter painter(&image);
        if (m_chart != nullptr) {
            m_frames = chartFrames(*m_chart, target(), style);
            paintChart(painter, *m_chart, target(), style);
        } else {
            m_frames.clear();
            painter.setPen(style.colours.secondaryText);
            painter.drawText(
                QRectF(rect()).adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        }
    }
    QPainter painter(this);
    m_static.show(painter, event->region());
    const Place place = m_hover.panel >= 0 ? m_hover : m_cursor;
    if (pointAt(place) != nullptr) {
        const QPointF at = position(
            static_cast<std::size_t>(place.panel), static_cast<std::size_t>(place.series),
            static_cast<std::size_t>(place.point));
        const QRectF& area = m_frames[static_cast<std::size_t>(place.panel)].area;
        painter.setPen(QPen(style.colours.cursor, 1, Qt::DotLine));
        painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()));
        painter.setRenderHint(QPainter::Antialiasing, true);
        painter.setPen(QPen(style.colours.background, 1));
        painter.setBrush(style.colours.cursor);
        painter.drawEllipse(at, 3.5, 3.5);
    }
}

void ChartPlot::mouseMoveEvent(QMouseEvent* event) {
    show(m_cursor, nearest(event->position()));
}

void ChartPlot::mousePressEvent(QMouseEvent* event) {
    if (const Place at = nearest(event->position()); at.panel >= 0) {
        show(at, at);
    }
}

void ChartPlot::leaveEvent(QEvent*) {
    show(m_cursor, {});
}

void ChartPlot::keyPressEvent(QKeyEvent* event) {
    const int points = event->modifiers() & Qt::ControlModifier ? 10 : 1;
    switch (event->key()) {
    case Qt::Key_Left:
        step(-points, 0, 0);
        break;
    case Qt::Key_Right:
        step(points, 0, 0);
        break;
    case Qt::Key_Up:
        step(0, -1, 0);
        break;
    case Qt::Key_Down:
        step(0, 1, 0);
        break;
    case Qt::Key_PageUp:
        step(0, 0, -1);
        break;
    case Qt::Key_PageDown:
        step(0, 0, 1);
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

void ChartPlot::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    if (m_cursor.panel < 0) {
        step(0, 0, 0);
    }
}

void ChartPlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
        m_static.invalidate();
        update();
    }
    QWidget::changeEvent(event);
}

} // namespace mambascope::ui
