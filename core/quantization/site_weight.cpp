// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/site_weight.h"

#include "core/quantization/quantizer.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace mambascope {

Result<SiteWeight>
SiteWeight::open(const Checkpoint& checkpoint, SiteId site, const ResolvedSite& resolved) {
    const TensorView& tensor =
        checkpoint.tensor(checkpoint.names.blocks[static_cast<std::size_t>(site.layer)].linear(site.linear));
    if (!isFloat(tensor.dtype)) {
        return Error::unreadable(
            "A tensor of floating-point numbers is expected at " + siteName(site) + ", but it is stored as " +
            std::string(dtypeName(tensor.dtype)) + ".");
    }
    return SiteWeight(
        tensor, checkpoint.spec.outputs(site.linear), checkpoint.spec.inputs(site.linear), resolved);
}

SiteWeight::SiteWeight(
    const TensorView& tensor, std::int64_t outputs, std::int64_t inputs, const ResolvedSite& resolved)
    : m_tensor(&tensor)
    , m_resolved(&resolved)
    , m_outputs(outputs)
    , m_inputs(inputs) {
    if (resolved.rotate) {
        m_rotation.emplace(inputs);
    }
}

bool SiteWeight::sharesScale() const {
    const WeightQuantization& how = m_resolved->weight;
    const bool oneScale = blockSize(how.format) > 0 || how.granularity.kind == GranularityKind::Tensor;
    return how.active() && oneScale && how.format != NumberFormat::MxFp4;
}

void SiteWeight::floats(std::int64_t i, std::span<float> out) const {
    const std::size_t bytes = out.size() * elementSize(m_tensor->dtype);
    const TensorView row{
        m_tensor->dtype, {m_inputs}, m_tensor->bytes.subspan(static_cast<std::size_t>(i) * bytes, bytes)};
    if (!toFloat(row, out).ok()) {
        std::fill(out.begin(), out.end(), 0.0f); // open() has seen to it that this does not happen
    }
    for (std::size_t j = 0; j < m_resolved->smoothing.size(); ++j) {
        out[j] *= m_resolved->smoothing[j];
    }
    if (m_rotation) {
        m_rotation->apply(out);
    }
}

float SiteWeight::absmax(std::int64_t i, std::span<float> scratch) const {
    floats(i, scratch);
    for (const std::int32_t channel : m_resolved->exempt) {
        scratch[static_cast<std::size_t>(channel)] = 0;
    }
    return finiteAbsmax(scratch);
}

void SiteWeight::setAbsmax(float absmax) {
    const WeightQuantization& how = m_resolved->weight;
    m_scale =
        how.format == NumberFormat::Int ? quantizerScale(absmax, how.bits) : floatScale(absmax, how.format);
}

void SiteWeight::row(std::int64_t i, std::span<float> out) const {
    floats(i, out);
    const WeightQuantization& how = m_resolved->weight;
    // Columns that stay floats have no part in the scales either.
    std::vector<float> exempt;
    for (const std::int32_t channel : m_resolved->exempt) {
        exempt.push_back(std::exchange(out[static_cast<std::size_t>(channel)], 0.0f));
    }
    if (!sharesScale()) {
        fakeQuantizeWeight(out, 1, m_inputs, how);
    } else if (how.format == NumberFormat::Int) {
        fakeQuantize(out, m_scale, how.bits);
    } else {
        fakeQuantizeFloat(out, m_scale, how.format);
    }
    for (std::size_t e = 0; e < exempt.size(); ++e) {
        out[static_cast<std::size_t>(m_resolved->exempt[e])] = exempt[e];
    }
}

} // namespace mambascope
