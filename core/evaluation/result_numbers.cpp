// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/result_numbers.h"

#include <cmath>

namespace mambascope {

OrderedJson jsonReal(double value) {
    if (std::isfinite(value)) {
        return value;
    }
    return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

OrderedJson jsonReals(std::span<const double> values) {
    OrderedJson list = OrderedJson::array();
    for (const double value : values) {
        list.push_back(jsonReal(value));
    }
    return list;
}

OrderedJson jsonBounds(const Interval& interval) {
    return OrderedJson::array({jsonReal(interval.low), jsonReal(interval.high)});
}

} // namespace mambascope
