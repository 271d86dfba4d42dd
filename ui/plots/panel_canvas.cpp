// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/panel_canvas.h"

namespace mambascope::ui {
namespace {

std::vector<QRect> areas(const QCustomPlot& plot) {
    std::vector<QRect> result;
    for (const QCPAxisRect* rect : plot.axisRects()) {
        result.push_back(rect->rect());
    }
    return result;
}

} // namespace

PanelCanvas::PanelCanvas(QWidget* parent)
    : QCustomPlot(parent) {
    setAttribute(Qt::WA_OpaquePaintEvent);
    setPlottingHint(QCP::phImmediateRefresh, false); // paint with all other widgets at once
    layer(QStringLiteral("overlay"))->setMode(QCPLayer::lmLogical);
    // Dragging and the wheel call replot(), which draws every layer that is visible into QCustomPlot's own
    // buffer.
    connect(this, &QCustomPlot::beforeReplot, this, [this] {
        setLayersVisible(false);
        redraw();
    });
    connect(this, &QCustomPlot::afterReplot, this, [this] { setLayersVisible(true); });
}

void PanelCanvas::setLayersVisible(bool visible) {
    for (int i = 0; i < layerCount(); ++i) {
        layer(i)->setVisible(visible);
    }
}

void PanelCanvas::redraw() {
    m_image.invalidate();
    m_laidOut = false;
    update();
}

void PanelCanvas::layOut() {
    updateLayout();
}

void PanelCanvas::updateLayout() {
    if (m_laidOut) {
        return;
    }
    // Ticks are made before a new size is known: laying out once more is cheaper than painting once more.
    constexpr int kMost = 3;
    std::vector<QRect> before;
    for (int i = 0; i < kMost && (i == 0 || areas(*this) != before); ++i) {
        before = areas(*this);
        QCustomPlot::updateLayout();
    }
    m_laidOut = true;
}

void PanelCanvas::resizeEvent(QResizeEvent*) {
    setViewport(rect());
    redraw();
}

void PanelCanvas::paintImage() {
    if (bufferDevicePixelRatio() != devicePixelRatioF()) { // on another screen than before
        setBufferDevicePixelRatio(devicePixelRatioF());
    }
    QCPPainter painter(&m_image.renew(size(), devicePixelRatioF(), m_background));
    draw(&painter);
}

void PanelCanvas::paintEvent(QPaintEvent* event) {
    if (!m_image.isValid(size(), devicePixelRatioF())) {
        paintImage();
    }
    QPainter painter(this);
    m_image.show(painter, event->region());
    if (m_overlay) {
        m_overlay(painter);
    }
}

} // namespace mambascope::ui
