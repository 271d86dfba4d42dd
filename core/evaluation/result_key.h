// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/evaluator.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace mambascope {

/// Everything that determines one task's result of one plan.
struct ResultKey {
    std::string checkpointHash, calibrationHash, planHash; ///< calibrationHash: empty if the plan needs none
    std::string task, dataHash;
    int limit = 0;
    std::int64_t seed = 0;
    std::string engine, dtype, device;
    std::string tokenizerHash = {}; ///< empty if it goes without saying

    std::string hash() const; ///< content hash of all of it
};

/// The key of a result, but for the task: what a run that has not been made yet will be filed under.
ResultKey resultKey(const EvaluationResult& run);
/// The same with the task.
ResultKey resultKey(const EvaluationResult& run, const TaskResult& task);
ResultKey resultKey(const EvaluationResult& run, const TaskData& task);

/// The newest of `runs` (oldest first) that has this very task, to its last item; null if there is none.
/// Whether the other tasks of that run were finished does not matter.
const TaskResult*
findResult(std::span<const std::shared_ptr<const EvaluationResult>> runs, const ResultKey& key);

} // namespace mambascope
