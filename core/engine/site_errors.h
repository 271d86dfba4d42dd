// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/plan.h"

#include <cstdint>
#include <vector>

namespace mambascope {

/// Asks what plans do to every site by itself: the site's input is the unquantized model's, whatever the plan
/// does elsewhere.
struct SiteErrorRequest {
    std::vector<std::vector<std::int32_t>> windows; ///< token ids, one entry a window
    std::vector<QuantPlan> plans;
};

/// How far a site's output under each plan lies from the unquantized one.
struct SiteErrors {
    /// [plan][site index]: Σ (y′ − y)² / Σ y² over all tokens and channels of the linear's output y, before
    /// any bias. 0 where the model has no such site or y is 0; not finite where the quantized output is not.
    std::vector<std::vector<double>> relative;
    bool operator==(const SiteErrors&) const = default;
};

} // namespace mambascope
