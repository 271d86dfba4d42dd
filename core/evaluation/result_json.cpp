// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/evaluator.h"

#include <cmath>
#include <limits>

namespace mambascope {
namespace {

constexpr int kFormat = 1;

bool hasNorm(Task task) {
    return task == Task::HellaSwag || task == Task::Piqa;
}

/// JSON has no infinities: they are written as "inf", "-inf" and "nan".
OrderedJson real(double value) {
    if (std::isfinite(value)) {
        return value;
    }
    return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

OrderedJson reals(const std::vector<double>& values) {
    OrderedJson list = OrderedJson::array();
    for (const double value : values) {
        list.push_back(real(value));
    }
    return list;
}

OrderedJson itemJson(const ItemResult& item, Task task) {
    OrderedJson json{
        {"index", item.index}, {"gold", item.gold}, {"pred", item.predicted}, {"correct", item.correct}};
    if (task == Task::Lambada) {
        json["greedy"] = item.greedy;
    } else {
        json["pred_norm"] = item.predictedNorm;
        json["correct_norm"] = item.correctNorm;
    }
    json["scores"] = reals(item.scores);
    if (item.nonfinite) {
        json["nonfinite"] = true;
    }
    return json;
}

void addComparison(OrderedJson& json, const TaskResult& task, const EvaluationResult& baseline) {
    const TaskResult* before = baseline.find(task.task);
    if (before == nullptr) {
        return;
    }
    const PairedComparison paired = comparePaired(task.task, task.items, before->items);
    if (paired.common == 0) {
        json["delta"] = task.metrics.published(task.task) - before->metrics.published(task.task);
        return;
    }
    json["delta"] = paired.delta;
    json["gained"] = paired.gained;
    json["lost"] = paired.lost;
    json["p_mcnemar"] = paired.pMcNemar;
    json["common"] = paired.common;
}

OrderedJson taskJson(const TaskResult& task, const EvaluationResult* baseline, bool items) {
    const TaskMetrics& m = task.metrics;
    OrderedJson json{
        {"n", m.n},
        {"total", m.total},
        {"acc", m.accuracy},
        {"acc_stderr", accuracyStandardError(m.accuracy, m.n)},
        {"correct", m.correct}};
    if (hasNorm(task.task)) {
        json["acc_norm"] = m.accuracyNorm;
        json["acc_norm_stderr"] = accuracyStandardError(m.accuracyNorm, m.n);
    }
    if (task.task == Task::Lambada) {
        json["perplexity"] = real(m.perplexity);
        json["perplexity_stderr"] = real(m.perplexityStandardError);
    } else {
        json["correct_norm"] = m.correctNorm;
    }
    json["nonfinite"] = m.nonfinite;
    json["tokens"] = task.tokens;
    json["seconds"] = task.seconds;
    json["data_hash"] = task.dataHash;
    if (!task.note.empty()) {
        json["note"] = task.note;
    }
    if (baseline != nullptr) {
        addComparison(json, task, *baseline);
    }
    if (items) {
        json["items"] = OrderedJson::array();
        for (const ItemResult& item : task.items) {
            json["items"].push_back(itemJson(item, task.task));
        }
    }
    return json;
}

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

TaskResult readTask(Task task, const Json& json) {
    const Members members(json);
    TaskResult result;
    result.task = task;
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
    if (const Json* items = members.find("items"); items != nullptr && items->is_array()) {
        for (const Json& item : *items) {
            result.items.push_back(readItem(item));
        }
    }
    return result;
}

} // namespace

OrderedJson toJson(const EvaluationResult& result, const EvaluationResult* baseline, bool items) {
    OrderedJson json;
    json["format"] = kFormat;
    json["model"] = {
        {"name", result.modelName},
        {"engine", result.engine},
        {"dtype", result.dtype},
        {"device", result.device},
        {"hash", result.modelHash}};
    json["plan"] = result.plan;
    json["plan_name"] = result.planName;
    json["plan_hash"] = result.planHash;
    json["calibration_hash"] = result.calibrationHash;
    json["seed"] = result.seed;
    json["limit"] = result.limit;
    json["tasks"] = OrderedJson::object();
    for (const TaskResult& task : result.tasks) {
        json["tasks"][std::string(taskName(task.task))] = taskJson(task, baseline, items);
    }
    json["average"] = result.average();
    json["nonfinite"] = result.nonfinite();
    json["tokens"] = result.tokens;
    json["seconds"] = result.seconds;
    json["partial"] = result.partial;
    return json;
}

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
            result.tasks.push_back(readTask(task, *it));
        }
    }
    return result;
}

std::string examplesToJsonLines(const EvaluationResult& result) {
    std::string lines;
    for (const TaskResult& task : result.tasks) {
        for (const ItemResult& item : task.items) {
            OrderedJson json{{"task", taskName(task.task)}, {"index", item.index},
                             {"gold", item.gold},           {"scores", reals(item.scores)},
                             {"greedy", item.greedy},       {"pred", item.predicted}};
            if (hasNorm(task.task)) {
                json["pred_norm"] = item.predictedNorm;
            }
            lines += json.dump() + "\n";
        }
    }
    return lines;
}

OrderedJson toJson(const PerplexityResult& result) {
    const bool document = result.method == PerplexityMethod::Document;
    OrderedJson json{
        {"method", document ? "document" : "contiguous"},
        {"window", result.window},
        {"tokens", result.tokens},
        {"windows", result.windows},
        {"log_likelihood", real(result.logLikelihood)}};
    if (document) {
        json["words"] = result.words;
        json["bytes"] = result.bytes;
        json["word_perplexity"] = real(result.wordPerplexity);
        json["byte_perplexity"] = real(result.bytePerplexity);
        json["bits_per_byte"] = real(result.bitsPerByte);
    } else {
        json["token_perplexity"] = real(result.tokenPerplexity);
    }
    return json;
}

} // namespace mambascope
