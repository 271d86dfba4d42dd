// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mambascope {

/// The shortest text that reads back as the same number, whatever the locale: "0.1", "6", "1e-05", "inf",
/// "nan".
std::string shortestText(double value);
std::string shortestText(float value);

/// The number that all of `text` is, in any of these forms; nothing if it is none.
std::optional<double> parseNumber(std::string_view text);

} // namespace mambascope
