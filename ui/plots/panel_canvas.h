// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/painted_image.h"
#include "ui/plots/qcustomplot.h"

#include <functional>

namespace mambascope::ui {

/// A QCustomPlot that paints itself once into an opaque image and what moves above that. QCustomPlot's own
/// buffers are transparent, one for every layer that moves by itself, and all are cleared and blended into
/// the window at every step of the pointer, which on a fine screen costs more than everything that is drawn.
class PanelCanvas : public QCustomPlot {
public:
    explicit PanelCanvas(QWidget* parent);

    void setBackgroundColour(const QColor& colour) { m_background = colour; }
    /// Paints everything again, with all other widgets. To be called instead of replot().
    void redraw();
    /// Makes the layout what it will be when it is painted, if something changed since.
    void layOut();
    /// Painted above everything else, whenever a part of the widget is.
    void setOverlay(std::function<void(QPainter&)> overlay) { m_overlay = std::move(overlay); }

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void updateLayout() override;

private:
    void setLayersVisible(bool visible);
    void paintImage();

    PaintedImage m_image;
    QColor m_background = Qt::white;
    bool m_laidOut = false;
    std::function<void(QPainter&)> m_overlay;
};

} // namespace mambascope::ui
