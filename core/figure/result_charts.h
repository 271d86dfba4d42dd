// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/figure/chart.h"
#include "core/model/model.h"
#include "core/quantization/plan.h"

#include <span>
#include <string>

namespace mambascope {

/// A plan and what an evaluation found of it.
struct ResultRun {
    std::string label;
    QuantPlan plan;
    double accuracy = 0;      ///< share, mean of the tasks
    double low = 0, high = 0; ///< its 95 % interval
};

/// Bytes of the linears' weights, the embedding and the head under a plan, scales not counted: all but a
/// hundredth of a model.
double weightBytes(const ModelSpec& spec, const QuantPlan& plan);

/// Accuracy of runs over the mean bits of the linears' weights, over weightBytes() in MiB, and over the mean
/// α of the sites that are smoothed; a panel each, intervals as bars. `conditions` ends the caption: tasks,
/// items, seed.
Chart resultChart(const ModelSpec& spec, std::span<const ResultRun> runs, const std::string& conditions);

/// The trace of a search (toJson() of a SearchResult): for every linear, over the layers, the error of what
/// was chosen, the range of all candidates' errors, and the error of the last candidate: no smoothing, or the
/// fewest bits. Unreadable if `trace` is none of a search over α or bits; `what` names it. Others: searchChart().
Result<Chart> searchTraceChart(const Json& trace, const std::string& what);

} // namespace mambascope
