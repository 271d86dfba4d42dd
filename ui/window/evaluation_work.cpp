// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/evaluation_work.h"

#include "core/base/file.h"
#include "core/engine/describe.h"

#include <algorithm>
#include <utility>

namespace mambascope::ui {
namespace {

/// True if `result` holds, complete, what `work` asks for on exactly this data.
bool answers(
    const EvaluationResult& result, const EvaluationWork& work, const std::vector<TaskData>& tasks,
    const std::string& engine) {
    const bool sameRun =
        !result.partial && result.modelHash == work.model.hash && result.planHash == planHash(work.plan) &&
        result.calibrationHash == work.calibrationHash && result.seed == work.seed &&
        result.limit == work.limit && result.engine == engine && result.dtype == work.model.dtype;
    return sameRun && std::all_of(tasks.begin(), tasks.end(), [&](const TaskData& data) {
               const TaskResult* task = result.find(data.task);
               return task != nullptr && task->dataHash == data.fileHash;
           });
}

Result<std::vector<TaskData>> loadTasks(const EvaluationWork& work, const Job& job) {
    std::vector<TaskData> tasks;
    for (const Task task : work.tasks) {
        job.report("Reading tasks", tasks.size(), work.tasks.size());
        Result<TaskData> data = loadTask(task, work.folder);
        if (!data.ok()) {
            return data.error();
        }
        tasks.push_back(std::move(data).value());
    }
    return tasks;
}

} // namespace

void LiveMetrics::set(Task task, const TaskMetrics& metrics) {
    const std::scoped_lock lock(m_mutex);
    m_metrics[task] = metrics;
}

std::map<Task, TaskMetrics> LiveMetrics::get() const {
    const std::scoped_lock lock(m_mutex);
    return m_metrics;
}

Result<std::shared_ptr<const Tokenizer>>
TokenizerCache::get(Engine& engine, const LoadedModel& model, const std::filesystem::path& chosen) {
    if (m_tokenizer != nullptr && m_hash == model.hash && m_chosen == chosen) {
        return m_tokenizer;
    }
    const auto make = [&]() -> Result<std::shared_ptr<const Tokenizer>> {
        if (!chosen.empty()) {
            return openTokenizerFor(chosen, model.spec.vocabulary);
        }
        const Result<std::string> json = engine.tokenizerJson();
        return json.ok() ? Tokenizer::fromJson(json.value(), "tokenizer.json") : json.error();
    };
    Result<std::shared_ptr<const Tokenizer>> tokenizer = make();
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
    Result<std::vector<TaskData>> tasks = loadTasks(work, job);
    if (!tasks.ok()) {
        return tasks.error();
    }
    const Result<EngineInfo> info = engine.info();
    if (!info.ok()) {
        return info.error();
    }
    const std::string name = engineName(info.value());
    for (const auto& result : known) {
        if (answers(*result, work, tasks.value(), name)) {
            return EvaluationOutcome{result, true, {}};
        }
    }
    const Result<std::shared_ptr<const Tokenizer>> tokenizer =
        tokenizers.get(engine, work.model, work.tokenizer);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    job.report("Quantizing", 0, 0);
    const Result<std::vector<std::string>> warnings = engine.applyPlan(work.plan, work.calibration, job);
    if (!warnings.ok()) {
        return warnings.error();
    }
    const EvaluationRequest request{std::move(tasks).value(), work.limit, work.seed};
    Result<EvaluationResult> evaluated = evaluate(
        engine, *tokenizer.value(), request,
        [&live](Task task, const TaskMetrics& running) { live.set(task, running); }, job);
    if (!evaluated.ok()) {
        return evaluated.error();
    }
    EvaluationResult result = std::move(evaluated).value();
    describeRun(result, work.model, info.value(), work.plan, work.calibrationHash);
    return EvaluationOutcome{
        std::make_shared<const EvaluationResult>(std::move(result)), false, warnings.value()};
}

Result<std::shared_ptr<const CalibrationSnapshot>>
calibrateOnEngine(Engine& engine, TokenizerCache& tokenizers, const CalibrationWork& work, const Job& job) {
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
    const Result<CalibrationRequest> request =
        textCalibration(*tokenizer.value(), text.value(), work.textFile.filename().string(), work.windows);
    if (!request.ok()) {
        return request.error();
    }
    Result<CalibrationSnapshot> snapshot = engine.calibrate(request.value(), job);
    if (!snapshot.ok()) {
        return snapshot.error();
    }
    return std::make_shared<const CalibrationSnapshot>(std::move(snapshot).value());
}

} // namespace mambascope::ui
