// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/axis_scale.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mambascope {
namespace {
constexpr std::array<std::string_view, 3> kNames{"linear", "log", "symlog"};
}

std::string_view axisScaleName(AxisScale scale) {
    return kNames[static_cast<std::size_t>(scale)];
}

std::optional<AxisScale> parseAxisScale(std::string_view text) {
    const auto found = std::find(kNames.begin(), kNames.end(), text);
    return found == kNames.end() ? std::nullopt
                                 : std::optional(static_cast<AxisScale>(found - kNames.begin()));
}

double axisFraction(double value, const AxisRange& range, AxisScale scale) {
    if (!(range.high > range.low)) {
        return 0;
    }
    switch (scale) {
    case AxisScale::Linear:
        break;
    case AxisScale::Log:
        return value > 0 ? std::max(0.0, std::log(value / range.low) / std::log(range.high / range.low)) : 0;
    case AxisScale::Symlog: {
        const double low = std::asinh(range.low / range.linear);
        return (std::asinh(value / range.linear) - low) / (std::asinh(range.high / range.linear) - low);
    }
    }
    return (value - range.low) / (range.high - range.low);
}

double axisValue(double fraction, const AxisRange& range, AxisScale scale) {
    switch (scale) {
    case AxisScale::Linear:
        break;
    case AxisScale::Log:
        return range.low * std::pow(range.high / range.low, fraction);
    case AxisScale::Symlog: {
        const double low = std::asinh(range.low / range.linear);
        const double high = std::asinh(range.high / range.linear);
        return range.linear * std::sinh(low + fraction * (high - low));
    }
    }
    return range.low + fraction * (range.high - range.low);
}

} // namespace mambascope
