// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/jobs_panel.h"

#include "ui/models/jobs_model.h"
#include "ui/theme/theme.h"
#include "ui/window/workspace.h"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace mambascope::ui {
namespace {

/// Underlines the state of the job that runs as far as it is done.
class ShareDelegate : public QStyledItemDelegate {
public:
    ShareDelegate(const Theme& theme, QObject* parent)
        : QStyledItemDelegate(parent)
        , m_theme(theme) {}

    void
    paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        QStyledItemDelegate::paint(painter, option, index);
        const double share = index.data(JobsModel::ShareRole).toDouble();
        if (share <= 0) {
            return;
        }
        constexpr int kThickness = 3;
        QRectF bar = option.rect;
        bar.setTop(bar.bottom() - kThickness);
        painter->fillRect(bar, m_theme.colours().border);
        bar.setWidth(bar.width() * share);
        const bool selected = option.state.testFlag(QStyle::State_Selected);
        painter->fillRect(bar, selected ? m_theme.colours().onAccent : m_theme.colours().accent);
    }

private:
    const Theme& m_theme;
};

} // namespace

JobsPanel::JobsPanel(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_model(new JobsModel(this))
    , m_table(new QTableView(this))
    , m_cancel(addVerb(tr("Stop"), tr("Stop the job, or drop it if it waits (Del)"), QKeySequence::Delete))
    , m_earlier(
          addVerb(tr("Earlier"), tr("Let the job run before the one above (Alt+Up)"), Qt::ALT | Qt::Key_Up))
    , m_later(addVerb(
          tr("Later"), tr("Let the job run after the one below (Alt+Down)"), Qt::ALT | Qt::Key_Down)) {
    m_clock.start();
    m_table->setModel(m_model);
    m_table->setItemDelegateForColumn(JobsModel::StateColumn, new ShareDelegate(theme, this));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->setAccessibleName(tr("Jobs"));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 5 / 2); // a title of two lines
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setSectionResizeMode(JobsModel::TitleColumn, QHeaderView::Stretch);
    m_table->horizontalHeader()->resizeSection(JobsModel::StateColumn, fontMetrics().averageCharWidth() * 13);
    m_table->horizontalHeader()->resizeSection(JobsModel::TimeColumn, fontMetrics().averageCharWidth() * 12);
    m_table->horizontalHeader()->setStyleSheet(QStringLiteral("QHeaderView::section { padding: 4px 3px; }"));

    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(8, 4, 8, 6);
    for (QAction* verb : {m_cancel, m_earlier, m_later}) {
        auto* button = new QToolButton(this);
        button->setDefaultAction(verb);
        button->setFocusPolicy(Qt::TabFocus);
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_table, 1);
    column->addLayout(buttons);

    connect(m_cancel, &QAction::triggered, this, &JobsPanel::cancelSelected);
    connect(m_earlier, &QAction::triggered, this, [this] { moveSelected(-1); });
    connect(m_later, &QAction::triggered, this, [this] { moveSelected(1); });
    connect(&workspace.jobs(), &JobRunner::changed, this, &JobsPanel::refresh);
    connect(&workspace.jobs(), &JobRunner::ticked, this, &JobsPanel::refresh);
    connect(&theme, &Theme::changed, m_table->viewport(), qOverload<>(&QWidget::update));
    connect(
        m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& to) {
            if (to.isValid()) {
                m_selected = m_model->job(to.row()).id;
            }
            refreshVerbs();
        });
    refresh();
}

QAction* JobsPanel::addVerb(const QString& text, const QString& toolTip, const QKeySequence& keys) {
    auto* action = new QAction(text, this);
    action->setShortcut(keys);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    action->setToolTip(toolTip);
    addAction(action);
    return action;
}

QSize JobsPanel::minimumSizeHint() const {
    const int character = fontMetrics().averageCharWidth();
    return {character * 46, character * 20};
}

void JobsPanel::refresh() {
    m_model->setJobs(m_workspace.jobs().service().status(), static_cast<double>(m_clock.elapsed()) / 1e3);
    const int row = m_model->rowOf(m_selected);
    if (row < 0) {
        m_selected = 0;
    } else if (row != m_table->currentIndex().row()) {
        m_table->setCurrentIndex(m_model->index(row, 0));
    }
    refreshVerbs();
}

void JobsPanel::refreshVerbs() {
    const int row = m_selected == 0 ? -1 : m_model->rowOf(m_selected);
    const bool waits = row >= 0 && m_model->job(row).state == JobState::Queued;
    const auto waitsAt = [this](int at) {
        return at >= 0 && at < m_model->rowCount() && m_model->job(at).state == JobState::Queued;
    };
    m_cancel->setEnabled(waits || (row >= 0 && m_model->job(row).state == JobState::Running));
    m_earlier->setEnabled(waits && waitsAt(row - 1));
    m_later->setEnabled(waits && waitsAt(row + 1));
}

void JobsPanel::cancelSelected() {
    m_workspace.jobs().cancel(m_selected);
}

void JobsPanel::moveSelected(int places) {
    m_workspace.jobs().move(m_selected, places);
}

} // namespace mambascope::ui
