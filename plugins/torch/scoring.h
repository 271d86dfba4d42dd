// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/score.h"
#include "plugins/torch/forward.h"
#include "plugins/torch/residual_store.h"

namespace mambascope {

struct ScoringLimits {
    std::int64_t batchTokens = 1024;                    ///< tokens of one pass
    std::int64_t stateFloats = std::int64_t{128} << 20; ///< for the states of shared contexts
};

/// Scores requests in packed batches. Requests of a batch that have the same context run it once and continue
/// from its state, if the plan is exact under forking; that gives the same bits as running each one whole. If
/// the device's memory is full, the batch is halved, which the job's phase then says; a single request that
/// does not fit throws DeviceOutOfMemory. With a `store`, whose plan has to be that of the weights, batches
/// go on from the deepest layer that it knows them in front of, and leave their own residual streams there;
/// again with the same bits.
Result<std::vector<Score>> scoreRequests(
    ForwardPass& pass, const ModelWeights& weights, Backend& backend, std::span<const ScoreRequest> requests,
    const ScoringLimits& limits, const ScoreSink& sink, const Job& job, ResidualStore* store = nullptr);

} // namespace mambascope
