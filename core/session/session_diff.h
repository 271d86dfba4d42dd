// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/session/session.h"

#include <optional>
#include <string>
#include <vector>

namespace mambascope {

/// One task that two runs have in common, with both aggregates and the comparison on the items of both.
struct TaskDifference {
    TaskLabel label;
    TaskMetrics from, to;
    PairedComparison paired;     ///< common is 0 if the items of one run are not known
    double p = 1;                ///< shownP()
    std::optional<double> delta; ///< of the published metric, on the items that both have (sharedItems())
};

/// What differs between two runs of a session.
struct RunDifference {
    std::vector<std::string> plan;       ///< planDiff(): a line each; empty if the plans do the same
    std::vector<std::string> conditions; ///< calibration, items, engine …: "seed: 0 → 1"
    std::vector<TaskDifference> tasks;
    std::vector<std::string> onlyFrom, onlyTo; ///< names
    double averageFrom = 0, averageTo = 0;     ///< each over its own tasks and items
    std::optional<double> averageDelta;        ///< on the items that both have (sharedAverage())
    bool sameTasks = true;
};

/// Compares two runs. `layers` is the model's.
Result<RunDifference> compareRuns(const EvaluationResult& from, const EvaluationResult& to, int layers);
/// The same for runs of a session, by number. Usage if there is no such run.
Result<RunDifference> compareRuns(const Session& session, RunId from, RunId to);
OrderedJson toJson(const RunDifference& difference);

/// The plan that a result was made with.
Result<QuantPlan> planOf(const EvaluationResult& result);

} // namespace mambascope
