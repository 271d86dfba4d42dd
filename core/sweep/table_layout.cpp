// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sweep/table_layout.h"

#include "core/evaluation/comparison.h"
#include "core/sweep/published.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mambascope {
namespace {

constexpr double kSignificant = 0.05;

std::string number(double value, const char* format) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, format, value);
    std::string text = buffer;
    return text.starts_with('-') ? "−" + text.substr(1) : text;
}

std::string percent(double share, const char* format = "%.2f") {
    return number(100 * share, format);
}

enum class Measure { Accuracy, AccuracyNorm, Perplexity };

struct Column {
    const TaskData* task;
    Measure measure;
};

bool isPublished(const Column& column) {
    return column.measure != Measure::Perplexity &&
           (column.measure == Measure::AccuracyNorm) == (publishedMetric(column.task->task) == "acc_norm");
}

/// The published metric of every task; beside acc_norm also acc, since papers mix the two; LAMBADA's
/// perplexity.
std::vector<Column> columnsOf(const SweepRequest& request) {
    std::vector<Column> columns;
    for (const TaskData& task : request.tasks) {
        const bool norm = publishedMetric(task.task) == "acc_norm";
        columns.push_back({&task, norm ? Measure::AccuracyNorm : Measure::Accuracy});
        if (norm) {
            columns.push_back({&task, Measure::Accuracy});
        }
        if (isGreedyTask(task.task)) {
            columns.push_back({&task, Measure::Perplexity});
        }
    }
    return columns;
}

const TaskResult* resultOf(const EvaluationResult& row, const TaskData& task) {
    const auto it = std::find_if(row.tasks.begin(), row.tasks.end(), [&](const TaskResult& result) {
        return result.task == task.task && result.name() == task.name();
    });
    return it == row.tasks.end() ? nullptr : &*it;
}

TableCell perplexityCell(const TaskResult& task, const TaskResult* first) {
    TableCell cell{
        number(task.metrics.perplexity, "%.4g"),
        number(task.metrics.perplexityStandardError, "%.2g"),
        {},
        false};
    if (first != nullptr) {
        cell.difference = number(task.metrics.perplexity - first->metrics.perplexity, "%+.3g");
    }
    return cell;
}

TableCell cellOf(const Column& column, const EvaluationResult& row, const EvaluationResult* first) {
    const TaskResult* task = resultOf(row, *column.task);
    if (task == nullptr) {
        return {"–", {}, {}, false};
    }
    const TaskResult* before = first == nullptr ? nullptr : first->counterpart(*task);
    if (column.measure == Measure::Perplexity) {
        return perplexityCell(*task, before);
    }
    const bool norm = column.measure == Measure::AccuracyNorm;
    const double p = norm ? task->metrics.accuracyNorm : task->metrics.accuracy;
    TableCell cell{percent(p), percent(accuracyStandardError(p, task->metrics.n)), {}, false};
    if (before != nullptr) {
        const PairedComparison paired =
            comparePaired(norm ? Metric::AccuracyNorm : Metric::Accuracy, task->items, before->items);
        cell.difference = percent(paired.delta, "%+.2f");
        cell.significant = paired.pMcNemar < kSignificant;
    }
    return cell;
}

TableCell averageCell(const EvaluationResult& row, const EvaluationResult* first) {
    TableCell cell{percent(row.average()), {}, {}, false};
    if (const auto average = first == nullptr ? std::nullopt : compareAverage(row, *first)) {
        cell.difference = percent(average->delta, "%+.2f");
        cell.significant = average->interval.high < 0 || average->interval.low > 0;
    }
    return cell;
}

TableRow rowOf(
    const std::vector<Column>& columns, const SweepGroup& group, const EvaluationResult& row,
    const EvaluationResult* first) {
    TableRow line{group.model.name, row.planName, {}, false};
    for (const Column& column : columns) {
        line.cells.push_back(cellOf(column, row, first));
    }
    line.cells.push_back(averageCell(row, first));
    line.cells.push_back({std::to_string(row.nonfinite()), {}, {}, false});
    return line;
}

