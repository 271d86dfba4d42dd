// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/compared_runs.h"

#include <QCoreApplication>

#include <algorithm>
#include <set>

namespace mambascope::ui {
namespace {

void loadTexts(
    ComparedRuns& runs, const EvaluationResult& to, const std::filesystem::path& folder, const Job& job) {
    std::set<std::string> wanted;
    for (const Flip& flip : runs.flips) {
        wanted.insert(flip.taskName);
    }
    std::string missing;
    for (const TaskResult& task : to.tasks) {
        if (!wanted.contains(task.name()) || job.stop.stop_requested()) {
            continue;
        }
        auto data = task.identity == nullptr && !folder.empty()
                        ? loadTask(task.task, folder, BrokenLines::LeaveOut)
                        : Result<TaskData>(Error::failed("No folder."));
        if (data.ok() && data.value().fileHash == task.dataHash) {
            runs.texts.emplace(task.name(), std::move(data).value());
        } else {
            missing += (missing.empty() ? "" : ", ") + task.title();
        }
    }
    if (!missing.empty()) {
        runs.missing =
            QCoreApplication::translate(
                "ComparedRuns",
                "Without texts: %1. The folder of the last evaluation does not hold the data that these "
                "runs were made on.")
                .arg(QString::fromStdString(missing))
                .toStdString();
    }
}

} // namespace

Result<ComparedRuns> compareForDisplay(
    const EvaluationResult& from, const EvaluationResult& to, int layers, const std::filesystem::path& folder,
    const Job& job) {
    auto difference = compareRuns(from, to, layers);
    if (!difference.ok()) {
        return difference.error();
    }
    ComparedRuns runs;
    runs.difference = std::move(difference).value();
    for (const TaskDifference& task : runs.difference.tasks) {
        const TaskResult* a = from.find(task.label.name);
        const TaskResult* b = to.find(task.label.name);
        runs.tasks.push_back(
            task.paired.common > 0 && !job.stop.stop_requested() ? compareTask(*b, *a) : std::nullopt);
    }
    runs.average = compareAverage(to, from);
    runs.flips = findFlips(to, from);
    loadTexts(runs, to, folder, job);
    return runs;
}

const TaskItem* itemOf(const ComparedRuns& runs, const Flip& flip) {
    const auto task = runs.texts.find(flip.taskName);
    if (task == runs.texts.end()) {
        return nullptr;
    }
    const std::vector<TaskItem>& items = task->second.items;
    const auto at = static_cast<std::size_t>(flip.index);
    if (at < items.size() && items[at].index == flip.index) { // nearly always
        return &items[at];
    }
    const auto item = std::ranges::find(items, flip.index, &TaskItem::index);
    return item == items.end() ? nullptr : &*item;
}

} // namespace mambascope::ui
