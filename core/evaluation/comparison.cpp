// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/comparison.h"

#include "core/evaluation/random.h"

#include <algorithm>
#include <cmath>

namespace mambascope {
namespace {

struct Pair {
    const ItemResult* now;
    const ItemResult* before;
};

/// By index, so that the order of the run does not matter for what the bootstrap draws.
std::vector<const ItemResult*> sortedItems(const TaskResult& task) {
    std::vector<const ItemResult*> items;
    items.reserve(task.items.size());
    for (const ItemResult& item : task.items) {
        items.push_back(&item);
    }
    std::stable_sort(items.begin(), items.end(), [](const ItemResult* a, const ItemResult* b) {
        return a->index < b->index;
    });
    return items;
}

/// Items that both have, by index.
std::vector<Pair> pairs(const TaskResult& task, const TaskResult& baseline) {
    const std::vector<const ItemResult*> all = sortedItems(baseline);
    std::vector<Pair> result;
    auto before = all.begin();
    for (const ItemResult* now : sortedItems(task)) {
        before = std::find_if(
            before, all.end(), [&](const ItemResult* each) { return each->index >= now->index; });
        if (before != all.end() && (*before)->index == now->index) {
            result.push_back({now, *before});
        }
    }
    return result;
}

bool right(const ItemResult& item, Task task) {
    return publishedMetric(task) == "acc_norm" ? item.correctNorm : item.correct;
}

/// Per common item: 1 gained, −1 lost, 0 unchanged.
std::vector<double> changes(Task task, std::span<const Pair> common) {
    std::vector<double> values;
    values.reserve(common.size());
    for (const Pair& pair : common) {
        values.push_back((right(*pair.now, task) ? 1.0 : 0.0) - (right(*pair.before, task) ? 1.0 : 0.0));
    }
    return values;
}

double logLikelihood(const ItemResult& item) {
    return item.scores.empty() ? 0.0 : item.scores.front();
}

void addPerplexity(TaskComparison& comparison, std::span<const Pair> common) {
    const auto n = static_cast<double>(common.size());
    double now = 0, before = 0;
    for (const Pair& pair : common) {
        now += logLikelihood(*pair.now);
        before += logLikelihood(*pair.before);
    }
    comparison.perplexityDelta = std::exp(-now / n) - std::exp(-before / n);
    if (!std::isfinite(now) || !std::isfinite(before)) {
        return;
    }
    SplitMix random(static_cast<std::uint64_t>(kBootstrapSeed));
    std::vector<double> deltas;
    deltas.reserve(kBootstrapResamples);
    for (int resample = 0; resample < kBootstrapResamples; ++resample) {
        now = before = 0;
        for (std::size_t i = 0; i < common.size(); ++i) {
            const Pair& drawn = common[random.quickBelow(static_cast<std::uint32_t>(common.size()))];
            now += logLikelihood(*drawn.now);
            before += logLikelihood(*drawn.before);
        }
        deltas.push_back(std::exp(-now / n) - std::exp(-before / n));
    }
    comparison.perplexityInterval = percentileInterval(std::move(deltas));
}

/// Whether the two evaluated the same items, told from how they took them.
bool tookTheSame(
    const EvaluationResult& result, const TaskResult& task, const EvaluationResult& baseline,
    const TaskResult& before) {
    const auto all = [](const TaskResult& each) {
        return !each.stoppedEarly && each.metrics.n > 0 && each.metrics.n == each.metrics.total;
    };
    return all(task) && all(before) && task.metrics.n == before.metrics.n && result.limit == baseline.limit &&
           (result.limit == 0 || result.seed == baseline.seed);
}

} // namespace

std::optional<SharedItems>
sharedItems(const EvaluationResult& result, const TaskResult& task, const EvaluationResult& baseline) {
    const TaskResult* before = baseline.counterpart(task);
    if (before == nullptr) {
        return std::nullopt;
    }
    if (task.items.empty() || before->items.empty()) {
        const TaskMetrics &a = task.metrics, &b = before->metrics;
        return tookTheSame(result, task, baseline, *before)
                   ? std::optional(SharedItems{
                         a.n, a.published(task.task), b.published(task.task), a.perplexity, b.perplexity})
                   : std::nullopt;
    }
    const std::vector<Pair> common = pairs(task, *before);
    if (common.empty()) {
        return std::nullopt;
    }
    SharedItems shared{static_cast<int>(common.size())};
    double now = 0, then = 0;
    for (const Pair& pair : common) {
        shared.accuracy += right(*pair.now, task.task) ? 1 : 0;
        shared.baselineAccuracy += right(*pair.before, task.task) ? 1 : 0;
        now += logLikelihood(*pair.now);
        then += logLikelihood(*pair.before);
    }
    const auto n = static_cast<double>(common.size());
    shared.accuracy /= n;
    shared.baselineAccuracy /= n;
    if (isGreedyTask(task.task)) {
        shared.perplexity = std::exp(-now / n);
        shared.baselinePerplexity = std::exp(-then / n);
    }
    return shared;
}

bool sharesAllItems(
    const EvaluationResult& result, const TaskResult& task, const EvaluationResult& baseline) {
    const TaskResult* before = baseline.counterpart(task);
    const auto shared = sharedItems(result, task, baseline);
    return shared && shared->items == task.metrics.n && shared->items == before->metrics.n;
}

std::optional<SharedAverage> sharedAverage(const EvaluationResult& result, const EvaluationResult& baseline) {
    SharedAverage average;
    double variance = 0;
    for (const TaskResult& task : result.tasks) {
        const auto shared = sharedItems(result, task, baseline);
        if (!shared) {
            return std::nullopt;
        }
        average.average += shared->accuracy;
        average.baseline += shared->baselineAccuracy;
        for (const double p : {shared->accuracy, shared->baselineAccuracy}) {
            const double error = accuracyStandardError(p, shared->items);
            variance += error * error;
        }
        ++average.tasks;
    }
    if (average.tasks == 0 || result.tasks.size() != baseline.tasks.size()) {
        return std::nullopt;
    }
    average.average /= average.tasks;
    average.baseline /= average.tasks;
    average.standardError = std::sqrt(variance) / average.tasks;
    return average;
}

std::vector<double> bootstrapMeans(std::span<const double> values, int resamples, std::uint64_t seed) {
    std::vector<double> means;
    if (values.empty()) {
        return means;
    }
    SplitMix random(seed);
    const auto count = static_cast<std::uint32_t>(values.size());
    for (int resample = 0; resample < resamples; ++resample) {
        double sum = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            sum += values[random.quickBelow(count)];
        }
        means.push_back(sum / count);
    }
    return means;
}

