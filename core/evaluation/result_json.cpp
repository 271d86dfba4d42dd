// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/comparison.h"
#include "core/evaluation/evaluator.h"
#include "core/evaluation/result_numbers.h"

namespace mambascope {
namespace {

constexpr int kFormat = 1;

OrderedJson itemJson(const ItemResult& item, Task task) {
    OrderedJson json{
        {"index", item.index}, {"gold", item.gold}, {"pred", item.predicted}, {"correct", item.correct}};
    if (isGreedyTask(task)) {
        json["greedy"] = item.greedy;
    } else {
        json["pred_norm"] = item.predictedNorm;
        json["correct_norm"] = item.correctNorm;
    }
    json["scores"] = jsonReals(item.scores);
    if (item.nonfinite) {
        json["nonfinite"] = true;
    }
    return json;
}

void addPaired(OrderedJson& json, const PairedComparison& paired, bool fixedSize) {
    json["delta"] = paired.delta;
    json["gained"] = paired.gained;
    json["lost"] = paired.lost;
    if (fixedSize) { // else the number of items is no longer independent of what they showed
        json["p_mcnemar"] = paired.pMcNemar;
    }
}

void addComparison(
    OrderedJson& json, const EvaluationResult& result, const TaskResult& task,
    const EvaluationResult& baseline) {
    const TaskResult* before = baseline.counterpart(task);
    if (before == nullptr) {
        return;
    }
    const std::optional<TaskComparison> compared = compareTask(task, *before);
    if (!compared) {
        if (const auto shared = sharedItems(result, task, baseline)) { // whose items are not known
            json["delta"] = shared->accuracy - shared->baselineAccuracy;
        }
        return;
    }
    const bool fixedSize = !task.stoppedEarly && !before->stoppedEarly;
    addPaired(json, compared->published, fixedSize);
    json["common"] = compared->published.common;
    json["delta_interval"] = jsonBounds(compared->publishedInterval);
    if (compared->other) {
        OrderedJson other{{"metric", publishedMetric(task.task) == "acc" ? "acc_norm" : "acc"}};
        addPaired(other, *compared->other, fixedSize);
        json["other"] = std::move(other);
    }
    if (compared->perplexityDelta) {
        json["perplexity_delta"] = jsonReal(*compared->perplexityDelta);
    }
    if (compared->perplexityInterval) {
        json["perplexity_delta_interval"] = jsonBounds(*compared->perplexityInterval);
    }
}

void addAccuracy(OrderedJson& json, const std::string& name, double share, int n) {
    json[name] = share;
    json[name + "_stderr"] = accuracyStandardError(share, n);
    json[name + "_interval"] = jsonBounds(wilsonInterval(share, n));
}

OrderedJson taskJson(
    const EvaluationResult& result, const TaskResult& task, const EvaluationResult* baseline, bool items) {
    const TaskMetrics& m = task.metrics;
    OrderedJson json{{"n", m.n}, {"total", m.total}, {"metric", publishedMetric(task.task)}};
    if (task.identity) {
        json["title"] = task.title();
        json["kind"] = isGreedyTask(task.task) ? "greedy" : "choice";
    }
    json["chance"] = task.chance();
    addAccuracy(json, "acc", m.accuracy, m.n);
    json["correct"] = m.correct;
    if (hasNormMetric(task.task)) {
        addAccuracy(json, "acc_norm", m.accuracyNorm, m.n);
    }
    if (isGreedyTask(task.task)) {
        json["perplexity"] = jsonReal(m.perplexity);
        json["perplexity_stderr"] = jsonReal(m.perplexityStandardError);
    } else {
        json["correct_norm"] = m.correctNorm;
    }
    json["nonfinite"] = m.nonfinite;
    json["tokens"] = task.tokens;
    json["seconds"] = task.seconds;
    json["data_hash"] = task.dataHash;
    if (task.stoppedEarly) {
        json["stopped_early"] = {{"level", task.stoppedEarly->level}, {"p_anytime", task.stoppedEarly->p}};
    }
    if (!task.note.empty()) {
        json["note"] = task.note;
    }
    if (baseline != nullptr) {
        addComparison(json, result, task, *baseline);
    }
    if (items) {
        json["items"] = OrderedJson::array();
        for (const ItemResult& item : task.items) {
            json["items"].push_back(itemJson(item, task.task));
        }
    }
    return json;
}

void addBaseline(OrderedJson& json, const EvaluationResult& result, const EvaluationResult& baseline) {
    if (const auto average = compareAverage(result, baseline)) {
        json["average_delta"] = average->delta;
        json["average_delta_interval"] = jsonBounds(average->interval);
    }
    json["baseline"] = {
        {"plan_name", baseline.planName},
        {"plan_hash", baseline.planHash},
        {"model_hash", baseline.modelHash},
        {"bootstrap_resamples", kBootstrapResamples},
        {"bootstrap_seed", kBootstrapSeed}};
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
    if (!result.tokenizerHash.empty()) {
        json["model"]["tokenizer_hash"] = result.tokenizerHash;
    }
    json["plan"] = result.plan;
    json["plan_name"] = result.planName;
    json["plan_hash"] = result.planHash;
    json["calibration_hash"] = result.calibrationHash;
    json["seed"] = result.seed;
    json["limit"] = result.limit;
    json["tasks"] = OrderedJson::object();
    for (const TaskResult& task : result.tasks) {
        json["tasks"][task.name()] = taskJson(result, task, baseline, items);
    }
    json["average"] = result.average();
    if (baseline != nullptr) {
        addBaseline(json, result, *baseline);
    }
    json["nonfinite"] = result.nonfinite();
    json["tokens"] = result.tokens;
    json["seconds"] = result.seconds;
    json["partial"] = result.partial;
    return json;
}

std::string examplesToJsonLines(const EvaluationResult& result) {
    std::string lines;
    for (const TaskResult& task : result.tasks) {
        for (const ItemResult& item : task.items) {
            OrderedJson json{{"task", task.name()},   {"index", item.index},
                             {"gold", item.gold},     {"scores", jsonReals(item.scores)},
                             {"greedy", item.greedy}, {"pred", item.predicted}};
            if (hasNormMetric(task.task)) {
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
        {"log_likelihood", jsonReal(result.logLikelihood)}};
    if (document) {
        json["words"] = result.words;
        json["bytes"] = result.bytes;
        json["word_perplexity"] = jsonReal(result.wordPerplexity);
        json["byte_perplexity"] = jsonReal(result.bytePerplexity);
        json["bits_per_byte"] = jsonReal(result.bitsPerByte);
    } else {
        json["token_perplexity"] = jsonReal(result.tokenPerplexity);
    }
    return json;
}

} // namespace mambascope
