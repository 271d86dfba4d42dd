// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/calibration/calibration.h"
#include "core/model/model.h"
#include "core/quantization/resolve.h"

#include <optional>
#include <vector>

namespace mambascope {

// What a plan makes of one site, without a model that runs: quick enough for every step of a dragged slider.

/// Of the float weight [outputs, inputs] of a site: its column maxima, and some of its rows.
struct WeightSample {
    std::int64_t outputs = 0, inputs = 0;
    std::vector<float> rows;         ///< [rows, inputs], evenly spaced
    std::vector<float> columnAbsmax; ///< [inputs], of all rows
};
/// Reads the whole weight once. As many rows as have about 2^17 values (51 at 2560 inputs), 16 at least.
Result<WeightSample> sampleWeight(const Checkpoint& checkpoint, SiteId site);

/// resolvePlan() of a single site. Of `weights` only the entry of that site is looked at.
Result<ResolvedSite> resolveSite(
    const ModelSpec& spec, const QuantPlan& plan, const CalibrationSnapshot* calibration,
    const WeightStatistics* weights, SiteId site);

struct SitePreview {
    std::vector<float> inputAbsmax;  ///< [inputs] of what reaches the input quantizer: 0 where zeroed
    std::vector<float> weightAbsmax; ///< [inputs] of the smoothed weight's columns
    float inputScale = 0;            ///< Δ of a static input quantizer; 0 if there is none
    /// Shares of the weight's integers −qmax … qmax, over the sampled rows; empty if it has none.
    std::vector<double> weightLevels;
    /// Σ (Ŵ − W)² / Σ W² over the sampled rows, Ŵ as the unsmoothed input meets it. With one scale a tensor that scale
    /// is the whole weight's.
    double weightError = 0;
    // Estimates of Σ (y′ − y)² / Σ y² of the output, as if the input's channels were independent: from the quantized
    // weight, and from the quantized input. None without second moments in the calibration.
    std::optional<double> outputErrorOfWeight;
    /// A channel's squared error is taken as Δ²/12, or as its own second moment where that is less. Only of static
    /// integer scales that nothing clips, without rotation.
    std::optional<double> outputErrorOfInput;
};
/// `input`: the calibration of that site's input; no channels if there is none.
SitePreview
previewSite(const ResolvedSite& site, const WeightSample& weight, const ChannelStatistics& input);

} // namespace mambascope