/// The paper's row, every figure under its own metric.
TableRow printedRow(
    const std::vector<Column>& columns, const SweepGroup& group, const std::string& plan,
    std::span<const PublishedValue> values) {
    TableRow line{group.model.name, plan, {}, true};
    for (const Column& column : columns) {
        TableCell cell{"–", {}, {}, false};
        for (const PublishedValue& value : values) {
            const bool same = value.task == column.task->task &&
                              column.measure == (value.metric == Metric::AccuracyNorm ? Measure::AccuracyNorm
                                                                                      : Measure::Accuracy);
            cell.value = same ? number(value.percent, "%.2f") : cell.value;
        }
        line.cells.push_back(cell);
    }
    line.cells.insert(line.cells.end(), 2, TableCell{"–", {}, {}, false});
    return line;
}

std::string itemsNote(const SweepRequest& request, std::span<const SweepGroup> groups) {
    std::string text = "Items: ";
    for (const TaskData& task : request.tasks) {
        const TaskResult* result =
            groups.empty() || groups[0].rows.empty() ? nullptr : resultOf(groups[0].rows[0], task);
        text += (text.ends_with(": ") ? "" : ", ") + task.title() + " " +
                std::to_string(result == nullptr ? 0 : result->metrics.n) + " of " +
                std::to_string(task.items.size());
    }
    return text +
           (request.limit > 0 ? ", drawn at random (seed " + std::to_string(request.seed) + ")." : ".");
}

void addNotes(
    TableLayout& table, const SweepRequest& request, std::span<const SweepGroup> groups, bool printed) {
    table.notes.push_back(
        "Per cent ± standard error, and the difference to " + request.recipe.plans.front().name +
        " on the same items. * p < 0.05: exact two-sided McNemar test, for the average its 95 % bootstrap "
        "interval; not "
        "corrected for the number of comparisons.");
    table.notes.push_back(itemsNote(request, groups));
    for (const SweepGroup& group : groups) {
        if (!group.calibrationHash.empty()) {
            table.notes.push_back(
                "Calibration of " + group.model.name + ": " + group.calibrationHash.substr(0, 12) + ".");
        }
    }
    table.notes.insert(table.notes.end(), request.recipe.notes.begin(), request.recipe.notes.end());
    for (const TaskData& task : request.tasks) {
        if (!task.note.empty()) {
            table.notes.push_back(task.note);
        }
    }
    if (printed) {
        const std::vector<std::string> errata = publishedNotes();
        table.notes.insert(table.notes.end(), errata.begin(), errata.end());
    }
}

} // namespace

TableLayout layoutTable(const SweepRequest& request, std::span<const SweepGroup> groups) {
    TableLayout table;
    table.title = request.recipe.title;
    table.manyCheckpoints = groups.size() > 1;
    const std::vector<Column> columns = columnsOf(request);
    constexpr const char* kMeasures[] = {" acc", " acc_norm", " perplexity"};
    for (const Column& column : columns) {
        table.columns.push_back(column.task->title() + kMeasures[static_cast<int>(column.measure)]);
        const double chance =
            column.task->identity ? column.task->identity->chance : chanceLevel(column.task->task);
        table.chance.push_back(isPublished(column) ? percent(chance, "%.1f") : std::string());
    }
    table.columns.insert(table.columns.end(), {"average", "non-finite"});
    table.chance.insert(table.chance.end(), 2, std::string());
    bool printed = false;
    for (const SweepGroup& group : groups) {
        for (const EvaluationResult& row : group.rows) {
            const EvaluationResult* first = &row == &group.rows.front() ? nullptr : &group.rows.front();
            table.rows.push_back(rowOf(columns, group, row, first));
            if (const auto values = publishedValues(group.model, row.planName); !values.empty()) {
                table.rows.push_back(printedRow(columns, group, row.planName, values));
                printed = true;
            }
        }
    }
    addNotes(table, request, groups, printed);
    return table;
}

} // namespace mambascope
