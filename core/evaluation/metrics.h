// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/score.h"
#include "core/evaluation/tasks.h"

#include <span>
#include <vector>

namespace mambascope {

/// What one item came to.
struct ItemResult {
    int index = 0; ///< row in the data file
    int gold = 0;
    int predicted = 0;     ///< argmax of the log-likelihoods, lowest index on ties; isGreedyTask(): 0
    int predictedNorm = 0; ///< argmax of log-likelihood / length
    bool correct = false;
    bool correctNorm = false;
    bool nonfinite = false;     ///< a score is NaN or infinite: counted as wrong and reported
    std::vector<double> scores; ///< log-likelihood per choice
    bool greedy = false;        ///< isGreedyTask() only
    bool operator==(const ItemResult&) const = default;
};

/// Result of one item from the scores of its choices (same order).
ItemResult itemResult(const TaskItem& item, std::span<const Score> scores, Task task);

struct Interval {
    double low = 0, high = 0;
};
/// Wilson interval of a share p of n, z = 1.95996. {0, 1} for n = 0.
Interval wilsonInterval(double p, int n);
/// sqrt(p(1−p)/(n−1)); 0 for n < 2.
double accuracyStandardError(double p, int n);

/// Aggregate of one task, complete or running.
struct TaskMetrics {
    int n = 0;     ///< items done
    int total = 0; ///< items of the run
    int correct = 0, correctNorm = 0;
    double accuracy = 0, accuracyNorm = 0;
    double perplexity = 0;              ///< isGreedyTask(): exp(−mean ll); may be infinite
    double perplexityStandardError = 0; ///< perplexity · s_ll / √n
    int nonfinite = 0;
    /// publishedMetric(task): acc_norm for HellaSwag, acc for all other built-in tasks.
    double published(Task task) const;
};
TaskMetrics taskMetrics(Task task, std::span<const ItemResult> items, int total);

/// Paired comparison on the items that both have: gained (wrong → right), lost (right → wrong), and the exact
/// two-sided McNemar p-value (binomial; 1 if nothing changed), on the published metric.
struct PairedComparison {
    int common = 0, gained = 0, lost = 0;
    double delta = 0; ///< (gained − lost) / common
    double pMcNemar = 1;
};
enum class Metric { Accuracy, AccuracyNorm };
PairedComparison
comparePaired(Metric metric, std::span<const ItemResult> items, std::span<const ItemResult> baseline);
PairedComparison
comparePaired(Task task, std::span<const ItemResult> items, std::span<const ItemResult> baseline);

} // namespace mambascope
