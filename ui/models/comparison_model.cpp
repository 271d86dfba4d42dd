// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/comparison_model.h"

#include "ui/models/text.h"

namespace mambascope::ui {
namespace {

QString intervalText(const Interval& interval) {
    return ComparisonModel::tr("%1 … %2").arg(signedPercent(interval.low), signedPercent(interval.high));
}

int toneOf(const Interval& interval) {
    return interval.low > 0 ? 1 : interval.high < 0 ? -1 : 0;
}

} // namespace

void ComparisonModel::setRuns(std::shared_ptr<const ComparedRuns> runs) {
    beginResetModel();
    m_runs = std::move(runs);
    endResetModel();
}

int ComparisonModel::rowCount(const QModelIndex& parent) const {
    if (parent.isValid() || m_runs == nullptr) {
        return 0;
    }
    const auto tasks = static_cast<int>(m_runs->difference.tasks.size());
    return tasks + (tasks > 1 && m_runs->difference.sameTasks ? 1 : 0);
}

int ComparisonModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString ComparisonModel::taskText(std::size_t row, int column) const {
    const TaskDifference& task = m_runs->difference.tasks[row];
    const bool paired = task.paired.common > 0;
    switch (column) {
    case TaskColumn:
        return QString::fromStdString(task.label.title);
    case FromColumn:
        return percent(task.from.published(task.label.task));
    case ToColumn:
        return percent(task.to.published(task.label.task));
    case DifferenceColumn:
        return task.delta ? signedPercent(*task.delta) : QString();
    case IntervalColumn:
        return m_runs->tasks[row] ? intervalText(m_runs->tasks[row]->publishedInterval) : QString();
    case GainedColumn:
        return paired ? number(task.paired.gained) : QString();
    case LostColumn:
        return paired ? number(task.paired.lost) : QString();
    case PColumn:
        return paired ? pValue(task.p) : tr("not on the same items");
    default:
        return {};
    }
}

QString ComparisonModel::averageText(int column) const {
    switch (column) {
    case TaskColumn:
        return tr("Average");
    case FromColumn:
        return percent(m_runs->difference.averageFrom);
    case ToColumn:
        return percent(m_runs->difference.averageTo);
    case DifferenceColumn:
        return m_runs->difference.averageDelta ? signedPercent(*m_runs->difference.averageDelta) : QString();
    case IntervalColumn:
        return m_runs->average ? intervalText(m_runs->average->interval) : QString();
    default:
        return {};
    }
}

int ComparisonModel::tone(std::size_t row) const {
    if (row >= m_runs->tasks.size()) {
        return m_runs->average ? toneOf(m_runs->average->interval) : 0;
    }
    return m_runs->tasks[row] ? toneOf(m_runs->tasks[row]->publishedInterval) : 0;
}

QVariant ComparisonModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const auto row = static_cast<std::size_t>(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return row < m_runs->difference.tasks.size() ? taskText(row, index.column())
                                                     : averageText(index.column());
    case Qt::TextAlignmentRole:
        return static_cast<int>(
            Qt::AlignVCenter | (index.column() == TaskColumn ? Qt::AlignLeft : Qt::AlignRight));
    case ToneRole:
        return tone(row);
    default:
        return {};
    }
}

QVariant ComparisonModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return static_cast<int>(Qt::AlignVCenter | (section == TaskColumn ? Qt::AlignLeft : Qt::AlignRight));
    }
    const QString names[] = {tr("Task"),          tr("From"),   tr("To"),   tr("Difference"),
                             tr("95 % interval"), tr("Gained"), tr("Lost"), tr("McNemar")};
    const QString meanings[] = {
        QString(),
        tr("Published metric of the task, in per cent"),
        tr("Published metric of the task, in per cent"),
        tr("On the items that both have, in percentage points"),
        tr("Percentile bootstrap over the items"),
        tr("Items that were wrong and are right"),
        tr("Items that were right and are wrong"),
        tr("Exact two-sided test of whether gained and lost differ by chance")};
    return role == Qt::DisplayRole   ? QVariant(names[section])
           : role == Qt::ToolTipRole ? QVariant(meanings[section])
                                     : QVariant();
}

} // namespace mambascope::ui
