// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/core_words.h"
#include "ui/plots/axis_ticks.h"
#include "ui/plots/layer_plot.h"
#include "ui/plots/layer_plot_impl.h"

#include <QAccessible>
#include <QKeyEvent>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {

const StemPanel* LayerPlot::Impl::panelAt(int index) const {
    return index >= 0 && index < static_cast<int>(panels.size())
               ? panels[static_cast<std::size_t>(index)].stems->panel()
               : nullptr;
}

PlotPosition LayerPlot::Impl::positionAt(QPoint point) const {
    plot->layOut();
    for (std::size_t i = 0; i < panels.size(); ++i) {
        const StemPanel* panel = panels[i].stems->panel();
        if (panel == nullptr || panel->values.empty() || !panels[i].rect->rect().contains(point)) {
            continue;
        }
        const PanelFrame frame = panels[i].stems->frame();
        const double perPixel = (frame.last - frame.first) / frame.area.width();
        const double channel = frame.first + (point.x() + 0.5 - frame.area.left()) * perPixel;
        const int count = static_cast<int>(panel->values.size());
        // A pixel shows the largest of its channels; that is the one the user points at, give or take a
        // pixel.
        const double reach = std::max(1.5 * perPixel, 0.5);
        const int from = std::clamp(static_cast<int>(std::lround(channel - reach + 0.5)), 0, count - 1);
        const int to = std::clamp(static_cast<int>(std::lround(channel + reach - 0.5)), from, count - 1);
        const auto begin = panel->values.begin();
        const auto largest = std::max_element(begin + from, begin + to + 1);
        return {static_cast<int>(i), static_cast<int>(largest - begin)};
    }
    return {};
}

QString LayerPlot::Impl::describe(PlotPosition position) const {
    const StemPanel* panel = panelAt(position.panel);
    if (panel == nullptr || position.channel >= static_cast<int>(panel->values.size())) {
        return {};
    }
    const Panel& view = panels[static_cast<std::size_t>(position.panel)];
    const double value = panel->values[static_cast<std::size_t>(position.channel)];
    QString text = LayerPlot::tr("%1 · channel %2 · %3")
                       .arg(figureText(panel->title))
                       .arg(position.channel)
                       .arg(formatValue(value));
    if (view.deviation > 0) {
        const double sigmas = (value - view.mean) / view.deviation;
        const QString size = QLocale().toString(std::abs(sigmas), 'f', 1);
        text += QStringLiteral(" · ") + (sigmas >= 0 ? LayerPlot::tr("%1 σ above the mean").arg(size)
                                                     : LayerPlot::tr("%1 σ below the mean").arg(size));
    }
    const bool marked = std::any_of(panel->marks.begin(), panel->marks.end(), [&](const OutlierMark& mark) {
        return mark.channel == position.channel;
    });
    return marked ? QString(text + QStringLiteral(" · ") + LayerPlot::tr("outlier")) : text;
}

void LayerPlot::Impl::updateCursor() {
    const std::optional<CursorShape> shape = cursorShape();
    plot->update(shape ? cursorRegion | shape->region() : cursorRegion);
}

void LayerPlot::Impl::showCursor() {
    updateCursor();
    sayReadout();
}

void LayerPlot::Impl::sayReadout() {
    const QString text = describe(shown());
    if (text != readout) {
        readout = text;
        Q_EMIT q->readoutChanged(text);
        if (QAccessible::isActive()) {
            QAccessibleValueChangeEvent event(q, text);
            QAccessible::updateAccessibility(&event);
        }
    }
}

void LayerPlot::Impl::moveTo(PlotPosition position) {
    const bool moved = position != cursor;
    cursor = position;
    hover = {};
    QCPAxis* axis = panels[static_cast<std::size_t>(position.panel)].stems->keyAxis();
    if (!axis->range().contains(position.channel)) {
        const double half = axis->range().size() / 2;
        axis->setRange(position.channel - half, position.channel + half);
        replotSoon();
    }
    showCursor();
    if (moved) {
        Q_EMIT q->cursorMoved(cursor.panel, cursor.channel);
    }
}

void LayerPlot::Impl::setHover(PlotPosition position) {
    if (position != hover) {
        hover = position;
        showCursor();
    }
}

void LayerPlot::Impl::moveChannel(int step) {
    if (!cursor.valid() && !movePanel(1)) {
        return;
    }
    const int last = static_cast<int>(panelAt(cursor.panel)->values.size()) - 1;
    moveTo({cursor.panel, std::clamp(cursor.channel + step, 0, last)});
}

