// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <string>
#include <vector>

namespace mambascope {

/// "FROM:TO:STEP", or values separated by commas: migration strengths from 0 to 1. Usage otherwise.
Result<std::vector<double>> parseGrid(const std::string& text);
/// Bits from 2 to 8 separated by commas; descending, each once. Usage otherwise.
Result<std::vector<int>> parseBitList(const std::string& text);

} // namespace mambascope
