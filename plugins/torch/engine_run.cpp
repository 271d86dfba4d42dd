// SPDX-License-Identifier: GPL-3.0-or-later
// What runs the model: calibration, forward, scoring, generation.
#include "plugins/torch/engine.h"

#include "plugins/torch/calibrator.h"
#include "plugins/torch/guard.h"

#include <algorithm>

namespace mambascope {

namespace {

/// Tokens of one pass where nothing else limits it.
constexpr std::int64_t kBatchTokens = 1024;
/// Of calibration on the processor: few, so that a cancel keeps as many whole windows as possible.
constexpr std::int64_t kCalibrationTokens = 256;

/// Copies the residual stream after every layer.
class HiddenRecorder final : public SiteObserver {
public:
    HiddenRecorder(
        Backend& backend, const PackedBatch& batch, std::size_t firstSequence, ForwardResult& result)
        : m_backend(backend)
        , m_batch(batch)
        , m_first(firstSequence)
        , m_result(result) {}

    bool wants(SiteId, Side) override { return false; }
    void observe(SiteId, Side, Matrix) override {}
    void residual(int depth, Matrix x) override {
        if (depth > 0) {
            store(static_cast<std::size_t>(depth) - 1, x);
        }
    }
    /// Keeps x as the hidden state `index`.
    void store(std::size_t index, Matrix x) {
        for (std::size_t i = 0; i < m_batch.segments.size(); ++i) {
            const Segment& s = m_batch.segments[i];
            std::vector<float>& out = m_result.hiddenStates[index][m_first + i];
            out.resize(static_cast<std::size_t>(s.length * x.columns));
            m_backend.downloadMatrix(x.rowRange(s.begin, s.length), out.data());
        }
    }

private:
    Backend& m_backend;
    const PackedBatch& m_batch;
    std::size_t m_first;
    ForwardResult& m_result;
};

/// The largest run of sequences from `first` on that fits a pass; at least one.
template <class Sequences>
PackedBatch packFrom(const Sequences& sequences, std::size_t first, std::int64_t budget) {
    PackedBatch batch;
    for (std::size_t i = first; i < sequences.size(); ++i) {
        const auto total = static_cast<std::int64_t>(batch.tokens.size() + sequences[i].size());
        if (i > first && total > budget) {
            break;
        }
        batch.add(sequences[i]);
    }
    return batch;
}

} // namespace

Result<void> TorchEngine::checkTokens(std::span<const std::int32_t> tokens, const char* what) const {
    if (tokens.empty()) {
        return Error::usage(std::string(what) + " is empty; it needs at least one token.");
    }
    const auto bad = std::find_if(tokens.begin(), tokens.end(), [&](std::int32_t id) {
        return id < 0 || id >= m_model.spec.vocabulary;
    });
    if (bad != tokens.end()) {
        return Error::usage(
            std::string(what) + " contains token " + std::to_string(*bad) + ", but the model has " +
                std::to_string(m_model.spec.vocabulary) + " tokens.",
            "Use the tokenizer that belongs to this model.");
    }
    return {};
}

Result<CalibrationSnapshot> TorchEngine::calibrate(const CalibrationRequest& request, const Job& job) {
    return guarded([&] { return withMemory([&] { return calibrateChecked(request, job); }); });
}

Result<CalibrationSnapshot> TorchEngine::calibrateChecked(const CalibrationRequest& request, const Job& job) {
    if (const Result<void> model = requireModel(); !model.ok()) {
        return model.error();
    }
    if (request.windows.empty()) {
        return Error::usage("There is nothing to calibrate on: no window was given.");
    }
    for (const std::vector<std::int32_t>& window : request.windows) {
        if (const Result<void> tokens = checkTokens(window, "A calibration window"); !tokens.ok()) {
            return tokens.error();
        }
    }
    // The plan's weights stay; those that it changes are prepared a second time, without it.
    Result<std::shared_ptr<const ModelWeights>> weights = prepareWeights(
        *m_checkpoint, baselinePlan(m_checkpoint->spec), m_weights.get(), *m_backend, job,
        "Preparing weights");
    if (!weights.ok()) {
        return weights.error();
    }
    CalibrationSnapshot snapshot;
    snapshot.spec = m_checkpoint->spec;
    snapshot.source = request.source;
    snapshot.source.checkpointHash = m_model.hash;
    snapshot.source.checkpointName = m_model.name;
    snapshot.source.engine = std::string("torch ") + MAMBASCOPE_VERSION;
    snapshot.source.dtype = m_model.dtype;
    snapshot.source.tokens = 0;
    snapshot.source.samples = 0;
    if (const Result<void> done = runWindows(*weights.value(), request, snapshot, job); !done.ok()) {
        return done.error();
    }
    return snapshot;
}

Result<void> TorchEngine::runWindows(
    const ModelWeights& weights, const CalibrationRequest& request, CalibrationSnapshot& snapshot,
    const Job& job) {
    Calibrator calibrator(m_checkpoint->spec, *m_backend, m_threads, request.source.rotated);
    // A pass that has begun is finished: half a window would be in some sites' statistics and not in others'.
    const Job uninterrupted;
    std::int64_t budget = m_backend->passTokens(m_pass->bytesPerToken(), kCalibrationTokens);
    std::string phase = "Calibrating";
    std::size_t done = 0;
    while (done < request.windows.size()) {
        if (job.stopRequested()) {
            if (done == 0) {
                return Error::cancelled();
            }
            snapshot.source.partial = true;
            break;
        }
        job.report(phase, done, request.windows.size());
        const PackedBatch batch = packFrom(request.windows, done, budget);
        const auto tokens = static_cast<std::int64_t>(batch.tokens.size());
        try { // to get all memory before the first site has seen the batch
            m_pass->reserve(tokens);
            calibrator.reserve(tokens);
        } catch (const DeviceOutOfMemory&) {
            if (m_residuals && m_residuals->yield()) {
                continue;
            }
            if (batch.segments.size() == 1) {
                throw;
            }
            m_pass->release();
            budget = tokens / 2;
            phase = "Calibrating (batches of " + std::to_string(budget) +
                    " tokens, because the GPU's memory is full)";
            continue;
        }
        m_pass->run(weights, batch, &calibrator, uninterrupted);
        done += batch.segments.size();
        snapshot.source.tokens += tokens;
    }
    snapshot.source.samples = static_cast<int>(done);
    calibrator.finish(snapshot);
    job.report(phase, done, request.windows.size());
    return {};
}

Result<ForwardResult> TorchEngine::forward(const ForwardRequest& request, const Job& job) {
    return guarded([&] { return withMemory([&] { return forwardChecked(request, job); }); });
}

Result<ForwardResult> TorchEngine::forwardChecked(const ForwardRequest& request, const Job& job) {
    if (const Result<void> model = requireModel(); !model.ok()) {
        return model.error();
    }
    for (const std::vector<std::int32_t>& sequence : request.sequences) {
        if (const Result<void> tokens = checkTokens(sequence, "A sequence"); !tokens.ok()) {
            return tokens.error();
        }
    }
    const ModelSpec& spec = m_checkpoint->spec;
    ForwardResult result;
    result.vocabulary = spec.vocabulary;
    result.hidden = spec.hidden;
    result.logits.resize(request.sequences.size());
    if (request.hidden) {
        result.hiddenStates.assign(
            static_cast<std::size_t>(spec.layers) + 1,
            std::vector<std::vector<float>>(request.sequences.size()));
    }
    for (std::size_t first = 0; first < request.sequences.size();) {
        job.report("Forward", first, request.sequences.size());
        const PackedBatch batch = packFrom(request.sequences, first, kBatchTokens);
        HiddenRecorder recorder(*m_backend, batch, first, result);
        if (!m_pass->run(*m_weights, batch, request.hidden ? &recorder : nullptr, job)) {
            return Error::cancelled();
        }
        const Matrix normed = m_pass->normed(*m_weights);
        if (request.hidden) {
            recorder.store(static_cast<std::size_t>(spec.layers), normed);
        }
        for (std::size_t i = 0; i < batch.segments.size(); ++i) {
            const Segment& s = batch.segments[i];
            std::vector<float>& logits = result.logits[first + i];
            logits.resize(static_cast<std::size_t>(s.length * spec.vocabulary));
            m_pass->logits(*m_weights, normed.rowRange(s.begin, s.length), logits.data());
        }
        first += batch.segments.size();
    }
    return result;
}

Result<std::vector<Score>>
TorchEngine::score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job& job) {
    return guarded([&]() -> Result<std::vector<Score>> {
        if (const Result<void> model = requireModel(); !model.ok()) {
            return model.error();
        }
        for (const ScoreRequest& request : requests) {
            const Result<void> context = checkTokens(request.context, "A context");
            const Result<void> continuation = checkTokens(request.continuation, "A continuation");
            if (!context.ok() || !continuation.ok()) {
                return context.ok() ? continuation.error() : context.error();
            }
        }
        return scoreRequests(
            *m_pass, *m_weights, *m_backend, requests, m_limits, sink, job, m_residuals.get());
    });
}

