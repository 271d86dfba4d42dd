// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mambascope {

/// How far the next-token distributions of a quantized model Q lie from those of its baseline P on the same
/// tokens.
struct DivergenceResult {
    std::int64_t positions = 0; ///< where the two were compared
    std::int64_t nonfinite =
        0;           ///< positions with a logit that is NaN or infinite; in none of the numbers below
    double mean = 0; ///< of KL(P‖Q) in nats
    double standardError = 0;                         ///< s/√n over positions
    double median = 0, percentile99 = 0, largest = 0; ///< nearest rank
    double topAgreement =
        0; ///< share of positions at which both have the same most likely token (ties: the lowest id)
    /// Token perplexity of both on the positions whose next token is known, windows from a zero state.
    double baselinePerplexity = 0, perplexity = 0;
};
OrderedJson toJson(const DivergenceResult& result);

/// Gathers windows and forgets their logits; keeps one double a position.
class DivergenceMeter {
public:
    /// `baseline` and `quantized` are the logits [tokens · vocabulary] of one window of token ids. Computed
    /// in double with the log-sum-exp shifted by the largest logit. Equal logits give exactly 0.
    void
    add(std::span<const std::int32_t> ids, std::span<const float> baseline, std::span<const float> quantized);
    DivergenceResult result() const;

private:
    std::vector<double> m_divergences;
    std::int64_t m_nonfinite = 0, m_agreeing = 0, m_predicted = 0;
    double m_baselineLogLikelihood = 0, m_logLikelihood = 0;
};

} // namespace mambascope
