// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/session.h"

#include <memory>

namespace mambascope::test {

/// Two layers, 48 channels at the inputs of x_proj and out_proj.
inline ModelSpec smallSpec() {
    ModelSpec spec;
    spec.layers = 2;
    spec.hidden = 40;
    spec.inner = 48;
    spec.state = 4;
    spec.dtRank = 3;
    spec.convKernel = 4;
    spec.vocabulary = 32;
    return spec;
}

/// Every channel's absmax is 1, except channel 5 of layer 1's out_proj input, which is 100. By channel-spread
/// with k = 6 that one is an outlier: mean 147/48 = 3.06, std 14.1, threshold 87.9.
inline std::shared_ptr<const CalibrationSnapshot> smallCalibration() {
    auto snapshot = std::make_shared<CalibrationSnapshot>();
    snapshot->spec = smallSpec();
    snapshot->source.samples = 2;
    snapshot->source.length = 8;
    snapshot->source.tokens = 16;
    for (int index = 0; index < snapshot->spec.siteCount(); ++index) {
        const SiteId site = SiteId::fromIndex(index);
        auto& sides = snapshot->sites.emplace_back();
        for (const Side side : {Side::Input, Side::Output}) {
            ChannelStatistics& statistics = sides[static_cast<std::size_t>(side)];
            const auto channels = static_cast<std::size_t>(snapshot->spec.channels(site.linear, side));
            statistics.absmax.assign(channels, 1);
            if (site == SiteId{1, Linear::OutProj} && side == Side::Input) {
                statistics.absmax[5] = 100;
            }
            statistics.max = statistics.absmax;
            statistics.min.assign(channels, -0.5F);
            statistics.mean.assign(channels, 0);
            statistics.m2.assign(channels, 0.1F);
            statistics.above6.assign(channels, 0);
            statistics.histogram.assign(kHistogramBins, 0);
        }
    }
    return snapshot;
}

/// A run of PIQA with the given items right, in order.
inline Run piqaRun(RunId id, const QuantPlan& plan, const std::vector<bool>& right) {
    auto result = std::make_shared<EvaluationResult>();
    result->plan = toJson(plan);
    result->planName = plan.name;
    result->planHash = planHash(plan);
    TaskResult task;
    task.task = Task::Piqa;
    task.dataHash = "the same data";
    for (std::size_t i = 0; i < right.size(); ++i) {
        ItemResult item;
        item.index = static_cast<int>(i);
        item.correct = item.correctNorm = right[i];
        item.predicted = right[i] ? 0 : 1;
        item.scores = {-1.0, -2.0};
        task.items.push_back(item);
    }
    task.metrics = taskMetrics(Task::Piqa, task.items, static_cast<int>(right.size()));
    result->tasks.push_back(task);
    Run run;
    run.id = id;
    run.created = 1'700'000'000 + id;
    run.result = result;
    return run;
}

} // namespace mambascope::test
