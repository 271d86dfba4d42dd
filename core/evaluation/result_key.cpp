// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/result_key.h"

#include "core/base/hash.h"

#include <algorithm>

namespace mambascope {

std::string ResultKey::hash() const {
    OrderedJson json{
        {"format", 1},
        {"checkpoint", checkpointHash},
        {"calibration", calibrationHash},
        {"plan", planHash},
        {"task", task},
        {"data", dataHash},
        {"limit", limit},
        {"seed", seed},
        {"engine", engine},
        {"dtype", dtype},
        {"device", device}};
    if (!tokenizerHash.empty()) {
        json["tokenizer"] = tokenizerHash;
    }
    return contentHash(json.dump());
}

ResultKey resultKey(const EvaluationResult& run) {
    return {run.modelHash, run.calibrationHash, run.planHash,     {}, {}, run.limit, run.seed, run.engine,
            run.dtype,     run.device,          run.tokenizerHash};
}

ResultKey resultKey(const EvaluationResult& run, const TaskResult& task) {
    ResultKey key = resultKey(run);
    key.task = task.name();
    key.dataHash = task.dataHash;
    return key;
}

ResultKey resultKey(const EvaluationResult& run, const TaskData& task) {
    ResultKey key = resultKey(run);
    key.task = task.name();
    key.dataHash = task.fileHash;
    return key;
}

const TaskResult*
findResult(std::span<const std::shared_ptr<const EvaluationResult>> runs, const ResultKey& key) {
    const std::string wanted = key.hash();
    for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
        for (const TaskResult& task : (*run)->tasks) {
            // Hashing is for the few that may be meant.
            if (task.dataHash == key.dataHash && task.name() == key.task && task.whole() &&
                resultKey(**run, task).hash() == wanted) {
                return &task;
            }
        }
    }
    return nullptr;
}

} // namespace mambascope
