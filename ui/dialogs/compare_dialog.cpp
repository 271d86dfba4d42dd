// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/compare_dialog.h"

#include "ui/commands/plan_edit.h"
#include "ui/dialogs/activation_comparison.h"
#include "ui/models/comparison_model.h"
#include "ui/models/flips_model.h"
#include "ui/models/text.h"
#include "ui/theme/theme.h"
#include "ui/window/run_comparer.h"
#include "ui/window/workspace.h"

#include <QComboBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QTabWidget>
#include <QTableView>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace mambascope::ui {
namespace {

/// Differences in the colour of what they mean, and in bold, where chance does not explain them.
class DifferenceDelegate : public QStyledItemDelegate {
public:
    DifferenceDelegate(const Theme& theme, QObject* parent)
        : QStyledItemDelegate(parent)
        , m_theme(theme) {}

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        QStyledItemDelegate::initStyleOption(option, index);
        const int tone = index.data(ComparisonModel::ToneRole).toInt();
        const bool difference = index.column() == ComparisonModel::DifferenceColumn ||
                                index.column() == ComparisonModel::IntervalColumn;
        if (difference && tone != 0) {
            option->palette.setColor(
                QPalette::Text, tone > 0 ? m_theme.colours().good : m_theme.colours().bad);
            option->font.setBold(true);
        }
    }

private:
    const Theme& m_theme;
};

QString runTitle(const Run& run) {
    const auto plan = planOf(*run.result);
    const QString title = !run.result->planName.empty() ? qt(run.result->planName)
                          : plan.ok()                   ? qt(planTitle(plan.value()))
                                                        : CompareDialog::tr("unknown plan");
    const QString when = QLocale().toString(QDateTime::fromSecsSinceEpoch(run.created), QLocale::ShortFormat);
    return QStringLiteral("%1 · %2 · %3")
        .arg(title, run.note.empty() ? when : qt(run.note))
        .arg(CompareDialog::tr("run %1").arg(run.id));
}

QTableView* makeTable(QAbstractItemModel* model, const QString& name, QWidget* parent) {
    auto* table = new QTableView(parent);
    table->setModel(model);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setShowGrid(false);
    table->setTabKeyNavigation(false);
    table->setWordWrap(false);
    table->setAccessibleName(name);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() * 3 / 2);
    table->horizontalHeader()->setHighlightSections(false);
    // In line with the cells.
    table->horizontalHeader()->setStyleSheet(QStringLiteral("QHeaderView::section { padding: 4px 3px; }"));
    return table;
}

} // namespace

