// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <string_view>

namespace mambascope::ui {

/// A string of the core as one of Qt's.
QString qt(std::string_view text);
/// An integer as the user's locale writes it.
QString number(qlonglong value);
/// A number with so many significant digits, as the user's locale writes it.
QString significant(double value, int digits);
/// A share as per cent with one decimal, without the sign: "64.8".
QString percent(double share);
/// The same as a difference, with its sign: "+1.3", "−35.0" (a true minus).
QString signedPercent(double share);
/// A p-value: "p = .032", "p < .001".
QString pValue(double p);

} // namespace mambascope::ui
