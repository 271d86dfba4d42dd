// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/session_diff.h"

#include "core/evaluation/comparison.h"

#include <cmath>

namespace mambascope {
namespace {

std::string orNone(const std::string& text) {
    return text.empty() ? "none" : text;
}

std::vector<std::string> conditionsOf(const EvaluationResult& from, const EvaluationResult& to) {
    std::vector<std::string> lines;
    const auto compare = [&lines](const char* what, const std::string& a, const std::string& b) {
        if (a != b) {
            lines.push_back(std::string(what) + ": " + orNone(a) + " → " + orNone(b));
        }
    };
    const auto items = [](const EvaluationResult& result) {
        return result.limit == 0 ? std::string("all") : std::to_string(result.limit);
    };
    compare("calibration", from.calibrationHash, to.calibrationHash);
    compare("items a task", items(from), items(to));
    compare("seed", std::to_string(from.seed), std::to_string(to.seed));
    compare("engine", from.engine, to.engine);
    compare("tokenizer", from.tokenizerHash, to.tokenizerHash);
    compare("computed in", from.dtype, to.dtype);
    compare("device", from.device, to.device);
    compare("stopped before its end", from.partial ? "yes" : "no", to.partial ? "yes" : "no");
    for (const TaskResult& task : from.tasks) {
        const TaskResult* other = to.find(task.name());
        if (other != nullptr && other->dataHash != task.dataHash) {
            lines.push_back(
                task.title() +
                ": the data files differ, so rows of the same number need not be the same item");
        }
    }
    return lines;
}

/// null for what JSON has no number for.
OrderedJson number(double value) {
    return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr);
}

OrderedJson metricsToJson(const TaskMetrics& metrics, Task task) {
    const double p = metrics.published(task);
    OrderedJson json{
        {"n", metrics.n},
        {std::string(publishedMetric(task)), p},
        {"stderr", accuracyStandardError(p, metrics.n)}};
    if (isGreedyTask(task)) {
        json["perplexity"] = number(metrics.perplexity);
    }
    if (metrics.nonfinite > 0) {
        json["nonfinite"] = metrics.nonfinite;
    }
    return json;
}

} // namespace

Result<QuantPlan> planOf(const EvaluationResult& result) {
    if (result.plan.is_null()) {
        return QuantPlan();
    }
    return planFromJson(
        Json::parse(result.plan.dump(-1, ' ', false, OrderedJson::error_handler_t::replace)),
        "of the run " + result.planName);
}

Result<RunDifference> compareRuns(const EvaluationResult& from, const EvaluationResult& to, int layers) {
    const auto planFrom = planOf(from);
    if (!planFrom.ok()) {
        return planFrom.error();
    }
    const auto planTo = planOf(to);
    if (!planTo.ok()) {
        return planTo.error();
    }
    RunDifference difference;
    difference.plan = planDiff(planFrom.value(), planTo.value(), layers);
    difference.conditions = conditionsOf(from, to);
    difference.averageFrom = from.average();
    difference.averageTo = to.average();
    if (const auto average = sharedAverage(to, from)) {
        difference.averageDelta = average->average - average->baseline;
    }
    const EvaluationResult* const both[] = {&from, &to};
    for (const TaskLabel& label : taskLabels(both)) {
        const TaskResult* a = from.find(label.name);
        const TaskResult* b = to.find(label.name);
        if (a == nullptr || b == nullptr) {
            (b == nullptr ? difference.onlyFrom : difference.onlyTo).push_back(label.name);
            continue;
        }
        TaskDifference task{label, a->metrics, b->metrics, {}, 1, {}};
        if (a->dataHash == b->dataHash) { // items of different files cannot be paired
            task.paired = comparePaired(label.task, b->items, a->items);
            task.p = shownP(*b, *a, task.paired);
            if (const auto shared = sharedItems(to, *b, from)) {
                task.delta = shared->accuracy - shared->baselineAccuracy;
            }
        }
        difference.tasks.push_back(std::move(task));
    }
    difference.sameTasks = difference.onlyFrom.empty() && difference.onlyTo.empty();
    return difference;
}

Result<RunDifference> compareRuns(const Session& session, RunId from, RunId to) {
    const auto a = session.result(from);
    if (!a.ok()) {
        return a.error();
    }
    const auto b = session.result(to);
    if (!b.ok()) {
        return b.error();
    }
    const int layers = session.checkpoint() ? session.checkpoint()->spec.layers : 0;
    return compareRuns(*a.value(), *b.value(), layers);
}

OrderedJson toJson(const RunDifference& difference) {
    OrderedJson tasks = OrderedJson::object();
    for (const TaskDifference& task : difference.tasks) {
        const PairedComparison& paired = task.paired;
        OrderedJson entry{
            {"metric", publishedMetric(task.label.task)},
            {"from", metricsToJson(task.from, task.label.task)},
            {"to", metricsToJson(task.to, task.label.task)}};
        if (paired.common > 0) {
            entry["common"] = paired.common;
            entry["delta"] = *task.delta;
            entry["gained"] = paired.gained;
            entry["lost"] = paired.lost;
            entry[task.p == paired.pMcNemar ? "p_mcnemar" : "p_anytime"] = task.p;
        } else if (task.delta) {
            entry["delta"] = *task.delta;
        }
        tasks[task.label.name] = std::move(entry);
    }
    OrderedJson json{
        {"plan", difference.plan}, {"conditions", difference.conditions}, {"tasks", std::move(tasks)}};
    if (difference.sameTasks) {
        json["average"] = {{"from", number(difference.averageFrom)}, {"to", number(difference.averageTo)}};
        if (difference.averageDelta) {
            json["average"]["delta"] = number(*difference.averageDelta);
        }
    } else {
        json["only_from"] = difference.onlyFrom;
        json["only_to"] = difference.onlyTo;
    }
    return json;
}

} // namespace mambascope
