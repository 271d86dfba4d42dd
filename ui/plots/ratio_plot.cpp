// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/ratio_plot.h"

#include "ui/models/core_words.h"
#include "ui/models/text.h"
#include "ui/plots/axis_ticks.h"

#include <QAccessible>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPaintEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

constexpr double kTick = 4, kGap = 4, kBar = 12; // logical pixels

/// From blue over the grey that lies closest to the background to orange; −1 … 1.
QColor ratioColour(double share, const PlotColours& colours) {
    const QColor end = share < 0 ? colours.stemOf(Linear::OutProj) : colours.outlier;
    const QColor& middle = colours.raised;
    const double part = std::clamp(std::abs(share), 0.0, 1.0);
    const auto mixed = [part](int from, int to) {
        return static_cast<int>(std::lround(from + (to - from) * part));
    };
    return {
        mixed(middle.red(), end.red()), mixed(middle.green(), end.green()), mixed(middle.blue(), end.blue())};
}

QString ratioText(double log2) {
    return QStringLiteral("×") + significant(std::exp2(log2), 3);
}

QImage ratioImage(const RatioMap& map, const QSize& size, const PlotColours& colours) {
    QImage image(size, QImage::Format_ARGB32_Premultiplied);
    const int bands = std::min(map.layers, size.height());
    const std::vector<float> pixels = pooledRatios(map, size.width(), bands);
    for (int y = 0; y < size.height(); ++y) {
        const auto band = static_cast<std::size_t>(static_cast<qint64>(y) * bands / size.height());
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < size.width(); ++x) {
            const double value = static_cast<double>(
                pixels[band * static_cast<std::size_t>(size.width()) + static_cast<std::size_t>(x)]);
            line[x] = std::isnan(value) ? qRgba(0, 0, 0, 0) : ratioColour(value / map.range, colours).rgb();
        }
    }
    return image;
}

void paintColourBar(QPainter& painter, const RatioMap& map, const QRectF& area, const RatioStyle& style) {
    const QFontMetricsF metrics(style.font);
    const QRectF bar(area.right() + 3 * kGap * style.unit, area.top(), kBar * style.unit, area.height());
    constexpr int kSteps = 64;
    for (int i = 0; i < kSteps; ++i) { // each reaches below the next, so that no viewer shows a seam
        painter.fillRect(
            QRectF(
                bar.left(), bar.top() + bar.height() * i / kSteps, bar.width(),
                bar.height() * (kSteps - i) / kSteps),
            ratioColour(1 - 2.0 * (i + 0.5) / kSteps, style.colours));
    }
    painter.setPen(style.colours.secondaryText);
    for (const double share : {1.0, 0.5, 0.0, -0.5, -1.0}) {
        const double y = bar.center().y() - share * (bar.height() - metrics.ascent()) / 2;
        painter.drawText(
            QPointF(bar.right() + kGap * style.unit, y + metrics.ascent() / 2 - metrics.descent() / 2),
            ratioText(share * map.range));
    }
}

void paintAxes(QPainter& painter, const RatioMap& map, const QRectF& area, const RatioStyle& style) {
    const QFontMetricsF metrics(style.font);
    const double unit = style.unit;
    const AxisRange channels{-0.5, map.channels - 0.5}, layers{-0.5, map.layers - 0.5};
    const auto across = axisTicks(
        channels, AxisScale::Linear, area.width(),
        [&](const QString& label) { return metrics.horizontalAdvance(label); }, true);
    const auto down = axisTicks(
        layers, AxisScale::Linear, area.height(), [&](const QString&) { return metrics.ascent(); }, true);
    const auto text = [&](QPointF baseline, const QString& words) {
        painter.setPen(style.colours.secondaryText);
        painter.drawText(baseline, words);
    };
    for (const auto& tick : across.major) {
        const double x = area.left() + axisFraction(tick.value, channels, AxisScale::Linear) * area.width();
        painter.setPen(QPen(style.colours.axis, unit));
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + kTick * unit));
        text(
            QPointF(
                x - metrics.horizontalAdvance(tick.label) / 2,
                area.bottom() + (kTick + 2) * unit + metrics.ascent()),
            tick.label);
    }
    for (const auto& tick : down.major) {
        const double y = area.top() + axisFraction(tick.value, layers, AxisScale::Linear) * area.height();
        painter.setPen(QPen(style.colours.axis, unit));
        painter.drawLine(QPointF(area.left() - kTick * unit, y), QPointF(area.left(), y));
        text(
            QPointF(
                area.left() - (kTick + kGap) * unit - metrics.horizontalAdvance(tick.label),
                y + metrics.ascent() / 2 - metrics.descent() / 2),
            tick.label);
    }
    const QString channel = RatioPlot::tr("channel"), layer = RatioPlot::tr("layer");
    text(
        QPointF(
            area.center().x() - metrics.horizontalAdvance(channel) / 2,
            area.bottom() + (kTick + 2) * unit + metrics.ascent() + metrics.height()),
        channel);
    text(QPointF(area.left(), area.top() - 3 * unit), layer);
}

} // namespace

