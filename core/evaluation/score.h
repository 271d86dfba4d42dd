// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace mambascope {

/// One request of the scoring primitive: how likely `continuation` is after `context` (evaluation specification, 2).
struct ScoreRequest {
    std::vector<std::int32_t> context; ///< at least one token
    std::vector<std::int32_t> continuation; ///< at least one token
};

struct Score {
    double logLikelihood = 0; ///< natural log, summed over the continuation's tokens
    bool greedy = false;      ///< every continuation token is the argmax at its position (ties: the lowest id)
    bool operator==(const Score&) const = default;
};

/// Receives scores as they become known: scores[i] belongs to request first + i.
using ScoreSink = std::function<void(std::size_t first, std::span<const Score> scores)>;

/// Something that can score requests. Scores arrive in `sink` in request order while the work goes on (the sink may
/// be empty) and come back complete at the end. A score does not depend on the other requests of the call.
/// A cancelled call returns Cancelled; what the sink got before stays valid.
class Scorer {
public:
    virtual ~Scorer() = default;
    virtual Result<std::vector<Score>> score(
        std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job& job) = 0;
};

} // namespace mambascope
