// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>

namespace mambascope {

/// The sentence for a failed read: `error` is errno. Always Unreadable.
Error readError(const std::filesystem::path& path, int error);

/// The sentence for a failed write: ReadOnly if it may not be written, Usage if its folder does not exist or
/// it is a folder, otherwise Failed (no space, too large, device error).
Error writeError(const std::filesystem::path& path, int error);

} // namespace mambascope
