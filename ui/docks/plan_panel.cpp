// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/plan_panel.h"

#include "ui/commands/plan_edit.h"
#include "ui/docks/plan_table.h"
#include "ui/docks/rule_controls.h"
#include "ui/docks/site_preview_panel.h"
#include "ui/models/plan_model.h"
#include "ui/models/text.h"
#include "ui/theme/theme.h"
#include "ui/window/workspace.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {
namespace {

constexpr int kMlpScope = 0;
constexpr int kAllScope = 1;
constexpr int kOwnScope = 2;

int scopeOf(const ParameterGroups& groups) {
    return groups == ParameterGroups::mlp()   ? kMlpScope
           : groups == ParameterGroups::all() ? kAllScope
                                              : kOwnScope;
}

} // namespace

PlanPanel::PlanPanel(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_model(new PlanModel(workspace.planEditor(), this))
    , m_table(new PlanTable(*m_model, workspace.planEditor(), theme, this))
    , m_preview(new SitePreviewPanel(workspace, theme, this))
    , m_preset(new QComboBox(this))
    , m_scope(new QComboBox(this))
    , m_rule(new QComboBox(this))
    , m_k(new QDoubleSpinBox(this))
    , m_rows(new QComboBox(this))
    , m_summary(new QLabel(this))
    , m_difference(new QLabel(this))
    , m_stack(new QStackedWidget(this))
    , m_noModelText(new QLabel(this))
    , m_openButton(new QPushButton(tr("Open Checkpoint…"), this)) {
    buildControls();
    auto* evaluate = new QPushButton(tr("Evaluate"), this);
    evaluate->setToolTip(tr("Evaluate this plan beside the baseline"));
    connect(evaluate, &QPushButton::clicked, this, &PlanPanel::evaluateRequested);
    auto* search = new QPushButton(tr("Search…"), this);
    search->setToolTip(tr("Find α or bits for every site, or how sensitive each is"));
    connect(search, &QPushButton::clicked, this, &PlanPanel::searchRequested);

    auto* words = new QHBoxLayout;
    words->setContentsMargins(8, 6, 8, 8);
    auto* text = new QVBoxLayout;
    text->setSpacing(2);
    text->addWidget(m_summary);
    text->addWidget(m_difference, 1);
    words->addLayout(text, 1);
    words->addWidget(search, 0, Qt::AlignTop);
    words->addWidget(evaluate, 0, Qt::AlignTop);

    auto* plan = new QWidget(this);
    auto* column = new QVBoxLayout(plan);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(controls());
    column->addWidget(m_table, 1);
    column->addWidget(m_preview);
    column->addLayout(words);
    m_stack->addWidget(plan);
    m_stack->addWidget(noModelPage());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);

    connectControls();
    connect(
        m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &PlanPanel::refreshPreview);
    connect(&workspace, &Workspace::sessionChanged, this, &PlanPanel::refreshModel);
    connect(&workspace, &Workspace::checkpointChanged, this, &PlanPanel::refreshModel);
    connect(&workspace, &Workspace::calibrationChanged, this, &PlanPanel::refreshModel);
    connect(&workspace.view(), &ViewState::changed, this, &PlanPanel::refreshRows);
    connect(&workspace, &Workspace::planChanged, this, &PlanPanel::refreshPlan);
    refreshModel();
}

QSize PlanPanel::sizeHint() const {
    const int character = fontMetrics().averageCharWidth();
    return {character * 88, character * 38};
}

void PlanPanel::buildControls() {
    m_preset->setAccessibleName(tr("Preset"));
    m_preset->setToolTip(tr("Start from a named plan; it replaces every setting below"));
    m_preset->addItem(tr("Custom"));
    for (const std::string& name : presetNames()) {
        m_preset->addItem(QString::fromStdString(name));
    }
    m_preset->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_preset->setMinimumContentsLength(24);
    m_scope->setAccessibleName(tr("Scope"));
    m_scope->setToolTip(
        tr("Which weights are quantized: the four linears (mlp), or convolution, A, D, embedding and "
           "head as well (all)"));
    m_scope->addItems({tr("mlp"), tr("all"), tr("other")});
    fillRuleControls(*m_rule, *m_k);
    m_rule->setToolTip(tr("Which channels are zeroed where the plan zeroes outliers"));
    m_rows->setAccessibleName(tr("Rows of the table"));
    m_rows->addItems({tr("This layer"), tr("All layers")});
    for (QLabel* label : {m_summary, m_difference}) {
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        label->setWordWrap(true);
        label->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    }
    m_difference->setForegroundRole(QPalette::PlaceholderText);
    QFont bold = m_summary->font();
    bold.setBold(true);
    m_summary->setFont(bold);
}

QWidget* PlanPanel::controls() {
    auto* bar = new QWidget(this);
    auto* rows = new QVBoxLayout(bar);
    rows->setContentsMargins(8, 2, 8, 6);
    const auto label = [bar](const QString& text, QWidget* buddy) {
        auto* widget = new QLabel(text, bar);
        widget->setBuddy(buddy);
        return widget;
    };
    const int gap = fontMetrics().averageCharWidth() * 2;
    auto* first = new QHBoxLayout;
    first->addWidget(label(tr("&Preset"), m_preset));
    first->addWidget(m_preset, 1);
    first->addSpacing(gap);
    first->addWidget(m_rows);
    auto* second = new QHBoxLayout;
    second->addWidget(label(tr("S&cope"), m_scope));
    second->addWidget(m_scope);
    second->addSpacing(gap);
    second->addWidget(label(tr("&Zero by"), m_rule));
    second->addWidget(m_rule);
    second->addWidget(m_k);
    second->addStretch(1);
    rows->addLayout(first);
    rows->addLayout(second);
    return bar;
}

