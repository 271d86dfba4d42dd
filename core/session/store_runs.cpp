// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"
#include "core/session/items.h"
#include "core/session/schema.h"
#include "core/session/store.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace mambascope::store {
namespace {

int toInt(std::int64_t value) {
    return value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()
               ? 0
               : static_cast<int>(value);
}

Result<std::shared_ptr<EvaluationResult>> resultOf(const Statement& row, const std::filesystem::path& path) {
    auto result = std::make_shared<EvaluationResult>();
    Result<OrderedJson> plan = orderedJson(row.text(5), "a run's plan", path);
    if (!plan.ok()) {
        return plan.error();
    }
    result->modelName = row.text(3);
    result->modelHash = row.text(4);
    result->plan = std::move(plan).value();
    result->planName = row.text(6);
    result->planHash = row.text(7);
    result->calibrationHash = row.text(8);
    result->seed = row.integer(9);
    result->limit = toInt(row.integer(10));
    result->engine = row.text(11);
    result->dtype = row.text(12);
    result->device = row.text(13);
    result->tokens = row.integer(14);
    result->seconds = row.real(15);
    result->partial = row.integer(16) != 0;
    result->tokenizerHash = row.text(17);
    return result;
}

/// Of a task that a file describes: how it is scored.
constexpr std::array<std::pair<Task, std::string_view>, 3> kFileKinds{
    {{Task::FileChoice, "choice"}, {Task::FileChoiceNorm, "choice_norm"}, {Task::FileGreedy, "greedy"}}};

std::string_view kindOf(const TaskResult& task) {
    const auto kind = std::find_if(
        kFileKinds.begin(), kFileKinds.end(), [&](const auto& known) { return known.first == task.task; });
    return kind == kFileKinds.end() ? std::string_view() : kind->second;
}

/// Which task a row is about. False if nobody knows.
bool identify(const Statement& row, TaskResult& result) {
    const std::string text = row.text(16);
    if (text.empty()) {
        const std::optional<Task> builtIn = parseTask(row.text(1));
        result.task = builtIn.value_or(Task::Lambada);
        return builtIn.has_value();
    }
    const auto kind = std::find_if(
        kFileKinds.begin(), kFileKinds.end(), [&](const auto& known) { return known.second == text; });
    if (kind == kFileKinds.end() || row.text(1).empty() || parseTask(row.text(1))) {
        return false;
    }
    result.task = kind->first;
    result.identity =
        std::make_shared<const TaskIdentity>(TaskIdentity{row.text(1), row.text(17), row.real(18)});
    return true;
}

Result<TaskResult> taskOf(const Statement& row, const std::filesystem::path& path) {
    TaskResult result;
    if (!identify(row, result)) {
        return damagedSession(path, "a run has an unknown task " + row.text(1));
    }
    if (!row.null(19)) {
        result.stoppedEarly = StoppedEarly{row.real(19), row.real(20)};
    }
    result.dataHash = row.text(2);
    result.note = row.text(3);
    result.tokens = row.integer(4);
    result.seconds = row.real(5);
    result.metrics.n = toInt(row.integer(6));
    result.metrics.total = toInt(row.integer(7));
    result.metrics.correct = toInt(row.integer(8));
    result.metrics.correctNorm = toInt(row.integer(9));
    result.metrics.accuracy = row.real(10);
    result.metrics.accuracyNorm = row.real(11);
    result.metrics.perplexity = row.real(12);
    result.metrics.perplexityStandardError = row.real(13);
    result.metrics.nonfinite = toInt(row.integer(14));
    return result;
}

Result<void> writeTask(Database& database, RunId id, std::int64_t position, const TaskResult& task) {
    Statement insert = database.prepare(
        "INSERT INTO task_result(run_id, position, task, data_hash, note, tokens, seconds, n, "
        "total, correct, correct_norm, accuracy, accuracy_norm, perplexity, perplexity_se, "
        "nonfinite, item_count, kind, title, chance, stop_level, stop_p) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const TaskMetrics& m = task.metrics;
    const double none = std::numeric_limits<double>::quiet_NaN(); // is stored as NULL
    const std::string name = task.name(), title = task.title();
    const Result<void> stored = insert.bind(id)
                                    .bind(position)
                                    .bind(std::string_view(name))
                                    .bind(std::string_view(task.dataHash))
                                    .bind(std::string_view(task.note))
                                    .bind(task.tokens)
                                    .bind(task.seconds)
                                    .bind(std::int64_t{m.n})
                                    .bind(std::int64_t{m.total})
                                    .bind(std::int64_t{m.correct})
                                    .bind(std::int64_t{m.correctNorm})
                                    .bind(m.accuracy)
                                    .bind(m.accuracyNorm)
                                    .bind(m.perplexity)
                                    .bind(m.perplexityStandardError)
                                    .bind(std::int64_t{m.nonfinite})
                                    .bind(static_cast<std::int64_t>(task.items.size()))
                                    .bind(kindOf(task))
                                    .bind(task.identity ? std::string_view(title) : std::string_view())
                                    .bind(task.identity ? task.identity->chance : none)
                                    .bind(task.stoppedEarly ? task.stoppedEarly->level : none)
                                    .bind(task.stoppedEarly ? task.stoppedEarly->p : none)
                                    .run();
    if (!stored.ok()) {
        return stored;
    }
    const std::vector<std::byte> bytes = itemsToBytes(task.items);
    const std::string checksum = contentHash(std::span<const std::byte>(bytes));
    Statement items = database.prepare("INSERT INTO task_items VALUES(?, ?, ?, ?)");
    return items.bind(id)
        .bind(position)
        .bind(std::string_view(checksum))
        .bind(std::span<const std::byte>(bytes))
        .run();
}

/// Adds the tasks' metrics to results that are still being put together.
Result<void> readTasks(
    const Database& database, const std::string& checkpointHash,
    const std::unordered_map<RunId, std::pair<EvaluationResult*, StoredRun*>>& runs,
    const std::filesystem::path& path) {
    Statement query =
        database.prepare("SELECT run_id, task, data_hash, task_result.note, task_result.tokens, "
                         "task_result.seconds, n, total, correct, "
                         "correct_norm, accuracy, accuracy_norm, perplexity, perplexity_se, nonfinite, "
                         "item_count, kind, title, chance, stop_level, stop_p FROM task_result "
                         "JOIN run ON run.id = run_id WHERE checkpoint_hash = ? ORDER BY run_id, position");
    query.bind(std::string_view(checkpointHash));
    for (;;) {
        const Result<bool> row = query.step();
        if (!row.ok()) {
            return row.error();
        }
        if (!row.value()) {
            return {};
        }
        Result<TaskResult> task = taskOf(query, path);
        if (!task.ok()) {
            return task.error();
        }
        const auto run = runs.find(query.integer(0));
        if (run == runs.end()) {
            continue; // somebody added it between the two queries: not part of what was read
        }
        run->second.first->tasks.push_back(std::move(task).value());
        run->second.second->items += query.integer(15);
    }
}

} // namespace

Result<std::vector<StoredRun>>
readRuns(const Database& database, const std::string& checkpointHash, const std::filesystem::path& path) {
    Statement query = database.prepare(
        "SELECT id, created, note, model_name, model_hash, plan, plan_name, plan_hash, calibration_hash, "
        "seed, item_limit, "
        "engine, dtype, device, tokens, seconds, partial, tokenizer_hash FROM run WHERE checkpoint_hash = ? "
        "ORDER BY id");
    query.bind(std::string_view(checkpointHash));
    std::vector<StoredRun> runs;
    std::vector<std::shared_ptr<EvaluationResult>> results;
    for (;;) {
        const Result<bool> row = query.step();
        if (!row.ok()) {
            return row.error();
        }
        if (!row.value()) {
            break;
        }
        Result<std::shared_ptr<EvaluationResult>> result = resultOf(query, path);
        if (!result.ok()) {
            return result.error();
        }
        results.push_back(result.value());
        runs.push_back({{query.integer(0), query.integer(1), query.text(2), result.value()}, 0});
    }
    std::unordered_map<RunId, std::pair<EvaluationResult*, StoredRun*>> byId;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        byId.emplace(runs[i].run.id, std::pair(results[i].get(), &runs[i]));
    }
    const Result<void> tasks = readTasks(database, checkpointHash, byId, path);
    if (!tasks.ok()) {
        return tasks.error();
    }
    return runs;
}

