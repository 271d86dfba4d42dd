// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/axis_ticks.h"
#include "ui/plots/heat_plot.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPaintEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {

void HeatPlot::paintEvent(QPaintEvent* event) {
    if (!m_static.isValid(size(), devicePixelRatioF())) {
        arrange();
        renderStatic();
    }
    QPainter painter(this);
    m_static.show(painter, event->region());
    if (!usable()) {
        return;
    }
    if (m_cursor.layer >= 0) {
        paintCross(painter, m_cursor, true);
    }
    if (m_hover.valid()) {
        paintCross(painter, m_hover, false);
    }
    if (hasFocus()) {
        painter.setPen(QPen(m_style.colours.accent, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(m_layout.map.adjusted(-1.5, -1.5, 0.5, 0.5));
    }
}

/// Dark and light lines side by side, so that one of them stands out from any colour below.
void HeatPlot::paintCross(QPainter& painter, Point point, bool strong) const {
    const QRectF row = rowRect(point.layer);
    const QRectF& map = m_layout.map;
    const PlotColours& colours = m_style.colours;
    if (strong) {
        // The selected layer: a pointer at the axis, and its row framed through map and strips.
        const double y = row.center().y();
        painter.setRenderHint(QPainter::Antialiasing, true);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colours.accent);
        painter.drawPolygon(
            QPolygonF{{map.left() - 7, y - 4.5}, {map.left() - 7, y + 4.5}, {map.left() - 0.5, y}});
        painter.setRenderHint(QPainter::Antialiasing, false);
    }
    if (point.channel < m_window.first || point.channel > m_window.last || point.channel < 0) {
        return;
    }
    const double x = std::floor(m_layout.x(point.channel)) + 0.5;
    const double half =
        std::max(3.5, (m_layout.x(point.channel + 0.5) - m_layout.x(point.channel - 0.5)) / 2 + 1);
    const QRectF box(x - half, row.top() - 1.5, 2 * half, row.height() + 2);
    const QPen dark(QColor(0, 0, 0, strong ? 230 : 150), 1),
        light(QColor(255, 255, 255, strong ? 255 : 200), 1);
    const auto lines = [&](double shift) {
        painter.drawLine(QPointF(x + shift, map.top()), QPointF(x + shift, box.top()));
        painter.drawLine(QPointF(x + shift, box.bottom()), QPointF(x + shift, map.bottom()));
    };
    painter.setBrush(Qt::NoBrush);
    painter.setPen(dark);
    lines(1);
    painter.drawRect(box.adjusted(-1, -1, 1, 1));
    painter.setPen(light);
    lines(0);
    painter.drawRect(box);
    if (!strong) {
        const double y = std::floor(row.center().y()) + 0.5;
        painter.setPen(light);
        painter.drawLine(QPointF(map.left(), y), QPointF(box.left() - 1, y));
        painter.drawLine(QPointF(box.right() + 1, y), QPointF(map.right(), y));
    }
}

void HeatPlot::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_static.invalidate();
    arrange();
}

void HeatPlot::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
        invalidate();
    }
}

void HeatPlot::mouseMoveEvent(QMouseEvent* event) {
    if ((event->buttons() & Qt::LeftButton) && usable()) {
        const double moved = event->position().x() - m_pressed.x();
        m_dragged |= std::abs(moved) > 4;
        if (m_dragged) {
            const double channels =
                moved / m_layout.map.width() * (m_windowPressed.last - m_windowPressed.first);
            setWindow({m_windowPressed.first - channels, m_windowPressed.last - channels});
        }
        return;
    }
    setHover(pointAt(event->position()));
}

void HeatPlot::mousePressEvent(QMouseEvent* event) {
    m_pressed = event->position();
    m_windowPressed = m_window;
    m_dragged = false;
}

void HeatPlot::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || m_dragged || !usable()) {
        return;
    }
    Point point = pointAt(event->position());
    if (!point.valid()) { // on a strip or the axis: the layer alone
        if (const int position = m_layout.positionAt(event->position().y()); position >= 0) {
            point = {m_map->order[static_cast<std::size_t>(position)], m_cursor.channel};
        }
    }
    if (point.layer >= 0) {
        moveTo(point);
    }
}

void HeatPlot::mouseDoubleClickEvent(QMouseEvent* event) {
    if (const Point point = pointAt(event->position()); point.valid()) {
        moveTo(point);
        Q_EMIT activated(point.layer, point.channel);
    }
}

void HeatPlot::wheelEvent(QWheelEvent* event) {
    const double steps = event->angleDelta().y() / 120.0;
    const int channel = m_layout.channelAt(event->position().x());
    if (!usable() || steps == 0 || channel < 0) {
        event->ignore();
        return;
    }
    zoom(std::pow(0.8, steps), channel);
    event->accept();
}

void HeatPlot::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    setHover({});
}

void HeatPlot::keyPressEvent(QKeyEvent* event) {
    const bool alt = event->modifiers() & Qt::AltModifier;
    const int step = event->modifiers() & Qt::ControlModifier ? 10 : 1;
    const double about = m_cursor.channel >= 0 ? m_cursor.channel : (m_window.first + m_window.last) / 2;
    switch (event->key()) {
    case Qt::Key_Left:
        alt ? moveOutlier(true, -1) : moveBy(0, -step);
        break;
    case Qt::Key_Right:
        alt ? moveOutlier(true, 1) : moveBy(0, step);
        break;
    case Qt::Key_Up:
        alt ? moveOutlier(false, -1) : moveBy(-step, 0);
        break;
    case Qt::Key_Down:
        alt ? moveOutlier(false, 1) : moveBy(step, 0);
        break;
    case Qt::Key_PageUp:
        moveBy(-10, 0);
        break;
    case Qt::Key_PageDown:
        moveBy(10, 0);
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoom(0.5, about);
        break;
    case Qt::Key_Minus:
        zoom(2, about);
        break;
    case Qt::Key_Home:
        if (m_map != nullptr) {
            setWindow(wholeWindow(*m_map));
        }
        break;
    case Qt::Key_L:
        Q_EMIT scaleToggled();
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (usable() && m_cursor.valid()) {
            Q_EMIT activated(m_cursor.layer, m_cursor.channel);
        }
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

void HeatPlot::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    if (usable() && !m_cursor.valid()) { // the reader of the screen starts at the layer's largest value
        const int layer = std::max(0, m_cursor.layer);
        moveTo({layer, m_map->rows[static_cast<std::size_t>(layer)].largestChannel});
    }
    update();
}

void HeatPlot::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    update();
}

} // namespace mambascope::ui
