// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/evaluation_work.h"

#include "core/base/file.h"
#include "core/engine/describe.h"
#include "core/engine/engine_tokenizer.h"
#include "core/evaluation/result_key.h"
#include "core/evaluation/task_file.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace mambascope::ui {
namespace {

using Results = std::vector<std::shared_ptr<const EvaluationResult>>;

/// The newest of `known` that has all of the tasks as `description` wants them; null if there is none.
std::shared_ptr<const EvaluationResult>
answerAmong(const Results& known, const EvaluationResult& description, const std::vector<TaskData>& tasks) {
    const auto answer = std::find_if(known.rbegin(), known.rend(), [&](const auto& result) {
        return !result->partial && std::all_of(tasks.begin(), tasks.end(), [&](const TaskData& data) {
            return findResult(std::span(&result, 1), resultKey(description, data)) != nullptr;
        });
    });
    return answer == known.rend() ? nullptr : *answer;
}

/// Evaluates what is not known.
Result<EvaluationResult> evaluateMissing(
    Engine& engine, const Tokenizer& tokenizer, EvaluationRequest request, const Results& known,
    const EvaluationResult& description, LiveMetrics& live, const Job& job) {
    std::set<std::string> found; // names
    request.known = [&](const TaskData& data) -> std::optional<TaskResult> {
        const TaskResult* task = findResult(known, resultKey(description, data));
        if (task == nullptr) {
            return std::nullopt;
        }
        found.insert(data.name());
        return *task;
    };
    int total = 0;
    for (const TaskData& data : request.tasks) {
        const auto items = static_cast<int>(data.items.size());
        const bool isKnown = findResult(known, resultKey(description, data)) != nullptr;
        total += isKnown ? 0 : request.limit > 0 ? std::min(items, request.limit) : items;
    }
    live.begin(total);
    return evaluate(
        engine, tokenizer, request,
        [&](const TaskData& task, const TaskMetrics& running) {
            live.set(task, running, !found.contains(task.name()));
        },
        job);
}

Result<std::vector<TaskData>> readTasks(const EvaluationWork& work, BrokenLines broken, const Job& job) {
    std::vector<TaskData> tasks;
    const std::size_t total = work.tasks.size() + work.taskFiles.size();
    while (tasks.size() < total) {
        const std::size_t i = tasks.size();
        job.report("Reading tasks", i, total);
        Result<TaskData> data = i < work.tasks.size()
                                    ? loadTask(work.tasks[i], work.folder, broken)
                                    : loadTaskFile(work.taskFiles[i - work.tasks.size()], broken);
        if (!data.ok()) {
            return data.error();
        }
        tasks.push_back(std::move(data).value());
    }
    return tasks;
}

/// Nothing if leaving lines out does not help.
std::optional<BrokenData> brokenData(const EvaluationWork& work, const Error& error, const Job& job) {
    if (work.brokenLines == BrokenLines::LeaveOut || error.code != ErrorCode::Unreadable) {
        return std::nullopt;
    }
    const Result<std::vector<TaskData>> rest = readTasks(work, BrokenLines::LeaveOut, job);
    if (!rest.ok()) {
        return std::nullopt;
    }
    BrokenData broken{error};
    for (const TaskData& data : rest.value()) {
        broken.lines += data.leftOut.size();
    }
    return broken;
}

} // namespace

void LiveMetrics::begin(int total) {
    const std::scoped_lock lock(m_mutex);
    m_state.total = total;
    m_begin = std::chrono::steady_clock::now();
}

void LiveMetrics::set(const TaskData& task, const TaskMetrics& metrics, bool computed) {
    const std::scoped_lock lock(m_mutex);
    const std::string name = task.name();
    m_state.tasks[name] = {{task.task, name, task.title()}, metrics};
    if (computed) {
        m_state.done += metrics.n - std::exchange(m_done[name], metrics.n);
    }
}

LiveState LiveMetrics::get() const {
    const std::scoped_lock lock(m_mutex);
    LiveState state = m_state;
    if (m_begin) {
        state.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - *m_begin).count();
    }
    return state;
}

