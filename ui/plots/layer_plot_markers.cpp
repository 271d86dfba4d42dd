// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/core_words.h"
#include "ui/plots/axis_ticks.h"
#include "ui/plots/layer_plot.h"
#include "ui/plots/layer_plot_impl.h"

#include <cmath>

namespace mambascope::ui {
namespace {

QString withSign(double value) {
    return (value < 0 ? QStringLiteral("−") : QStringLiteral("+")) + formatValue(std::abs(value));
}

} // namespace

bool LayerPlot::Impl::exists(PlotPosition position) const {
    const StemPanel* panel = panelAt(position.panel);
    return panel != nullptr && position.channel >= 0 &&
           position.channel < static_cast<int>(panel->values.size());
}

double LayerPlot::Impl::valueAt(PlotPosition position) const {
    return static_cast<double>(panelAt(position.panel)->values[static_cast<std::size_t>(position.channel)]);
}

void LayerPlot::Impl::setMarkers(const std::array<PlotPosition, 2>& positions) {
    if (positions != markers) {
        markers = positions;
        plot->update();
        Q_EMIT q->comparisonChanged(q->comparison());
    }
}

QString LayerPlot::comparison() const {
    const Impl& d = *m_impl;
    QStringList parts;
    for (std::size_t i = 0; i < d.markers.size(); ++i) {
        if (d.exists(d.markers[i])) {
            parts << LayerPlot::tr("%1: %2, channel %3: %4")
                         .arg(i == 0 ? QStringLiteral("A") : QStringLiteral("B"))
                         .arg(figureText(d.panelAt(d.markers[i].panel)->title))
                         .arg(d.markers[i].channel)
                         .arg(formatValue(d.valueAt(d.markers[i])));
        }
    }
    if (parts.size() == 2) {
        const double a = d.valueAt(d.markers[0]), b = d.valueAt(d.markers[1]);
        QString difference = LayerPlot::tr("B − A: %1").arg(withSign(b - a));
        if (a != 0) {
            difference += LayerPlot::tr(", × %1").arg(formatValue(b / a));
        }
        const double deviation = d.panels[static_cast<std::size_t>(d.markers[0].panel)].deviation;
        if (d.markers[0].panel == d.markers[1].panel && deviation > 0) {
            difference += LayerPlot::tr(", %1 σ").arg(withSign((b - a) / deviation));
        }
        parts << difference;
    }
    return parts.join(QStringLiteral(" · "));
}

void LayerPlot::Impl::paintMarker(QPainter& painter, PlotPosition position, QChar name) const {
    if (!exists(position)) {
        return;
    }
    const PanelFrame frame = panels[static_cast<std::size_t>(position.panel)].stems->frame();
    if (position.channel < frame.first || position.channel > frame.last) {
        return;
    }
    const double x = std::floor(frame.x(position.channel)) + 0.5;
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(colours.accent, 1, Qt::DashLine));
    painter.drawLine(QPointF(x, frame.area.top()), QPointF(x, frame.area.bottom()));
    const QFontMetricsF metrics(q->font());
    QRectF flag(0, 0, metrics.horizontalAdvance(name) + 8, metrics.height());
    flag.moveTopLeft(QPointF(std::min(x, frame.area.right() - flag.width()), frame.area.top()));
    painter.setPen(Qt::NoPen);
    painter.setBrush(colours.accent);
    painter.drawRect(flag);
    painter.setPen(colours.onAccent);
    painter.setFont(q->font());
    painter.drawText(flag, Qt::AlignCenter, QString(name));
}

} // namespace mambascope::ui
