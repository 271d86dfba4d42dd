// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/evaluation/metrics.h"

#include <span>

namespace mambascope {

/// JSON has no infinities: they are written as "inf", "-inf" and "nan".
OrderedJson jsonReal(double value);
OrderedJson jsonReals(std::span<const double> values);
/// [low, high]
OrderedJson jsonBounds(const Interval& interval);

} // namespace mambascope
