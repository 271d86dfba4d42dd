// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/scoring.h"

#include "core/base/hash.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mambascope {

namespace {

/// Requests of one batch with the same context.
struct ContextGroup {
    std::vector<std::size_t> users; ///< request indices, ascending
    bool needsState = false;        ///< some user has more than one token to score
};

struct Batch {
    std::size_t first = 0, last = 0; ///< requests, half open
    std::vector<ContextGroup> groups;
    std::int64_t states = 0;
};

/// A row of a pass whose logits say something about one token of one request.
struct ScoredRows {
    std::vector<std::int64_t> rows;
    std::vector<std::int32_t> targets;
    std::vector<std::size_t> requests;

    void add(std::int64_t row, std::int32_t target, std::size_t request) {
        rows.push_back(row);
        targets.push_back(target);
        requests.push_back(request);
    }
};

std::string_view bytesOf(const std::vector<std::int32_t>& tokens) {
    return {reinterpret_cast<const char*>(tokens.data()), tokens.size() * sizeof(std::int32_t)};
}

class Scoring {
public:
    Scoring(
        ForwardPass& pass, const ModelWeights& weights, Backend& backend,
        std::span<const ScoreRequest> requests, const ScoringLimits& limits, const Job& job,
        ResidualStore* store)
        : m_pass(pass)
        , m_weights(weights)
        , m_backend(backend)
        , m_requests(requests)
        , m_limits(limits)
        , m_job(job)
        , m_store(store)
        , m_scores(requests.size()) {}

    Result<std::vector<Score>> run(const ScoreSink& sink) {
        for (Score& score : m_scores) {
            score.greedy = true;
        }
        for (std::size_t next = 0; next < m_requests.size();) {
            m_job.report(m_phase, next, m_requests.size());
            const Batch batch = makeBatch(next);
            try {
                if (!runBatch(batch)) {
                    return Error::cancelled();
                }
            } catch (const DeviceOutOfMemory&) {
                if (m_store != nullptr && m_store->yield()) {
                    forget(batch);
                    continue;
                }
                if (batch.last - batch.first == 1) {
                    throw;
                }
                halve(batch);
                continue;
            }
            if (sink) {
                sink(
                    batch.first,
                    std::span<const Score>(m_scores).subspan(batch.first, batch.last - batch.first));
            }
            next = batch.last;
        }
        m_job.report(m_phase, m_requests.size(), m_requests.size());
        return std::move(m_scores);
    }

private:
    /// As many requests from `first` on as the limits allow, at least one.
    Batch makeBatch(std::size_t first) const {
        Batch batch;
        batch.first = batch.last = first;
        std::unordered_map<std::string_view, std::size_t> known;
        std::int64_t tokens = 0;
        for (std::size_t i = first; i < m_requests.size(); ++i) {
            const ScoreRequest& request = m_requests[i];
            const bool fork = m_weights.plan.exactUnderForking;
            const auto found = fork ? known.find(bytesOf(request.context)) : known.end();
            const bool isNew = found == known.end();
            tokens += static_cast<std::int64_t>(request.continuation.size()) - 1;
            tokens += isNew ? static_cast<std::int64_t>(request.context.size()) : 0;
            const bool full =
                tokens > m_limits.batchTokens || batch.states * m_pass.stateSize() > m_limits.stateFloats;
            if (i > first && isNew && full) {
                break; // a context that is already in the batch costs little more, and its state is there
            }
            if (isNew) {
                known.emplace(bytesOf(request.context), batch.groups.size());
                batch.groups.emplace_back();
            }
            ContextGroup& group = isNew ? batch.groups.back() : batch.groups[found->second];
            group.users.push_back(i);
            group.needsState = group.needsState || request.continuation.size() > 1;
            batch.states += group.users.size() == 2 ? 1 : 0;
            batch.last = i + 1;
        }
        return batch;
    }

    /// After the device's memory was full: as if the batch had not been tried.
    void forget(const Batch& batch) {
        m_states = {};
        m_pass.release();
        for (std::size_t i = batch.first; i < batch.last; ++i) {
            m_scores[i] = Score();
            m_scores[i].greedy = true;
        }
    }

    /// The same; and the next batches are half as large.
    void halve(const Batch& batch) {
        forget(batch);
        std::int64_t tokens = 0;
        for (std::size_t i = batch.first; i < batch.last; ++i) {
            tokens += static_cast<std::int64_t>(
                m_requests[i].context.size() + m_requests[i].continuation.size() - 1);
        }
        m_limits.batchTokens = std::max<std::int64_t>(1, std::min(m_limits.batchTokens, tokens) / 2);
        m_limits.stateFloats = std::min(m_limits.stateFloats, batch.states * m_pass.stateSize()) / 2;
        m_phase = "Scoring (batches of " + std::to_string(m_limits.batchTokens) +
                  " tokens, because the GPU's memory is full)";
    }

