// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/session_diff.h"

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
    compare("computed in", from.dtype, to.dtype);
    compare("device", from.device, to.device);
    compare("stopped before its end", from.partial ? "yes" : "no", to.partial ? "yes" : "no");
    for (const TaskResult& task : from.tasks) {
        const TaskResult* other = to.find(task.task);
        if (other != nullptr && other->dataHash != task.dataHash) {
            lines.push_back(
                std::string(taskDisplayName(task.task)) +
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
    if (task == Task::Lambada) {
        json["perplexity"] = number(metrics.perplexity);
    }
    if (metrics.nonfinite > 0) {
        json["nonfinite"] = metrics.nonfinite;
    }
    return json;
}

std::vector<std::string> namesOf(const std::vector<Task>& tasks) {
    std::vector<std::string> names;
    for (const Task task : tasks) {
        names.emplace_back(taskName(task));
    }
    return names;
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
    for (const Task task : kTasks) {
        const TaskResult* a = from.find(task);
        const TaskResult* b = to.find(task);
        if (a != nullptr && b != nullptr) {
            // Items of different files cannot be paired.
            const bool paired = a->dataHash == b->dataHash;
            difference.tasks.push_back(
                {task, a->metrics, b->metrics,
                 paired ? comparePaired(task, b->items, a->items) : PairedComparison{}});
        } else if (a != nullptr) {
            difference.onlyFrom.push_back(task);
        } else if (b != nullptr) {
            difference.onlyTo.push_back(task);
        }
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
            {"metric", publishedMetric(task.task)},
            {"from", metricsToJson(task.from, task.task)},
            {"to", metricsToJson(task.to, task.task)}};
        if (paired.common > 0) {
            entry["common"] = paired.common;
            entry["delta"] = paired.delta;
            entry["gained"] = paired.gained;
            entry["lost"] = paired.lost;
            entry["p_mcnemar"] = paired.pMcNemar;
        } else {
            entry["delta"] = task.to.published(task.task) - task.from.published(task.task);
        }
        tasks[std::string(taskName(task.task))] = std::move(entry);
    }
    OrderedJson json{
        {"plan", difference.plan}, {"conditions", difference.conditions}, {"tasks", std::move(tasks)}};
    if (difference.sameTasks) {
        json["average"] = {
            {"from", number(difference.averageFrom)},
            {"to", number(difference.averageTo)},
            {"delta", number(difference.averageTo - difference.averageFrom)}};
    } else {
        json["only_from"] = namesOf(difference.onlyFrom);
        json["only_to"] = namesOf(difference.onlyTo);
    }
    return json;
}

} // namespace mambascope
