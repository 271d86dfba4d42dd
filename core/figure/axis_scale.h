// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

namespace mambascope {

/// How values are laid out along an axis or a scale of colours. Symlog is linear about 0 and logarithmic
/// beyond, on both sides of 0: asinh(value / linear).
enum class AxisScale { Linear, Log, Symlog };

std::string_view axisScaleName(AxisScale scale); ///< "linear", "log", "symlog"
std::optional<AxisScale> parseAxisScale(std::string_view text);

/// What an axis shows. For Log, low is positive.
struct AxisRange {
    double low = 0, high = 1;
    double linear = 1; ///< Symlog only: about where its linear part ends; positive
    bool operator==(const AxisRange&) const = default;
};

/// Where a value lies: 0 at the range's low end, 1 at its high end, and beyond for values outside. Log: what
/// is not positive lies at 0. 0 if the range is empty.
double axisFraction(double value, const AxisRange& range, AxisScale scale);
/// The value at a fraction: the inverse of axisFraction().
double axisValue(double fraction, const AxisRange& range, AxisScale scale);

} // namespace mambascope