    bool runBatch(const Batch& batch) {
        if (m_states.count() < batch.states * m_pass.stateSize()) {
            m_states = DeviceArray(m_backend, batch.states * m_pass.stateSize());
        }
        PackedBatch contexts, continuations;
        ScoredRows contextRows, continuationRows;
        float* nextState = m_states.data();
        for (const ContextGroup& group : batch.groups) {
            if (group.users.size() == 1) {
                addWhole(group.users.front(), contexts, contextRows);
                continue;
            }
            addContext(group, contexts, contextRows, nextState);
            for (const std::size_t user : group.users) {
                addContinuation(user, nextState, continuations, continuationRows);
            }
            nextState += m_pass.stateSize();
        }
        const auto rows = static_cast<std::int64_t>(contexts.tokens.size() + continuations.tokens.size());
        const auto recording = m_store != nullptr ? m_store->record(contentOf(batch), rows) : nullptr;
        const bool done =
            runPass(contexts, contextRows, recording.get()) &&
            (continuations.tokens.empty() || runPass(continuations, continuationRows, recording.get()));
        if (done && recording) {
            recording->complete();
        }
        return done;
    }

    /// The requests of a batch in their order, and whether they share contexts: how they are packed follows.
    std::string contentOf(const Batch& batch) const {
        ContentHasher hasher;
        hasher.add(m_weights.plan.exactUnderForking ? std::string_view("shared") : "whole");
        for (const ScoreRequest& request : m_requests.subspan(batch.first, batch.last - batch.first)) {
            const std::array<std::size_t, 2> lengths{request.context.size(), request.continuation.size()};
            hasher.add(std::as_bytes(std::span(lengths)));
            hasher.add(bytesOf(request.context));
            hasher.add(bytesOf(request.continuation));
        }
        return hasher.digest();
    }

    void addWhole(std::size_t index, PackedBatch& batch, ScoredRows& scored) const {
        const ScoreRequest& request = m_requests[index];
        std::vector<std::int32_t> tokens = request.context;
        tokens.insert(tokens.end(), request.continuation.begin(), request.continuation.end() - 1);
        const auto begin = static_cast<std::int64_t>(batch.tokens.size() + request.context.size()) - 1;
        batch.add(tokens);
        for (std::size_t k = 0; k < request.continuation.size(); ++k) {
            scored.add(begin + static_cast<std::int64_t>(k), request.continuation[k], index);
        }
    }

    void addContext(const ContextGroup& group, PackedBatch& batch, ScoredRows& scored, float* state) const {
        batch.add(m_requests[group.users.front()].context, nullptr, group.needsState ? state : nullptr);
        for (const std::size_t user : group.users) {
            scored.add(
                static_cast<std::int64_t>(batch.tokens.size()) - 1, m_requests[user].continuation.front(),
                user);
        }
    }

    void
    addContinuation(std::size_t index, const float* state, PackedBatch& batch, ScoredRows& scored) const {
        const std::vector<std::int32_t>& tokens = m_requests[index].continuation;
        if (tokens.size() < 2) {
            return;
        }
        const auto begin = static_cast<std::int64_t>(batch.tokens.size());
        batch.add(std::span(tokens).first(tokens.size() - 1), state);
        for (std::size_t k = 1; k < tokens.size(); ++k) {
            scored.add(begin + static_cast<std::int64_t>(k) - 1, tokens[k], index);
        }
    }

    bool runPass(const PackedBatch& batch, const ScoredRows& scored, ResidualStore::Recording* recording) {
        SiteObserver* const observer = recording != nullptr ? recording->observer() : nullptr;
        const PassStart start = recording != nullptr ? recording->start() : PassStart{};
        std::vector<std::int64_t> needed = scored.rows; // ascending
        needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
        if (!m_pass.run(m_weights, batch, observer, m_job, start, needed)) {
            return false;
        }
        if (recording != nullptr) {
            recording->passed(static_cast<std::int64_t>(batch.tokens.size()));
        }
        const std::vector<RowScore> rows = m_pass.score(m_weights, scored.rows, scored.targets);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            Score& score = m_scores[scored.requests[i]];
            score.logLikelihood += rows[i].logLikelihood;
            score.greedy = score.greedy && rows[i].finite && rows[i].argmax == scored.targets[i];
        }
        return true;
    }

    ForwardPass& m_pass;
    const ModelWeights& m_weights;
    Backend& m_backend;
    std::span<const ScoreRequest> m_requests;
    ScoringLimits m_limits;
    const Job& m_job;
    ResidualStore* m_store;
    std::vector<Score> m_scores;
    DeviceArray m_states;
    std::string m_phase = "Scoring";
};

} // namespace

Result<std::vector<Score>> scoreRequests(
    ForwardPass& pass, const ModelWeights& weights, Backend& backend, std::span<const ScoreRequest> requests,
    const ScoringLimits& limits, const ScoreSink& sink, const Job& job, ResidualStore* store) {
    return Scoring(pass, weights, backend, requests, limits, job, store).run(sink);
}

} // namespace mambascope
