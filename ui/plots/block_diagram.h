// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/block_diagram_painter.h"
#include "ui/plots/painted_image.h"

#include <QPointer>
#include <QWidget>

#include <memory>

namespace mambascope::ui {

/// The block diagram of a layer on the screen: a click on a linear asks for its panel. Everything that it
/// offers is in the panels too, for the keyboard.
class BlockDiagram : public QWidget {
    Q_OBJECT
public:
    explicit BlockDiagram(QWidget* parent = nullptr);

    /// Null shows nothing.
    void setFigure(std::shared_ptr<const Figure> figure, const ModelSpec& spec);
    void setSelected(Linear linear);
    /// The colours; follows Theme::changed(). The theme has to outlive the diagram.
    void setTheme(const Theme* theme);

    /// Where a linear's box is; empty if the diagram does not show it.
    QRectF boxOf(Linear linear) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void activated(mambascope::Linear linear);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    DiagramLayout layoutNow() const;
    std::optional<Linear> linearAt(const QPointF& at) const;

    std::shared_ptr<const Figure> m_figure;
    PaintedImage m_blocks; ///< what is the same in all layers
    QSizeF m_extent;       ///< of m_blocks
    DiagramLayout m_layout;
    QSize m_layoutSize; ///< for which m_layout is right; invalid if it is not
    ModelSpec m_spec;
    std::optional<Linear> m_selected;
    QPointer<const Theme> m_theme;
};

} // namespace mambascope::ui
