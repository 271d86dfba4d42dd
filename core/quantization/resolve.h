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
    bool operator==(const ResolvedSite&) const = default;
};

/// What happens around the scan of one layer: its inputs are quantized as it reads them (u after x_proj has read it,
/// Δ before bias and softplus), its state after every token, when that token's output has been taken from it.
struct ResolvedScan {
    ResolvedActivation u, dt, b, c, z;
    int stateBits = kBitsOff; ///< a scale a channel: the absmax of its states at that token
    bool operator==(const ResolvedScan&) const = default;
};

/// A plan with every scale computed: all an engine needs, no calibration any more.
struct ResolvedPlan {
    std::vector<ResolvedSite> sites; ///< [site index]
    std::vector<ResolvedScan> scans; ///< [layer]
    WeightQuantization conv, ssm, embedding, head;
    bool ssmInput = false; ///< x_proj's zeroed and exempt channels are those of the scan's u too
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