CompareDialog::CompareDialog(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QDialog(parent)
    , m_workspace(workspace)
    , m_comparer(new RunComparer(this))
    , m_tasks(new ComparisonModel(this))
    , m_flips(new FlipsModel(this))
    , m_found(new QSortFilterProxyModel(this))
    , m_from(new QComboBox(this))
    , m_to(new QComboBox(this))
    , m_plan(new QLabel(this))
    , m_count(new QLabel(this))
    , m_search(new QLineEdit(this))
    , m_detail(new QTextBrowser(this))
    , m_activations(new ActivationComparison(workspace, theme, this)) {
    setWindowTitle(tr("Compare Runs"));
    m_found->setSourceModel(m_flips);
    m_found->setFilterKeyColumn(-1);
    m_found->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_found->setSortRole(FlipsModel::SortRole);
    auto* parts = new QSplitter(Qt::Vertical, this);
    parts->setChildrenCollapsible(false);
    auto* choices = choice();
    parts->addWidget(summary(theme));
    auto* tabs = new QTabWidget(this);
    tabs->setDocumentMode(true);
    tabs->addTab(flipsView(), tr("&Answers"));
    tabs->addTab(m_activations, tr("Acti&vations"));
    parts->addWidget(tabs);
    parts->setStretchFactor(0, 2);
    parts->setStretchFactor(1, 3);
    auto* column = new QVBoxLayout(this);
    column->addWidget(choices);
    column->addWidget(parts, 1);
    const int character = fontMetrics().averageCharWidth();
    resize(character * 170, fontMetrics().height() * 48);

    connect(m_from, &QComboBox::activated, this, &CompareDialog::refresh);
    connect(m_to, &QComboBox::activated, this, &CompareDialog::refresh);
    connect(m_search, &QLineEdit::textChanged, m_found, &QSortFilterProxyModel::setFilterFixedString);
    connect(m_comparer, &RunComparer::finished, this, &CompareDialog::present);
    connect(m_comparer, &RunComparer::failed, this, [this](const Error& error) {
        present(nullptr);
        m_plan->setText(qt(describe(error)));
    });
    connect(
        m_flipsTable->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        &CompareDialog::showFlip);
    connect(&workspace, &Workspace::runsChanged, this, &CompareDialog::fillRuns);
    connect(&workspace, &Workspace::sessionChanged, this, &QDialog::close); // its runs are others
    fillRuns();
}

QWidget* CompareDialog::choice() {
    auto* bar = new QWidget(this);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    const auto add = [&](const QString& text, QComboBox* box, const QString& name) {
        auto* label = new QLabel(text, bar);
        label->setBuddy(box);
        // The hint is of text without an underlined letter, which takes away its kerning: "To" is wider.
        label->setMinimumWidth(label->sizeHint().width() + fontMetrics().averageCharWidth() / 2);
        row->addSpacing(fontMetrics().averageCharWidth());
        box->setAccessibleName(name);
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        row->addWidget(label);
        row->addWidget(box, 1);
    };
    add(tr("&From"), m_from, tr("Run to compare from"));
    add(tr("&To"), m_to, tr("Run to compare to"));
    auto* swap = new QPushButton(tr("S&wap"), bar);
    swap->setAutoDefault(false);
    connect(swap, &QPushButton::clicked, this, [this] {
        compare(m_to->currentData().toLongLong(), m_from->currentData().toLongLong());
    });
    row->addWidget(swap);
    return bar;
}

QWidget* CompareDialog::summary(const Theme& theme) {
    auto* part = new QSplitter(Qt::Horizontal, this);
    part->setChildrenCollapsible(false);
    m_tasksTable = makeTable(m_tasks, tr("Tasks: accuracy of the two runs"), part);
    m_tasksTable->setItemDelegate(new DifferenceDelegate(theme, this));
    m_tasksTable->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_tasksTable->setFrameShape(QFrame::StyledPanel);
    m_plan->setWordWrap(true);
    m_plan->setTextFormat(Qt::RichText);
    m_plan->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_plan->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_plan->setAccessibleName(tr("What the runs do differently"));
    m_plan->setMargin(8);
    auto* scroll = new QScrollArea(part);
    scroll->setWidget(m_plan);
    scroll->setWidgetResizable(true);
    scroll->setAccessibleName(m_plan->accessibleName());
    part->addWidget(m_tasksTable);
    part->addWidget(scroll);
    part->setSizes({600, 400});
    return part;
}

QWidget* CompareDialog::flipsView() {
    auto* part = new QWidget(this);
    m_flipsTable = makeTable(m_found, tr("Answers that flipped"), part);
    m_flipsTable->setSortingEnabled(true);
    // The arrow of sorting above the words, not on them.
    m_flipsTable->horizontalHeader()->setStyleSheet(QStringLiteral(
        "QHeaderView::section { padding: 6px 0 4px 3px; } QHeaderView::up-arrow, "
        "QHeaderView::down-arrow { subcontrol-position: top center; width: 7px; height: 6px; }"));
    m_flipsTable->sortByColumn(FlipsModel::ChangeColumn, Qt::DescendingOrder);
    m_flipsTable->horizontalHeader()->setStretchLastSection(true);
    m_search->setPlaceholderText(tr("Search task, flip or text"));
    m_search->setAccessibleName(tr("Search the flipped answers"));
    m_search->setClearButtonEnabled(true);
    m_detail->setAccessibleName(tr("The selected item"));
    m_detail->setPlaceholderText(tr("Select an item to see its choices with their scores."));
    m_count->setForegroundRole(QPalette::PlaceholderText);
    m_count->setWordWrap(true);
    auto* head = new QHBoxLayout;
    head->addWidget(m_count, 1);
    head->addWidget(m_search);
    m_search->setMinimumWidth(fontMetrics().averageCharWidth() * 40);
    auto* both = new QSplitter(Qt::Horizontal, part);
    both->setChildrenCollapsible(false);
    both->addWidget(m_flipsTable);
    both->addWidget(m_detail);
    both->setSizes({600, 400});
    auto* column = new QVBoxLayout(part);
    column->setContentsMargins(0, 4, 0, 0);
    column->addLayout(head);
    column->addWidget(both, 1);
    return part;
}

void CompareDialog::fillRuns() {
    const Session* session = m_workspace.session();
    for (QComboBox* box : {m_from, m_to}) {
        const QVariant before = box->currentData();
        const QSignalBlocker quiet(box);
        box->clear();
        if (session != nullptr) {
            for (const Run& run : session->runs()) {
                box->addItem(runTitle(run), QVariant::fromValue<qlonglong>(run.id));
            }
        }
        box->setCurrentIndex(std::max(0, box->findData(before)));
    }
}

void CompareDialog::compare(RunId from, RunId to) {
    const Session* session = m_workspace.session();
    if (session == nullptr || session->runs().empty()) {
        return;
    }
    const RunId newest = session->runs().back().id;
    const Run* baseline = session->baseline();
    const RunId first = from != 0 ? from : baseline != nullptr ? baseline->id : session->runs().front().id;
    m_from->setCurrentIndex(m_from->findData(QVariant::fromValue<qlonglong>(first)));
    m_to->setCurrentIndex(m_to->findData(QVariant::fromValue<qlonglong>(to != 0 ? to : newest)));
    refresh();
}

void CompareDialog::refresh() {
    const Session* session = m_workspace.session();
    if (session == nullptr || m_from->currentIndex() < 0 || m_to->currentIndex() < 0) {
        return;
    }
    const auto from = session->result(m_from->currentData().toLongLong());
    const auto to = session->result(m_to->currentData().toLongLong());
    if (!from.ok() || !to.ok()) {
        m_plan->setText(qt(describe(from.ok() ? to.error() : from.error())));
        return;
    }
    const auto fromPlan = planOf(*from.value()), toPlan = planOf(*to.value());
    if (fromPlan.ok() && toPlan.ok()) {
        m_activations->setPlans(fromPlan.value(), toPlan.value());
    }
    m_count->setText(tr("Comparing…"));
    m_comparer->start(
        from.value(), to.value(), m_workspace.spec() != nullptr ? m_workspace.spec()->layers : 0,
        m_workspace.view().data().evaluation.folder.toStdString());
}

void CompareDialog::present(const std::shared_ptr<const ComparedRuns>& runs) {
    m_tasks->setRuns(runs);
    m_flips->setRuns(runs);
    m_detail->clear();
    if (runs == nullptr) {
        m_count->clear();
        return;
    }
    const auto list = [](const QString& title, const std::vector<std::string>& lines, const QString& none) {
        QString html = QStringLiteral("<p><b>%1</b></p>").arg(title);
        if (lines.empty()) {
            return QString(html + QStringLiteral("<p>%1</p>").arg(none));
        }
        for (const std::string& line : lines) {
            html += QStringLiteral("<p style='margin:2px 0'>%1</p>").arg(qt(line).toHtmlEscaped());
        }
        return html;
    };
    m_plan->setText(
        list(tr("Plan"), runs->difference.plan, tr("The plans do the same.")) +
        list(tr("Conditions"), runs->difference.conditions, tr("The same.")));
    QString count = runs->flips.empty() ? tr("No answer flipped on the items that both runs have.")
                                        : tr("Flipped answers: %1, those that changed most first.")
                                              .arg(number(static_cast<qlonglong>(runs->flips.size())));
    if (!runs->missing.empty()) {
        count += u' ' + qt(runs->missing);
    }
    m_count->setText(count);
    m_flipsTable->resizeColumnsToContents();
    if (m_found->rowCount() > 0) {
        m_flipsTable->setCurrentIndex(m_found->index(0, 0));
    }
    Q_EMIT compared();
}

void CompareDialog::showFlip() {
    const QModelIndex current = m_found->mapToSource(m_flipsTable->currentIndex());
    if (current.isValid()) {
        m_detail->setHtml(m_flips->describe(current.row()));
    } else {
        m_detail->clear();
    }
}

QString CompareDialog::planWords() const {
    return m_plan->text();
}

QString CompareDialog::detail() const {
    return m_detail->toPlainText();
}

} // namespace mambascope::ui
