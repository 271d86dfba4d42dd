// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/results_panel.h"

#include "ui/models/cell_delegates.h"
#include "ui/models/results_model.h"
#include "ui/models/text.h"
#include "ui/theme/theme.h"
#include "ui/window/divergence_watch.h"
#include "ui/window/workspace.h"

#include <QHeaderView>
#include <QInputDialog>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {

ResultsPanel::ResultsPanel(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_model(new ResultsModel(this))
    , m_table(new QTableView(this))
    , m_divergence(new DivergenceWatch(workspace, this))
    , m_divergenceText(new QLabel(this))
    , m_stack(new QStackedWidget(this))
    , m_emptyText(new QLabel(this))
    , m_emptyButton(nullptr) {
    m_table->setHorizontalHeader(new ResultsHeader(theme, m_table));
    m_table->setModel(m_model);
    m_table->setItemDelegate(new ResultsDelegate(theme, this));
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->setAccessibleName(tr("Results: tasks by runs, in per cent"));
    m_table->setStyleSheet(
        QStringLiteral("QTableCornerButton::section { background: palette(window); border: none; "
                       "border-bottom: 1px solid palette(mid); }"));
    m_table->verticalHeader()->setStyleSheet(QStringLiteral("QHeaderView::section { border: none; }"));
    m_table->verticalHeader()->setHighlightSections(false);
    m_table->verticalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setContextMenuPolicy(Qt::CustomContextMenu);
    m_stack->addWidget(emptyState());
    m_stack->addWidget(m_table);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_divergenceText->setObjectName(QStringLiteral("divergence"));
    m_divergenceText->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_divergenceText->setWordWrap(true);
    m_divergenceText->setMargin(fontMetrics().averageCharWidth());
    layout->addWidget(m_divergenceText);
    layout->addWidget(m_stack, 1);

    connect(m_table, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        menuAt(m_table->viewport()->mapToGlobal(at), m_table->columnAt(at.x()));
    });
    connect(
        m_table->horizontalHeader(), &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
            menuAt(
                m_table->horizontalHeader()->mapToGlobal(at),
                m_table->horizontalHeader()->logicalIndexAt(at));
        });
    connect(&workspace, &Workspace::sessionChanged, this, &ResultsPanel::refreshRuns);
    connect(&workspace, &Workspace::runsChanged, this, &ResultsPanel::refreshRuns);
    connect(&workspace, &Workspace::checkpointChanged, this, &ResultsPanel::refreshEmpty);
    connect(&workspace, &Workspace::planChanged, this, &ResultsPanel::refreshCurrent);
    connect(&workspace, &Workspace::calibrationChanged, this, &ResultsPanel::refreshCurrent);
    connect(&workspace, &Workspace::runningChanged, this, &ResultsPanel::refreshLive);
    connect(&workspace, &Workspace::evaluated, this, &ResultsPanel::showRun);
    connect(&workspace.jobs(), &JobRunner::ticked, this, &ResultsPanel::refreshLive);
    connect(&theme, &Theme::changed, m_table->viewport(), qOverload<>(&QWidget::update));
    connect(m_divergence, &DivergenceWatch::changed, this, &ResultsPanel::refreshDivergence);
    refreshRuns();
    refreshDivergence();
}

QSize ResultsPanel::sizeHint() const {
    const int character = fontMetrics().averageCharWidth();
    return {character * 80, character * 40};
}

QWidget* ResultsPanel::emptyState() {
    auto* page = new QWidget(this);
    auto* layout = new QVBoxLayout(page);
    m_emptyText->setAlignment(Qt::AlignCenter);
    m_emptyText->setWordWrap(true);
    m_emptyText->setForegroundRole(QPalette::PlaceholderText);
    auto* button = new QPushButton(tr("Evaluate…"), page);
    connect(button, &QPushButton::clicked, this, &ResultsPanel::evaluateRequested);
    m_emptyButton = button;
    layout->addStretch(1);
    layout->addWidget(m_emptyText);
    layout->addWidget(button, 0, Qt::AlignHCenter);
    layout->addStretch(1);
    return page;
}

void ResultsPanel::refreshRuns() {
    const Session* session = m_workspace.session();
    m_model->setRuns(session != nullptr ? session->runs() : std::vector<Run>());
    refreshCurrent();
    refreshLive();
}

void ResultsPanel::refreshCurrent() {
    const int before = m_model->currentColumn();
    const QuantPlan& plan = m_workspace.plan();
    const CheckpointReference* reference = m_workspace.checkpoint();
    // Whatever rule a plan names, if it quantizes nothing it is the baseline.
    const bool baseline = reference != nullptr && plan.isBaseline(reference->spec.layers);
    m_model->setCurrent({planHash(baseline ? QuantPlan() : plan), m_workspace.calibrationHash()});
    const int column = m_model->currentColumn();
    if (column >= 0 && column != before && m_model->rowCount() > 0) {
        m_table->scrollTo(m_model->index(0, column));
    }
}