Result<std::vector<std::int32_t>> TorchEngine::generate(const GenerateRequest& request, const Job& job) {
    return guarded([&] { return withMemory([&] { return generateChecked(request, job); }); });
}

Result<std::vector<std::int32_t>>
TorchEngine::generateChecked(const GenerateRequest& request, const Job& job) {
    if (const Result<void> model = requireModel(); !model.ok()) {
        return model.error();
    }
    if (const Result<void> tokens = checkTokens(request.prompt, "The prompt"); !tokens.ok()) {
        return tokens.error();
    }
    DeviceArray state(*m_backend, m_pass->stateSize());
    std::vector<std::int32_t> appended;
    for (int i = 0; i < request.count; ++i) {
        job.report("Generating", static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(request.count));
        PackedBatch batch;
        if (i == 0) {
            batch.add(request.prompt, nullptr, state.data());
        } else {
            batch.add(std::span(&appended.back(), 1), state.data(), state.data());
        }
        if (!m_pass->run(*m_weights, batch, nullptr, job)) {
            return Error::cancelled();
        }
        const std::int64_t lastRow = static_cast<std::int64_t>(batch.tokens.size()) - 1;
        const std::int32_t anyTarget = 0;
        appended.push_back(m_pass->score(*m_weights, {&lastRow, 1}, {&anyTarget, 1}).front().argmax);
    }
    return appended;
}

} // namespace mambascope
