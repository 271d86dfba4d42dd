// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/comparison.h"
#include "core/evaluation/evaluator.h"

#include "core/evaluation/text.h"

#include <algorithm>
#include <cstdio>

namespace mambascope {
namespace {

std::string number(double value, const char* format) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}

std::string inCell(std::string_view text) {
    return replaced(replaced(text, "|", "\\|"), "\n", " ");
}

std::string columnName(const EvaluationResult& result) {
    const std::string& given = result.planName.empty() ? result.modelName : result.planName;
    const std::string name = inCell(given.empty() ? "result" : given);
    return result.partial ? name + " (partial)" : name;
}

std::string percent(double share, const char* format = "%.2f") {
    return number(100 * share, format);
}

enum class RowKind { Accuracy, AccuracyNorm, Perplexity };

const char* metricName(RowKind kind) {
    return kind == RowKind::Accuracy ? "acc" : kind == RowKind::AccuracyNorm ? "acc_norm" : "perplexity";
}

/// A task of a result, and the result that it is compared with, null for the first one.
struct Compared {
    const EvaluationResult& result;
    const TaskResult& task;
    const EvaluationResult* first;
};

/// " (+1.20, +9 −3, p = 0.146)" on the items that both have; without the changes where items are not known,
/// and nothing if the two share none.
std::string accuracyDifference(const Compared& compared, RowKind kind) {
    const TaskResult& task = compared.task;
    const TaskResult* first = compared.first == nullptr ? nullptr : compared.first->counterpart(task);
    if (first == nullptr) {
        return {};
    }
    const Metric metric = kind == RowKind::AccuracyNorm ? Metric::AccuracyNorm : Metric::Accuracy;
    const PairedComparison paired = comparePaired(metric, task.items, first->items);
    if (paired.common > 0) {
        return std::string(" (") + percent(paired.delta, "%+.2f") + ", +" + std::to_string(paired.gained) +
               " −" + std::to_string(paired.lost) + ", p = " + number(shownP(task, *first, paired), "%.2g") +
               ")";
    }
    const auto shared = sharedItems(compared.result, task, *compared.first);
    if (!shared || metricName(kind) != publishedMetric(task.task)) {
        return {};
    }
    return " (" + percent(shared->accuracy - shared->baselineAccuracy, "%+.2f") + ")";
}

std::string perplexityDifference(const Compared& compared) {
    const auto shared = compared.first == nullptr
                            ? std::nullopt
                            : sharedItems(compared.result, compared.task, *compared.first);
    return shared ? " (" + number(shared->perplexity - shared->baselinePerplexity, "%+.3g") + ")"
                  : std::string();
}

std::string cell(const Compared& compared, RowKind kind) {
    const TaskMetrics& m = compared.task.metrics;
    if (kind == RowKind::Perplexity) {
        return number(m.perplexity, "%.4g") + " ± " + number(m.perplexityStandardError, "%.2g") +
               perplexityDifference(compared);
    }
    const double p = kind == RowKind::AccuracyNorm ? m.accuracyNorm : m.accuracy;
    const Interval interval = wilsonInterval(p, m.n);
    return percent(p) + " ± " + percent(accuracyStandardError(p, m.n)) + " [" +
           percent(interval.low, "%.1f") + ", " + percent(interval.high, "%.1f") + "]" +
           accuracyDifference(compared, kind);
}

using Results = std::span<const EvaluationResult* const>;

std::string row(Results results, const TaskResult& task, RowKind kind) {
    std::string cells;
    int most = 0;
    for (const EvaluationResult* result : results) {
        const TaskResult* found = result->counterpart(task);
        const EvaluationResult* first = result == results.front() ? nullptr : results.front();
        cells += std::string(" ") +
                 (found == nullptr ? std::string("–") : cell({*result, *found, first}, kind)) + " |";
        most = std::max(most, found == nullptr ? 0 : found->metrics.n);
    }
    const bool published = metricName(kind) == publishedMetric(task.task);
    const std::string mark = published ? "**" : "";
    const std::string metric = mark + metricName(kind) + mark;
    const std::string chance = published ? percent(task.chance(), "%.1f") : std::string();
    return std::string("| ") + inCell(task.title()) + " | " + metric + " | " + std::to_string(most) + " | " +
           chance + " |" + cells + "\n";
}

/// One of every task on the same data that some result has, in the order in which they appear.
std::vector<const TaskResult*> distinctTasks(Results results) {
    std::vector<const TaskResult*> tasks;
    for (const EvaluationResult* result : results) {
        for (const TaskResult& task : result->tasks) {
            const bool seen = std::any_of(tasks.begin(), tasks.end(), [&](const TaskResult* other) {
                return other->task == task.task && other->name() == task.name() &&
                       (other->dataHash.empty() || task.dataHash.empty() || other->dataHash == task.dataHash);
            });
            if (!seen && task.metrics.n > 0) {
                tasks.push_back(&task);
            }
        }
    }
    return tasks;
}

std::string averageCell(const EvaluationResult& result, const EvaluationResult* first) {
    std::string text = percent(result.average());
    if (first != nullptr) {
        if (const auto average = compareAverage(result, *first)) {
            text += " (" + percent(average->delta, "%+.2f") + " [" + percent(average->interval.low, "%+.2f") +
                    ", " + percent(average->interval.high, "%+.2f") + "])";
        }
    }
    return text;
}

std::string notes(std::span<const EvaluationResult* const> results) {
    std::vector<std::string> seen;
    for (const EvaluationResult* result : results) {
        for (const TaskResult& task : result->tasks) {
            if (!task.note.empty() && std::find(seen.begin(), seen.end(), task.note) == seen.end()) {
                seen.push_back(task.note);
            }
        }
    }
    std::string text;
    for (const std::string& note : seen) {
        text += "\n" + note + "\n";
    }
    return text;
}

} // namespace

std::string toMarkdown(std::span<const EvaluationResult* const> results) {
    if (results.empty()) {
        return {};
    }
    std::string table = "| task | metric | n | chance |";
    std::string rule = "| --- | --- | ---: | ---: |";
    std::string averages = "| average of the bold | | | |";
    std::string nonfinite = "| items with a non-finite score | | | |";
    for (const EvaluationResult* result : results) {
        const EvaluationResult* first = result == results.front() ? nullptr : results.front();
        table += std::string(" ") + columnName(*result) + " |";
        rule += " ---: |";
        averages += std::string(" ") + averageCell(*result, first) + " |";
        nonfinite += std::string(" ") + std::to_string(result->nonfinite()) + " |";
    }
    table += "\n" + rule + "\n";
    for (const TaskResult* task : distinctTasks(results)) {
        table += row(results, *task, RowKind::Accuracy);
        if (hasNormMetric(task->task)) {
            table += row(results, *task, RowKind::AccuracyNorm);
        }
        if (isGreedyTask(task->task)) {
            table += row(results, *task, RowKind::Perplexity);
        }
    }
    return table + averages + "\n" + nonfinite + "\n" + notes(results);
}

} // namespace mambascope
