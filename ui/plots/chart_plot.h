// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/chart_painter.h"
#include "ui/plots/painted_image.h"

#include <QPointer>
#include <QWidget>

#include <memory>

namespace mambascope::ui {

/// A chart on the screen. Moving the pointer reads out the nearest point; when focused, Left and Right go to
/// the previous and next point (Ctrl: by ten), Up and Down to another series, Page Up and Page Down to
/// another panel.
class ChartPlot : public QWidget {
    Q_OBJECT
public:
    explicit ChartPlot(QWidget* parent = nullptr);

    /// Null shows the empty text.
    void setChart(std::shared_ptr<const Chart> chart);
    const std::shared_ptr<const Chart>& chart() const { return m_chart; }
    void setEmptyText(const QString& text);
    /// The colours; follows Theme::changed(). The theme has to outlive the plot.
    void setTheme(const Theme* theme);
    /// What readoutChanged said last.
    const QString& readout() const { return m_readout; }
    /// Where a point is drawn; null if there is no such point.
    QPointF position(std::size_t panel, std::size_t series, std::size_t point) const;

    QSize sizeHint() const override { return {900, 480}; }
    QSize minimumSizeHint() const override { return {200, 160}; }

Q_SIGNALS:
    /// What the pointer or the cursor is at; empty if nothing.
    void readoutChanged(const QString& text);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    /// A point of the chart; panel -1 is none.
    struct Place {
        int panel = -1, series = 0, point = 0;
        bool operator==(const Place&) const = default;
    };
    ChartStyle style() const;
    QRectF target() const;
    Place nearest(const QPointF& at) const;
    const ChartPoint* pointAt(Place place) const;
    void show(Place cursor, Place hover);
    void step(int points, int series, int panels);
    QString describe(Place place) const;

    std::shared_ptr<const Chart> m_chart;
    QString m_emptyText, m_readout;
    QPointer<const Theme> m_theme;
    std::vector<ChartFrame> m_frames; ///< as m_static has them
    PaintedImage m_static;            ///< everything but the cursor
    Place m_cursor, m_hover;
};

} // namespace mambascope::ui
