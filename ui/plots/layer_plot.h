// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/figure.h"

#include <QPointF>
#include <QWidget>

#include <memory>
#include <optional>

namespace mambascope::ui {

class Theme;

/// The figure of one layer on the screen: its panels (in, x, dt, out) as stems of absmax by channel, with
/// band and marked outliers. No outlier is lost at any width: a pixel column shows the largest of its
/// channels.
///
/// Mouse: the wheel zooms the channels about the pointer, dragging pans, Shift and dragging zooms into a
/// range, a double click shows everything again, moving reads values out, a click sets the cursor. Keyboard
/// (when focused): Left/Right move the cursor by a channel (with Ctrl by 10), Alt+Left/Right to the previous
/// or next outlier, Tab and Shift+Tab to the next or previous panel, Plus/Minus zoom, Home shows everything,
/// L switches between logarithmic, linear and symmetric logarithmic, A and B put the markers A and B at the
/// cursor and Delete removes them, Return activates the channel.
class LayerPlot : public QWidget {
    Q_OBJECT
public:
    explicit LayerPlot(QWidget* parent = nullptr);
    ~LayerPlot() override;

    /// Null shows the empty text. The zoom of a panel stays if its number of channels does.
    void setFigure(std::shared_ptr<const Figure> figure);
    std::shared_ptr<const Figure> figure() const;
    /// Shown when there is no figure: what to do to get one.
    void setEmptyText(const QString& text);

    /// Overrides the figure's own scale; setFigure keeps it.
    void setYScale(AxisScale scale);
    AxisScale yScale() const;

    /// The colours; follows Theme::changed(). The theme has to outlive the plot. Light colours without one.
    void setTheme(const Theme* theme);

    int currentPanel() const;   ///< -1 if there is none
    int currentChannel() const; ///< -1 if there is none
    /// Moves the cursor as the keyboard does, zooming out as far as needed to show it. Out of range is
    /// ignored.
    void setCursor(int panel, int channel);
    /// What readoutChanged said last.
    QString readout() const;
    /// The values at the markers A and B and their difference; empty if none is set.
    QString comparison() const;

    /// Shows all channels of all panels.
    void resetZoom();
    /// Shows the channels first to last of a panel.
    void setChannelRange(int panel, double first, double last);
    std::pair<double, double> channelRange(int panel) const;

    /// The area between the axes of a panel, in widget coordinates.
    QRect panelRect(int panel) const;
    /// Where a value is drawn, in widget coordinates.
    QPointF position(int panel, double channel, double value) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// What the cursor or the pointer is at: "out_proj input · channel 173 · 1752 · 41.2 σ above the mean";
    /// empty if nothing.
    void readoutChanged(const QString& text);
    /// comparison() is another one.
    void comparisonChanged(const QString& text);
    /// Return, or a click on a stem.
    void channelActivated(int panel, int channel);
    /// The cursor is at another channel.
    void cursorMoved(int panel, int channel);
    /// Other channels of a panel are shown.
    void channelRangeChanged(int panel, double first, double last);
    /// The user switched the scale with L.
    void yScaleToggled(mambascope::AxisScale scale);

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;

public:
    struct Impl; ///< of no use to others

private:
    std::unique_ptr<Impl> m_impl;
};

} // namespace mambascope::ui
