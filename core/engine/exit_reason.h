// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace mambascope {

/// Why an engine process is gone, as EngineLost: `status` as waitpid() gives it (none: it still runs but
/// closed its output), whether it had greeted, and the last lines of its standard error.
Error exitReason(std::optional<int> status, bool greeted, const std::vector<std::string>& lastLines);

/// Lines with line breaks between them.
std::string joinedLines(const std::vector<std::string>& lines);

} // namespace mambascope
