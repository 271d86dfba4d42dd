// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/evaluator.h"

#include <optional>
#include <span>
#include <vector>

/// Paired comparison of two results on the same items: what changed, and how far chance alone could explain
/// it.
namespace mambascope {

/// Intervals are percentile bootstrap intervals (Efron 1979): items are drawn with replacement, as many as
/// there are, and the 2.5th and 97.5th percentile of the recomputed statistic are its 95 % interval. Seed and
/// number are fixed, so the same two results give the same interval.
inline constexpr int kBootstrapResamples = 10000;
inline constexpr std::int64_t kBootstrapSeed = 0;

/// One task against the same task of a baseline, on the items that both have.
struct TaskComparison {
    PairedComparison published;
    Interval publishedInterval; ///< of published.delta
    /// The metric that is not the published one, for tasks that report both.
    std::optional<PairedComparison> other;
    /// isGreedyTask(): perplexity − baseline's on the common items.
    std::optional<double> perplexityDelta;
    std::optional<Interval> perplexityInterval; ///< absent if a score is not finite
};
/// Empty if they have no item in common (or one of them holds no items).
std::optional<TaskComparison> compareTask(const TaskResult& task, const TaskResult& baseline);

/// The p-value to be shown of a paired comparison: McNemar's exact one; if a task was stopped because of a
/// difference, the larger of that and the anytime-valid one, because McNemar's then is too small.
double shownP(const TaskResult& task, const TaskResult& baseline, const PairedComparison& paired);

/// The mean of the tasks' published differences, each task with the same weight.
struct AverageComparison {
    int tasks = 0;
    double delta = 0;
    Interval interval; ///< every task's items are resampled by themselves
};
/// Empty if the two do not have the same tasks on the same data, with common items in each.
std::optional<AverageComparison>
compareAverage(const EvaluationResult& result, const EvaluationResult& baseline);

/// One task of two results on the items that both evaluated.
struct SharedItems {
    int items = 0;
    double accuracy = 0, baselineAccuracy = 0;     ///< published metric
    double perplexity = 0, baselinePerplexity = 0; ///< isGreedyTask(); infinite if a score is
};
/// None if the two share no items: other data, or no item in common. Where the items of one are not known,
/// all of them are shared if both results took their items in the same way (limit and, below all items, seed)
/// and each evaluated all it took; else nobody knows, and there is none.
std::optional<SharedItems>
sharedItems(const EvaluationResult& result, const TaskResult& task, const EvaluationResult& baseline);

/// Whether two results evaluated a task on the same items, all of them. False if nobody knows.
bool sharesAllItems(const EvaluationResult& result, const TaskResult& task, const EvaluationResult& baseline);

/// The averages of two results over what they share.
struct SharedAverage {
    int tasks = 0;
    double average = 0, baseline = 0; ///< unweighted means of the tasks' published metrics
    /// Of their difference, as if items were not paired, which makes it too large rather than too small.
    double standardError = 0;
};
/// None if the two do not have the same tasks, or share no items of one.
std::optional<SharedAverage> sharedAverage(const EvaluationResult& result, const EvaluationResult& baseline);

/// Mean of `values` over each of `resamples` bootstrap samples.
std::vector<double> bootstrapMeans(std::span<const double> values, int resamples, std::uint64_t seed);
/// The 95 % percentile interval of a statistic's bootstrap values (nearest rank); {0, 0} if there are none.
Interval percentileInterval(std::vector<double> values);

} // namespace mambascope
