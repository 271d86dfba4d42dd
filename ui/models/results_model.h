// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/session.h"
#include "ui/models/live_task.h"

#include <QAbstractTableModel>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mambascope::ui {

/// Tasks × runs: the baseline first, then an evaluation under way, then the runs, newest first. Rows are the
/// tasks that any run has, LAMBADA's perplexity, and the average.
class ResultsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role {
        DetailRole = Qt::UserRole, ///< QString: the second line: difference to the baseline, or items done
        ToneRole,                  ///< int: −1 worse than the baseline beyond chance, 1 better, 0 neither
        RunIdRole,                 ///< RunId; 0 for the evaluation under way
        CurrentRole,               ///< bool: what the session's plan gives
        LiveRole,                  ///< bool: still being computed
        AverageRole,               ///< bool: the row below the line
        WarningRole,               ///< QString: what is wrong with the number; empty if nothing
    };

    /// What of the plan in force decides which run shows its results.
    struct Current {
        std::string planHash, calibrationHash;
        bool operator==(const Current&) const = default;
    };
    /// An evaluation under way.
    struct Live {
        QString title;
        std::map<std::string, LiveTask> tasks; ///< by name
        int done = 0, total = 0; ///< items that are computed
        double seconds = 0;      ///< for them until now
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setRuns(const std::vector<Run>& runs);
    void setCurrent(const Current& current);
    void setLive(const std::optional<Live>& live);

    /// -1 if there is none.
    int columnOf(RunId run) const;
    int currentColumn() const;
    RunId runAt(int column) const;
    QString noteAt(int column) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        enum class Kind { Accuracy, Perplexity, Average };
        Kind kind = Kind::Accuracy;
        TaskLabel task;
        bool operator==(const Row&) const = default;
    };
    struct Cell {
        QString text, detail, toolTip, warning;
        int tone = 0;
    };
    struct Column {
        RunId id = 0;
        QString title, subtitle, toolTip, note;
        std::string planHash, calibrationHash;
        std::shared_ptr<const EvaluationResult> result; ///< null: under way
        std::vector<Cell> cells;                        ///< by row
    };

    void rebuild();
    std::vector<Row> rowsNeeded() const;
    Column columnOfRun(const Run& run, const EvaluationResult* baseline) const;
    Column liveColumn() const;
    Cell cellOf(const Row& row, const EvaluationResult& result, const EvaluationResult* baseline) const;
    Cell accuracyCell(const TaskResult& task, const TaskResult* baseline) const;
    Cell averageCell(const EvaluationResult& result, const EvaluationResult* baseline) const;
    Cell liveCell(const Row& row) const;
    /// "120 of 900 items · 45/s · 18 s left"
    QString livePace() const;

    std::vector<Run> m_runs;
    std::optional<Live> m_live;
    Current m_current;
    std::vector<Row> m_rows;
    std::vector<Column> m_columns;
};

} // namespace mambascope::ui