Interval percentileInterval(std::vector<double> values) {
    if (values.empty()) {
        return {0, 0};
    }
    std::sort(values.begin(), values.end());
    const auto rank = [&](double share) {
        const double position = std::ceil(share * static_cast<double>(values.size()));
        return values[static_cast<std::size_t>(std::max(position, 1.0)) - 1];
    };
    return {rank(0.025), rank(0.975)};
}

std::optional<TaskComparison> compareTask(const TaskResult& task, const TaskResult& baseline) {
    const std::vector<Pair> common = pairs(task, baseline);
    if (common.empty()) {
        return std::nullopt;
    }
    TaskComparison comparison;
    comparison.published = comparePaired(task.task, task.items, baseline.items);
    comparison.publishedInterval =
        percentileInterval(bootstrapMeans(changes(task.task, common), kBootstrapResamples, kBootstrapSeed));
    if (hasNormMetric(task.task)) {
        const Metric other =
            publishedMetric(task.task) == "acc_norm" ? Metric::Accuracy : Metric::AccuracyNorm;
        comparison.other = comparePaired(other, task.items, baseline.items);
    }
    if (isGreedyTask(task.task)) {
        addPerplexity(comparison, common);
    }
    return comparison;
}

double shownP(const TaskResult& task, const TaskResult& baseline, const PairedComparison& paired) {
    double p = paired.pMcNemar;
    for (const TaskResult* each : {&task, &baseline}) {
        p = each->stoppedEarly ? std::max(p, each->stoppedEarly->p) : p;
    }
    return p;
}

std::optional<AverageComparison>
compareAverage(const EvaluationResult& result, const EvaluationResult& baseline) {
    if (result.tasks.empty() || result.tasks.size() != baseline.tasks.size()) {
        return std::nullopt;
    }
    AverageComparison average;
    std::vector<double> sums(kBootstrapResamples, 0.0);
    for (const TaskResult& task : result.tasks) {
        const TaskResult* before = baseline.counterpart(task);
        const std::vector<Pair> common = before == nullptr ? std::vector<Pair>() : pairs(task, *before);
        if (common.empty()) {
            return std::nullopt;
        }
        const std::vector<double> values = changes(task.task, common);
        // Another stream for every task: they are resampled independently of each other.
        const auto seed =
            static_cast<std::uint64_t>(kBootstrapSeed) + static_cast<std::uint64_t>(average.tasks);
        const std::vector<double> means = bootstrapMeans(values, kBootstrapResamples, seed);
        for (std::size_t i = 0; i < means.size(); ++i) {
            sums[i] += means[i];
        }
        average.delta += comparePaired(task.task, task.items, before->items).delta;
        ++average.tasks;
    }
    average.delta /= average.tasks;
    for (double& sum : sums) {
        sum /= average.tasks;
    }
    average.interval = percentileInterval(std::move(sums));
    return average;
}

} // namespace mambascope
