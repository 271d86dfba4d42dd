// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/service.h"

#include <QAbstractTableModel>

#include <map>
#include <vector>

namespace mambascope::ui {

/// The engine's jobs: the one that runs, those that wait in their order, and those that ended, the last one
/// first.
class JobsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { TitleColumn, StateColumn, TimeColumn, ColumnCount };
    /// double: the share that is done of the job that runs, negative if unknown; invalid for the others.
    static constexpr int ShareRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    /// `jobs` as EngineService::status() gives them. `seconds` is of a clock that only goes forward; from it
    /// the model tells how long a job takes, and how long it will. Of ended jobs with one title that were done
    /// one after the other, the last is shown.
    void setJobs(const std::vector<JobStatus>& jobs, double seconds);

    const JobStatus& job(int row) const { return m_jobs[static_cast<std::size_t>(row)]; }
    /// -1 if there is no such job.
    int rowOf(std::uint64_t id) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Times {
        double began = 0, ended = 0;
        std::uint64_t total = 0; ///< of the work whose pace is measured
        std::uint64_t doneAtFirst = 0;
        double since = 0; ///< when so much was done
    };
    QString stateText(const JobStatus& job) const;
    QString timeText(const JobStatus& job) const;
    /// Seconds; negative if it cannot be told yet.
    double secondsLeft(const JobStatus& job) const;

    std::vector<JobStatus> m_jobs;
    std::map<std::uint64_t, Times> m_times; ///< by JobStatus::id, of those that run or ran
    double m_now = 0;
};

} // namespace mambascope::ui
