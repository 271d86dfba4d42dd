// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/layer_view.h"

#include "core/figure/distribution.h"
#include "ui/docks/rule_controls.h"
#include "ui/models/core_words.h"
#include "ui/models/text.h"
#include "ui/plots/block_diagram.h"
#include "ui/plots/chart_plot.h"
#include "ui/plots/layer_plot.h"
#include "ui/theme/theme.h"
#include "ui/window/elided_label.h"
#include "ui/window/still_box.h"
#include "ui/window/workspace.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {
namespace {

constexpr int kLinesForDiagram = 26; ///< of text: with less height the panels need all of it

bool smooths(const QuantPlan& plan, int layer) {
    return std::ranges::any_of(kLinears, [&](Linear linear) {
        return plan.at({layer, linear}).alpha.has_value();
    });
}

} // namespace

LayerView::LayerView(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_diagram(new BlockDiagram(this))
    , m_plot(new LayerPlot(this))
    , m_chart(new ChartPlot(this))
    , m_contents(new QComboBox(this))
    , m_stack(new QStackedWidget(this))
    , m_title(new QLabel(this))
    , m_subtitle(new ElidedLabel(this))
    , m_readout(new ElidedLabel(this))
    , m_comparison(new ElidedLabel(this))
    , m_layer(new QSpinBox(this))
    , m_side(new QComboBox(this))
    , m_rule(new QComboBox(this))
    , m_k(new QDoubleSpinBox(this))
    , m_scale(new QComboBox(this))
    , m_weights(new QToolButton(this))
    , m_emptyTitle(new QLabel(this))
    , m_emptyText(new QLabel(this))
    , m_emptyCalibrate(new QPushButton(tr("Calibrate…"), this)) {
    m_diagram->setTheme(&theme);
    m_plot->setTheme(&theme);
    m_chart->setTheme(&theme);
    m_chart->setAccessibleName(tr("Distribution of the values"));
    m_chart->hide();
    m_plot->setAccessibleName(tr("Absolute maxima by channel"));
    m_readout->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_readout->setAccessibleName(tr("Value at the cursor"));
    m_readout->setForegroundRole(QPalette::PlaceholderText);

    auto* page = new QWidget(this);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(new StillBox(header()));
    column->addWidget(m_diagram);
    column->addWidget(m_plot, 1);
    column->addWidget(m_chart, 1);
    auto* bottom = new QWidget(this);
    auto* below = new QHBoxLayout(bottom); // a label whose text can be selected ignores margins of its own
    below->setContentsMargins(12, 4, 12, 6);
    m_comparison->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_comparison->setAccessibleName(tr("Markers A and B"));
    m_comparison->hide();
    m_comparison->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    below->addWidget(m_readout, 1);
    below->addWidget(m_comparison, 1);
    column->addWidget(new StillBox(bottom));
    m_stack->addWidget(emptyPage());
    m_stack->addWidget(page);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);

    connectControls();
    refresh();
}

QWidget* LayerView::header() {
    auto* bar = new QWidget(this);
    QFont large = m_title->font();
    large.setPointSizeF(large.pointSizeF() * 1.25);
    large.setBold(true);
    m_title->setFont(large);
    m_subtitle->setForegroundRole(QPalette::PlaceholderText);
    m_subtitle->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_layer->setAccessibleName(tr("Layer"));
    m_layer->setPrefix(tr("layer "));
    m_layer->setKeyboardTracking(false);
    m_layer->setWrapping(true);
    m_contents->setAccessibleName(tr("What is shown of the layer"));
    m_contents->setToolTip(tr("What is shown of the layer (D in the plot)"));
    m_contents->addItem(tr("maxima"));
    m_contents->addItem(tr("histogram"));
    m_contents->addItem(tr("ribbons"));
    m_side->setAccessibleName(tr("Side"));
    m_side->addItem(tr("inputs"), static_cast<int>(Side::Input));
    m_side->addItem(tr("outputs"), static_cast<int>(Side::Output));
    m_side->setToolTip(tr("What goes into the linears, or what comes out of them"));
    fillRuleControls(*m_rule, *m_k);
    m_rule->setToolTip(tr("Which channels are marked as outliers"));
    m_scale->setAccessibleName(tr("Scale of the axis"));
    m_scale->setToolTip(tr("Scale of the axis (L in the plot)"));
    m_scale->addItem(tr("log"), static_cast<int>(AxisScale::Log));
    m_scale->addItem(tr("linear"), static_cast<int>(AxisScale::Linear));
    m_scale->addItem(tr("symlog"), static_cast<int>(AxisScale::Symlog));
    m_weights->setText(tr("Weights"));
    m_weights->setCheckable(true);
    m_weights->setToolTip(tr("Below the inputs, the largest weight of the column that meets each channel"));

    auto* titles = new QVBoxLayout;
    titles->setSpacing(1);
    titles->addWidget(m_title);
    titles->addWidget(m_subtitle);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(12, 8, 12, 6);
    row->addLayout(titles, 1);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{m_contents, m_layer, m_side, m_rule, m_k, m_scale, m_weights}) {
        row->addWidget(widget, 0, Qt::AlignVCenter);
    }
    return bar;
}

