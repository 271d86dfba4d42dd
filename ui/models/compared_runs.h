// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/evaluation/comparison.h"
#include "core/evaluation/flips.h"
#include "core/session/session_diff.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mambascope::ui {

/// Everything that is shown of two runs side by side.
struct ComparedRuns {
    RunDifference difference;
    std::vector<std::optional<TaskComparison>> tasks; ///< beside difference.tasks; none without common items
    std::optional<AverageComparison> average;
    std::vector<Flip> flips;
    std::map<std::string, TaskData> texts; ///< by task name, of the data that the runs were made on
    std::string missing;                   ///< why some texts are not there, a sentence; empty if all are
};

/// Compares `to` with `from`; `layers` is the model's. Texts are read from the tasks' data in `folder`, and
/// left out where the data there are others than the runs' (by hash). Takes a while: the intervals are
/// resampled.
Result<ComparedRuns> compareForDisplay(
    const EvaluationResult& from, const EvaluationResult& to, int layers, const std::filesystem::path& folder,
    const Job& job);

/// The item of a flip; null if its text is not known.
const TaskItem* itemOf(const ComparedRuns& runs, const Flip& flip);

} // namespace mambascope::ui
