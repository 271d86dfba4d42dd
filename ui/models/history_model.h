// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/session.h"

#include <QAbstractListModel>

#include <map>
#include <vector>

namespace mambascope::ui {

/// What is drawn beside a row of the history: lanes run from a plan down to the one it was made from.
struct HistoryLanes {
    int lane = 0;               ///< where the row's own dot is; the current branch has lane 0
    std::vector<int> fromAbove; ///< lanes that end in the dot
    std::vector<int> passing;   ///< lanes that go by
    bool goesOn = false;        ///< the dot has a plan before it
};

/// The plan history of a session as a list, the newest revision first and the empty plan that every session
/// begins with last.
class HistoryModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { ChangeRole = Qt::UserRole, TimeRole, RunsRole, CurrentRole, RevisionRole };

    using QAbstractListModel::QAbstractListModel;

    /// `current` is the revision in force, `layers` those of the model.
    void setContent(
        std::vector<PlanRevision> oldestFirst, std::int64_t current, const std::vector<Run>& runs,
        int layers);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

    const PlanRevision& revision(int row) const { return m_rows[static_cast<std::size_t>(row)].revision; }
    const HistoryLanes& lanes(int row) const { return m_rows[static_cast<std::size_t>(row)].lanes; }
    /// The row of a revision; −1 if there is none.
    int rowOf(std::int64_t revision) const;
    int branches() const { return m_branches; }
    int laneCount() const { return m_laneCount; }

private:
    struct Row {
        PlanRevision revision;
        HistoryLanes lanes;
    };
    /// The newest revision that the current one leads to.
    std::int64_t tip() const;
    void layOut();
    QStringList changes(int row) const;
    QString runsText(int row) const;

    std::vector<Row> m_rows;
    std::int64_t m_current = 0;
    std::map<std::string, std::vector<std::shared_ptr<const EvaluationResult>>> m_results; ///< by plan hash
    int m_layers = 0;
    int m_branches = 0;
    int m_laneCount = 1;
};

} // namespace mambascope::ui
