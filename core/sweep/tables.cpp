// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sweep/tables.h"

#include "core/base/csv.h"
#include "core/base/number_text.h"
#include "core/evaluation/comparison.h"
#include "core/evaluation/result_numbers.h"
#include "core/sweep/published.h"
#include "core/sweep/table_layout.h"

#include <cstdio>

namespace mambascope {
namespace {

const char* metricName(Metric metric) {
    return metric == Metric::AccuracyNorm ? "acc_norm" : "acc";
}

OrderedJson printedJson(std::span<const PublishedValue> values) {
    OrderedJson json = OrderedJson::object();
    for (const PublishedValue& value : values) {
        json[std::string(taskName(value.task))] = {{metricName(value.metric), value.percent}};
    }
    return json;
}

OrderedJson rowJson(const SweepGroup& group, const EvaluationResult& row) {
    const bool first = &row == &group.rows.front();
    OrderedJson json = toJson(row, first ? nullptr : &group.rows.front(), false);
    for (const char* shared : {"format", "model", "seed", "limit", "seconds", "partial"}) {
        json.erase(shared); // said once, or no matter of the result
    }
    for (auto& [name, task] : json["tasks"].items()) {
        task.erase("seconds");
        task["title"] = row.find(name)->title();
    }
    if (const auto values = publishedValues(group.model, row.planName); !values.empty()) {
        json["printed"] = {
            {"source", "arXiv 2407.12397, Table 1"}, {"unit", "per cent"}, {"values", printedJson(values)}};
    }
    return json;
}

struct CsvLine {
    std::string checkpoint, plan, task;
    const TaskResult* result;
    const TaskResult* before;
    std::string printed;
};

std::string accuracyLine(const CsvLine& line, Metric metric) {
    const TaskMetrics& m = line.result->metrics;
    const double p = metric == Metric::AccuracyNorm ? m.accuracyNorm : m.accuracy;
    const Interval interval = wilsonInterval(p, m.n);
    const bool published = publishedMetric(line.result->task) == metricName(metric);
    std::string text = csvField(line.checkpoint) + "," + csvField(line.plan) + "," + line.task + "," +
                       metricName(metric) + "," + (published ? "1" : "0") + "," + std::to_string(m.n) + "," +
                       shortestText(p) + "," + shortestText(accuracyStandardError(p, m.n)) + "," +
                       shortestText(interval.low) + "," + shortestText(interval.high);
    if (line.before == nullptr) {
        text += ",,,,,,";
    } else {
        const PairedComparison paired = comparePaired(metric, line.result->items, line.before->items);
        const auto compared = published ? compareTask(*line.result, *line.before) : std::nullopt;
        text += "," + shortestText(paired.delta) + "," +
                (compared ? shortestText(compared->publishedInterval.low) + "," +
                                shortestText(compared->publishedInterval.high)
                          : std::string(",")) +
                "," + std::to_string(paired.gained) + "," + std::to_string(paired.lost) + "," +
                shortestText(paired.pMcNemar);
    }
    return text + "," + std::to_string(m.nonfinite) + "," +
           (published ? shortestText(line.result->chance()) : std::string()) + "," + line.printed + "\n";
}

std::string perplexityLine(const CsvLine& line) {
    const TaskMetrics& m = line.result->metrics;
    std::string text = csvField(line.checkpoint) + "," + csvField(line.plan) + "," + line.task +
                       ",perplexity,0," + std::to_string(m.n) + "," + shortestText(m.perplexity) + "," +
                       shortestText(m.perplexityStandardError) + ",,";
    const auto compared = line.before == nullptr ? std::nullopt : compareTask(*line.result, *line.before);
    if (compared && compared->perplexityDelta) {
        const auto& interval = compared->perplexityInterval;
        text +=
            "," + shortestText(*compared->perplexityDelta) + "," +
            (interval ? shortestText(interval->low) + "," + shortestText(interval->high) : std::string(",")) +
            ",,,";
    } else {
        text += ",,,,,,";
    }
    return text + "," + std::to_string(m.nonfinite) + ",,\n";
}

std::string printedValue(std::span<const PublishedValue> values, Task task, Metric metric) {
    for (const PublishedValue& value : values) {
        if (value.task == task && value.metric == metric) {
            char buffer[32];
            std::snprintf(
                buffer, sizeof buffer, "%.4f", value.percent / 100); // it was printed with two digits
            return buffer;
        }
    }
    return {};
}

std::string csvOf(const SweepGroup& group, const EvaluationResult& row) {
    const bool first = &row == &group.rows.front();
    const auto printed = publishedValues(group.model, row.planName);
    std::string text;
    for (const TaskResult& task : row.tasks) {
        CsvLine line{group.model.name, row.planName, task.name(), &task, nullptr, {}};
        line.before = first ? nullptr : group.rows.front().counterpart(task);
        line.printed = printedValue(printed, task.task, Metric::Accuracy);
        text += accuracyLine(line, Metric::Accuracy);
        if (hasNormMetric(task.task)) {
            line.printed = printedValue(printed, task.task, Metric::AccuracyNorm);
            text += accuracyLine(line, Metric::AccuracyNorm);
        }
        if (isGreedyTask(task.task)) {
            text += perplexityLine(line);
        }
    }
    return text;
}

} // namespace

OrderedJson sweepJson(const SweepRequest& request, std::span<const SweepGroup> groups) {
    OrderedJson json{
        {"format", 1},
        {"recipe", request.recipe.name},
        {"title", request.recipe.title},
        {"seed", request.seed},
        {"limit", request.limit}};
    json["checkpoints"] = OrderedJson::array();
    for (const SweepGroup& group : groups) {
        OrderedJson checkpoint{
            {"name", group.model.name},
            {"hash", group.model.hash},
            {"parameters", group.model.spec.parameterCount()},
            {"dtype", group.model.dtype},
            {"calibration_hash", group.calibrationHash}};
        if (!group.rows.empty()) {
            checkpoint["engine"] = group.rows.front().engine;
            checkpoint["device"] = group.rows.front().device;
        }
        checkpoint["plans"] = OrderedJson::array();
        for (const EvaluationResult& row : group.rows) {
            checkpoint["plans"].push_back(rowJson(group, row));
        }
        json["checkpoints"].push_back(std::move(checkpoint));
    }
    json["notes"] = layoutTable(request, groups).notes;
    return json;
}

std::string sweepCsv(const SweepRequest&, std::span<const SweepGroup> groups) {
    std::string text = "checkpoint,plan,task,metric,published,n,value,stderr,low,high,delta,delta_low,delta_"
                       "high,gained,lost,"
                       "p_mcnemar,nonfinite,chance,printed\n";
    for (const SweepGroup& group : groups) {
        for (const EvaluationResult& row : group.rows) {
            text += csvOf(group, row);
        }
    }
    return text;
}

} // namespace mambascope
