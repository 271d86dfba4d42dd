// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/heat_painter.h"
#include "ui/plots/laid_out_texts.h"
#include "ui/plots/painted_image.h"

#include <QPointer>
#include <QWidget>

#include <memory>
#include <optional>
#include <vector>

namespace mambascope::ui {

class Theme;

/// A heat map on the screen: layers × channels of one site, with strips beside it. Every outlier is visible
/// at every size.
///
/// Mouse: moving reads values out, a click selects layer and channel, a double click activates them, the
/// wheel zooms the channels about the pointer, dragging pans. Keyboard (when focused): arrows move the cursor
/// (Ctrl: by ten), Page Up and Page Down by ten layers, Alt+arrows walk the outliers (Left/Right along the
/// rows, Up/Down within the channel), Plus/Minus zoom, Home shows all channels, L switches the scale, Return
/// activates.
class HeatPlot : public QWidget {
    Q_OBJECT
public:
    explicit HeatPlot(QWidget* parent = nullptr);
    ~HeatPlot() override;

    /// Null shows nothing. Zoom and cursor stay if the number of channels does.
    void setMap(std::shared_ptr<const HeatMap> map);
    const std::shared_ptr<const HeatMap>& map() const { return m_map; }
    /// The plan's strips; empty for none.
    void setPlan(std::vector<HeatPlanCell> plan);
    const std::vector<HeatPlanCell>& plan() const { return m_plan; }
    void setColourMap(ColourMap map);
    ColourMap colourMap() const { return m_style.colourMap; }
    /// The colours; follows Theme::changed(). The theme has to outlive the plot.
    void setTheme(const Theme* theme);

    int currentLayer() const { return m_cursor.layer; }     ///< -1 if there is none
    int currentChannel() const { return m_cursor.channel; } ///< -1 if there is none
    /// Selects a layer and a channel (-1: the layer alone) without telling, and pans so that it is visible.
    void setCursor(int layer, int channel);
    QString readout() const { return m_readout; }
    /// What is known of a point, in one line.
    QString describe(int layer, int channel) const;

    HeatWindow window() const { return m_window; }
    void setWindow(const HeatWindow& window);
    const HeatLayout& layoutNow() const { return m_layout; }

    QSize sizeHint() const override { return {900, 320}; }
    QSize minimumSizeHint() const override { return {320, 150}; }

Q_SIGNALS:
    void readoutChanged(const QString& text);
    /// The user moved the cursor.
    void cursorMoved(int layer, int channel);
    /// Return, or a double click.
    void activated(int layer, int channel);
    void windowChanged(const mambascope::HeatWindow& window);
    void scaleToggled();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Point {
        int layer = -1, channel = -1;
        bool operator==(const Point&) const = default;
        bool valid() const { return layer >= 0 && channel >= 0; }
    };

    void invalidate();
    void arrange();
    void renderStatic();
    bool usable() const { return m_map != nullptr && m_map->emptyText.empty() && m_map->channels > 0; }
    int positionOf(int layer) const;
    QRectF rowRect(int layer) const;
    Point pointAt(const QPointF& at) const;
    void setHover(Point point);
    void updateCross(Point point);
    void moveTo(Point point);
    void moveBy(int rows, int channels);
    void moveOutlier(bool alongRows, int step);
    void zoom(double factor, double about);
    void showReadout();
    void paintCross(QPainter& painter, Point point, bool strong) const;
    void ensureVisible(int channel);

    std::shared_ptr<const HeatMap> m_map;
    std::vector<HeatPlanCell> m_plan;
    QPointer<const Theme> m_theme;
    HeatStyle m_style;
    LaidOutTexts m_texts;
    HeatWindow m_window;
    HeatLayout m_layout;
    PaintedImage m_static; ///< everything but the cross hairs
    Point m_cursor, m_hover;
    QString m_readout;
    QPointF m_pressed;
    HeatWindow m_windowPressed;
    bool m_dragged = false;
};

} // namespace mambascope::ui
