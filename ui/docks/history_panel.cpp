// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/history_panel.h"

#include "ui/docks/history_delegate.h"
#include "ui/models/history_model.h"
#include "ui/models/text.h"
#include "ui/theme/theme.h"
#include "ui/window/workspace.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QListView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {
namespace {
constexpr int kRefreshMilliseconds = 100;
}

HistoryPanel::HistoryPanel(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_model(new HistoryModel(this))
    , m_list(new QListView(this))
    , m_summary(new QLabel(this))
    , m_goTo(addRowAction(
          tr("Go to This Plan"), {QKeySequence(Qt::Key_Return), QKeySequence(Qt::Key_Enter)},
          &HistoryPanel::goToPlan))
    , m_copy(addRowAction(tr("Copy Plan"), {QKeySequence::Copy}, &HistoryPanel::copyPlan)) {
    m_list->setModel(m_model);
    m_list->setItemDelegate(new HistoryDelegate(theme, this));
    m_list->setAccessibleName(tr("Plan history"));
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setContextMenuPolicy(Qt::ActionsContextMenu);
    m_list->setFrameShape(QFrame::NoFrame);
    m_summary->setContentsMargins(8, 0, 0, 0);
    auto* row = new QHBoxLayout;
    row->addWidget(m_summary, 1);
    for (QAction* action : {m_goTo, m_copy}) {
        auto* button = new QToolButton(this);
        button->setDefaultAction(action);
        row->addWidget(button);
    }
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addWidget(m_list, 1);
    column->addLayout(row);

    m_timer.setSingleShot(true);
    m_timer.setInterval(kRefreshMilliseconds);
    connect(&m_timer, &QTimer::timeout, this, &HistoryPanel::refresh);
    for (const auto signal : {&Workspace::sessionChanged, &Workspace::planChanged, &Workspace::runsChanged}) {
        connect(&workspace, signal, this, &HistoryPanel::refreshSoon);
    }
    connect(m_list, &QListView::doubleClicked, this, &HistoryPanel::goToPlan);
    connect(
        m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &HistoryPanel::refreshActions);
    connect(&theme, &Theme::changed, m_list->viewport(), qOverload<>(&QWidget::update));
}

QAction* HistoryPanel::addRowAction(
    const QString& text, const QList<QKeySequence>& shortcuts, void (HistoryPanel::*run)()) {
    auto* action = new QAction(text, this);
    action->setShortcuts(shortcuts);
    action->setShortcutContext(Qt::WidgetShortcut);
    connect(action, &QAction::triggered, this, run);
    m_list->addAction(action);
    return action;
}

void HistoryPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    refresh();
}

void HistoryPanel::refreshSoon() {
    if (isVisible() && !m_timer.isActive()) {
        m_timer.start();
    }
}

void HistoryPanel::refresh() {
    const Session* session = m_workspace.session();
    if (!isVisible() || session == nullptr) {
        return;
    }
    Result<std::vector<PlanRevision>> history = session->planHistory();
    if (!history.ok()) {
        m_summary->setText(QString::fromStdString(history.error().message));
        return;
    }
    const ModelSpec* spec = m_workspace.spec();
    m_model->setContent(
        std::move(history).value(), session->planRevision(), session->runs(),
        spec != nullptr ? spec->layers : 0);
    m_list->setCurrentIndex(m_model->index(m_model->rowOf(session->planRevision())));
    m_summary->setText(
        tr("Plans: %1, branches: %2").arg(number(m_model->rowCount()), number(m_model->branches())));
    refreshActions();
}

void HistoryPanel::refreshActions() {
    const QModelIndex row = m_list->currentIndex();
    m_goTo->setEnabled(row.isValid() && !row.data(HistoryModel::CurrentRole).toBool());
    m_copy->setEnabled(row.isValid());
}

void HistoryPanel::goToPlan() {
    const QModelIndex row = m_list->currentIndex();
    if (!row.isValid()) {
        return;
    }
    // By the name of the first revision with this plan, so that names do not grow with every return.
    int first = row.row();
    for (int i = first; i < m_model->rowCount(); ++i) {
        first = m_model->revision(i).plan == m_model->revision(row.row()).plan ? i : first;
    }
    const QString label = m_model->index(first).data().toString();
    m_workspace.planEditor().edit(m_model->revision(row.row()).plan, tr("Back to “%1”").arg(label));
}

void HistoryPanel::copyPlan() {
    const QModelIndex row = m_list->currentIndex();
    if (row.isValid()) {
        QGuiApplication::clipboard()->setText(
            QString::fromStdString(toJson(m_model->revision(row.row()).plan).dump(2)));
    }
}

} // namespace mambascope::ui
