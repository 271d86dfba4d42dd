// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/search/plan_search.h"

#include <string_view>
#include <vector>

namespace mambascope {

/// Tokens of the pieces that divergences are measured on.
inline constexpr std::ptrdiff_t kPieceTokens = 32;

/// Passes of a search over its windows, one plan each, counted as progress of its job.
class SearchPasses {
public:
    SearchPasses(Engine& engine, const PlanSearch& search, const Job& job, std::int64_t total)
        : m_engine(engine)
        , m_search(search)
        , m_job(job)
        , m_total(total) {}

    /// What the next passes are about; the job's phase.
    void begin(std::string_view phase);
    /// Mean negative log-likelihood of every token but the first of each window under `plan`, in nats. Fails
    /// as the engine does.
    Result<double> meanLoss(const QuantPlan& plan);
    /// Log-likelihoods of the windows under `plan`, in pieces of kPieceTokens that each begin anew. Fails as
    /// the engine does.
    Result<std::vector<double>> likelihoods(const QuantPlan& plan);

private:
    Result<std::vector<Score>> score(const QuantPlan& plan, const std::vector<ScoreRequest>& requests);
    void report() const;

    Engine& m_engine;
    const PlanSearch& m_search;
    const Job& m_job;
    std::string m_phase;
    std::int64_t m_done = 0, m_total;
};

/// Half the mean squared difference of two plans' log-likelihoods, for each token: where the two are near
/// each other about the divergence of their predictions in nats. The difference of their losses has the same
/// mean, but scatters with what the text happens to say.
double likelihoodDivergence(const std::vector<double>& reference, const std::vector<double>& values);

/// The target Bits of searchPlan(). `passes` were made for searchPasses().
Result<PlanSearchResult> searchBits(
    Engine& engine, const ModelSpec& spec, const PlanSearch& search, SearchPasses& passes, const Job& job);

} // namespace mambascope