QWidget* LayerView::emptyPage() {
    auto* page = new QWidget(this);
    QFont large = m_emptyTitle->font();
    large.setPointSizeF(large.pointSizeF() * 1.5);
    m_emptyTitle->setFont(large);
    m_emptyTitle->setAlignment(Qt::AlignCenter);
    m_emptyText->setAlignment(Qt::AlignCenter);
    m_emptyText->setWordWrap(true);
    m_emptyText->setForegroundRole(QPalette::PlaceholderText);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(m_emptyCalibrate);
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(page);
    column->addStretch(2);
    column->addWidget(m_emptyTitle);
    column->addWidget(m_emptyText);
    column->addSpacing(fontMetrics().height());
    column->addLayout(buttons);
    column->addStretch(3);
    connect(m_emptyCalibrate, &QPushButton::clicked, this, &LayerView::calibrateRequested);
    return page;
}

void LayerView::connectControls() {
    ViewState& view = m_workspace.view();
    connect(m_layer, &QSpinBox::valueChanged, &view, &ViewState::setLayer);
    connect(m_side, &QComboBox::activated, &view, [this, &view] {
        view.setSide(static_cast<Side>(m_side->currentData().toInt()));
    });
    connect(m_rule, &QComboBox::activated, &view, [this, &view] { view.setRule(ruleOf(*m_rule)); });
    connect(m_k, &QDoubleSpinBox::valueChanged, &view, &ViewState::setK);
    connect(m_scale, &QComboBox::activated, &view, [this, &view] {
        view.setScale(static_cast<AxisScale>(m_scale->currentData().toInt()));
    });
    connect(m_weights, &QToolButton::clicked, &view, &ViewState::setWeightPanels);
    connect(m_diagram, &BlockDiagram::activated, this, &LayerView::goToPanel);
    connect(m_contents, &QComboBox::activated, this, [this](int index) {
        setContent(static_cast<Content>(index));
    });
    connect(m_chart, &ChartPlot::readoutChanged, this, &LayerView::showReadout);
    connect(m_plot, &LayerPlot::comparisonChanged, this, [this](const QString& text) {
        m_comparison->setText(text);
        m_comparison->setVisible(!text.isEmpty());
    });
    connect(&m_workspace, &Workspace::planChanged, this, &LayerView::refresh);
    connect(&m_workspace, &Workspace::weightsChanged, this, &LayerView::refresh);
    connect(m_plot, &LayerPlot::yScaleToggled, &view, &ViewState::setScale);
    connect(m_plot, &LayerPlot::cursorMoved, this, [this, &view](int panel, int channel) {
        view.setSelection(m_shownLayer, m_figure->panels[static_cast<std::size_t>(panel)].linear, channel);
    });
    connect(m_plot, &LayerPlot::readoutChanged, this, &LayerView::showReadout);
    connect(&view, &ViewState::changed, this, &LayerView::refresh);
    connect(&m_workspace, &Workspace::sessionChanged, this, &LayerView::refresh);
    connect(&m_workspace, &Workspace::checkpointChanged, this, &LayerView::refresh);
    connect(&m_workspace, &Workspace::calibrationChanged, this, &LayerView::refresh);
    connect(&m_workspace, &Workspace::openingChanged, this, &LayerView::refreshEmpty);
    connect(&m_workspace.jobs(), &JobRunner::changed, this, &LayerView::refreshEmpty);
    showReadout({});
}

