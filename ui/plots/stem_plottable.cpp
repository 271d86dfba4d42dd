// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/stem_plottable.h"

#include "ui/models/core_words.h"
#include "ui/plots/axis_ticks.h"

#include <cmath>

namespace mambascope::ui {

StemPlottable::StemPlottable(QCPAxis* keyAxis, QCPAxis* valueAxis)
    : QCPAbstractPlottable(keyAxis, valueAxis) {
    setSelectable(QCP::stNone);
}

void StemPlottable::setPanel(std::shared_ptr<const Figure> figure, std::size_t index, AxisScale scale) {
    m_figure = std::move(figure);
    m_index = index;
    m_scale = scale;
    m_values =
        panel() != nullptr && !panel()->values.empty() ? valueRange(*panel(), scale) : AxisRange{1, 10};
}

const StemPanel* StemPlottable::panel() const {
    return m_figure != nullptr && m_index < m_figure->panels.size() ? &m_figure->panels[m_index] : nullptr;
}

PanelFrame StemPlottable::frame() const {
    PanelFrame frame;
    frame.area = QRectF(mKeyAxis->axisRect()->rect());
    frame.first = mKeyAxis->range().lower;
    frame.last = mKeyAxis->range().upper;
    frame.values = m_values;
    frame.scale = m_scale;
    frame.resolution = 1.0 / mParentPlot->bufferDevicePixelRatio();
    return frame;
}

double StemPlottable::selectTest(const QPointF&, bool, QVariant*) const {
    return -1; // the cursor of LayerPlot takes the place of selection
}

QCPRange StemPlottable::getKeyRange(bool& found, QCP::SignDomain) const {
    found = panel() != nullptr && !panel()->values.empty();
    return found ? QCPRange(allChannels(*panel()).first, allChannels(*panel()).second) : QCPRange();
}

QCPRange StemPlottable::getValueRange(bool& found, QCP::SignDomain, const QCPRange&) const {
    found = panel() != nullptr && !panel()->values.empty();
    const AxisRange range = found ? valueRange(*panel(), m_scale) : AxisRange{};
    return {range.low, range.high};
}

QRect StemPlottable::clipRect() const {
    // Marks may reach over the edge.
    return QCPAbstractPlottable::clipRect().adjusted(-8, -8, 8, 8);
}

void StemPlottable::draw(QCPPainter* painter) {
    if (panel() == nullptr || panel()->values.empty()) {
        return;
    }
    const PanelFrame where = frame();
    paintStems(*painter, where, *panel(), stemColour());
    paintAfter(*painter, where, *panel(), m_colours);
    paintBandEdge(*painter, where, *panel(), m_colours, m_font, m_stamps);
    paintMarks(*painter, where, *panel(), m_colours, m_font, m_stamps);
}

void StemPlottable::drawLegendIcon(QCPPainter* painter, const QRectF& rect) const {
    painter->fillRect(rect, stemColour());
}

BandItem::BandItem(QCustomPlot* plot, const StemPlottable* stems)
    : QCPLayerable(plot, QStringLiteral("background"))
    , m_stems(stems) {
}

QRect BandItem::clipRect() const {
    return m_stems->keyAxis()->axisRect()->rect();
}

void BandItem::applyDefaultAntialiasingHint(QCPPainter* painter) const {
    painter->setAntialiasing(false);
}

void BandItem::draw(QCPPainter* painter) {
    const StemPanel* panel = m_stems->panel();
    if (panel == nullptr) {
        return;
    }
    if (!panel->values.empty()) {
        paintBand(*painter, m_stems->frame(), *panel, m_stems->colours());
        return;
    }
    painter->setPen(m_stems->colours().secondaryText);
    painter->drawText(
        clipRect().adjusted(8, 8, -8, -8), Qt::AlignCenter | Qt::TextWordWrap, figureText(panel->emptyText));
}

PanelHead::PanelHead(QCustomPlot* plot, const QCPAxisRect* below)
    : QCPLayoutElement(plot)
    , m_below(below) {
}

void PanelHead::setText(const QString& title, const QString& subtitle) {
    m_title = title;
    m_subtitle = subtitle;
}

void PanelHead::setStyle(const QFont& font, const PlotColours& colours) {
    m_font = font;
    m_titleFont = font;
    m_titleFont.setWeight(QFont::DemiBold);
    m_titles.setFont(m_titleFont);
    m_subtitles.setFont(m_font);
    m_titleColour = colours.text;
    m_subtitleColour = colours.secondaryText;
}

int PanelHead::height() const {
    return QFontMetrics(m_font).height() * (m_twoLines ? 2 : 1) + 6;
}

QSize PanelHead::minimumOuterSizeHint() const {
    return {60, height()};
}

QSize PanelHead::maximumOuterSizeHint() const {
    return {QWIDGETSIZE_MAX, height()};
}

void PanelHead::applyDefaultAntialiasingHint(QCPPainter* painter) const {
    painter->setAntialiasing(true);
}

void PanelHead::draw(QCPPainter* painter) {
    QRectF room = this->rect().adjusted(0, 0, -4, 0);
    room.setLeft(m_below->left());
    // As Qt places text in a rectangle: in whole pixels.
    const auto paint = [&](LaidOutTexts& texts, const QFont& font, const QString& text, bool centred) {
        const QFontMetrics metrics(font);
        const QString shown = texts.width(text) <= room.width()
                                  ? text
                                  : metrics.elidedText(text, Qt::ElideRight, static_cast<int>(room.width()));
        const double above = centred ? std::floor((room.height() - metrics.height()) / 2) : 0;
        texts.draw(*painter, QPointF(room.left(), room.top() + above + metrics.ascent()), shown);
        return texts.width(shown);
    };
    painter->setPen(m_titleColour);
    const double width = paint(m_titles, m_titleFont, m_title, !m_twoLines);
    if (m_twoLines) {
        room.setTop(room.top() + QFontMetrics(m_font).height());
    } else {
        room.setLeft(room.left() + std::round(width) + 10);
    }
    if (room.width() > 20) {
        painter->setPen(m_subtitleColour);
        paint(m_subtitles, m_font, m_subtitle, true);
    }
}

void FigureTicker::generate(
    const QCPRange& range, const QLocale&, QChar, int, QVector<double>& ticks, QVector<double>* subTicks,
    QVector<QString>* tickLabels) {
    const bool horizontal = m_axis->orientation() == Qt::Horizontal;
    const bool symlog = m_scale == AxisScale::Symlog;
    const QFontMetricsF metrics(m_axis->tickLabelFont());
    m_labels.setFont(m_axis->tickLabelFont());
    const QCPAxisRect* rect = m_axis->axisRect();
    const AxisTicks made = axisTicks(
        symlog ? m_range : AxisRange{range.lower, range.upper}, m_scale,
        horizontal ? rect->width() : rect->height(),
        [&](const QString& label) { return horizontal ? m_labels.width(label) : metrics.ascent(); },
        m_wholeNumbers);
    ticks.clear();
    if (tickLabels != nullptr) {
        tickLabels->clear();
    }
    for (const auto& tick : made.major) {
        ticks.append(symlog ? axisFraction(tick.value, m_range, m_scale) : tick.value);
        if (tickLabels != nullptr) {
            tickLabels->append(tick.label);
        }
    }
    if (subTicks != nullptr) {
        *subTicks = QVector<double>(made.minor.begin(), made.minor.end()); // symlog has none
    }
}

} // namespace mambascope::ui
