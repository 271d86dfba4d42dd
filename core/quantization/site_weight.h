// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"
#include "core/quantization/resolve.h"
#include "core/quantization/rotation.h"

#include <cstdint>
#include <optional>
#include <span>

namespace mambascope {

/// The weight [outputs, inputs] that a site multiplies with under a plan, row by row: float weight · smoothing per
/// column, rotated, then fake-quantized. Rows are made from the mapped file as they are asked for, in any order and
/// from any thread, so that nobody has to hold the whole weight.
class SiteWeight {
public:
    /// Unreadable if the tensor is none of floats. Refers to both, which have to outlive it.
    static Result<SiteWeight>
    open(const Checkpoint& checkpoint, SiteId site, const ResolvedSite& resolved);

    std::int64_t outputs() const { return m_outputs; }
    std::int64_t inputs() const { return m_inputs; }
    /// One scale for the whole weight: before row(), setAbsmax() wants the largest absmax() of all rows.
    bool sharesScale() const;
    /// Largest finite magnitude of row `i` that the scale has to cover. `scratch`: [inputs].
    float absmax(std::int64_t i, std::span<float> scratch) const;
    void setAbsmax(float absmax);
    /// Row `i` into `out` [inputs].
    void row(std::int64_t i, std::span<float> out) const;

private:
    SiteWeight(const TensorView& tensor, std::int64_t outputs, std::int64_t inputs, const ResolvedSite& resolved);
    /// Row `i` before it is quantized.
    void floats(std::int64_t i, std::span<float> out) const;

    const TensorView* m_tensor;
    const ResolvedSite* m_resolved;
    std::int64_t m_outputs, m_inputs;
    std::optional<Rotation> m_rotation;
    float m_scale = 0; ///< Δ of the whole weight
};

} // namespace mambascope
