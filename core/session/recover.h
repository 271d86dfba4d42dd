// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mambascope {

/// Writes what can still be read of a damaged session into a new one; the damaged file stays as it is. Rows
/// are read one by one, and what is whole by itself is kept: a plan whose parent is lost follows the nearest
/// one before it, a task whose item results are lost keeps its metrics. Gives what is lost, a few words each;
/// nothing for a sound session. Usage if `target` exists and `overwrite` is false; Unreadable if the file is
/// no session of a known format, or its beginning, which says where everything is, is damaged.
Result<std::vector<std::string>>
recoverSession(const std::filesystem::path& damaged, const std::filesystem::path& target, bool overwrite);

/// True if an error of Session::open() says that the file is a session and damaged.
bool isDamaged(const Error& error);

} // namespace mambascope
