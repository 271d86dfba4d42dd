// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "plugins/torch/weights.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace mambascope {

/// Looks at activations as they pass. Asked first, so that nothing is touched for a side that nobody wants.
class SiteObserver {
public:
    virtual ~SiteObserver() = default;
    virtual bool wants(SiteId site, Side side) = 0;
    /// `x`: input before zeroing and smoothing, or the product before output quantization and bias; device
    /// memory.
    virtual void observe(SiteId site, Side side, Matrix x) = 0;
    /// Residual stream: depth 0 the embedding, depth i after layer i.
    virtual void residual(int /*depth*/, Matrix /*x*/) {}
};

/// Tokens of several sequences, back to back.
struct PackedBatch {
    std::vector<std::int32_t> tokens;
    std::vector<Segment> segments;

    /// Appends a sequence that starts from `state` (null: zeros) and leaves its last state in `finalState`
    /// (if any).
    void
    add(std::span<const std::int32_t> sequence, const float* state = nullptr, float* finalState = nullptr);
};

/// Where a pass begins: at `layer`, with the residual stream as it is in front of it.
struct PassStart {
    int layer = 0;                   ///< 0: at the embedding
    const float* residual = nullptr; ///< [rows, hidden] in device memory
};

/// The layer loop, on any backend. Keeps its working memory from call to call.
class ForwardPass {
public:
    ForwardPass(const ModelSpec& spec, Backend& backend)
        : m_spec(spec)
        , m_backend(backend) {}

    /// Floats in one sequence's state, all layers.
    std::int64_t stateSize() const;

    /// Working memory of one token.
    std::int64_t bytesPerToken() const;
    /// Gets the working memory of a pass over so many tokens ahead of run(); throws std::bad_alloc.
    void reserve(std::int64_t rows);
    /// Gives the working memory back.
    void release();

    /// Runs all layers from `start` on, of which only the states of the sequences are then read and left
    /// behind. The residual stream before the final norm is in residual() afterwards. False if `job` was
    /// stopped (looked at before every layer). `needed`, ascending and each row once: the rows that score() will
    /// be asked for, if they are not all; what the last layer does for no later token's sake may then be done for
    /// these alone, and residual() hold no others.
    bool
    run(const ModelWeights& weights, const PackedBatch& batch, SiteObserver* observer, const Job& job,
        const PassStart& start = {}, std::span<const std::int64_t> needed = {});
    Matrix residual() const { return m_residual; }

    /// Log-likelihoods of `targets` at `rows` of the last run's batch.
    std::vector<RowScore> score(
        const ModelWeights& weights, std::span<const std::int64_t> rows,
        std::span<const std::int32_t> targets);
    /// Final norm of all rows of the last run; valid until the next run.
    Matrix normed(const ModelWeights& weights);
    /// All logits of `rows` normed rows from `first`, in host memory [rows, vocabulary].
    void logits(const ModelWeights& weights, Matrix normed, float* host);

private:
    bool runLayers(
        const ModelWeights& weights, std::span<const Segment> segments, SiteObserver* observer,
        const Job& job, int first);
    /// One block: from m_normed to m_out.
    void
    layer(const ModelWeights& weights, int index, std::span<const Segment> segments, SiteObserver* observer);
    /// What comes between in_proj and out_proj: from m_xz to the matrix that is returned.
    Matrix mamba1Mixer(
        const ModelWeights& weights, int index, std::span<const Segment> segments, SiteObserver* observer);
    Matrix mamba2Mixer(const ModelWeights& weights, int index, std::span<const Segment> segments);
    /// Where a layer's state begins: that of the convolution, then that of the scan.
    std::int64_t convStateOffset(int layer) const;
    std::int64_t scanStateOffset(int layer) const;
    void quantize(Matrix x, const ResolvedActivation& quantizer, std::span<const Segment> segments);
    void applySite(
        const SiteWeights& site, SiteId id, Matrix x, Matrix prepared, Matrix y,
        std::span<const Segment> segments, SiteObserver* observer);

    ModelSpec m_spec;
    Backend& m_backend;
    std::int64_t m_capacity = 0;
    std::vector<DeviceArray> m_memory;
    DeviceArray m_headRows;
    std::vector<std::int64_t> m_needed; ///< rows of the batch that remain; empty: all
    Matrix m_residual, m_normed, m_out;
    Matrix m_xz; ///< what in_proj makes: u and gate, or Mamba-2's gate, u, B, C and time step
    Matrix m_u;  ///< behind the convolution; in Mamba-2 with B and C
    Matrix m_bc, m_dt, m_scratch; ///< Mamba-1 only
};

} // namespace mambascope
