// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/evaluator.h"

#include <limits>
#include <optional>

namespace mambascope {
namespace {

constexpr int kFormat = 1;

/// Reads members of the right kind; what is missing or of another kind keeps its default.
class Members {
public:
    explicit Members(const Json& json)
        : m_json(json) {}

    std::string text(const char* name) const {
        const Json* value = find(name);
        return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
    }
    std::int64_t integer(const char* name) const {
        const Json* value = find(name);
        return value != nullptr && value->is_number_integer() ? value->get<std::int64_t>() : 0;
    }
    int count(const char* name) const {
        const std::int64_t value = integer(name);
        return value >= 0 && value <= std::numeric_limits<int>::max() ? static_cast<int>(value) : 0;
    }
    bool flag(const char* name) const {
        const Json* value = find(name);
        return value != nullptr && value->is_boolean() && value->get<bool>();
    }
    double real(const char* name) const {
        const Json* value = find(name);
        return value != nullptr ? number(*value) : 0.0;
    }
    static double number(const Json& value) {
        if (value.is_number()) {
            return value.get<double>();
        }
        if (value == "inf" || value == "-inf") {
            return value == "inf" ? std::numeric_limits<double>::infinity()
                                  : -std::numeric_limits<double>::infinity();
        }
        return std::numeric_limits<double>::quiet_NaN();
    }
    const Json* find(const char* name) const {
        const auto it = m_json.is_object() ? m_json.find(name) : m_json.end();
        return it == m_json.end() ? nullptr : &*it;
    }

private:
    const Json& m_json;
};

ItemResult readItem(const Json& json) {
    const Members members(json);
    ItemResult item;
    item.index = members.count("index");
    item.gold = members.count("gold");
    item.predicted = members.count("pred");
    item.predictedNorm = members.count("pred_norm");
    item.correct = members.flag("correct");
    item.correctNorm = members.flag("correct_norm");
    item.nonfinite = members.flag("nonfinite");
    item.greedy = members.flag("greedy");
    if (const Json* scores = members.find("scores"); scores != nullptr && scores->is_array()) {
        for (const Json& score : *scores) {
            item.scores.push_back(Members::number(score));
        }
    }
    return item;
}

/// What a task is whose name is no built-in one: it says so itself.
std::optional<Task> fileTask(const Members& members) {
    if (members.text("kind") == "greedy") {
        return Task::FileGreedy;
    }
    if (members.text("kind") != "choice") {
        return std::nullopt;
    }
    return members.text("metric") == "acc_norm" ? Task::FileChoiceNorm : Task::FileChoice;
}

TaskResult readTask(Task task, const std::string& name, const Json& json) {
    const Members members(json);
    TaskResult result;
    result.task = task;
    if (task > kTasks.back()) {
        const std::string title = members.text("title");
        result.identity = std::make_shared<const TaskIdentity>(
            TaskIdentity{name, title.empty() ? name : title, members.real("chance")});
    }
    TaskMetrics& m = result.metrics;
    m.n = members.count("n");
    m.total = members.count("total");
    m.correct = members.count("correct");
    m.correctNorm = members.count("correct_norm");
    m.accuracy = members.real("acc");
    // Not written for every task, but a plain share wherever it counts.
    m.accuracyNorm = m.n > 0 ? static_cast<double>(m.correctNorm) / m.n : 0.0;
    m.perplexity = members.real("perplexity");
    m.perplexityStandardError = members.real("perplexity_stderr");
    m.nonfinite = members.count("nonfinite");
    result.tokens = members.integer("tokens");
    result.seconds = members.real("seconds");
    result.dataHash = members.text("data_hash");
    result.note = members.text("note");
    if (const Json* stopped = members.find("stopped_early"); stopped != nullptr && stopped->is_object()) {
        result.stoppedEarly =
            StoppedEarly{Members(*stopped).real("level"), Members(*stopped).real("p_anytime")};
    }
    if (const Json* items = members.find("items"); items != nullptr && items->is_array()) {
        for (const Json& item : *items) {
            result.items.push_back(readItem(item));
        }
    }
    return result;
}

} // namespace

Result<EvaluationResult> evaluationFromJson(const Json& json, std::string_view what) {
    const Members members(json);
    const Json* tasks = members.find("tasks");
    if (tasks == nullptr || !tasks->is_object() || members.find("format") == nullptr) {
        return Error::unreadable(
            std::string(what) + " is not a result of an evaluation.",
            "Take a file that the evaluate command wrote.");
    }
    if (members.integer("format") != kFormat) {
        return Error::unreadable(
            std::string(what) + " was written by another version (its format is not 1).",
            "Evaluate again, or use the version that wrote it.");
    }
    EvaluationResult result;
    if (const Json* model = members.find("model")) {
        const Members parts(*model);
        result.modelName = parts.text("name");
        result.modelHash = parts.text("hash");
        result.engine = parts.text("engine");
        result.dtype = parts.text("dtype");
        result.device = parts.text("device");
        result.tokenizerHash = parts.text("tokenizer_hash");
    }
    if (const Json* plan = members.find("plan")) {
        result.plan = OrderedJson(*plan);
    }
    result.planName = members.text("plan_name");
    result.planHash = members.text("plan_hash");
    result.calibrationHash = members.text("calibration_hash");
    result.seed = members.integer("seed");
    result.limit = members.count("limit");
    result.tokens = members.integer("tokens");
    result.seconds = members.real("seconds");
    result.partial = members.flag("partial");
    for (const Task task : kTasks) {
        if (const auto it = tasks->find(std::string(taskName(task))); it != tasks->end()) {
            result.tasks.push_back(readTask(task, it.key(), *it));
        }
    }
    for (const auto& [name, task] : tasks->items()) {
        const std::optional<Task> kind = parseTask(name) ? std::nullopt : fileTask(Members(task));
        if (kind) {
            result.tasks.push_back(readTask(*kind, name, task));
        }
    }
    return result;
}

} // namespace mambascope