QRectF ratioArea(const RatioMap& map, const QRectF& target, const RatioStyle& style) {
    const QFontMetricsF metrics(style.font);
    const double unit = style.unit;
    const double left = metrics.horizontalAdvance(QString::number(map.layers)) + (kTick + 2 * kGap) * unit;
    const double right = 5 * kGap * unit + kBar * unit +
                         std::max(
                             metrics.horizontalAdvance(ratioText(map.range)),
                             metrics.horizontalAdvance(ratioText(-map.range)));
    const QRectF area =
        target.adjusted(left, metrics.height(), -right, -2 * metrics.height() - (kTick + 2) * unit);
    const auto snapped = [&](double at) {
        return std::round(at / style.resolution) * style.resolution;
    };
    return {
        QPointF(snapped(area.left()), snapped(area.top())),
        QPointF(snapped(area.right()), snapped(area.bottom()))};
}

void paintRatios(QPainter& painter, const RatioMap& map, const QRectF& target, const RatioStyle& style) {
    painter.save();
    painter.setFont(style.font);
    if (!map.emptyText.empty()) {
        painter.setPen(style.colours.secondaryText);
        painter.drawText(target, Qt::AlignCenter | Qt::TextWordWrap, figureText(map.emptyText));
        painter.restore();
        return;
    }
    const QRectF area = ratioArea(map, target, style);
    const QSize size = (area.size() / style.resolution).toSize();
    if (!size.isEmpty()) {
        painter.setRenderHint(QPainter::LosslessImageRendering, true);
        painter.drawImage(area, ratioImage(map, size, style.colours));
        paintAxes(painter, map, area, style);
        paintColourBar(painter, map, area, style);
    }
    painter.restore();
}

RatioPlot::RatioPlot(QWidget* parent)
    : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Ratios of the maxima by layer and channel"));
}

void RatioPlot::setMap(std::shared_ptr<const RatioMap> map) {
    m_map = std::move(map);
    m_static.invalidate();
    m_layer = m_channel = -1;
    update();
    Q_EMIT readoutChanged({});
}

void RatioPlot::setTheme(const Theme* theme) {
    m_theme = theme;
    connect(theme, &Theme::changed, this, [this] {
        m_static.invalidate();
        update();
    });
}

RatioStyle RatioPlot::style() const {
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    return {
        m_theme != nullptr ? m_theme->colours() : PlotColours::light(), small, 1, 1.0 / devicePixelRatioF()};
}

QRectF RatioPlot::target() const {
    return QRectF(rect()).adjusted(6, 4, -6, -2);
}

void RatioPlot::setCursor(int layer, int channel) {
    if (!usable() || layer < 0 || channel < 0 || layer >= m_map->layers || channel >= m_map->channels ||
        (layer == m_layer && channel == m_channel)) {
        return;
    }
    m_layer = layer;
    m_channel = channel;
    update();
    Q_EMIT readoutChanged(readout());
    if (QAccessible::isActive()) {
        QAccessibleValueChangeEvent event(this, readout());
        QAccessible::updateAccessibility(&event);
    }
}

