// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/resolve.h"

#include <string_view>

namespace mambascope {

// Whether a plan, a calibration and the statistics of weights are of one model, before anything is resolved. All of
// them fail with Usage.

inline constexpr std::string_view kCalibrateHint = "Calibrate the model first, or give a calibration file.";

/// Smoothing at `site` has the weights' column maxima that it needs.
Result<void> checkSmoothing(
    const ModelSpec& spec, const QuantPlan& plan, const WeightStatistics* weights, SiteId site);

/// A plan that needs a calibration has one, and of this model: its layers, channels and, where neither is empty, hash.
Result<void> checkCalibrated(
    const ModelSpec& spec, const QuantPlan& plan, const CalibrationSnapshot* calibration,
    const std::string& checkpointHash);

/// Both for all sites, and the plan addresses none that the model does not have.
Result<void> checkInputs(
    const ModelSpec& spec, const QuantPlan& plan, const CalibrationSnapshot* calibration,
    const WeightStatistics* weights, const std::string& checkpointHash);

} // namespace mambascope
