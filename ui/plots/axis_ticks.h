// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/figure.h"

#include <QString>

#include <functional>
#include <vector>

namespace mambascope::ui {

/// Ticks of an axis, for the screen and for print alike.
struct AxisTicks {
    struct Major {
        double value = 0;
        QString label; ///< empty if there is no room for it
    };
    std::vector<Major> major;
    std::vector<double> minor;
};

/// Ticks of a range on an axis of `length`, whose labels take `labelExtent(label)` along the
/// axis and never overlap. Log: powers of ten (every second, third, … if they are many), with 2 to 9 as minor
/// ticks; within one decade 1-2-5. Linear: multiples of 1, 2 or 5 times a power of ten; `wholeNumbers` leaves
/// out fractions (channels). Symlog: 0, and powers of ten on either side of its linear part.
AxisTicks axisTicks(
    const AxisRange& range, AxisScale scale, double length,
    const std::function<double(const QString&)>& labelExtent, bool wholeNumbers = false);

/// A measured number for people, about four digits in the current locale: 1752, 12.41, 0.003218, 2.3e-7.
QString formatValue(double value);

} // namespace mambascope::ui
