// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mambascope {

/// Whether the file starts with `text`.
bool startsWith(std::span<const std::byte> file, std::string_view text);

/// Whether this is the small text that Git LFS puts in place of a large file.
bool isLfsPointer(std::span<const std::byte> file);
Error lfsPointerError(std::string_view what);

/// `what` and a sentence about it, for files that contradict themselves.
Error damagedFile(std::string_view what, const std::string& sentence);

/// For files that end too early.
Error truncatedFile(std::string_view what, const std::string& sentence);

} // namespace mambascope
