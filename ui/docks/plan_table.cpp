// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/plan_table.h"

#include "ui/commands/plan_editor.h"
#include "ui/models/plan_delegate.h"
#include "ui/models/plan_model.h"
#include "ui/models/plan_values.h"
#include "ui/theme/theme.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLocale>
#include <QMenu>
#include <QMouseEvent>

#include <algorithm>
#include <array>
#include <numeric>

namespace mambascope::ui {

namespace {

constexpr QKeyCombination kFillDown = Qt::CTRL | Qt::Key_D;

bool fillsDown(const QKeyEvent& event) {
    return event.keyCombination() == kFillDown;
}

} // namespace

PlanTable::PlanTable(PlanModel& model, PlanEditor& editor, const Theme& theme, QWidget* parent)
    : QTableView(parent)
    , m_model(model)
    , m_editor(editor) {
    setModel(&model);
    setItemDelegate(new PlanDelegate(model, editor, this, &theme));
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setEditTriggers(
        QAbstractItemView::SelectedClicked | QAbstractItemView::DoubleClicked |
        QAbstractItemView::EditKeyPressed | QAbstractItemView::AnyKeyPressed);
    setTabKeyNavigation(false);
    setShowGrid(false);
    setAccessibleName(tr("Plan: settings of every site"));
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setStretchLastSection(true);
    connect(&model, &QAbstractItemModel::modelReset, this, &PlanTable::fitColumns);
    connect(&model, &QAbstractItemModel::dataChanged, this, &PlanTable::fitColumns);
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

int PlanTable::heightOf(int rows) const {
    return horizontalHeader()->sizeHint().height() + rows * verticalHeader()->defaultSectionSize() +
           2 * frameWidth();
}

QSize PlanTable::sizeHint() const {
    return {QTableView::sizeHint().width(), heightOf(1 + static_cast<int>(kLinears.size()))};
}

QSize PlanTable::minimumSizeHint() const {
    return {QTableView::minimumSizeHint().width(), heightOf(3)}; // on a small screen the plots need the rest
}

void PlanTable::fitColumns() {
    // By the widest that a column usually gets, so that nothing moves when a value changes. What a row sets itself is
    // bold.
    QFont bold = font();
    bold.setBold(true);
    const QFontMetrics metrics(bold);
    const int character = QFontMetrics(font()).averageCharWidth();
    const auto longest = [&](int column) {
        QString text;
        for (const PlanChoice& choice : planChoices(column)) {
            text = metrics.horizontalAdvance(choice.text) > metrics.horizontalAdvance(text) ? choice.text : text;
        }
        return text;
    };
    const auto widest = [&](int column) -> QString {
        switch (column) {
        case PlanModel::GranularityColumn:
            return tr("group of %1").arg(128);
        case PlanModel::ScaleColumn:
            return tr("least error");
        case PlanModel::SideColumn:
            return longest(column);
        case PlanModel::AlphaColumn:
            return QLocale().toString(0.5, 'f', 2);
        case PlanModel::TreatmentColumn:
            return tr("in floats");
        default:
            return {};
        }
    };
    std::array<int, PlanModel::ColumnCount> wide{}, tight{};
    for (int column = 0; column < PlanModel::ColumnCount; ++column) {
        const auto at = static_cast<std::size_t>(column);
        const int header = horizontalHeader()->sectionSizeHint(column);
        tight[at] = std::max(header, sizeHintForColumn(column));
        wide[at] = std::max(header, metrics.horizontalAdvance(widest(column)) + 2 * character);
        wide[at] = std::max({wide[at], tight[at], character * 6}) + character * 4 / 3;
    }
    // Where there is no room for that, by what the columns hold now; what is left goes to those that want
    // more.
    const int wanted = std::accumulate(wide.begin(), wide.end(), 0);
    const int needed = std::accumulate(tight.begin(), tight.end(), 0);
    const double share =
        wanted > needed
            ? std::clamp(static_cast<double>(viewport()->width() - needed) / (wanted - needed), 0.0, 1.0)
            : 1.0;
    for (int column = 0; column < PlanModel::ColumnCount; ++column) {
        const auto at = static_cast<std::size_t>(column);
        setColumnWidth(column, tight[at] + static_cast<int>(share * (wide[at] - tight[at])));
    }
}

QItemSelectionModel::SelectionFlags
PlanTable::selectionCommand(const QModelIndex& index, const QEvent* event) const {
    const bool mouse = event != nullptr && (event->type() == QEvent::MouseButtonPress ||
                                            event->type() == QEvent::MouseButtonRelease);
    if (mouse && selectionModel()->isSelected(index) && selectionModel()->selectedIndexes().size() > 1 &&
        static_cast<const QMouseEvent*>(event)->modifiers() == Qt::NoModifier) {
        return QItemSelectionModel::NoUpdate;
    }
    return QTableView::selectionCommand(index, event);
}

void PlanTable::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    fitColumns();
}

bool PlanTable::event(QEvent* event) {
    // In here these keys are the table's, whatever the window does with them.
    if (event->type() == QEvent::ShortcutOverride && state() != EditingState) {
        auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::Copy) || key->matches(QKeySequence::Paste) || fillsDown(*key)) {
            event->accept();
            return true;
        }
    }
    return QTableView::event(event);
}

void PlanTable::keyPressEvent(QKeyEvent* event) {
    const bool editKey = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (editKey && currentIndex().flags().testFlag(Qt::ItemIsEditable) && state() != EditingState) {
        edit(currentIndex());
        return;
    }
    if (event->matches(QKeySequence::Delete) || event->key() == Qt::Key_Backspace) {
        clearSelected();
        return;
    }
    if (event->matches(QKeySequence::Copy)) {
        copy();
        return;
    }
    if (event->matches(QKeySequence::Paste)) {
        paste();
        return;
    }
    if (fillsDown(*event)) {
        fillDown();
        return;
    }
    QTableView::keyPressEvent(event);
}

void PlanTable::clearSelected() {
    m_model.clearSettings(selectionModel()->selectedIndexes());
}

void PlanTable::copy() {
    QGuiApplication::clipboard()->setText(m_model.copied(selectionModel()->selectedIndexes()));
}

void PlanTable::paste() {
    const QString refused =
        m_model.paste(selectionModel()->selectedIndexes(), QGuiApplication::clipboard()->text());
    if (!refused.isEmpty()) {
        Q_EMIT m_editor.failed(Error::usage(refused.toStdString()));
    }
}

void PlanTable::fillDown() {
    m_model.fillDown(selectionModel()->selectedIndexes());
}

void PlanTable::contextMenuEvent(QContextMenuEvent* event) {
    QMenu menu(this);
    const auto add = [&](const QString& text, const QKeySequence& key, void (PlanTable::*slot)()) {
        QAction* action = menu.addAction(text);
        action->setShortcut(key);
        action->setEnabled(selectionModel()->hasSelection());
        connect(action, &QAction::triggered, this, slot);
    };
    add(tr("Copy"), QKeySequence::Copy, &PlanTable::copy);
    add(tr("Paste"), QKeySequence::Paste, &PlanTable::paste);
    add(tr("Fill Down"), kFillDown, &PlanTable::fillDown);
    menu.addSeparator();
    add(tr("Follow the Settings Above"), QKeySequence::Delete, &PlanTable::clearSelected);
    menu.exec(event->globalPos());
}

} // namespace mambascope::ui
