// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/search/passes.h"

#include <algorithm>

namespace mambascope {

void SearchPasses::begin(std::string_view phase) {
    m_phase = phase;
    report();
}

void SearchPasses::report() const {
    m_job.report(m_phase, static_cast<std::uint64_t>(m_done), static_cast<std::uint64_t>(m_total));
}

Result<std::vector<Score>>
SearchPasses::score(const QuantPlan& plan, const std::vector<ScoreRequest>& requests) {
    const Job silent{m_job.stop, {}}; // what the engine counts in a pass would say nothing about the search
    if (const auto applied = m_engine.applyPlan(plan, m_search.calibration, silent); !applied.ok()) {
        return applied.error();
    }
    Result<std::vector<Score>> scores = m_engine.score(requests, {}, silent);
    if (scores.ok()) {
        m_done = std::min(m_done + 1, m_total);
        report();
    }
    return scores;
}

Result<double> SearchPasses::meanLoss(const QuantPlan& plan) {
    std::vector<ScoreRequest> requests;
    std::size_t tokens = 0;
    for (const std::vector<std::int32_t>& window : m_search.windows) {
        requests.push_back({{window.front()}, {window.begin() + 1, window.end()}});
        tokens += window.size() - 1;
    }
    const auto scores = score(plan, requests);
    if (!scores.ok()) {
        return scores.error();
    }
    double sum = 0;
    for (const Score& score : scores.value()) {
        sum -= score.logLikelihood;
    }
    return sum / static_cast<double>(tokens);
}

Result<std::vector<double>> SearchPasses::likelihoods(const QuantPlan& plan) {
    std::vector<ScoreRequest> requests;
    for (const std::vector<std::int32_t>& window : m_search.windows) {
        for (auto at = window.begin(); window.end() - at > 1;) {
            const auto end = at + std::min<std::ptrdiff_t>(kPieceTokens + 1, window.end() - at);
            requests.push_back({{*at}, {at + 1, end}});
            at = end - 1;
        }
    }
    const auto scores = score(plan, requests);
    if (!scores.ok()) {
        return scores.error();
    }
    std::vector<double> values;
    for (const Score& score : scores.value()) {
        values.push_back(score.logLikelihood);
    }
    return values;
}

double likelihoodDivergence(const std::vector<double>& reference, const std::vector<double>& values) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        sum += (values[i] - reference[i]) * (values[i] - reference[i]);
    }
    return sum / static_cast<double>(2 * kPieceTokens * values.size());
}

} // namespace mambascope
