// SPDX-License-Identifier: GPL-3.0-or-later
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

std::string columnName(const EvaluationResult& result) {
    std::string name = result.planName.empty() ? result.modelName : result.planName;
    name = replaced(replaced(name.empty() ? "result" : name, "|", "\\|"), "\n", " ");
    return result.partial ? name + " (partial)" : name;
}

std::string accuracyCell(const TaskResult& task, const TaskResult* first) {
    const double p = task.metrics.published(task.task);
    std::string cell =
        number(100 * p, "%.2f") + " ± " + number(100 * accuracyStandardError(p, task.metrics.n), "%.2f");
    if (first != nullptr) {
        const PairedComparison paired = comparePaired(task.task, task.items, first->items);
        const double delta = paired.common > 0 ? paired.delta : p - first->metrics.published(task.task);
        cell += " (" + number(100 * delta, "%+.2f") + ")";
    }
    return cell;
}

std::string perplexityCell(const TaskResult& task, const TaskResult* first) {
    std::string cell = number(task.metrics.perplexity, "%.4g") + " ± " +
                       number(task.metrics.perplexityStandardError, "%.2g");
    if (first != nullptr) {
        cell += " (" + number(task.metrics.perplexity - first->metrics.perplexity, "%+.3g") + ")";
    }
    return cell;
}

using Cell = std::string (*)(const TaskResult&, const TaskResult*);

/// One row of the table; nothing if no result has the task.
std::string
row(std::span<const EvaluationResult* const> results, Task task, const char* metric, Cell makeCell) {
    std::string cells;
    int most = 0;
    for (const EvaluationResult* result : results) {
        const TaskResult* found = result->find(task);
        const TaskResult* first = result == results.front() ? nullptr : results.front()->find(task);
        cells += std::string(" ") + (found == nullptr ? std::string("–") : makeCell(*found, first)) + " |";
        most = std::max(most, found == nullptr ? 0 : found->metrics.n);
    }
    if (most == 0) {
        return {};
    }
    return "| " + std::string(taskDisplayName(task)) + " | " + metric + " | " + std::to_string(most) + " |" +
           cells + "\n";
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
    std::string table = "| task | metric | n |";
    std::string rule = "| --- | --- | ---: |";
    std::string averages = "| average | | |";
    for (const EvaluationResult* result : results) {
        table += std::string(" ") + columnName(*result) + " |";
        rule += " ---: |";
        averages += std::string(" ") + number(100 * result->average(), "%.2f");
        if (result != results.front()) {
            averages += " (" + number(100 * (result->average() - results.front()->average()), "%+.2f") + ")";
        }
        averages += " |";
    }
    table += "\n" + rule + "\n";
    for (const Task task : kTasks) {
        table += row(results, task, std::string(publishedMetric(task)).c_str(), accuracyCell);
        if (task == Task::Lambada) {
            table += row(results, task, "perplexity", perplexityCell);
        }
    }
    return table + averages + "\n" + notes(results);
}

} // namespace mambascope
