// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/block_diagram.h"

#include "ui/models/text.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPaintEvent>
#include <QPainter>
#include <QToolTip>

#include <cmath>

namespace mambascope::ui {

BlockDiagram::BlockDiagram(QWidget* parent)
    : QWidget(parent) {
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Block diagram of the layer"));
}

void BlockDiagram::setFigure(std::shared_ptr<const Figure> figure, const ModelSpec& spec) {
    if ((m_figure == nullptr) != (figure == nullptr)) {
        m_layoutSize = {};
    }
    m_figure = std::move(figure);
    if (m_spec != spec) {
        m_spec = spec;
        m_blocks.invalidate();
        m_layoutSize = {};
    }
    update();
}

void BlockDiagram::setSelected(Linear linear) {
    if (m_selected != linear) {
        m_selected = linear;
        m_blocks.invalidate();
        update();
    }
}

void BlockDiagram::setTheme(const Theme* theme) {
    m_theme = theme;
    connect(theme, &Theme::changed, this, [this] {
        m_blocks.invalidate();
        update();
    });
}

DiagramLayout BlockDiagram::layoutNow() const {
    return m_figure != nullptr ? diagramLayout(m_spec, QRectF(rect()), font()) : DiagramLayout();
}

QRectF BlockDiagram::boxOf(Linear linear) const {
    for (const DiagramBox& box : layoutNow().boxes) {
        if (box.linear == linear) {
            return box.rect;
        }
    }
    return {};
}

std::optional<Linear> BlockDiagram::linearAt(const QPointF& at) const {
    for (const DiagramBox& box : layoutNow().boxes) {
        if (box.rect.contains(at)) {
            return box.linear;
        }
    }
    return std::nullopt;
}

QSize BlockDiagram::sizeHint() const {
    return {fontMetrics().averageCharWidth() * 100, static_cast<int>(std::ceil(diagramHeight(font())))};
}

QSize BlockDiagram::minimumSizeHint() const {
    return {0, sizeHint().height()};
}

bool BlockDiagram::event(QEvent* event) {
    if (event->type() == QEvent::FontChange) {
        m_blocks.invalidate();
        m_layoutSize = {};
    }
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (const auto linear = linearAt(help->pos())) {
            QToolTip::showText(
                help->globalPos(), tr("Go to the panel of %1").arg(qt(linearName(*linear))), this);
            return true;
        }
        QToolTip::hideText();
    }
    return QWidget::event(event);
}

void BlockDiagram::paintEvent(QPaintEvent* event) {
    const PlotColours colours = m_theme != nullptr ? m_theme->colours() : PlotColours::light();
    QPainter painter(this);
    if (m_figure == nullptr) {
        painter.fillRect(rect(), colours.background);
        return;
    }
    const DiagramStyle style{colours, font(), 1};
    if (m_layoutSize != size()) {
        m_layout = layoutNow();
        m_layoutSize = size();
    }
    const DiagramLayout& layout = m_layout;
    // The blocks move as a whole while the window gets wider or narrower.
    const QRect place = layout.extent.toAlignedRect();
    const qreal ratio = devicePixelRatioF();
    if (!place.isEmpty() && (!m_blocks.isValid(place.size(), ratio) || m_extent != layout.extent.size())) {
        m_extent = layout.extent.size();
        QPainter blocks(&m_blocks.renew(place.size(), ratio, colours.background));
        blocks.translate(-place.topLeft());
        paintBlocks(blocks, layout, m_selected, style);
    }
    for (const QRect& part : event->region() - place) {
        painter.fillRect(part, colours.background);
    }
    painter.translate(place.topLeft());
    m_blocks.show(painter, (event->region() & place).translated(-place.topLeft()));
    painter.translate(-place.topLeft());
    paintCounts(painter, layout, m_figure->panels, style);
}

void BlockDiagram::mouseMoveEvent(QMouseEvent* event) {
    setCursor(linearAt(event->position()) ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void BlockDiagram::mouseReleaseEvent(QMouseEvent* event) {
    if (const auto linear = linearAt(event->position()); linear && event->button() == Qt::LeftButton) {
        Q_EMIT activated(*linear);
    }
}

} // namespace mambascope::ui
