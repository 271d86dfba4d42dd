// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sweep/store.h"

#include "core/base/file.h"

namespace mambascope {

std::filesystem::path SweepStore::fileOf(const ResultKey& key) const {
    return m_folder / (key.hash() + ".json");
}

std::optional<TaskResult> SweepStore::find(const ResultKey& key) const {
    const std::filesystem::path file = fileOf(key);
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        return std::nullopt;
    }
    const Result<std::string> text = readFile(file);
    if (!text.ok()) {
        return std::nullopt;
    }
    const Result<Json> json = parseJson(text.value(), file.string());
    if (!json.ok()) {
        return std::nullopt;
    }
    Result<EvaluationResult> result = evaluationFromJson(json.value(), file.string());
    if (!result.ok() || result.value().tasks.size() != 1 || result.value().partial) {
        return std::nullopt;
    }
    TaskResult& task = result.value().tasks.front();
    const bool whole = task.name() == key.task && task.dataHash == key.dataHash && !task.items.empty() &&
                       task.items.size() == static_cast<std::size_t>(task.metrics.total);
    return whole ? std::optional(std::move(task)) : std::nullopt;
}

Result<void> SweepStore::save(const ResultKey& key, const TaskResult& task) const {
    EvaluationResult result;
    result.modelHash = key.checkpointHash;
    result.plan = OrderedJson::object();
    result.planHash = key.planHash;
    result.calibrationHash = key.calibrationHash;
    result.seed = key.seed;
    result.limit = key.limit;
    result.engine = key.engine;
    result.dtype = key.dtype;
    result.device = key.device;
    result.tokens = task.tokens;
    result.tasks = {task};
    result.tasks.front().seconds = 0;
    return writeFile(fileOf(key), toJson(result, nullptr, true).dump() + "\n", true);
}

} // namespace mambascope