QString RatioPlot::describe(int layer, int channel) const {
    if (!usable() || layer < 0) {
        return {};
    }
    const double value = static_cast<double>(m_map->at(layer, channel));
    QStringList parts{
        tr("layer %1").arg(layer), tr("channel %1").arg(channel),
        std::isnan(value) ? tr("not known") : ratioText(value)};
    const auto changed = std::ranges::find_if(m_map->changed, [&](const ChangedOutlier& each) {
        return each.layer == layer && each.channel == channel;
    });
    if (changed != m_map->changed.end()) {
        parts << (changed->added ? tr("outlier in the second only") : tr("outlier in the first only"))
              << tr("%1 → %2").arg(formatValue(changed->from), formatValue(changed->to));
    }
    return parts.join(QStringLiteral(" · "));
}

void RatioPlot::walkChanged(int step) {
    const int count = static_cast<int>(m_map->changed.size());
    if (count == 0) {
        return;
    }
    const auto after = std::ranges::find_if(m_map->changed, [&](const ChangedOutlier& each) {
        return std::pair(each.layer, each.channel) >= std::pair(m_layer, m_channel);
    });
    int index = static_cast<int>(after - m_map->changed.begin());
    const bool here = after != m_map->changed.end() && after->layer == m_layer && after->channel == m_channel;
    index = step > 0 ? index + (here ? 1 : 0) : index - 1;
    const ChangedOutlier& to = m_map->changed[static_cast<std::size_t>((index + count) % count)];
    setCursor(to.layer, to.channel);
}

void RatioPlot::paintEvent(QPaintEvent* event) {
    const RatioStyle style = this->style();
    if (!m_static.isValid(size(), devicePixelRatioF())) {
        QImage& image = m_static.renew(size(), devicePixelRatioF(), style.colours.background);
        if (m_map != nullptr) {
            QPainter painter(&image);
            paintRatios(painter, *m_map, target(), style);
        }
    }
    QPainter painter(this);
    m_static.show(painter, event->region());
    if (usable() && m_layer >= 0) {
        const QRectF area = ratioArea(*m_map, target(), style);
        const double x = area.left() + (m_channel + 0.5) * area.width() / m_map->channels;
        const double y = area.top() + (m_layer + 0.5) * area.height() / m_map->layers;
        painter.setPen(QPen(style.colours.cursor, 1, Qt::DotLine));
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    }
}

void RatioPlot::mouseMoveEvent(QMouseEvent* event) {
    if (!usable()) {
        return;
    }
    const QRectF area = ratioArea(*m_map, target(), style());
    const QPointF share(
        (event->position().x() - area.left()) / area.width(),
        (event->position().y() - area.top()) / area.height());
    if (share.x() < 0 || share.y() < 0 || share.x() >= 1 || share.y() >= 1) {
        return;
    }
    const int layer = static_cast<int>(share.y() * m_map->layers);
    const double perPixel = m_map->channels / area.width();
    const double channel = share.x() * m_map->channels;
    // A pixel shows what lies furthest from 1 on it: that is what the user points at.
    int best = static_cast<int>(channel);
    const int first = std::max(0, static_cast<int>(channel - perPixel));
    const int last = std::min(m_map->channels - 1, static_cast<int>(channel + perPixel));
    for (int c = first; c <= last; ++c) {
        if (std::abs(m_map->at(layer, c)) > std::abs(m_map->at(layer, best))) {
            best = c;
        }
    }
    setCursor(layer, best);
}

void RatioPlot::keyPressEvent(QKeyEvent* event) {
    const int step = event->modifiers() & Qt::ControlModifier ? 10 : 1;
    const bool alt = event->modifiers() & Qt::AltModifier;
    const auto move = [&](int layers, int channels) {
        if (usable()) {
            setCursor(
                std::clamp(std::max(0, m_layer) + layers, 0, m_map->layers - 1),
                std::clamp(std::max(0, m_channel) + channels, 0, m_map->channels - 1));
        }
    };
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right: {
        const int sign = event->key() == Qt::Key_Left ? -1 : 1;
        if (alt && usable()) {
            walkChanged(sign);
        } else {
            move(0, sign * step);
        }
        break;
    }
    case Qt::Key_Up:
        move(-step, 0);
        break;
    case Qt::Key_Down:
        move(step, 0);
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace mambascope::ui
