// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/task_file.h"

namespace mambascope::cli {

/// loadTasks(). If all that is wrong with the data is broken lines, the error's hint offers --skip-broken; with
/// `skipBroken` they are left out, and warned of.
Result<std::vector<TaskData>>
readTasks(std::string_view list, const std::optional<std::filesystem::path>& folder, bool skipBroken);

inline constexpr const char* kSkipBrokenHelp =
    "Leave out lines of data that cannot be read, and say which (default: refuse the data)";

} // namespace mambascope::cli
