// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/heat_plot.h"

#include "ui/models/core_words.h"
#include "ui/models/text.h"
#include "ui/plots/axis_ticks.h"
#include "ui/plots/panel_painter.h"
#include "ui/plots/plot_accessible.h"

#include <QAccessible>
#include <QPaintEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {
constexpr double kFewestChannels = 8; // no zoom closer than this, as in LayerPlot
}

HeatPlot::HeatPlot(QWidget* parent)
    : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Heat map of layers and channels"));
    installPlotAccessibility();
}

HeatPlot::~HeatPlot() = default;

void HeatPlot::setMap(std::shared_ptr<const HeatMap> map) {
    const int before = m_map != nullptr ? m_map->channels : 0;
    m_map = std::move(map);
    m_hover = {};
    if (m_map == nullptr || m_map->channels != before) {
        m_window = m_map != nullptr ? wholeWindow(*m_map) : HeatWindow{};
    }
    if (m_map == nullptr || m_cursor.layer >= m_map->layers) {
        m_cursor = {};
    } else if (m_cursor.channel >= m_map->channels) {
        m_cursor.channel = -1;
    }
    invalidate();
    showReadout();
}

void HeatPlot::setPlan(std::vector<HeatPlanCell> plan) {
    if (plan != m_plan) {
        m_plan = std::move(plan);
        invalidate();
    }
}

void HeatPlot::setColourMap(ColourMap map) {
    if (map != m_style.colourMap) {
        m_style.colourMap = map;
        invalidate();
    }
}

void HeatPlot::setTheme(const Theme* theme) {
    if (m_theme != nullptr) {
        m_theme->disconnect(this);
    }
    m_theme = theme;
    const auto follow = [this] {
        m_style.colours = m_theme != nullptr ? m_theme->colours() : PlotColours::light();
        invalidate();
    };
    if (theme != nullptr) {
        connect(theme, &Theme::changed, this, follow);
    }
    follow();
}

void HeatPlot::invalidate() {
    m_static.invalidate();
    arrange();
    update();
}

void HeatPlot::arrange() {
    if (m_map == nullptr) {
        m_layout = {};
        return;
    }
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.9);
    m_style.font = small;
    m_texts.setFont(small);
    m_style.texts = &m_texts;
    m_style.resolution = 1.0 / devicePixelRatioF();
    m_layout = heatLayout(QRectF(rect()).adjusted(10, 4, -8, -2), *m_map, m_window, !m_plan.empty(), m_style);
}

void HeatPlot::renderStatic() {
    const qreal ratio = devicePixelRatioF();
    const QRect map = inPixels(QTransform::fromScale(ratio, ratio), m_layout.map);
    QPainter painter(&m_static.renew(size(), ratio, m_style.colours.background, map));
    if (m_map != nullptr) {
        paintHeat(painter, m_layout, *m_map, m_plan, m_style);
    }
}

int HeatPlot::positionOf(int layer) const {
    const auto found = std::find(m_map->order.begin(), m_map->order.end(), layer);
    return found == m_map->order.end() ? -1 : static_cast<int>(found - m_map->order.begin());
}

QRectF HeatPlot::rowRect(int layer) const {
    const int position = positionOf(layer);
    const double top = m_layout.rowTop(position);
    return {m_layout.map.left(), top, m_layout.map.width(), m_layout.rowTop(position + 1) - top};
}

HeatPlot::Point HeatPlot::pointAt(const QPointF& at) const {
    if (!usable()) {
        return {};
    }
    const int position = m_layout.positionAt(at.y());
    const int centre = m_layout.channelAt(at.x());
    if (position < 0 || centre < 0) {
        return {};
    }
    const int layer = m_map->order[static_cast<std::size_t>(position)];
    // A pixel shows the largest of its channels, and an outlier reaches over its neighbours: that is the one
    // the user points at.
    const double reach = 1.5 * (m_window.last - m_window.first) / m_layout.map.width();
    const int from = std::clamp(static_cast<int>(std::ceil(centre - reach)), 0, m_map->channels - 1);
    const int to = std::clamp(static_cast<int>(std::floor(centre + reach)), from, m_map->channels - 1);
    int best = std::clamp(centre, 0, m_map->channels - 1);
    for (int channel = from; channel <= to; ++channel) {
        if (m_map->value(layer, channel) > m_map->value(layer, best)) {
            best = channel;
        }
    }
    return {layer, best};
}

QString HeatPlot::describe(int layer, int channel) const {
    if (!usable() || layer < 0 || layer >= m_map->layers || channel < 0 || channel >= m_map->channels) {
        return {};
    }
    const HeatOptions& options = m_map->options;
    QStringList parts{
        tr("layer %1").arg(layer),
        figureText(std::string(linearName(options.linear)) + " " + std::string(sideName(options.side))),
        tr("channel %1").arg(channel), formatValue(m_map->absmaxAt(layer, channel))};
    if (const auto sigmas = m_map->sigmas(layer, channel); sigmas && options.rule != OutlierRule::LlmInt8) {
        const QString size = QLocale().toString(std::abs(*sigmas), 'f', 1);
        parts << (*sigmas >= 0 ? tr("%1 σ above the mean").arg(size) : tr("%1 σ below the mean").arg(size));
    }
    if (options.statistic == HeatStatistic::WeightAbsmax) {
        parts << tr("weight column %1").arg(formatValue(m_map->value(layer, channel)));
    }
    if (const int count = m_map->recurrence[static_cast<std::size_t>(channel)]; count > 0) {
        parts << (m_map->isOutlier(layer, channel) ? tr("outlier, in %1 of %2 layers")
                                                   : tr("outlier in %1 of %2 layers, but not here"))
                     .arg(number(count), number(m_map->layers));
    }
    return parts.join(QStringLiteral(" · "));
}

