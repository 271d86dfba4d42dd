// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/history_model.h"

#include "ui/models/text.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <utility>

namespace mambascope::ui {

void HistoryModel::setContent(
    std::vector<PlanRevision> oldestFirst, std::int64_t current, const std::vector<Run>& runs, int layers) {
    beginResetModel();
    m_rows.clear();
    for (auto revision = oldestFirst.rbegin(); revision != oldestFirst.rend(); ++revision) {
        m_rows.push_back({std::move(*revision), {}});
    }
    m_rows.push_back({{0, 0, 0, tr("Beginning").toStdString(), {}}, {}});
    m_current = current;
    m_layers = layers;
    m_results.clear();
    for (const Run& run : runs) {
        m_results[run.result->planHash].push_back(run.result);
    }
    layOut();
    endResetModel();
}

std::int64_t HistoryModel::tip() const {
    std::int64_t tip = m_current;
    for (bool found = true; found;) {
        const auto child = std::find_if(m_rows.begin(), m_rows.end(), [tip](const Row& row) {
            return row.revision.id != 0 && row.revision.parent == tip;
        });
        found = child != m_rows.end();
        tip = found ? child->revision.id : tip;
    }
    return tip;
}

void HistoryModel::layOut() {
    struct Lane {
        std::int64_t leadsTo; ///< −1: free
        bool begun;
    };
    std::vector<Lane> lanes{{tip(), false}}; // kept for the current branch
    m_branches = 0;
    for (auto& [revision, drawn] : m_rows) {
        drawn = {};
        int own = -1, vacant = -1;
        for (int i = 0; i < static_cast<int>(lanes.size()); ++i) {
            Lane& lane = lanes[static_cast<std::size_t>(i)];
            if (lane.leadsTo == revision.id) {
                own = own < 0 ? i : own;
                if (lane.begun) {
                    drawn.fromAbove.push_back(i);
                }
                lane = {-1, false};
            } else if (lane.begun) {
                drawn.passing.push_back(i);
            } else if (lane.leadsTo < 0 && vacant < 0) {
                vacant = i;
            }
        }
        if (drawn.fromAbove.empty()) {
            ++m_branches;
        }
        if (own < 0 && vacant < 0) {
            own = static_cast<int>(lanes.size());
            lanes.push_back({});
        } else if (own < 0) {
            own = vacant;
        }
        drawn.lane = own;
        drawn.goesOn = revision.id != 0;
        lanes[static_cast<std::size_t>(own)] = drawn.goesOn ? Lane{revision.parent, true} : Lane{-1, false};
    }
    m_laneCount = static_cast<int>(lanes.size());
}

int HistoryModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int HistoryModel::rowOf(std::int64_t revision) const {
    const auto row = std::find_if(
        m_rows.begin(), m_rows.end(), [revision](const Row& r) { return r.revision.id == revision; });
    return row == m_rows.end() ? -1 : static_cast<int>(row - m_rows.begin());
}

QStringList HistoryModel::changes(int row) const {
    const PlanRevision& made = revision(row);
    if (made.id == 0) {
        return {tr("Nothing is quantized")};
    }
    QStringList lines;
    for (const std::string& line : planDiff(revision(rowOf(made.parent)).plan, made.plan, m_layers)) {
        lines.append(QString::fromStdString(line));
    }
    return lines.isEmpty() ? QStringList(tr("Does the same as before")) : lines;
}

QString HistoryModel::runsText(int row) const {
    const QuantPlan& plan = revision(row).plan;
    const auto found = m_results.find(planHash(plan.isBaseline(m_layers) ? QuantPlan() : plan));
    if (found == m_results.end()) {
        return {};
    }
    const QString average = percent(found->second.back()->average());
    const int runs = static_cast<int>(found->second.size());
    return runs == 1 ? tr("evaluated: average %1 %").arg(average)
                     : tr("%n evaluations, the last: average %1 %", nullptr, runs).arg(average);
}

QVariant HistoryModel::data(const QModelIndex& index, int role) const {
    const PlanRevision& made = revision(index.row());
    const QDateTime when = QDateTime::fromSecsSinceEpoch(made.created);
    const QString date = made.id == 0 ? QString() : QLocale().toString(when, QLocale::ShortFormat);
    switch (role) {
    case Qt::DisplayRole:
        return made.label.empty() ? tr("Edit") : QString::fromStdString(made.label);
    case ChangeRole:
        return changes(index.row()).join(QStringLiteral("; "));
    case TimeRole:
        return made.id == 0                          ? QString()
               : when.date() == QDate::currentDate() ? QLocale().toString(when.time(), QLocale::ShortFormat)
                                                     : QLocale().toString(when.date(), QLocale::ShortFormat);
    case RunsRole:
        return runsText(index.row());
    case CurrentRole:
        return made.id == m_current;
    case RevisionRole:
        return qint64{made.id};
    case Qt::ToolTipRole:
        return (QStringList(date) + changes(index.row()).mid(0, 30)).join(u'\n').trimmed();
    case Qt::AccessibleTextRole: {
        QStringList parts{
            data(index, Qt::DisplayRole).toString(), date, data(index, ChangeRole).toString(),
            runsText(index.row())};
        if (made.id == m_current) {
            parts.prepend(tr("Current plan"));
        }
        parts.removeAll(QString());
        return parts.join(QStringLiteral(", "));
    }
    default:
        return {};
    }
}

} // namespace mambascope::ui