Result<std::shared_ptr<const EvaluationResult>>
readItems(const Database& database, const Run& run, const std::filesystem::path& path) {
    auto result = std::make_shared<EvaluationResult>(*run.result);
    Statement query =
        database.prepare("SELECT checksum, data FROM task_items WHERE run_id = ? ORDER BY position");
    query.bind(run.id);
    const std::string what = "run " + std::to_string(run.id);
    for (TaskResult& task : result->tasks) {
        const Result<bool> row = query.step();
        if (!row.ok()) {
            return row.error();
        }
        if (!row.value()) {
            return damagedSession(path, "item results of " + what + " are missing");
        }
        const std::span<const std::byte> bytes = query.blob(1);
        if (contentHash(bytes) != query.text(0)) {
            return damagedSession(path, "the checksum of the item results of " + what + " does not match");
        }
        Result<std::vector<ItemResult>> items = itemsFromBytes(bytes, what);
        if (!items.ok()) {
            return damagedSession(path, items.error().message);
        }
        task.items = std::move(items).value();
    }
    return std::shared_ptr<const EvaluationResult>(std::move(result));
}

Result<RunId> writeRun(
    Database& database, const EvaluationResult& result, const std::string& checkpointHash,
    std::int64_t created) {
    Statement insert = database.prepare(
        "INSERT INTO run(created, checkpoint_hash, note, model_name, model_hash, plan, plan_name, plan_hash, "
        "calibration_hash, seed, item_limit, engine, dtype, device, tokens, seconds, partial, "
        "tokenizer_hash) "
        "VALUES(?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const std::string plan = result.plan.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
    const Result<void> stored = insert.bind(created)
                                    .bind(std::string_view(checkpointHash))
                                    .bind(std::string_view(result.modelName))
                                    .bind(std::string_view(result.modelHash))
                                    .bind(std::string_view(plan))
                                    .bind(std::string_view(result.planName))
                                    .bind(std::string_view(result.planHash))
                                    .bind(std::string_view(result.calibrationHash))
                                    .bind(result.seed)
                                    .bind(std::int64_t{result.limit})
                                    .bind(std::string_view(result.engine))
                                    .bind(std::string_view(result.dtype))
                                    .bind(std::string_view(result.device))
                                    .bind(result.tokens)
                                    .bind(result.seconds)
                                    .bind(std::int64_t{result.partial ? 1 : 0})
                                    .bind(std::string_view(result.tokenizerHash))
                                    .run();
    if (!stored.ok()) {
        return stored.error();
    }
    const RunId id = database.lastInsertId();
    std::int64_t position = 0;
    for (const TaskResult& task : result.tasks) {
        const Result<void> written = writeTask(database, id, position++, task);
        if (!written.ok()) {
            return written.error();
        }
    }
    return id;
}

} // namespace mambascope::store