Result<std::shared_ptr<const Tokenizer>>
TokenizerCache::get(Engine& engine, const LoadedModel& model, const std::filesystem::path& chosen) {
    if (m_tokenizer != nullptr && m_hash == model.hash && m_chosen == chosen) {
        return m_tokenizer;
    }
    Result<std::shared_ptr<const Tokenizer>> tokenizer = tokenizerOf(engine, model, chosen);
    if (tokenizer.ok()) {
        m_tokenizer = tokenizer.value();
        m_hash = model.hash;
        m_chosen = chosen;
    }
    return tokenizer;
}

Result<EvaluationOutcome> evaluateOnEngine(
    Engine& engine, TokenizerCache& tokenizers, const EvaluationWork& work,
    const std::vector<std::shared_ptr<const EvaluationResult>>& known, LiveMetrics& live, const Job& job) {
    Result<std::vector<TaskData>> tasks = readTasks(work, work.brokenLines, job);
    if (!tasks.ok()) {
        auto broken = brokenData(work, tasks.error(), job);
        return broken ? Result<EvaluationOutcome>(EvaluationOutcome{nullptr, false, {}, std::move(broken)})
                      : tasks.error();
    }
    const Result<EngineInfo> info = engine.info();
    if (!info.ok()) {
        return info.error();
    }
    const Result<std::shared_ptr<const Tokenizer>> tokenizer =
        tokenizers.get(engine, work.model, work.tokenizer);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    EvaluationResult result;
    result.limit = work.limit;
    result.seed = work.seed;
    describeRun(result, work.model, info.value(), work.plan, work.calibrationHash, *tokenizer.value());
    if (auto answer = answerAmong(known, result, tasks.value())) {
        return EvaluationOutcome{std::move(answer), true, {}};
    }
    job.report("Quantizing", 0, 0);
    const Result<std::vector<std::string>> warnings = engine.applyPlan(work.plan, work.calibration, job);
    if (!warnings.ok()) {
        return warnings.error();
    }
    EvaluationRequest request{std::move(tasks).value(), work.limit, work.seed};
    request.earlyStop = work.earlyStop;
    Result<EvaluationResult> evaluated =
        evaluateMissing(engine, *tokenizer.value(), std::move(request), known, result, live, job);
    if (!evaluated.ok()) {
        return evaluated.error();
    }
    result.tasks = std::move(evaluated.value().tasks);
    result.tokens = evaluated.value().tokens;
    result.seconds = evaluated.value().seconds;
    result.partial = evaluated.value().partial;
    return EvaluationOutcome{
        std::make_shared<const EvaluationResult>(std::move(result)), false, warnings.value()};
}

namespace {

/// The windows of a text file as token ids.
Result<CalibrationRequest>
readWindows(Engine& engine, TokenizerCache& tokenizers, const CalibrationWork& work, const Job& job) {
    const Result<std::string> text = readFile(work.textFile);
    if (!text.ok()) {
        return text.error();
    }
    const Result<std::shared_ptr<const Tokenizer>> tokenizer =
        tokenizers.get(engine, work.model, work.tokenizer);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    job.report("Tokenizing", 0, 0);
    return textCalibration(
        *tokenizer.value(), text.value(), work.textFile.filename().string(), work.windows);
}

} // namespace

Result<std::shared_ptr<const CalibrationSnapshot>>
calibrateOnEngine(Engine& engine, TokenizerCache& tokenizers, const CalibrationWork& work, const Job& job) {
    Result<CalibrationRequest> request = readWindows(engine, tokenizers, work, job);
    if (!request.ok()) {
        return request.error();
    }
    request.value().source.rotated = work.rotated;
    Result<CalibrationSnapshot> snapshot = engine.calibrate(request.value(), job);
    if (!snapshot.ok()) {
        return snapshot.error();
    }
    return std::make_shared<const CalibrationSnapshot>(std::move(snapshot).value());
}

Result<PlanSearchResult> searchOnEngine(
    Engine& engine, TokenizerCache& tokenizers, const PlanSearchWork& work, const Job& job) {
    Result<CalibrationRequest> text = readWindows(engine, tokenizers, work.text, job);
    if (!text.ok()) {
        return text.error();
    }
    PlanSearch search = work.search;
    search.windows = std::move(text.value().windows);
    return searchPlan(engine, work.text.model.spec, search, job);
}

} // namespace mambascope::ui