void LayerView::refresh() {
    const auto snapshot = m_workspace.calibration();
    const bool shows = m_workspace.spec() != nullptr && snapshot != nullptr &&
                       m_workspace.view().data().layer < snapshot->spec.layers;
    m_stack->setCurrentIndex(shows ? 1 : 0);
    if (shows) {
        refreshFigure();
        refreshHeader();
        refreshCursor();
        refreshDiagram();
        refreshChart();
    } else {
        m_figure.reset();
        m_shown.reset();
        m_plot->setFigure(nullptr);
        refreshEmpty();
    }
}

void LayerView::refreshFigure() {
    const ViewData& view = m_workspace.view().data();
    const auto snapshot = m_workspace.calibration();
    const FigureOptions options{view.side, view.rule, view.k, view.scale};
    // What the plan does to the inputs is seen at once; smoothing needs the weights.
    const bool inputs = view.side == Side::Input && m_workspace.checkpoint() != nullptr;
    const QuantPlan plan = inputs ? m_workspace.plan() : QuantPlan();
    const bool weightPanels = inputs && view.weightPanels;
    if (weightPanels || smooths(plan, view.layer)) {
        m_workspace.requestWeights();
    }
    const auto weights = m_workspace.weights();
    const bool same = m_shownPlan == plan && m_shownWeights == weights &&
                      m_shownWeightPanels == weightPanels && m_shownDiagram == view.diagram &&
                      m_shown == snapshot && m_shownLayer == view.layer &&
                      m_shownOptions.side == options.side && m_shownOptions.rule == options.rule &&
                      m_shownOptions.k == options.k;
    if (!same || m_shownOptions.yScale != options.yScale) {
        m_figure = std::make_shared<const Figure>(
            layerFigure(*snapshot, view.layer, options, {&plan, weights.get(), weightPanels, view.diagram}));
    }
    m_shown = snapshot;
    m_shownLayer = view.layer;
    m_shownOptions = options;
    m_shownPlan = plan;
    m_shownWeights = weights;
    m_shownWeightPanels = weightPanels;
    m_shownDiagram = view.diagram;
    if (!same) {
        m_plot->setFigure(m_figure);
        m_diagram->setFigure(m_figure, snapshot->spec);
    }
    m_plot->setYScale(view.scale);
}

int LayerView::panelOf(Linear linear) const {
    if (m_figure != nullptr) {
        for (std::size_t i = 0; i < m_figure->panels.size(); ++i) {
            if (m_figure->panels[i].linear == linear) {
                return static_cast<int>(i);
            }
        }
    }
    return -1;
}

void LayerView::refreshCursor() {
    const ViewData& view = m_workspace.view().data();
    const int panel = panelOf(view.linear);
    if (panel >= 0 && view.channel >= 0 &&
        (m_plot->currentPanel() != panel || m_plot->currentChannel() != view.channel)) {
        m_plot->setCursor(panel, view.channel);
    }
}

void LayerView::refreshDiagram() {
    m_diagram->setSelected(m_workspace.view().data().linear);
    m_diagram->setVisible(
        m_workspace.view().data().diagram && height() >= kLinesForDiagram * fontMetrics().height());
}

void LayerView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    refreshDiagram();
}

void LayerView::setContent(Content content) {
    if (content == m_content) {
        return;
    }
    const bool focused = m_plot->hasFocus() || m_chart->hasFocus();
    m_content = content;
    m_contents->setCurrentIndex(static_cast<int>(content));
    const bool maxima = content == Content::Maxima;
    m_plot->setVisible(maxima);
    m_chart->setVisible(!maxima);
    refresh();
    QWidget* shown = maxima ? static_cast<QWidget*>(m_plot) : m_chart;
    if (focused) {
        shown->setFocus(Qt::OtherFocusReason);
    }
    showReadout(maxima ? m_plot->readout() : m_chart->readout());
}

void LayerView::keyPressEvent(QKeyEvent* event) {
    constexpr int kContents = 3;
    if (event->key() == Qt::Key_D && event->modifiers() == Qt::NoModifier && m_figure != nullptr) {
        setContent(static_cast<Content>((static_cast<int>(m_content) + 1) % kContents));
        return;
    }
    QWidget::keyPressEvent(event);
}

