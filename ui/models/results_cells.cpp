// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/normal.h"
#include "core/evaluation/comparison.h"
#include "ui/commands/plan_edit.h"
#include "ui/models/results_model.h"
#include "ui/models/text.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

constexpr double kSignificance = 0.05;

QString plusMinus(double accuracy, double standardError) {
    return percent(accuracy) + QStringLiteral(" ± ") + percent(standardError);
}

/// Nothing if the two were not measured on the same items.
const TaskResult* comparable(const TaskResult& task, const TaskResult* baseline) {
    return baseline != nullptr && baseline->dataHash == task.dataHash ? baseline : nullptr;
}

QString titleOf(const EvaluationResult& result) {
    if (!result.planName.empty()) {
        return QString::fromStdString(result.planName);
    }
    const Result<QuantPlan> plan = planFromJson(Json::parse(result.plan.dump()), "plan");
    return plan.ok() ? QString::fromStdString(planTitle(plan.value())) : QString();
}

QString onSharedItems(int count) {
    return ResultsModel::tr("\nAgainst the baseline on the %1 items that both have").arg(number(count));
}

QString nonfiniteText(int count) {
    return ResultsModel::tr("Items with a score that is not finite, counted as wrong: %1").arg(number(count));
}

} // namespace

ResultsModel::Column ResultsModel::columnOfRun(const Run& run, const EvaluationResult* baseline) const {
    const EvaluationResult& result = *run.result;
    Column column;
    column.id = run.id;
    column.result = run.result;
    column.planHash = result.planHash;
    column.calibrationHash = result.calibrationHash;
    column.note = QString::fromStdString(run.note);
    column.title = titleOf(result);
    const QDateTime when = QDateTime::fromSecsSinceEpoch(run.created);
    const bool untilClear = std::any_of(
        result.tasks.begin(), result.tasks.end(),
        [](const TaskResult& task) { return task.stoppedEarly.has_value(); });
    const QString items = untilClear         ? tr("until it was clear")
                          : result.limit > 0 ? tr("%1 items a task").arg(number(result.limit))
                                             : tr("all items");
    column.subtitle =
        !column.note.isEmpty() ? column.note
        : result.partial
            ? tr("partial")
            : QString(QLocale().toString(when.time(), QLocale::ShortFormat) + QStringLiteral(" · ") + items);
    column.toolTip = tr("%1\n%2 · %3 · seed %4\n%5, %6, %7 · %8 s")
                         .arg(
                             column.title, QLocale().toString(when, QLocale::ShortFormat), items,
                             QString::number(result.seed), QString::fromStdString(result.engine),
                             QString::fromStdString(result.dtype), QString::fromStdString(result.device),
                             significant(result.seconds, 3));
    if (result.partial) {
        column.toolTip += tr("\nStopped before the end: over the items done until then");
    }
    for (const Row& row : m_rows) {
        column.cells.push_back(cellOf(row, result, baseline));
    }
    return column;
}

ResultsModel::Cell
ResultsModel::cellOf(const Row& row, const EvaluationResult& result, const EvaluationResult* baseline) const {
    if (row.kind == Row::Kind::Average) {
        return averageCell(result, baseline);
    }
    const TaskResult* task = result.find(row.task.name);
    if (task == nullptr || task->metrics.n == 0) {
        return {};
    }
    const TaskResult* other =
        baseline != nullptr ? comparable(*task, baseline->find(row.task.name)) : nullptr;
    if (row.kind == Row::Kind::Accuracy) {
        return accuracyCell(*task, other);
    }
    const TaskMetrics& metrics = task->metrics;
    Cell cell;
    cell.text = significant(metrics.perplexity, 4);
    cell.toolTip = tr("%1 ± %2 over %3 items")
                       .arg(cell.text, significant(metrics.perplexityStandardError, 2), number(metrics.n));
    const auto shared = other == nullptr ? std::nullopt : sharedItems(result, *task, *baseline);
    if (shared && shared->baselinePerplexity > 0 && std::isfinite(shared->perplexity)) {
        cell.detail = QStringLiteral("× ") + significant(shared->perplexity / shared->baselinePerplexity, 3);
        cell.toolTip += onSharedItems(shared->items);
    }
    return cell;
}

