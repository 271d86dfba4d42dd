// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/site_weight.h"

#include <vector>

namespace mambascope {

/// Finds the scale that all rows share, if they do; on up to `threads` threads.
void shareScale(SiteWeight& weight, int threads);
/// The whole weight [outputs, inputs], its shared scale included.
std::vector<float> allRows(SiteWeight& weight, int threads);

} // namespace mambascope
