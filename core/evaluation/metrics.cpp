// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/metrics.h"

#include "core/base/normal.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace mambascope {
namespace {

/// Index of the largest finite value, the lowest on ties; 0 if there is none.
int argmax(std::span<const double> values) {
    int best = -1;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isfinite(values[i]) && (best < 0 || values[i] > values[static_cast<std::size_t>(best)])) {
            best = static_cast<int>(i);
        }
    }
    return std::max(best, 0);
}

bool isRight(const ItemResult& item, Metric metric) {
    return metric == Metric::AccuracyNorm ? item.correctNorm : item.correct;
}

void addPerplexity(TaskMetrics& metrics, std::span<const ItemResult> items) {
    const auto n = static_cast<double>(items.size());
    double sum = 0;
    for (const ItemResult& item : items) {
        sum += item.scores.empty() ? 0.0 : item.scores.front();
    }
    const double mean = sum / n;
    double squares = 0;
    for (const ItemResult& item : items) {
        const double d = (item.scores.empty() ? 0.0 : item.scores.front()) - mean;
        squares += d * d;
    }
    metrics.perplexity = std::exp(-mean);
    if (items.size() > 1) {
        metrics.perplexityStandardError = metrics.perplexity * std::sqrt(squares / (n - 1)) / std::sqrt(n);
    }
}

/// Exact two-sided p of `few` or fewer heads in n fair throws, or as few tails.
double binomialTwoSided(int few, int n) {
    // Terms C(n, i) 2^−n from i = few down to 0, each a factor i / (n − i + 1) of the one above; the first as
    // a logarithm, so that no n overflows.
    double logFirst = -n * std::log(2.0);
    for (int i = 1; i <= few; ++i) {
        logFirst += std::log(static_cast<double>(n - i + 1) / i);
    }
    double sum = 1, term = 1;
    for (int i = few; i > 0 && term > 0; --i) {
        term *= static_cast<double>(i) / (n - i + 1);
        sum += term;
    }
    return std::min(1.0, 2 * std::exp(logFirst + std::log(sum)));
}

} // namespace

ItemResult itemResult(const TaskItem& item, std::span<const Score> scores, Task task) {
    ItemResult result;
    result.index = item.index;
    result.gold = item.gold;
    bool greedy = !scores.empty();
    bool emptyChoice = false;
    std::vector<double> perCharacter;
    for (std::size_t k = 0; k < scores.size(); ++k) {
        const double ll = scores[k].logLikelihood;
        const int length = k < item.choices.size() ? item.choices[k].length : 0;
        result.scores.push_back(ll);
        perCharacter.push_back(ll / length);
        result.nonfinite |= !std::isfinite(ll);
        emptyChoice |= length == 0;
        greedy &= scores[k].greedy;
    }
    if (isGreedyTask(task)) {
        result.greedy = greedy;
        result.correct = greedy && !result.nonfinite;
        return result;
    }
    result.predicted = argmax(result.scores);
    result.predictedNorm = argmax(perCharacter);
    result.correct = !result.nonfinite && result.predicted == item.gold;
    result.correctNorm = !result.nonfinite && !emptyChoice && result.predictedNorm == item.gold;
    // An empty choice has no score per character: the item is reported, and only its plain accuracy counts.
    result.nonfinite |= emptyChoice && hasNormMetric(task);
    return result;
}

Interval wilsonInterval(double p, int n) {
    if (n <= 0) {
        return {0, 1};
    }
    const double z2n = kNormal95 * kNormal95 / n;
    const double centre = (p + z2n / 2) / (1 + z2n);
    const double half = kNormal95 * std::sqrt(p * (1 - p) / n + z2n / (4.0 * n)) / (1 + z2n);
    return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double accuracyStandardError(double p, int n) {
    return n < 2 ? 0.0 : std::sqrt(p * (1 - p) / (n - 1));
}

double TaskMetrics::published(Task task) const {
    return publishedMetric(task) == "acc_norm" ? accuracyNorm : accuracy;
}

TaskMetrics taskMetrics(Task task, std::span<const ItemResult> items, int total) {
    TaskMetrics metrics;
    metrics.n = static_cast<int>(items.size());
    metrics.total = total;
    if (items.empty()) {
        return metrics;
    }
    for (const ItemResult& item : items) {
        metrics.correct += item.correct ? 1 : 0;
        metrics.correctNorm += item.correctNorm ? 1 : 0;
        metrics.nonfinite += item.nonfinite ? 1 : 0;
    }
    metrics.accuracy = static_cast<double>(metrics.correct) / metrics.n;
    metrics.accuracyNorm = static_cast<double>(metrics.correctNorm) / metrics.n;
    if (isGreedyTask(task)) {
        addPerplexity(metrics, items);
    }
    return metrics;
}

PairedComparison
comparePaired(Metric metric, std::span<const ItemResult> items, std::span<const ItemResult> baseline) {
    std::map<int, bool> before;
    for (const ItemResult& item : baseline) {
        before[item.index] = isRight(item, metric);
    }
    PairedComparison comparison;
    for (const ItemResult& item : items) {
        const auto it = before.find(item.index);
        if (it == before.end()) {
            continue;
        }
        const bool now = isRight(item, metric);
        ++comparison.common;
        comparison.gained += now && !it->second ? 1 : 0;
        comparison.lost += !now && it->second ? 1 : 0;
    }
    if (comparison.common > 0) {
        comparison.delta = static_cast<double>(comparison.gained - comparison.lost) / comparison.common;
    }
    const int changed = comparison.gained + comparison.lost;
    if (changed > 0) {
        comparison.pMcNemar = binomialTwoSided(std::min(comparison.gained, comparison.lost), changed);
    }
    return comparison;
}

PairedComparison
comparePaired(Task task, std::span<const ItemResult> items, std::span<const ItemResult> baseline) {
    return comparePaired(
        publishedMetric(task) == "acc_norm" ? Metric::AccuracyNorm : Metric::Accuracy, items, baseline);
}

} // namespace mambascope
