// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/ratio_map.h"
#include "ui/plots/painted_image.h"
#include "ui/theme/theme.h"

#include <QPointer>
#include <QWidget>

#include <memory>

namespace mambascope::ui {

/// How a ratio map is painted: on the screen, in logical pixels, and in files.
struct RatioStyle {
    PlotColours colours = PlotColours::light();
    QFont font;
    double unit = 1;       ///< the painter's units to a logical pixel
    double resolution = 1; ///< the finest pixel worth drawing
};

/// Where the layers and channels of a ratio map are drawn.
QRectF ratioArea(const RatioMap& map, const QRectF& target, const RatioStyle& style);

/// The map in blue (smaller), the background's grey (as large) and orange (larger), which differ in lightness
/// from it alike and are told apart with any kind of colour vision; axes, and the colours with their ratios.
void paintRatios(QPainter& painter, const RatioMap& map, const QRectF& target, const RatioStyle& style);

/// A ratio map on the screen. Moving the pointer reads a channel out; when focused, the arrows move (Ctrl: by
/// ten), and Alt+Left and Alt+Right walk the outliers that were added or removed.
class RatioPlot : public QWidget {
    Q_OBJECT
public:
    explicit RatioPlot(QWidget* parent = nullptr);

    /// Null shows nothing.
    void setMap(std::shared_ptr<const RatioMap> map);
    const std::shared_ptr<const RatioMap>& map() const { return m_map; }
    /// The colours; follows Theme::changed(). The theme has to outlive the plot.
    void setTheme(const Theme* theme);
    QString readout() const { return describe(m_layer, m_channel); }
    /// Moves the cursor; out of range is ignored.
    void setCursor(int layer, int channel);

    QSize sizeHint() const override { return {900, 300}; }
    QSize minimumSizeHint() const override { return {240, 120}; }

Q_SIGNALS:
    void readoutChanged(const QString& text);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    RatioStyle style() const;
    QRectF target() const;
    bool usable() const { return m_map != nullptr && m_map->emptyText.empty(); }
    void walkChanged(int step);
    QString describe(int layer, int channel) const;

    std::shared_ptr<const RatioMap> m_map;
    QPointer<const Theme> m_theme;
    PaintedImage m_static; ///< everything but the cursor
    int m_layer = -1, m_channel = -1;
};

} // namespace mambascope::ui
