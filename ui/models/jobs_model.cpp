// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/jobs_model.h"

#include "ui/models/core_words.h"
#include "ui/models/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mambascope::ui {
namespace {

bool hasEnded(const JobStatus& job) {
    return job.state != JobState::Queued && job.state != JobState::Running;
}

QString duration(double seconds) {
    constexpr double kMinute = 60, kHour = 3600, kTwoDigits = 99.5;
    if (seconds < kTwoDigits) {
        return JobsModel::tr("%1 s").arg(number(std::llround(std::ceil(seconds))));
    }
    if (seconds < kTwoDigits * kMinute) {
        return JobsModel::tr("%1 min").arg(number(std::llround(seconds / kMinute)));
    }
    return JobsModel::tr("%1 h").arg(significant(seconds / kHour, 2));
}

} // namespace

void JobsModel::setJobs(const std::vector<JobStatus>& jobs, double seconds) {
    m_now = seconds;
    std::vector<JobStatus> shown = jobs;
    const auto active = std::find_if_not(shown.begin(), shown.end(), hasEnded);
    std::rotate(shown.begin(), active, shown.end());
    const auto ended = shown.end() - (active - shown.begin());
    std::reverse(ended, shown.end());
    // What follows every edit and was done again and again is one row.
    shown.erase(
        std::unique(
            ended, shown.end(),
            [](const JobStatus& a, const JobStatus& b) {
                return a.title == b.title && a.state == JobState::Done && b.state == JobState::Done;
            }),
        shown.end());

    for (const JobStatus& job : shown) {
        if (job.state == JobState::Queued) {
            continue;
        }
        const auto [found, isNew] = m_times.try_emplace(job.id, Times{seconds, 0, 0, 0, seconds});
        Times& times = found->second;
        if (hasEnded(job)) {
            times.ended = times.ended > 0 ? times.ended : seconds;
        } else if (times.total != job.progress.total || job.progress.done < times.doneAtFirst) {
            times = {times.began, 0, job.progress.total, job.progress.done, seconds};
        }
    }
    std::erase_if(m_times, [&](const auto& entry) {
        return std::none_of(
            shown.begin(), shown.end(), [&](const JobStatus& job) { return job.id == entry.first; });
    });

    const bool same = std::equal(
        shown.begin(), shown.end(), m_jobs.begin(), m_jobs.end(),
        [](const JobStatus& a, const JobStatus& b) { return a.id == b.id; });
    if (!same) {
        beginResetModel();
    }
    m_jobs = std::move(shown);
    if (!same) {
        endResetModel();
    } else if (!m_jobs.empty()) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    }
}

int JobsModel::rowOf(std::uint64_t id) const {
    const auto found =
        std::find_if(m_jobs.begin(), m_jobs.end(), [id](const JobStatus& job) { return job.id == id; });
    return found == m_jobs.end() ? -1 : static_cast<int>(found - m_jobs.begin());
}

int JobsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_jobs.size());
}

int JobsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString JobsModel::stateText(const JobStatus& job) const {
    switch (job.state) {
    case JobState::Queued:
        return tr("waits");
    case JobState::Running:
        return job.progress.total > 0 ? tr("%1 of %2")
                                            .arg(
                                                number(static_cast<qlonglong>(job.progress.done)),
                                                number(static_cast<qlonglong>(job.progress.total)))
                                      : tr("runs");
    case JobState::Done:
        return tr("done");
    case JobState::Failed:
        return tr("failed");
    case JobState::Cancelled:
        return tr("stopped");
    }
    return {};
}

double JobsModel::secondsLeft(const JobStatus& job) const {
    constexpr double kFirstSeconds = 1; // a pace measured in less says nothing
    const Times& times = m_times.at(job.id);
    const Progress& progress = job.progress;
    if (progress.total == 0 || progress.done <= times.doneAtFirst || m_now - times.since < kFirstSeconds) {
        return -1;
    }
    const auto done = static_cast<double>(progress.done - times.doneAtFirst);
    const auto open = static_cast<double>(progress.total - std::min(progress.done, progress.total));
    return open * (m_now - times.since) / done;
}

QString JobsModel::timeText(const JobStatus& job) const {
    const auto found = m_times.find(job.id);
    if (found == m_times.end()) {
        return {};
    }
    const Times& times = found->second;
    if (hasEnded(job)) {
        // A job that never ran was seen only at its end.
        return times.ended > times.began ? duration(times.ended - times.began) : QString();
    }
    const double left = secondsLeft(job);
    return left < 0 ? duration(m_now - times.began) : tr("%1 left").arg(duration(left));
}

QVariant JobsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) { // a view without a current row copies it all the same
        return {};
    }
    const JobStatus& status = job(index.row());
    if (role == ShareRole) {
        return status.state != JobState::Running ? QVariant()
               : status.progress.total > 0
                   ? static_cast<double>(status.progress.done) / static_cast<double>(status.progress.total)
                   : -1.0;
    }
    if (role == Qt::TextAlignmentRole && index.column() == TimeColumn) {
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    }
    if (role == Qt::ToolTipRole) {
        return status.state == JobState::Failed    ? qt(status.error)
               : status.state == JobState::Running ? phaseText(status.progress.phase)
                                                   : qt(status.title);
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (index.column()) {
    case TitleColumn:
        return qt(status.title);
    case StateColumn:
        return stateText(status);
    default:
        return timeText(status);
    }
}

QVariant JobsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case TitleColumn:
        return tr("Job");
    case StateColumn:
        return tr("State");
    case TimeColumn:
        return tr("Time");
    default:
        return {};
    }
}

} // namespace mambascope::ui