QWidget* PlanPanel::noModelPage() {
    auto* page = new QWidget(this);
    m_noModelText->setAlignment(Qt::AlignCenter);
    m_noModelText->setWordWrap(true);
    m_noModelText->setForegroundRole(QPalette::PlaceholderText);
    connect(m_openButton, &QPushButton::clicked, this, &PlanPanel::openRequested);
    auto* column = new QVBoxLayout(page);
    column->addStretch(1);
    column->addWidget(m_noModelText);
    column->addSpacing(fontMetrics().height() / 2);
    column->addWidget(m_openButton, 0, Qt::AlignHCenter);
    column->addStretch(1);
    return page;
}

void PlanPanel::connectControls() {
    connect(m_preset, &QComboBox::activated, this, &PlanPanel::choosePreset);
    connect(m_scope, &QComboBox::activated, this, &PlanPanel::chooseScope);
    connect(
        m_rows, &QComboBox::activated, this, [this](int row) { m_workspace.view().setAllLayers(row == 1); });
    connect(m_rule, &QComboBox::activated, this, [this] {
        QuantPlan plan = m_workspace.plan();
        plan.rule = ruleOf(*m_rule);
        m_workspace.planEditor().edit(renamed(plan), tr("Outlier rule"));
    });
    // Stepping k is one gesture as long as the box has the focus: editingFinished comes when it loses it.
    connect(m_k, &QDoubleSpinBox::valueChanged, this, [this](double k) {
        QuantPlan plan = m_workspace.plan();
        plan.k = k;
        m_workspace.planEditor().beginGesture();
        m_workspace.planEditor().edit(renamed(plan), tr("Outlier factor k"), QStringLiteral("k"));
    });
    connect(m_k, &QDoubleSpinBox::editingFinished, this, [this] { m_workspace.planEditor().endGesture(); });
}

void PlanPanel::choosePreset(int index) {
    if (index == 0) {
        refreshPlan(); // "Custom" is a state, not a choice
        return;
    }
    Result<QuantPlan> preset = presetPlan(m_preset->itemText(index).toStdString());
    if (preset.ok()) {
        m_workspace.planEditor().edit(preset.value(), tr("Preset “%1”").arg(m_preset->itemText(index)));
    }
    refreshPlan();
}

void PlanPanel::chooseScope(int index) {
    if (index != kOwnScope) {
        QuantPlan plan = m_workspace.plan();
        plan.groups = index == kAllScope ? ParameterGroups::all() : ParameterGroups::mlp();
        m_workspace.planEditor().edit(renamed(plan), tr("Scope"));
    }
    refreshPlan();
}

void PlanPanel::refreshModel() {
    const CheckpointReference* reference = m_workspace.checkpoint();
    m_model->setSpec(reference != nullptr ? std::optional(reference->spec) : std::nullopt);
    m_model->setCalibration(m_workspace.calibration());
    refreshRows();
    const bool alone = m_workspace.calibrationAlone();
    m_noModelText->setText(
        alone ? tr("What a plan does depends on the model. %1").arg(m_workspace.whyNoModel())
              : tr("The plan appears here."));
    m_openButton->setVisible(alone);
    m_stack->setCurrentIndex(reference != nullptr ? 0 : 1);
    refreshPlan();
}

void PlanPanel::refreshRows() {
    const ViewData& view = m_workspace.view().data();
    m_model->setLayer(view.allLayers ? std::nullopt : std::optional(view.layer));
    m_rows->setCurrentIndex(view.allLayers ? 1 : 0);
    refreshPreview();
}

void PlanPanel::refreshPreview() {
    const ViewData& view = m_workspace.view().data();
    const QModelIndex current = m_table->currentIndex();
    const PlanTarget target = current.isValid() ? m_model->target(current.row()) : PlanTarget::model();
    const bool isSite = target.level == PlanTarget::Level::Site;
    const Linear linear = target.level == PlanTarget::Level::Linear ? target.linear : view.linear;
    m_preview->setSite(isSite ? target.site : SiteId{view.layer, linear});
}

void PlanPanel::refreshPlan() {
    const QuantPlan& plan = m_workspace.plan();
    const std::string name = renamed(plan).name;
    const int preset = name.empty() ? 0 : m_preset->findText(QString::fromStdString(name));
    m_preset->setCurrentIndex(std::max(0, preset));
    const int scope = scopeOf(plan.groups);
    m_scope->setCurrentIndex(scope);
    showRule(*m_rule, *m_k, plan.rule, plan.k);
    refreshWords();
}

void PlanPanel::refreshWords() {
    const CheckpointReference* reference = m_workspace.checkpoint();
    if (reference == nullptr) {
        m_summary->clear();
        m_difference->clear();
        return;
    }
    const QuantPlan& plan = m_workspace.plan();
    const int layers = reference->spec.layers;
    m_summary->setText(
        plan.isBaseline(layers) ? tr("Nothing is quantized: this is the baseline.")
                                : QString::fromStdString(planSummary(plan)));
    // The summary says the model-wide part; here is what single sites do differently.
    QuantPlan wide = plan;
    wide.linears = {};
    wide.sites.clear();
    QStringList lines;
    for (const std::string& line : planDiff(wide, plan, layers)) {
        lines.append(QString::fromStdString(line));
    }
    const QString all = lines.join(QLatin1Char('\n'));
    constexpr int kLines = 3;
    if (lines.size() > kLines) {
        const auto more = static_cast<int>(lines.size()) - kLines + 1;
        lines = lines.mid(0, kLines - 1) + QStringList{tr("and %n more", nullptr, more)};
    }
    m_difference->setText(lines.join(QLatin1Char('\n')));
    m_difference->setToolTip(all);
    m_difference->setVisible(!all.isEmpty());
}

} // namespace mambascope::ui
