// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/forward.h"

#include "core/quantization/quantizer.h"

#include <algorithm>

namespace mambascope {

namespace {

float stateLimit(const ResolvedScan& scan) {
    return scan.stateBits < kBitsOff ? static_cast<float>(quantizerMax(scan.stateBits)) : 0.0f;
}

/// Moves `rows`, ascending, to the front. Host memory.
void keepRows(Matrix& x, std::span<const std::int64_t> rows) {
    std::int64_t kept = 0;
    for (const std::int64_t row : rows) {
        std::copy_n(x.rowRange(row, 1).data, x.columns, x.rowRange(kept++, 1).data);
    }
    x.rows = kept;
}

} // namespace

void PackedBatch::add(std::span<const std::int32_t> sequence, const float* state, float* finalState) {
    segments.push_back(
        {static_cast<std::int64_t>(tokens.size()), static_cast<std::int64_t>(sequence.size()), state,
         finalState});
    tokens.insert(tokens.end(), sequence.begin(), sequence.end());
}

std::int64_t ForwardPass::stateSize() const {
    return convStateOffset(m_spec.layers);
}

std::int64_t ForwardPass::convStateOffset(int layer) const {
    const std::int64_t conv = std::int64_t{m_spec.convKernel - 1} * m_spec.convChannels();
    return layer * (conv + std::int64_t{m_spec.inner} * m_spec.state);
}

std::int64_t ForwardPass::scanStateOffset(int layer) const {
    return convStateOffset(layer) + std::int64_t{m_spec.convKernel - 1} * m_spec.convChannels();
}

std::int64_t ForwardPass::bytesPerToken() const {
    const std::int64_t size = m_backend.activationElement() == Element::F32 ? 4 : 2;
    const std::int64_t activations = 2 * m_spec.hidden + m_spec.outputs(Linear::InProj) +
                                     m_spec.convChannels() + 2 * m_spec.outputs(Linear::DtProj) +
                                     m_spec.outputs(Linear::XProj);
    return 4 * m_spec.hidden + size * activations;
}

void ForwardPass::reserve(std::int64_t rows) {
    const std::int64_t hidden = m_spec.hidden;
    // A linear that the model does not have makes nothing.
    const std::int64_t steps = m_spec.outputs(Linear::DtProj);
    const std::pair<Matrix*, std::int64_t> matrices[] = {
        {&m_residual, hidden},
        {&m_normed, hidden},
        {&m_out, hidden},
        {&m_xz, m_spec.outputs(Linear::InProj)},
        {&m_u, m_spec.convChannels()},
        {&m_dt, steps},
        {&m_scratch, steps},
        {&m_bc, m_spec.outputs(Linear::XProj)}};
    if (rows > m_capacity) {
        release();
        for (const auto& [matrix, columns] : matrices) {
            const Element element = matrix == &m_residual ? Element::F32 : m_backend.activationElement();
            // Rows of 2-byte elements begin at multiples of 16 bytes, which matrix products want.
            const std::int64_t stride = element == Element::F32 ? columns : (columns + 7) / 8 * 8;
            m_memory.emplace_back(m_backend, element == Element::F32 ? rows * stride : rows * stride / 2);
            *matrix = {m_memory.back().data(), rows, columns, stride, element};
        }
        m_capacity = rows;
    }
    for (const auto& [matrix, columns] : matrices) {
        matrix->rows = rows;
    }
}

void ForwardPass::release() {
    m_capacity = 0;
    m_memory.clear();
    m_headRows = {};
}

void ForwardPass::quantize(
    Matrix x, const ResolvedActivation& quantizer, std::span<const Segment> segments) {
    if (quantizer.active()) {
        m_backend.transform(x, {nullptr, nullptr, quantizer, false, nullptr}, segments, x);
    }
}

void ForwardPass::applySite(
    const SiteWeights& site, SiteId id, Matrix x, Matrix prepared, Matrix y,
    std::span<const Segment> segments, SiteObserver* observer) {
    if (observer != nullptr && observer->wants(id, Side::Input)) {
        observer->observe(id, Side::Input, x);
    }
    Transform input = site.input();
    if (site.weight->integers) {
        input.quantizer = {};
    }
    if (input.active()) {
        m_backend.transform(x, input, segments, prepared);
        x = prepared;
    }
    if (site.weight->integers) {
        m_backend.integerLinear(*site.weight, x, site.settings.input, segments, y);
    } else {
        m_backend.linear(*site.weight, x, y);
    }
    if (observer != nullptr && observer->wants(id, Side::Output)) {
        observer->observe(id, Side::Output, y);
    }
    if (const Transform output = site.output(); output.active()) {
        m_backend.transform(y, output, segments, y);
    }
}

Matrix ForwardPass::mamba1Mixer(
    const ModelWeights& weights, int index, std::span<const Segment> segments, SiteObserver* observer) {
    const ModelWeights::Layer& layer = weights.layers[static_cast<std::size_t>(index)];
    const auto site = [&](Linear linear) -> const SiteWeights& {
        return layer.sites[static_cast<std::size_t>(linear)];
    };
    const std::int64_t inner = m_spec.inner, state = m_spec.state, rank = m_spec.dtRank;
    m_backend.convSilu(
        {m_xz.columnRange(0, inner), m_u, layer.conv->data(),
         layer.convBias ? layer.convBias->data() : nullptr, m_spec.convKernel, convStateOffset(index)},
        segments);
    // The linear works on a copy: the scan reads the same u.
    applySite(site(Linear::XProj), {index, Linear::XProj}, m_u, m_scratch, m_bc, segments, observer);
    const ResolvedScan& how = weights.plan.scans[static_cast<std::size_t>(index)];
    Transform scanInput;
    if (weights.plan.ssmInput) {
        scanInput.keep = site(Linear::XProj).input().keep;
        scanInput.exempt = site(Linear::XProj).input().exempt;
    }
    scanInput.quantizer = how.u;
    if (scanInput.active()) {
        m_backend.transform(m_u, scanInput, segments, m_u);
    }
    const Matrix lowRank = m_bc.columnRange(0, rank);
    const Matrix b = m_bc.columnRange(rank, state), c = m_bc.columnRange(rank + state, state);
    if (m_spec.architecture == Architecture::FalconMamba) {
        for (const Matrix& part : {lowRank, b, c}) {
            m_backend.unitNorm(part, m_spec.mixerNormEpsilon);
        }
    }
    // The first columns have no other reader, so they may be quantized where they are.
    applySite(site(Linear::DtProj), {index, Linear::DtProj}, lowRank, lowRank, m_dt, segments, observer);
    quantize(m_dt, how.dt, segments);
    quantize(b, how.b, segments);
    quantize(c, how.c, segments);
    quantize(m_xz.columnRange(inner, inner), how.z, segments);
    ScanArguments scan;
    scan.stateLimit = stateLimit(how);
    scan.dt = m_dt;
    scan.u = m_u;
    scan.z = m_xz.columnRange(inner, inner);
    scan.b = b;
    scan.c = c;
    // On a GPU the collection of dt_proj's output may go on while the scan runs.
    scan.y = observer == nullptr || m_backend.isHostMemory() ? m_dt : m_scratch;
    scan.dtBias = layer.dtBias->data();
    scan.decay = layer.decay->data();
    scan.d = layer.d->data();
    scan.state = m_spec.state;
    scan.stateOffset = scanStateOffset(index);
    m_backend.scan(scan, segments);
    return scan.y;
}

Matrix
ForwardPass::mamba2Mixer(const ModelWeights& weights, int index, std::span<const Segment> segments) {
    const ModelWeights::Layer& layer = weights.layers[static_cast<std::size_t>(index)];
    const std::int64_t inner = m_spec.inner, conv = m_spec.convChannels();
    const std::int64_t states = std::int64_t{m_spec.groups} * m_spec.state;
    m_backend.convSilu(
        {m_xz.columnRange(inner, conv), m_u, layer.conv->data(),
         layer.convBias ? layer.convBias->data() : nullptr, m_spec.convKernel, convStateOffset(index)},
        segments);
    const Matrix gate = m_xz.columnRange(0, inner), u = m_u.columnRange(0, inner);
    HeadScanArguments scan;
    scan.dt = m_xz.columnRange(inner + conv, m_spec.heads);
    scan.u = scan.y = u;
    scan.b = m_u.columnRange(inner, states);
    scan.c = m_u.columnRange(inner + states, states);
    const ResolvedScan& how = weights.plan.scans[static_cast<std::size_t>(index)];
    quantize(scan.dt, how.dt, segments);
    quantize(u, how.u, segments);
    quantize(scan.b, how.b, segments);
    quantize(scan.c, how.c, segments);
    quantize(gate, how.z, segments);
    scan.stateLimit = stateLimit(how);
    scan.dtBias = layer.dtBias->data();
    scan.decay = layer.decay->data();
    scan.d = layer.d->data();
    scan.dtMin = m_spec.dtMin, scan.dtMax = m_spec.dtMax;
    scan.heads = m_spec.heads, scan.groups = m_spec.groups, scan.state = m_spec.state;
    scan.stateOffset = scanStateOffset(index);
    m_backend.headScan(scan, segments);
    m_backend.gatedNorm(
        {u, gate, layer.gatedNorm ? layer.gatedNorm->data() : nullptr,
         std::max(1, m_spec.gatedNormGroups), m_spec.normEpsilon});
    return u;
}

void ForwardPass::layer(
    const ModelWeights& weights, int index, std::span<const Segment> segments, SiteObserver* observer) {
    const ModelWeights::Layer& layer = weights.layers[static_cast<std::size_t>(index)];
    const SiteWeights& in = layer.sites[static_cast<std::size_t>(Linear::InProj)];
    applySite(in, {index, Linear::InProj}, m_normed, m_normed, m_xz, segments, observer);
    if (layer.inProjBias) {
        m_backend.addBias(m_xz, layer.inProjBias->data());
    }
    Matrix y = m_spec.architecture == Architecture::Mamba2 ? mamba2Mixer(weights, index, segments)
                                                           : mamba1Mixer(weights, index, segments, observer);
    if (index + 1 == m_spec.layers && !m_needed.empty()) {
        keepRows(y, m_needed);
        keepRows(m_residual, m_needed);
        m_out.rows = y.rows;
        segments = {}; // rows are not where they were, and no scale is taken over several of them
    }
    const SiteWeights& out = layer.sites[static_cast<std::size_t>(Linear::OutProj)];
    applySite(out, {index, Linear::OutProj}, y, y, m_out, segments, observer);
    if (layer.outProjBias) {
        m_backend.addBias(m_out, layer.outProjBias->data());
    }
}

bool ForwardPass::runLayers(
    const ModelWeights& weights, std::span<const Segment> segments, SiteObserver* observer, const Job& job,
    int first) {
    for (int i = first; i < m_spec.layers; ++i) {
        if (job.stopRequested()) {
            return false;
        }
        m_backend.addNorm(
            i == first ? nullptr : &m_out, m_residual,
            weights.layers[static_cast<std::size_t>(i)].norm->data(), m_spec.normEpsilon, &m_normed);
        if (observer != nullptr) {
            observer->residual(i, m_residual);
        }
        layer(weights, i, segments, observer);
    }
    m_backend.addNorm(&m_out, m_residual, nullptr, m_spec.normEpsilon, nullptr);
    if (observer != nullptr) {
        observer->residual(m_spec.layers, m_residual);
    }
    return true;
}

bool ForwardPass::run(
    const ModelWeights& weights, const PackedBatch& batch, SiteObserver* observer, const Job& job,
    const PassStart& start, std::span<const std::int64_t> needed) {
    const auto rows = static_cast<std::int64_t>(batch.tokens.size());
    reserve(rows);
    // Rows are moved by the processor. A scale that is taken over a sequence needs all of its rows.
    const bool trims = m_backend.isHostMemory() && weights.plan.exactUnderForking &&
                       static_cast<std::int64_t>(needed.size()) < rows;
    m_needed.assign(needed.begin(), trims ? needed.end() : needed.begin());
    if (start.layer == 0) {
        m_backend.embed(weights.embedding->data(), batch.tokens, m_residual);
    } else {
        m_backend.copy(start.residual, rows * m_spec.hidden, m_residual.data);
    }
    const auto layers = [&] {
        return runLayers(weights, batch.segments, observer, job, start.layer);
    };
    return observer != nullptr ? layers()
                               : m_backend.repeated({&weights, rows, start.layer}, batch.segments, layers);
}

std::vector<RowScore> ForwardPass::score(
    const ModelWeights& weights, std::span<const std::int64_t> rows, std::span<const std::int32_t> targets) {
    const auto count = static_cast<std::int64_t>(rows.size());
    std::vector<std::int64_t> places(rows.begin(), rows.end()); // in m_residual
    for (std::int64_t& row : places) {
        row = m_needed.empty() ? row : std::lower_bound(m_needed.begin(), m_needed.end(), row) - m_needed.begin();
    }
    const std::int64_t stride = m_normed.stride;
    if (m_headRows.count() < count * stride) { // enough for either kind of element
        m_headRows = DeviceArray(m_backend, count * stride);
    }
    const Matrix normedRows{m_headRows.data(), count, m_spec.hidden, stride, m_normed.element};
    m_backend.normRows(m_residual, places, weights.finalNorm->data(), m_spec.normEpsilon, normedRows);
    return m_backend.scoreRows(*weights.head, normedRows, targets);
}

Matrix ForwardPass::normed(const ModelWeights& weights) {
    m_backend.addNorm(nullptr, m_residual, weights.finalNorm->data(), m_spec.normEpsilon, &m_normed);
    return m_normed;
}

void ForwardPass::logits(const ModelWeights& weights, Matrix normed, float* host) {
    // A few rows at a time: a large vocabulary would double the memory otherwise.
    constexpr std::int64_t kRows = 256;
    DeviceArray memory(m_backend, std::min(kRows, normed.rows) * m_spec.vocabulary);
    for (std::int64_t first = 0; first < normed.rows; first += kRows) {
        const std::int64_t rows = std::min(kRows, normed.rows - first);
        m_backend.linear(
            *weights.head, normed.rowRange(first, rows),
            {memory.data(), rows, m_spec.vocabulary, m_spec.vocabulary});
        m_backend.download(memory.data(), rows * m_spec.vocabulary, host + first * m_spec.vocabulary);
    }
}

} // namespace mambascope
