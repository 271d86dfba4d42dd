// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot_accessible.h"

#include "ui/models/core_words.h"
#include "ui/plots/axis_ticks.h"
#include "ui/plots/heat_accessible.h"
#include "ui/plots/heat_plot.h"
#include "ui/plots/layer_plot.h"

#include <QAccessible>
#include <QAccessibleWidget>

namespace mambascope::ui {
namespace {

constexpr std::size_t kMostOutliersRead = 20; // a panel

class PlotAccessible : public QAccessibleWidget {
public:
    explicit PlotAccessible(LayerPlot* plot)
        : QAccessibleWidget(plot, QAccessible::Chart)
        , m_plot(plot) {}

    QString text(QAccessible::Text kind) const override {
        switch (kind) {
        case QAccessible::Value:
            return m_plot->readout();
        case QAccessible::Description:
            return description();
        default:
            return QAccessibleWidget::text(kind);
        }
    }

    QAccessible::State state() const override {
        QAccessible::State state = QAccessibleWidget::state();
        state.readOnly = true;
        return state;
    }

private:
    QString description() const {
        const auto figure = m_plot->figure();
        if (figure == nullptr) {
            return LayerPlot::tr("No data");
        }
        QStringList parts{figureText(figure->title)};
        for (const StemPanel& panel : figure->panels) {
            QStringList outliers;
            for (const OutlierMark& mark : panel.marks) {
                if (static_cast<std::size_t>(outliers.size()) == kMostOutliersRead) {
                    outliers << LayerPlot::tr("and more");
                    break;
                }
                outliers << LayerPlot::tr("channel %1: %2").arg(mark.channel).arg(formatValue(mark.value));
            }
            QString part = figureText(panel.title) + QStringLiteral(": ") + figureText(panel.subtitle);
            if (!outliers.isEmpty()) {
                part += QStringLiteral(" (") + outliers.join(QStringLiteral(", ")) + QLatin1Char(')');
            }
            parts << part;
        }
        return parts.join(QStringLiteral(". "));
    }

    LayerPlot* m_plot;
};

QAccessibleInterface* makeInterface(const QString&, QObject* object) {
    if (auto* heat = qobject_cast<HeatPlot*>(object)) {
        return makeHeatAccessible(heat);
    }
    auto* plot = qobject_cast<LayerPlot*>(object);
    return plot != nullptr ? new PlotAccessible(plot) : nullptr;
}

} // namespace

void installPlotAccessibility() {
    QAccessible::installFactory(&makeInterface); // Qt itself leaves out what is installed already
}

} // namespace mambascope::ui
