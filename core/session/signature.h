// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace mambascope {

/// True if a file's first 72 bytes are those of a session, whatever its name: SQLite's header string, and
/// Session::kApplicationId at byte 68, big-endian (https://www.sqlite.org/fileformat2.html, section 1.3). The
/// session may still be damaged. False for what cannot be read.
bool hasSessionSignature(const std::filesystem::path& path);

} // namespace mambascope
