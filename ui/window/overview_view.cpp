// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/overview_view.h"

#include "ui/docks/rule_controls.h"
#include "ui/models/core_words.h"
#include "ui/models/text.h"
#include "ui/plots/heat_plot.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/elided_label.h"
#include "ui/window/still_box.h"
#include "ui/window/workspace.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {
namespace {

constexpr std::size_t kRecentMaps = 8; ///< every linear with both scales; 64 × 5120 values take 1.6 MB

template <class Value>
Value chosen(const QComboBox& box) {
    return static_cast<Value>(box.currentData().toInt());
}

template <class Value>
void select(QComboBox& box, Value value) {
    const QSignalBlocker quiet(box);
    box.setCurrentIndex(box.findData(static_cast<int>(value)));
}

} // namespace

OverviewView::OverviewView(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_plot(new HeatPlot(this))
    , m_title(new ElidedLabel(this))
    , m_readout(new ElidedLabel(this))
    , m_site(new QComboBox(this))
    , m_statistic(new QComboBox(this))
    , m_order(new QComboBox(this))
    , m_side(new QComboBox(this))
    , m_rule(new QComboBox(this))
    , m_k(new QDoubleSpinBox(this))
    , m_log(new QToolButton(this)) {
    m_plot->setTheme(&theme);
    m_readout->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_readout->setAccessibleName(tr("Value at the cursor of the heat map"));
    m_readout->setForegroundRole(QPalette::PlaceholderText);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(new StillBox(header()));
    column->addWidget(m_plot, 1);
    auto* bottom = new QWidget(this);
    auto* below = new QHBoxLayout(bottom);
    below->setContentsMargins(12, 2, 12, 4);
    below->addWidget(m_readout);
    column->addWidget(new StillBox(bottom));

    const auto paintIcons = [this, &theme] {
        m_log->setIcon(themedIcon(u"log", theme));
    };
    paintIcons();
    connect(&theme, &Theme::changed, this, paintIcons);
    fillControls();
    connectControls();
    QWidget* before = nullptr;
    for (QWidget* next :
         std::initializer_list<QWidget*>{m_site, m_side, m_statistic, m_order, m_rule, m_k, m_log, m_plot}) {
        if (before != nullptr) {
            setTabOrder(before, next);
        }
        before = next;
    }
    refresh();
}

QWidget* OverviewView::header() {
    auto* bar = new QWidget(this);
    QFont bold = m_title->font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(12, 6, 12, 2);
    row->addWidget(m_title, 1);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{m_site, m_side, m_statistic, m_order, m_rule, m_k, m_log}) {
        row->addWidget(widget, 0, Qt::AlignVCenter);
    }
    return bar;
}

void OverviewView::fillControls() {
    m_site->setAccessibleName(tr("Linear layer"));
    m_site->setToolTip(tr("Which linear of every layer the heat map shows"));
    m_side->setAccessibleName(tr("Side"));
    m_side->setToolTip(tr("What goes into the linears, or what comes out of them"));
    m_side->addItem(tr("inputs"), static_cast<int>(Side::Input));
    m_side->addItem(tr("outputs"), static_cast<int>(Side::Output));
    m_statistic->setAccessibleName(tr("Value of a channel"));
    m_statistic->setToolTip(tr("What the colours say"));
    m_statistic->addItem(tr("absmax"), static_cast<int>(HeatStatistic::Absmax));
    m_statistic->addItem(tr("σ of the layer"), static_cast<int>(HeatStatistic::Sigmas));
    m_statistic->addItem(tr("weight absmax"), static_cast<int>(HeatStatistic::WeightAbsmax));
    m_order->setAccessibleName(tr("Order of the layers"));
    m_order->setToolTip(tr("How the rows are sorted, from the top"));
    m_order->addItem(tr("by depth"), static_cast<int>(HeatOrder::Depth));
    m_order->addItem(tr("by outliers"), static_cast<int>(HeatOrder::OutlierShare));
    m_order->addItem(tr("by largest"), static_cast<int>(HeatOrder::Largest));
    fillRuleControls(*m_rule, *m_k);
    m_rule->setToolTip(tr("Which channels count as outliers"));
    m_log->setText(tr("Log"));
    m_log->setAccessibleName(tr("Logarithmic colours"));
    m_log->setCheckable(true);
    m_log->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_log->setToolTip(tr("Logarithmic colours (L in the heat map)"));
}