void LayerPlot::Impl::moveOutlier(int step) {
    // Through all panels, in the order of panel and channel, and round again at the end.
    std::vector<PlotPosition> outliers;
    for (std::size_t i = 0; i < panels.size(); ++i) {
        std::vector<int> channels;
        for (const OutlierMark& mark : panels[i].stems->panel()->marks) {
            channels.push_back(mark.channel);
        }
        std::sort(channels.begin(), channels.end());
        for (const int channel : channels) {
            outliers.push_back({static_cast<int>(i), channel});
        }
    }
    if (outliers.empty()) {
        return;
    }
    const auto before = [](PlotPosition a, PlotPosition b) {
        return std::pair(a.panel, a.channel) < std::pair(b.panel, b.channel);
    };
    auto next = outliers.begin();
    if (step > 0) {
        next = std::upper_bound(outliers.begin(), outliers.end(), cursor, before);
        next = next == outliers.end() ? outliers.begin() : next;
    } else {
        next = std::lower_bound(outliers.begin(), outliers.end(), cursor, before);
        next = next == outliers.begin() ? outliers.end() - 1 : next - 1;
    }
    moveTo(*next);
}

bool LayerPlot::Impl::movePanel(int step) {
    int panel = cursor.valid() ? cursor.panel + step : (step > 0 ? 0 : static_cast<int>(panels.size()) - 1);
    while (panelAt(panel) != nullptr && panelAt(panel)->values.empty()) {
        panel += step;
    }
    const StemPanel* data = panelAt(panel);
    if (data == nullptr) {
        return false;
    }
    // Where there is most to see: at the largest visible value.
    const QCPRange range = panels[static_cast<std::size_t>(panel)].stems->keyAxis()->range();
    const auto begin = data->values.begin();
    const int count = static_cast<int>(data->values.size());
    const int from = std::clamp(static_cast<int>(std::ceil(range.lower)), 0, count - 1);
    const int to = std::clamp(static_cast<int>(std::floor(range.upper)), from, count - 1);
    moveTo({panel, static_cast<int>(std::max_element(begin + from, begin + to + 1) - begin)});
    return true;
}

void LayerPlot::Impl::zoom(double factor) {
    if (!cursor.valid() && !movePanel(1)) {
        return;
    }
    panels[static_cast<std::size_t>(cursor.panel)].stems->keyAxis()->scaleRange(factor, cursor.channel);
    replotSoon();
    showCursor();
}

void LayerPlot::Impl::toggleScale() {
    q->setYScale(
        scale == AxisScale::Log      ? AxisScale::Linear
        : scale == AxisScale::Linear ? AxisScale::Symlog
                                     : AxisScale::Log);
    showCursor();
    Q_EMIT q->yScaleToggled(scale);
}

QRegion CursorShape::region() const {
    constexpr double kReach = 5; // of the disc at the tip
    const QRectF across(panel.left(), tip.y() - kReach, panel.width(), 2 * kReach);
    const QRectF down(tip.x() - kReach, panel.top() - kReach, 2 * kReach, panel.height() + 2 * kReach);
    return QRegion(across.toAlignedRect()) | down.toAlignedRect() |
           box.adjusted(-1, -1, 1, 1).toAlignedRect();
}

std::optional<CursorShape> LayerPlot::Impl::cursorShape() const {
    const PlotPosition at = shown();
    const StemPanel* panel = panelAt(at.panel);
    if (panel == nullptr || at.channel >= static_cast<int>(panel->values.size())) {
        return std::nullopt;
    }
    plot->layOut();
    const PanelFrame frame = panels[static_cast<std::size_t>(at.panel)].stems->frame();
    if (at.channel < frame.first || at.channel > frame.last) {
        return std::nullopt;
    }
    const double value = panel->values[static_cast<std::size_t>(at.channel)];
    CursorShape shape;
    shape.panel = frame.area;
    shape.tip = QPointF(std::floor(frame.x(at.channel)) + 0.5, std::max(frame.y(value), frame.area.top()));
    shape.text = QStringLiteral("%1 · %2").arg(at.channel).arg(formatValue(value));
    const QFontMetricsF metrics(q->font());
    shape.box = QRectF(0, 0, metrics.horizontalAdvance(shape.text) + 12, metrics.height() + 4);
    // Beside the tip, on the side that has room.
    const bool toTheLeft = shape.tip.x() + 10 + shape.box.width() > frame.area.right();
    shape.box.moveTopLeft(QPointF(
        toTheLeft ? shape.tip.x() - 10 - shape.box.width() : shape.tip.x() + 10,
        std::clamp(
            shape.tip.y() - shape.box.height() - 8, frame.area.top() + 2,
            frame.area.bottom() - shape.box.height())));
    shape.box.moveLeft(
        std::clamp(shape.box.left(), 2.0, std::max(2.0, plot->width() - shape.box.width() - 2)));
    return shape;
}