void LayerView::refreshChart() {
    if (m_content == Content::Maxima || (m_charted == m_figure && m_chartedContent == m_content)) {
        return;
    }
    m_charted = m_figure;
    m_chartedContent = m_content;
    const auto make = m_content == Content::Distribution ? distributionChart : channelRibbons;
    m_chart->setChart(std::make_shared<const Chart>(make(*m_shown, m_shownLayer, m_shownOptions)));
}

void LayerView::showReadout(const QString& text) {
    const QString hint = m_content == Content::Maxima
                             ? tr("Move over the plot, or focus it and use the arrow keys; "
                                  "Alt+Right goes to the next outlier.")
                             : tr("Move over the plot, or focus it and use the arrow keys; Page Down goes to "
                                  "the next panel.");
    m_readout->setText(text.isEmpty() ? hint : text);
}

std::optional<Printable> LayerView::printable() const {
    if (m_figure == nullptr) {
        return std::nullopt;
    }
    return m_content == Content::Maxima ? Printable(*m_figure) : Printable(*m_chart->chart());
}

void LayerView::goToPanel(Linear linear) {
    setContent(Content::Maxima);
    const int panel = panelOf(linear);
    if (panel < 0 || m_figure->panels[static_cast<std::size_t>(panel)].values.empty()) {
        return;
    }
    const std::vector<float>& values = m_figure->panels[static_cast<std::size_t>(panel)].values;
    m_plot->setFocus(Qt::OtherFocusReason);
    m_plot->setCursor(panel, static_cast<int>(std::ranges::max_element(values) - values.begin()));
}

QString LayerView::subtitle() const {
    const CalibrationSource& source = m_workspace.calibration()->source;
    if (source.imported()) {
        return tr("Imported activation scales: the largest magnitude of every input channel, no outputs");
    }
    QString text =
        tr("Calibration: %1 · %2 windows of %3 tokens")
            .arg(
                source.textName.empty() ? tr("token ids") : QString::fromStdString(source.textName),
                number(source.samples), number(source.length));
    text += source.contiguous ? tr(", back to back") : tr(", seed %1").arg(source.seed);
    if (source.partial) {
        text += tr(" · partial: stopped before the end");
    }
    return text;
}

void LayerView::refreshHeader() {
    const ViewData& view = m_workspace.view().data();
    m_title->setText(figureText(m_figure->title));
    m_subtitle->setText(subtitle());
    m_subtitle->setToolTip(captionText(m_figure->caption));
    const QSignalBlocker quiet(m_layer);
    m_layer->setRange(0, std::max(0, m_workspace.spec()->layers - 1));
    m_layer->setValue(view.layer);
    m_side->setCurrentIndex(m_side->findData(static_cast<int>(view.side)));
    showRule(*m_rule, *m_k, view.rule, view.k);
    m_scale->setCurrentIndex(m_scale->findData(static_cast<int>(view.scale)));
    m_weights->setChecked(view.weightPanels);
    m_weights->setVisible(m_workspace.checkpoint() != nullptr);
    m_weights->setEnabled(view.side == Side::Input && m_content == Content::Maxima);
    m_scale->setEnabled(m_content == Content::Maxima);
}

void LayerView::refreshEmpty() {
    if (m_stack->currentIndex() != 0) {
        return;
    }
    const CheckpointReference* reference = m_workspace.checkpoint();
    const bool busy = !m_workspace.jobs().idle();
    if (reference == nullptr && m_workspace.session() != nullptr && m_workspace.opening().isEmpty()) {
        m_emptyTitle->setText(tr("This session has no checkpoint yet"));
        m_emptyText->setText(tr("Open the one that it is to be about."));
    } else if (reference == nullptr) {
        m_emptyTitle->setText(
            m_workspace.opening().isEmpty() ? tr("Opening…") : tr("Opening %1…").arg(m_workspace.opening()));
        m_emptyText->setText(tr("The engine loads the weights."));
    } else {
        m_emptyTitle->setText(QString::fromStdString(reference->name));
        m_emptyText->setText(
            busy
                ? tr("Working. Outlier channels of every layer appear here as soon as the calibration is "
                     "there.")
                : tr("Calibrate it: a text runs through the model, and the largest value of every channel is "
                     "kept."));
    }
    m_emptyCalibrate->setVisible(reference != nullptr);
    m_emptyCalibrate->setEnabled(!busy);
    m_emptyCalibrate->setDefault(true);
}

} // namespace mambascope::ui
