// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/ahead_scorer.h"

namespace mambascope {

AheadScorer::AheadScorer(Scorer& inner, const Tokenizer& tokenizer, const EvaluationRequest& request)
    : m_inner(inner)
    , m_announcer(dynamic_cast<ScoreAnnouncer*>(&inner))
    , m_tokenizer(tokenizer)
    , m_request(request) {
    for (const TaskData& data : request.tasks) {
        if (!request.known || !request.known(data)) {
            m_tasks.push_back(&data);
        }
    }
}

std::vector<ScoreRequest> AheadScorer::requestsOf(const TaskData& data) const {
    std::vector<ScoreRequest> requests;
    const auto order = itemOrder(static_cast<int>(data.items.size()), m_request.limit, m_request.seed);
    for (const int row : order) {
        for (const TaskItem::Choice& choice : data.items[static_cast<std::size_t>(row)].choices) {
            requests.push_back(scoreRequest(m_tokenizer, choice.context, choice.continuation));
        }
    }
    return requests;
}

Result<std::vector<Score>>
AheadScorer::score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job& job) {
    if (m_announcer != nullptr && !job.stopRequested()) {
        if (m_next == 0) {
            m_announcer->announce(requests); // on their way before the next ones are made
        }
        if (++m_next < m_tasks.size()) {
            m_announcer->announce(requestsOf(*m_tasks[m_next]));
        }
    }
    return m_inner.score(requests, sink, job);
}

} // namespace mambascope
