// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/evaluator.h"
#include "core/evaluation/score_announcer.h"

#include <cstddef>
#include <vector>

namespace mambascope {

/// What evaluate() scores with if the engine may be far away: while it works on one task, the requests of the
/// next are made and announced, so that it goes on to them without a pause. Scores are those of `inner`. If
/// that is no ScoreAnnouncer, calls are passed on as they are. All references have to outlive it.
class AheadScorer : public Scorer {
public:
    AheadScorer(Scorer& inner, const Tokenizer& tokenizer, const EvaluationRequest& request);

    Result<std::vector<Score>>
    score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job& job) override;

private:
    std::vector<ScoreRequest> requestsOf(const TaskData& data) const;

    Scorer& m_inner;
    ScoreAnnouncer* m_announcer;
    const Tokenizer& m_tokenizer;
    const EvaluationRequest& m_request;
    std::vector<const TaskData*> m_tasks; ///< that are not known already
    std::size_t m_next = 0;               ///< of them, the one whose requests score() is called with next
};

} // namespace mambascope