void OverviewView::connectControls() {
    ViewState& view = m_workspace.view();
    connect(m_site, &QComboBox::activated, this, [this, &view] { view.setLinear(chosen<Linear>(*m_site)); });
    connect(m_side, &QComboBox::activated, this, [this, &view] { view.setSide(chosen<Side>(*m_side)); });
    connect(m_statistic, &QComboBox::activated, this, [this, &view] {
        view.setHeatStatistic(chosen<HeatStatistic>(*m_statistic));
    });
    connect(m_order, &QComboBox::activated, this, [this, &view] {
        view.setHeatOrder(chosen<HeatOrder>(*m_order));
    });
    connect(m_rule, &QComboBox::activated, this, [this, &view] { view.setRule(ruleOf(*m_rule)); });
    connect(m_k, &QDoubleSpinBox::valueChanged, &view, &ViewState::setK);
    const auto toggle = [&view] {
        view.setHeatScale(view.data().heatScale == AxisScale::Log ? AxisScale::Linear : AxisScale::Log);
    };
    connect(m_log, &QToolButton::clicked, &view, toggle);
    connect(m_plot, &HeatPlot::scaleToggled, &view, toggle);
    connect(m_plot, &HeatPlot::cursorMoved, this, [&view](int layer, int channel) {
        view.setSelection(layer, view.data().linear, channel);
    });
    connect(m_plot, &HeatPlot::activated, this, &OverviewView::drilled);
    connect(m_plot, &HeatPlot::readoutChanged, this, [this](const QString& text) {
        m_readout->setText(
            text.isEmpty()
                ? tr("Click a point to select its layer and channel; Alt+arrows walk the outliers, "
                     "Enter shows the layer.")
                : text);
    });
    connect(&view, &ViewState::changed, this, &OverviewView::refresh);
    connect(&m_workspace, &Workspace::sessionChanged, this, &OverviewView::refresh);
    connect(&m_workspace, &Workspace::checkpointChanged, this, &OverviewView::refresh);
    connect(&m_workspace, &Workspace::calibrationChanged, this, &OverviewView::refresh);
    connect(&m_workspace, &Workspace::weightsChanged, this, &OverviewView::refresh);
    connect(&m_workspace, &Workspace::planChanged, this, &OverviewView::refreshPlan);
    Q_EMIT m_plot->readoutChanged(QString());
}

HeatFigure OverviewView::figure() const {
    return {m_map, m_plot->plan(), m_plot->colourMap()};
}

void OverviewView::setCompact(bool compact) {
    for (QWidget* widget : std::initializer_list<QWidget*>{m_side, m_rule, m_k}) {
        widget->setVisible(!compact);
    }
}

void OverviewView::refresh() {
    const auto snapshot = m_workspace.calibration();
    const ModelSpec* spec = m_workspace.spec();
    if (snapshot == nullptr || spec == nullptr || snapshot->spec.layers != spec->layers) {
        m_map.reset();
        m_recent.clear();
        m_shown.reset();
        m_plot->setMap(nullptr);
        return;
    }
    refreshMap();
    refreshPlan();
    refreshHeader();
    const ViewData& view = m_workspace.view().data();
    m_plot->setColourMap(view.colourMap);
    m_plot->setCursor(view.layer, view.channel);
}

void OverviewView::refreshMap() {
    const ViewData& view = m_workspace.view().data();
    const auto snapshot = m_workspace.calibration();
    const Linear linear = snapshot->spec.has(view.linear) ? view.linear : Linear::OutProj;
    const HeatOptions options{linear,    view.side, view.heatStatistic, view.heatOrder, view.heatScale,
                              view.rule, view.k};
    if (options.statistic == HeatStatistic::WeightAbsmax) {
        m_workspace.requestWeights();
    }
    const auto weights = m_workspace.weights();
    const bool weightsMatter = options.statistic == HeatStatistic::WeightAbsmax;
    if (m_map != nullptr && m_shown == snapshot && m_shownOptions == options &&
        (!weightsMatter || m_shownWeights == weights)) {
        return;
    }
    const RecentMap wanted{snapshot, weightsMatter ? weights : nullptr, options, nullptr};
    const auto known =
        std::ranges::find_if(m_recent, [&](const RecentMap& recent) { return recent.sameSource(wanted); });
    HeatOptions otherScale = m_shownOptions;
    otherScale.scale = options.scale;
    if (known != m_recent.end()) {
        m_map = known->map;
        m_recent.erase(known);
    } else if (
        m_map != nullptr && m_shown == snapshot && otherScale == options && m_shownWeights == weights) {
        m_map = std::make_shared<const HeatMap>(withScale(*m_map, options.scale));
    } else {
        m_map = std::make_shared<const HeatMap>(heatMap(*snapshot, weights.get(), options));
    }
    m_recent.push_front({wanted.snapshot, wanted.weights, wanted.options, m_map});
    if (m_recent.size() > kRecentMaps) {
        m_recent.pop_back();
    }
    m_shown = snapshot;
    m_shownWeights = weights;
    m_shownOptions = options;
    m_plot->setMap(m_map);
}

void OverviewView::refreshPlan() {
    if (m_map == nullptr) {
        return;
    }
    const bool known = m_workspace.checkpoint() != nullptr;
    m_plot->setPlan(
        known ? heatPlanCells(m_workspace.plan(), m_map->layers, m_map->options.linear)
              : std::vector<HeatPlanCell>());
}

void OverviewView::refreshHeader() {
    const ViewData& view = m_workspace.view().data();
    const ModelSpec& spec = *m_workspace.spec();
    if (m_site->count() != static_cast<int>(spec.linears().size())) {
        const QSignalBlocker quiet(m_site);
        m_site->clear();
        for (const Linear linear : spec.linears()) {
            m_site->addItem(qt(linearName(linear)), static_cast<int>(linear));
        }
    }
    select(*m_site, m_map->options.linear);
    select(*m_side, view.side);
    select(*m_statistic, view.heatStatistic);
    select(*m_order, view.heatOrder);
    showRule(*m_rule, *m_k, view.rule, view.k);
    m_log->setChecked(view.heatScale == AxisScale::Log);
    m_title->setText(tr("All layers · %1 × %2 channels · outlier channels: %3")
                         .arg(number(m_map->layers), number(m_map->channels), number(m_map->outlierCount())));
    m_title->setToolTip(captionText(m_map->caption));
}

} // namespace mambascope::ui