void ResultsPanel::refreshLive() {
    const RunningEvaluation* running = m_workspace.running();
    if (running == nullptr) {
        m_model->setLive(std::nullopt);
    } else {
        const LiveState live = running->live->get();
        m_model->setLive(
            ResultsModel::Live{running->title, live.tasks, live.done, live.total, live.seconds});
    }
    refreshEmpty();
    fitColumns();
}

void ResultsPanel::refreshEmpty() {
    const bool empty = m_model->columnCount() == 0;
    m_stack->setCurrentIndex(empty ? 0 : 1);
    const bool open = m_workspace.checkpoint() != nullptr;
    m_emptyText->setText(
        open                             ? tr("Evaluate the plan to see its accuracy beside the baseline.")
        : m_workspace.calibrationAlone() ? m_workspace.whyNoModel()
                                         : tr("Results appear here."));
    m_emptyButton->setVisible(open);
}

void ResultsPanel::refreshDivergence() {
    const std::optional<Divergence>& measured = m_divergence->divergence();
    m_divergenceText->setVisible(measured.has_value());
    m_divergenceText->setEnabled(!m_divergence->stale()); // grey until the new plan's is there
    if (!measured) {
        return;
    }
    const DivergenceResult& result = measured->result;
    m_divergenceText->setText(
        tr("KL to the baseline <b>%1</b> nats · 99th percentile <b>%2</b> · same top token <b>%3 %</b>")
            .arg(
                significant(result.mean, 3), significant(result.percentile99, 3),
                percent(result.topAgreement)));
    m_divergenceText->setToolTip(
        tr("KL(baseline ‖ plan) of the next-token distributions at %1 positions of %2's texts; mean %3 ± %4.\n"
           "Token perplexity there: baseline %5, plan %6.")
            .arg(
                number(result.positions), qt(measured->source), significant(result.mean, 3),
                significant(result.standardError, 2), significant(result.baselinePerplexity, 4),
                significant(result.perplexity, 4)));
    if (result.nonfinite > 0) {
        m_divergenceText->setText(
            m_divergenceText->text() + QStringLiteral(" · ") +
            tr("%1 positions not finite").arg(number(result.nonfinite)));
    }
}

void ResultsPanel::fitColumns() {
    QStyleOptionViewItem option;
    option.initFrom(m_table);
    option.font = m_table->font();
    m_table->verticalHeader()->setDefaultSectionSize(
        m_table->itemDelegate()->sizeHint(option, QModelIndex()).height());
    for (int column = 0; column < m_model->columnCount(); ++column) {
        int width = m_table->horizontalHeader()->sectionSizeHint(column);
        for (int row = 0; row < m_model->rowCount(); ++row) {
            width = std::max(
                width, m_table->itemDelegate()->sizeHint(option, m_model->index(row, column)).width());
        }
        // Columns grow with their contents while a run streams in; they never shrink under the reader's eyes.
        if (width > m_table->columnWidth(column) || m_table->columnWidth(column) > width * 3 / 2) {
            m_table->setColumnWidth(column, width);
        }
    }
}

RunId ResultsPanel::selectedRun() const {
    return m_table->currentIndex().isValid() ? m_model->runAt(m_table->currentIndex().column()) : 0;
}

void ResultsPanel::showRun(RunId run) {
    const int column = m_model->columnOf(run);
    if (column >= 0 && m_model->rowCount() > 0) {
        m_table->scrollTo(m_model->index(0, column));
    }
}

void ResultsPanel::menuAt(const QPoint& globalPosition, int column) {
    const RunId run = m_model->runAt(column);
    if (run == 0) {
        return;
    }
    QMenu menu(this);
    connect(menu.addAction(tr("Use This Plan")), &QAction::triggered, this, [this, run] {
        m_workspace.usePlanOf(run);
    });
    connect(menu.addAction(tr("Set Note…")), &QAction::triggered, this, [this, run, column] {
        bool accepted = false;
        const QString note = QInputDialog::getText(
            this, tr("Note"), tr("Note on this run"), QLineEdit::Normal, m_model->noteAt(column), &accepted);
        if (accepted) {
            m_workspace.setRunNote(run, note);
        }
    });
    connect(menu.addAction(tr("Compare with the Baseline…")), &QAction::triggered, this, [this, run] {
        Q_EMIT compareRequested(run);
    });
    menu.addSeparator();
    connect(menu.addAction(tr("Remove This Run")), &QAction::triggered, this, [this, run] {
        m_workspace.removeRun(run);
    });
    menu.exec(globalPosition);
}

} // namespace mambascope::ui
