// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace mambascope {

/// A hidden name beside `target` that nobody else has; a long name is cut so that the result is still a valid
/// one.
std::filesystem::path temporarySibling(const std::filesystem::path& target);

/// Renames a file or folder. With `replace` false an existing target is left alone (EEXIST), even one that
/// appears at the last moment. Returns errno, 0 for success.
int atomicRename(const std::filesystem::path& from, const std::filesystem::path& to, bool replace);

/// Makes a rename inside `folder` survive a power cut, where the file system can.
void syncFolder(const std::filesystem::path& folder);

/// The folder a path lies in; "." for a bare name.
std::filesystem::path folderOf(const std::filesystem::path& path);

} // namespace mambascope
