// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace mambascope {

/// The shortest text that reads back as the same number, whatever the locale: "0.1", "6", "1e-05", "inf",
/// "nan".
std::string shortestText(double value);
std::string shortestText(float value);

} // namespace mambascope
