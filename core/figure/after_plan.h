// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/quantization/plan.h"

#include <span>
#include <string>
#include <vector>

namespace mambascope {

/// The largest absolute activation of every input channel after what the plan does before it quantizes:
/// outlier channels zeroed by the plan's rule, then divided by the smoothing factors (arXiv 2211.10438, eq.
/// 4). Empty if the plan does neither here, or smooths and the weight's column maxima are not known (empty).
std::vector<float> absmaxAfterPlan(
    const ChannelStatistics& input, std::span<const float> columnAbsmax, const QuantPlan& plan, SiteId site);

/// What the plan does there, in words: "smoothing, α 0.5, and zeroing". Empty if it does neither.
std::string beforeQuantization(const QuantPlan& plan, SiteId site);

} // namespace mambascope
