// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/quantization/plan.h"
#include "core/quantization/quantizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mambascope {

/// What the float weights contribute to scales: the column absmax of every site's weight, [site index][input
/// channel].
struct WeightStatistics {
    std::vector<std::vector<float>> columnAbsmax;
    bool operator==(const WeightStatistics&) const = default;
};
Result<WeightStatistics> weightStatistics(const Checkpoint& checkpoint, const Job& job);

/// One activation quantizer, ready to be applied.
struct ResolvedActivation {
    int bits = kBitsOff;                               ///< of the integer format
    ActivationScale scaling = ActivationScale::Static; ///< Token for mxfp4, whose scales are its blocks'
    float scale = 0;                                   ///< Δ for static scaling (0: everything becomes 0)
    NumberFormat format = NumberFormat::Int;
    bool active() const { return format != NumberFormat::Int || bits < kBitsOff; }
    bool operator==(const ResolvedActivation&) const = default;
};

/// Δ of an activation whose largest magnitude is `absmax`, of integers or of floats.
float activationScale(float absmax, const ResolvedActivation& quantizer);

/// What happens at one site, in this order: X → zero channels → ÷ smoothing → rotate → quantize input → × weight
/// (float weight · smoothing per column, rotated, then quantized) → quantize output → + bias.
struct ResolvedSite {
    WeightQuantization weight;
    std::vector<std::int32_t> zeroed; ///< input channels, ascending
    /// Input channels that stay floats, in the input and in the weight's columns, ascending; none of `zeroed`.
    std::vector<std::int32_t> exempt;
    bool rotate = false; ///< rotation.h, behind smoothing
    std::vector<float> smoothing;     ///< [inputs], or empty
    ResolvedActivation input, output;
    /// x_proj only, if the plan says ssmInput: the quantizer of the scan's u, which is zeroed but not
    /// smoothed.
    ResolvedActivation scanInput;
    bool operator==(const ResolvedSite&) const = default;
};

/// A plan with every scale computed: all an engine needs, no calibration any more.
struct ResolvedPlan {
    std::vector<ResolvedSite> sites; ///< [site index]
    WeightQuantization conv, ssm, embedding, head;
    bool ssmInput = false;
    /// Continuing from a saved state gives the same numbers as running the whole sequence: false as soon as
    /// one activation scale is taken from a whole sequence at run time.
    bool exactUnderForking = true;
    std::vector<std::string> warnings; ///< e.g. zeroing asked for where the rule cannot flag anything
    bool operator==(const ResolvedPlan&) const = default;
};

/// Computes scales, smoothing factors and zeroed channels. `calibration` and `weights` may be null if the
/// plan does not need them. Usage if a needed one is missing, if the calibration is of another checkpoint
/// (`checkpointHash`, when neither is empty) or shape, or if the plan addresses a layer that the model does
/// not have.
Result<ResolvedPlan> resolvePlan(
    const ModelSpec& spec, const QuantPlan& plan, const CalibrationSnapshot* calibration,
    const WeightStatistics* weights, const std::string& checkpointHash);

} // namespace mambascope