void HeatPlot::showReadout() {
    const Point at = m_hover.valid() ? m_hover : m_cursor;
    const QString text = describe(at.layer, at.channel);
    if (text != m_readout) {
        m_readout = text;
        Q_EMIT readoutChanged(text);
        if (QAccessible::isActive()) {
            QAccessibleValueChangeEvent event(this, text);
            QAccessible::updateAccessibility(&event);
        }
    }
}

void HeatPlot::updateCross(Point point) {
    if (!usable() || point.layer < 0) {
        return;
    }
    // Only what the cross hair covers is painted again.
    const QRectF row = rowRect(point.layer);
    update(QRectF(0, row.top() - 3, width(), row.height() + 6).toAlignedRect());
    if (point.channel >= 0) {
        const double x = m_layout.x(point.channel);
        const double half =
            std::max(4.0, (m_layout.x(point.channel + 0.5) - m_layout.x(point.channel - 0.5)) / 2 + 3);
        update(QRectF(x - half, 0, 2 * half, height()).toAlignedRect());
    }
}

void HeatPlot::setHover(Point point) {
    if (point != m_hover) {
        updateCross(m_hover);
        m_hover = point;
        updateCross(m_hover);
        showReadout();
    }
}

void HeatPlot::ensureVisible(int channel) {
    if (channel >= 0 && (channel < m_window.first || channel > m_window.last)) {
        const double half = (m_window.last - m_window.first) / 2;
        setWindow({channel - half, channel + half});
    }
}

void HeatPlot::setCursor(int layer, int channel) {
    if (m_map == nullptr || layer < 0 || layer >= m_map->layers) {
        return;
    }
    const Point point{layer, channel < m_map->channels ? channel : -1};
    if (point == m_cursor) {
        return;
    }
    updateCross(m_cursor);
    m_cursor = point;
    ensureVisible(point.channel);
    updateCross(m_cursor);
    showReadout();
}

void HeatPlot::moveTo(Point point) {
    m_hover = {};
    setCursor(point.layer, point.channel);
    Q_EMIT cursorMoved(m_cursor.layer, m_cursor.channel);
}

void HeatPlot::moveBy(int rows, int channels) {
    if (!usable()) {
        return;
    }
    const int position = std::max(0, m_cursor.layer >= 0 ? positionOf(m_cursor.layer) : 0);
    const int layer =
        m_map->order[static_cast<std::size_t>(std::clamp(position + rows, 0, m_map->layers - 1))];
    const int from = m_cursor.channel >= 0 ? m_cursor.channel + channels
                                           : m_map->rows[static_cast<std::size_t>(layer)].largestChannel;
    moveTo({layer, std::clamp(from, 0, m_map->channels - 1)});
}

void HeatPlot::moveOutlier(bool alongRows, int step) {
    if (!usable() || m_map->outlierCount() == 0) {
        return;
    }
    const int rows = m_map->layers;
    int position = std::max(0, m_cursor.layer >= 0 ? positionOf(m_cursor.layer) : 0);
    if (!alongRows) { // the next layer up or down in which this channel is one
        for (int i = 0; i < rows; ++i) {
            position = (position + step + rows) % rows;
            const int layer = m_map->order[static_cast<std::size_t>(position)];
            if (m_map->isOutlier(layer, m_cursor.channel)) {
                moveTo({layer, m_cursor.channel});
                return;
            }
        }
        return;
    }
    // Through this row, then the next ones, and round again at the end.
    int channel = m_cursor.channel;
    for (int i = 0; i <= rows; ++i) {
        const int layer = m_map->order[static_cast<std::size_t>(position)];
        const std::vector<int>& outliers = m_map->rows[static_cast<std::size_t>(layer)].outliers;
        if (step > 0) {
            const auto next = std::upper_bound(outliers.begin(), outliers.end(), channel);
            if (next != outliers.end()) {
                moveTo({layer, *next});
                return;
            }
            channel = -1;
        } else {
            const auto next = std::lower_bound(outliers.begin(), outliers.end(), channel);
            if (next != outliers.begin()) {
                moveTo({layer, *(next - 1)});
                return;
            }
            channel = m_map->channels;
        }
        position = (position + step + rows) % rows;
    }
}

void HeatPlot::setWindow(const HeatWindow& wanted) {
    if (m_map == nullptr || m_map->channels < 1) {
        return;
    }
    const double all = m_map->channels;
    const double size = std::clamp(wanted.last - wanted.first, std::min(kFewestChannels, all), all);
    const double centre = (wanted.first + wanted.last) / 2;
    const double first = std::clamp(centre - size / 2, -0.5, all - 0.5 - size);
    const HeatWindow window{first, first + size};
    if (std::abs(window.first - m_window.first) > 1e-9 * all ||
        std::abs(window.last - m_window.last) > 1e-9 * all) {
        m_window = window;
        invalidate();
        Q_EMIT windowChanged(m_window);
    }
}

void HeatPlot::zoom(double factor, double about) {
    setWindow({about + (m_window.first - about) * factor, about + (m_window.last - about) * factor});
}

} // namespace mambascope::ui