void LayerPlot::Impl::paintCursor(QPainter& painter, const CursorShape& shape) const {
    const QRectF& area = shape.panel;
    painter.setPen(QPen(colours.cursor, 1, Qt::DotLine));
    painter.drawLine(QPointF(shape.tip.x(), area.top()), QPointF(shape.tip.x(), area.bottom()));
    painter.drawLine(QPointF(area.left(), shape.tip.y()), QPointF(area.right(), shape.tip.y()));
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(QPen(colours.background, 1));
    painter.setBrush(colours.cursor);
    painter.drawEllipse(shape.tip, 3.5, 3.5);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colours.text);
    painter.drawRoundedRect(shape.box, 3, 3);
    painter.setPen(colours.background);
    painter.setFont(q->font());
    painter.drawText(shape.box, Qt::AlignCenter, shape.text);
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void LayerPlot::Impl::paintOverlay(QPainter& painter) {
    cursorRegion = {};
    if (panels.empty()) {
        painter.setPen(colours.secondaryText);
        painter.setFont(q->font());
        painter.drawText(
            plot->rect().adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap, emptyText);
        return;
    }
    if (q->hasFocus() && panelAt(cursor.panel) != nullptr) {
        painter.setPen(QPen(colours.accent, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(panels[static_cast<std::size_t>(cursor.panel)].rect->rect());
    }
    paintMarker(painter, markers[0], u'A');
    paintMarker(painter, markers[1], u'B');
    if (const std::optional<CursorShape> shape = cursorShape()) {
        paintCursor(painter, *shape);
        cursorRegion = shape->region();
    }
}

bool LayerPlot::event(QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        // Tab walks through the panels first and leaves the plot after the last one.
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool back = key->key() == Qt::Key_Backtab || (key->modifiers() & Qt::ShiftModifier);
        if ((key->key() == Qt::Key_Tab || key->key() == Qt::Key_Backtab) && m_impl->cursor.valid() &&
            m_impl->movePanel(back ? -1 : 1)) {
            event->accept();
            return true;
        }
    }
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
        m_impl->applyColours();
    }
    return QWidget::event(event);
}

void LayerPlot::keyPressEvent(QKeyEvent* event) {
    Impl& d = *m_impl;
    const bool alt = event->modifiers() & Qt::AltModifier;
    const int step = event->modifiers() & Qt::ControlModifier ? 10 : 1;
    switch (event->key()) {
    case Qt::Key_Left:
        alt ? d.moveOutlier(-1) : d.moveChannel(-step);
        break;
    case Qt::Key_Right:
        alt ? d.moveOutlier(1) : d.moveChannel(step);
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        d.zoom(0.5);
        break;
    case Qt::Key_Minus:
        d.zoom(2);
        break;
    case Qt::Key_Home:
        resetZoom();
        break;
    case Qt::Key_L:
        d.toggleScale();
        break;
    case Qt::Key_A:
        d.setMarkers({d.cursor, d.markers[1]});
        break;
    case Qt::Key_B:
        d.setMarkers({d.markers[0], d.cursor});
        break;
    case Qt::Key_Delete:
        d.setMarkers({});
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (d.cursor.valid()) {
            Q_EMIT channelActivated(d.cursor.panel, d.cursor.channel);
        }
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

void LayerPlot::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    // The reader of the screen starts at the first panel, or at the last one when it came backwards.
    if (!m_impl->cursor.valid() || event->reason() == Qt::TabFocusReason ||
        event->reason() == Qt::BacktabFocusReason) {
        m_impl->cursor = {};
        m_impl->movePanel(event->reason() == Qt::BacktabFocusReason ? -1 : 1);
    }
    m_impl->plot->update(); // the frame of the panel that has the keyboard
}

void LayerPlot::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    m_impl->plot->update(); // the frame of the panel that has the keyboard
}

bool LayerPlot::eventFilter(QObject* object, QEvent* event) {
    Impl& d = *m_impl;
    if (object != d.plot) {
        return QWidget::eventFilter(object, event);
    }
    if (event->type() == QEvent::Resize && static_cast<QResizeEvent*>(event)->size().isEmpty()) {
        return true; // on its way to its size; there is nothing to paint on yet
    }
    switch (event->type()) {
    case QEvent::Resize:
        d.arrange();
        break;
    case QEvent::MouseMove:
        d.setHover(d.positionAt(static_cast<QMouseEvent*>(event)->position().toPoint()));
        break;
    case QEvent::Leave:
        d.setHover({});
        break;
    case QEvent::MouseButtonPress: {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        d.pressed = mouse->position().toPoint();
        const bool select = mouse->modifiers() & Qt::ShiftModifier;
        d.plot->setSelectionRectMode(select ? QCP::srmZoom : QCP::srmNone);
        break;
    }
    case QEvent::MouseButtonRelease: {
        const QPoint point = static_cast<QMouseEvent*>(event)->position().toPoint();
        const PlotPosition at = d.positionAt(point);
        if (at.valid() && (point - d.pressed).manhattanLength() < 4) {
            d.moveTo(at);
            Q_EMIT channelActivated(at.panel, at.channel);
        }
        break;
    }
    case QEvent::MouseButtonDblClick:
        resetZoom();
        break;
    default:
        break;
    }
    return QWidget::eventFilter(object, event);
}

} // namespace mambascope::ui
