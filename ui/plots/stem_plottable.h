// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/laid_out_texts.h"
#include "ui/plots/panel_painter.h"
#include "ui/plots/qcustomplot.h"

#include <memory>

namespace mambascope::ui {

/// Draws one panel of a figure inside a QCustomPlot: stems, band edge and marks. The cost is that of the
/// pixels, however many channels there are. Which layer it lies on decides nothing but the order; the band is
/// painted by BandItem below the grid.
class StemPlottable : public QCPAbstractPlottable {
public:
    StemPlottable(QCPAxis* keyAxis, QCPAxis* valueAxis);

    void setPanel(std::shared_ptr<const Figure> figure, std::size_t index, AxisScale scale);
    void setColours(const PlotColours& colours) { m_colours = colours; }
    /// They have to outlive this.
    void setStamps(Stamps* stamps) { m_stamps = stamps; }
    void setLabelFont(const QFont& font) { m_font = font; }

    const StemPanel* panel() const;
    const PlotColours& colours() const { return m_colours; }
    QColor stemColour() const {
        return m_colours.stemOf(panel() != nullptr ? panel()->linear : Linear::InProj);
    }
    /// Where the data are drawn at present, in the plot's coordinates.
    PanelFrame frame() const;

    double selectTest(const QPointF& position, bool onlySelectable, QVariant* details) const override;
    QCPRange getKeyRange(bool& found, QCP::SignDomain domain) const override;
    QCPRange getValueRange(bool& found, QCP::SignDomain domain, const QCPRange& keys) const override;

protected:
    QRect clipRect() const override;
    void draw(QCPPainter* painter) override;
    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;

private:
    std::shared_ptr<const Figure> m_figure;
    std::size_t m_index = 0;
    AxisScale m_scale = AxisScale::Log;
    AxisRange m_values;
    PlotColours m_colours = PlotColours::light();
    QFont m_font;
    Stamps* m_stamps = nullptr;
};

/// The shaded band of a panel, for a layer below the grid. Also says what is missing if there are no data.
class BandItem : public QCPLayerable {
public:
    BandItem(QCustomPlot* plot, const StemPlottable* stems);

protected:
    QRect clipRect() const override;
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;

private:
    const StemPlottable* m_stems;
};

/// Title and subtitle above a panel.
class PanelHead : public QCPLayoutElement {
public:
    PanelHead(QCustomPlot* plot, const QCPAxisRect* below);
    void setText(const QString& title, const QString& subtitle);
    void setStyle(const QFont& font, const PlotColours& colours);
    /// The subtitle below the title, where there is no room for it beside it.
    void setTwoLines(bool two) { m_twoLines = two; }

    QSize minimumOuterSizeHint() const override;
    QSize maximumOuterSizeHint() const override;

protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;

private:
    int height() const;
    const QCPAxisRect* m_below; ///< whose left edge the text keeps to
    QString m_title, m_subtitle;
    QFont m_font, m_titleFont;
    LaidOutTexts m_titles, m_subtitles;
    QColor m_titleColour, m_subtitleColour;
    bool m_twoLines = false;
};

/// Ticks by axisTicks(), for the length the axis has now.
class FigureTicker : public QCPAxisTicker {
public:
    FigureTicker(const QCPAxis* axis, AxisScale scale, bool wholeNumbers)
        : m_axis(axis)
        , m_scale(scale)
        , m_wholeNumbers(wholeNumbers) {}
    /// `range` matters to Symlog only: QCustomPlot knows no such axis, and gets one from 0 to 1 in its place.
    void setScale(AxisScale scale, const AxisRange& range) {
        m_scale = scale;
        m_range = range;
    }

    void generate(
        const QCPRange& range, const QLocale& locale, QChar formatChar, int precision, QVector<double>& ticks,
        QVector<double>* subTicks, QVector<QString>* tickLabels) override;

private:
    const QCPAxis* m_axis;
    AxisScale m_scale;
    AxisRange m_range;
    bool m_wholeNumbers;
    LaidOutTexts m_labels;
};

} // namespace mambascope::ui
