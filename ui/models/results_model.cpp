// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/results_model.h"

#include "ui/models/text.h"

#include <algorithm>
#include <utility>

namespace mambascope::ui {
namespace {

bool isBaseline(const EvaluationResult& result) {
    // A run under the empty plan, whatever it was called.
    return result.planHash == planHash(QuantPlan());
}

} // namespace

void ResultsModel::setRuns(const std::vector<Run>& runs) {
    m_runs = runs;
    rebuild();
}

void ResultsModel::setCurrent(const Current& current) {
    if (current == m_current) {
        return;
    }
    m_current = current;
    if (!m_columns.empty() && !m_rows.empty()) {
        Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    }
}

void ResultsModel::setLive(const std::optional<Live>& live) {
    const bool sameShape = live.has_value() == m_live.has_value();
    m_live = live;
    if (!sameShape || (live && rowsNeeded() != m_rows)) {
        rebuild();
        return;
    }
    if (!live) {
        return;
    }
    const auto column = std::find_if(
        m_columns.begin(), m_columns.end(), [](const Column& each) { return each.result == nullptr; });
    *column = liveColumn();
    const int place = static_cast<int>(column - m_columns.begin());
    Q_EMIT headerDataChanged(Qt::Horizontal, place, place);
    if (!m_rows.empty()) { // none before the first item
        Q_EMIT dataChanged(index(0, place), index(rowCount() - 1, place));
    }
}

std::vector<ResultsModel::Row> ResultsModel::rowsNeeded() const {
    EvaluationResult running; // what is running has no result yet
    for (const auto& [name, task] : m_live ? m_live->tasks : std::map<std::string, LiveTask>()) {
        TaskResult& row = running.tasks.emplace_back();
        row.task = task.label.task;
        if (task.label.name != taskName(row.task)) {
            row.identity = std::make_shared<const TaskIdentity>(TaskIdentity{name, task.label.title, 0});
        }
    }
    std::vector<const EvaluationResult*> results{&running};
    for (const Run& run : m_runs) {
        results.push_back(run.result.get());
    }
    std::vector<Row> rows;
    for (const TaskLabel& task : taskLabels(results)) {
        rows.push_back({Row::Kind::Accuracy, task});
        if (isGreedyTask(task.task)) {
            rows.push_back({Row::Kind::Perplexity, task});
        }
    }
    if (!rows.empty()) {
        rows.push_back({Row::Kind::Average, {}});
    }
    return rows;
}

void ResultsModel::rebuild() {
    beginResetModel();
    m_rows = rowsNeeded();
    m_columns.clear();
    const Run* baseline = nullptr;
    for (const Run& run : m_runs) { // oldest first: the newest complete one stays
        if (isBaseline(*run.result) && !run.result->partial) {
            baseline = &run;
        }
    }
    if (baseline != nullptr) {
        m_columns.push_back(columnOfRun(*baseline, nullptr));
    }
    if (m_live) {
        m_columns.push_back(liveColumn());
    }
    for (auto run = m_runs.rbegin(); run != m_runs.rend(); ++run) {
        if (&*run != baseline) {
            m_columns.push_back(columnOfRun(*run, baseline != nullptr ? baseline->result.get() : nullptr));
        }
    }
    endResetModel();
}

int ResultsModel::columnOf(RunId run) const {
    for (std::size_t column = 0; column < m_columns.size(); ++column) {
        if (m_columns[column].result != nullptr && m_columns[column].id == run) {
            return static_cast<int>(column);
        }
    }
    return -1;
}

int ResultsModel::currentColumn() const {
    for (int column = 0; column < columnCount(); ++column) {
        if (headerData(column, Qt::Horizontal, CurrentRole).toBool()) {
            return column;
        }
    }
    return -1;
}

RunId ResultsModel::runAt(int column) const {
    return column >= 0 && column < columnCount() ? m_columns[static_cast<std::size_t>(column)].id : 0;
}

QString ResultsModel::noteAt(int column) const {
    return column >= 0 && column < columnCount() ? m_columns[static_cast<std::size_t>(column)].note
                                                 : QString();
}

int ResultsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int ResultsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant ResultsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const Cell& cell =
        m_columns[static_cast<std::size_t>(index.column())].cells[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return cell.text;
    case Qt::ToolTipRole:
        return cell.warning.isEmpty() ? cell.toolTip
                                      : QString(cell.toolTip + QLatin1Char('\n') + cell.warning);
    case Qt::AccessibleTextRole: {
        QString text = cell.text;
        for (const QString& more : {cell.detail, cell.warning}) {
            text += more.isEmpty() ? QString() : QString(QStringLiteral(", ") + more);
        }
        return text;
    }
    case Qt::TextAlignmentRole:
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    case DetailRole:
        return cell.detail;
    case ToneRole:
        return cell.tone;
    case WarningRole:
        return cell.warning;
    case AverageRole:
        return row.kind == Row::Kind::Average;
    case RunIdRole:
    case CurrentRole:
    case LiveRole:
        return headerData(index.column(), Qt::Horizontal, role);
    default:
        return {};
    }
}

QVariant ResultsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical) {
        if (section < 0 || section >= rowCount() || role != Qt::DisplayRole) {
            return role == Qt::TextAlignmentRole
                       ? QVariant(static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter))
                       : QVariant();
        }
        const Row& row = m_rows[static_cast<std::size_t>(section)];
        switch (row.kind) {
        case Row::Kind::Average:
            return tr("Average");
        case Row::Kind::Perplexity:
            return tr("%1 perplexity").arg(qt(row.task.title));
        case Row::Kind::Accuracy:
            return publishedMetric(row.task.task) == "acc_norm" ? tr("%1 (norm.)").arg(qt(row.task.title))
                                                                : qt(row.task.title);
        }
    }
    if (section < 0 || section >= columnCount()) {
        return {};
    }
    const Column& column = m_columns[static_cast<std::size_t>(section)];
    switch (role) {
    case Qt::DisplayRole:
        return column.title;
    case DetailRole:
        return column.subtitle;
    case Qt::ToolTipRole:
        return column.toolTip;
    case Qt::TextAlignmentRole:
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    case RunIdRole:
        return QVariant::fromValue<qlonglong>(column.id);
    case LiveRole:
        return column.result == nullptr;
    case CurrentRole:
        return column.result != nullptr && column.planHash == m_current.planHash &&
               (column.calibrationHash.empty() || column.calibrationHash == m_current.calibrationHash);
    default:
        return {};
    }
}

} // namespace mambascope::ui