ResultsModel::Cell ResultsModel::accuracyCell(const TaskResult& task, const TaskResult* baseline) const {
    const TaskMetrics& metrics = task.metrics;
    const double accuracy = metrics.published(task.task);
    const Interval interval = wilsonInterval(accuracy, metrics.n);
    Cell cell;
    cell.text = plusMinus(accuracy, accuracyStandardError(accuracy, metrics.n));
    cell.toolTip = tr("%1 of %2 items right, 95 % interval %3 – %4, guessing gives %5")
                       .arg(
                           number(std::llround(accuracy * metrics.n)), number(metrics.n),
                           percent(interval.low), percent(interval.high), percent(task.chance()));
    if (task.stoppedEarly) {
        cell.toolTip +=
            tr("\nStopped early after %1 of %2 items: the difference to the baseline was clear at %3")
                .arg(number(metrics.n), number(metrics.total), pValue(task.stoppedEarly->level));
    }
    if (!task.note.empty()) {
        cell.toolTip += QLatin1Char('\n') + QString::fromStdString(task.note);
    }
    if (metrics.nonfinite > 0) {
        cell.warning = nonfiniteText(metrics.nonfinite);
    }
    if (baseline == nullptr) {
        return cell;
    }
    const PairedComparison paired = comparePaired(task.task, task.items, baseline->items);
    if (paired.common == 0) {
        return cell;
    }
    cell.detail = paired.gained == 0 && paired.lost == 0
                      ? tr("same")
                      : QString(
                            signedPercent(paired.delta) + QStringLiteral("   ↑") + number(paired.gained) +
                            QStringLiteral(" ↓") + number(paired.lost));
    const double p = shownP(task, *baseline, paired);
    cell.tone = p < kSignificance ? (paired.delta > 0 ? 1 : -1) : 0;
    cell.toolTip += tr("\nAgainst the baseline on %1 items: %2 points, %3 gained, %4 lost, %5 %6")
                        .arg(
                            number(paired.common), signedPercent(paired.delta), number(paired.gained),
                            number(paired.lost),
                            task.stoppedEarly ? tr("anytime-valid") : tr("McNemar's exact"), pValue(p));
    return cell;
}

ResultsModel::Cell
ResultsModel::averageCell(const EvaluationResult& result, const EvaluationResult* baseline) const {
    Cell cell;
    double variance = 0;
    int tasks = 0;
    for (const TaskResult& task : result.tasks) {
        if (task.metrics.n > 0) {
            const double error = accuracyStandardError(task.metrics.published(task.task), task.metrics.n);
            variance += error * error;
            ++tasks;
        }
    }
    if (tasks == 0) {
        return cell;
    }
    const double average = result.average();
    cell.text = plusMinus(average, std::sqrt(variance) / tasks);
    cell.toolTip = tr("Unweighted mean over the tasks: %1").arg(number(tasks));
    if (const auto shared = baseline == nullptr ? std::nullopt : sharedAverage(result, *baseline)) {
        const double delta = shared->average - shared->baseline;
        cell.detail = signedPercent(delta);
        cell.tone = std::fabs(delta) > kNormal95 * shared->standardError ? (delta > 0 ? 1 : -1) : 0;
        cell.toolTip += tr("\nAgainst the baseline on the items that both have: %1 points").arg(cell.detail);
    }
    if (const int nonfinite = result.nonfinite(); nonfinite > 0) {
        cell.warning = nonfiniteText(nonfinite);
    }
    return cell;
}

ResultsModel::Column ResultsModel::liveColumn() const {
    Column column;
    column.title = m_live->title;
    column.subtitle = livePace();
    for (const Row& row : m_rows) {
        column.cells.push_back(liveCell(row));
    }
    return column;
}

QString ResultsModel::livePace() const {
    if (m_live->total == 0) {
        return tr("running");
    }
    QString text = tr("%1 of %2 items").arg(number(m_live->done), number(m_live->total));
    if (m_live->done > 0 && m_live->seconds > 0) {
        const double pace = m_live->done / m_live->seconds;
        const double left = (m_live->total - m_live->done) / pace;
        text += QStringLiteral(" · ") + tr("%1/s").arg(significant(pace, 2)) + QStringLiteral(" · ") +
                (left < 99.5 ? tr("%1 s left").arg(number(std::llround(std::ceil(left))))
                             : tr("%1 min left").arg(number(std::llround(std::ceil(left / 60)))));
    }
    return text;
}

ResultsModel::Cell ResultsModel::liveCell(const Row& row) const {
    Cell cell;
    const auto found = m_live->tasks.find(row.task.name);
    if (row.kind == Row::Kind::Average || found == m_live->tasks.end() || found->second.metrics.n == 0) {
        cell.text = row.kind == Row::Kind::Accuracy ? QStringLiteral("…") : QString();
        return cell;
    }
    const TaskMetrics& metrics = found->second.metrics;
    if (row.kind == Row::Kind::Perplexity) {
        cell.text = significant(metrics.perplexity, 4);
        return cell;
    }
    const double accuracy = metrics.published(row.task.task);
    const Interval interval = wilsonInterval(accuracy, metrics.n);
    cell.text = plusMinus(accuracy, accuracyStandardError(accuracy, metrics.n));
    cell.detail =
        tr("%1–%2 · %3 of %4")
            .arg(percent(interval.low), percent(interval.high), number(metrics.n), number(metrics.total));
    cell.toolTip =
        tr("Until now; Wilson's 95 % interval %1 – %2, %3 of %4 items")
            .arg(percent(interval.low), percent(interval.high), number(metrics.n), number(metrics.total));
    if (metrics.nonfinite > 0) {
        cell.warning = nonfiniteText(metrics.nonfinite);
    }
    return cell;
}

} // namespace mambascope::ui
