// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/engine.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mambascope {

/// What a plugin file says of itself, read from its section ".mambascope" without running any of its code.
struct PluginMetadata {
    std::filesystem::path file;
    std::string name;    ///< "torch"
    std::string version; ///< the plugin's own
    int api = 0;         ///< kEngineApiVersion it was built for
    std::string kind;    ///< "engine"
};

/// The contents of a named section of a 64-bit little-endian ELF file. Unreadable if the bytes are no such
/// file, an offset leads out of it, or it has no section of that name.
Result<std::span<const std::byte>> elfSection(std::span<const std::byte> file, std::string_view name);

/// Unreadable if the file cannot be read, is no plugin of mambascope, or its metadata are damaged.
Result<PluginMetadata> readPluginMetadata(const std::filesystem::path& file);

/// Folders with plugins, in the order in which they are searched: those of MAMBASCOPE_PLUGIN_PATH (separated
/// by colons), then ../lib/mambascope beside the running program, then the installed one.
std::vector<std::filesystem::path> pluginFolders();

/// The files *.so of the folders, in their order and by name within each.
std::vector<std::filesystem::path> pluginFiles(const std::vector<std::filesystem::path>& folders);

/// The metadata of the engine plugin to be used: the first file of kind "engine" with the right API version.
/// Unreadable if there is none; the hint says where it was looked for and why files that are there were
/// refused.
Result<PluginMetadata> findEnginePlugin(const std::vector<std::filesystem::path>& folders);

/// Loads a plugin's code and makes its engine. Refuses a plugin of another API version or kind before its
/// code is loaded. The code stays loaded to the end of the process, because threads of its libraries may
/// outlive the engine.
Result<std::unique_ptr<Engine>> loadEnginePlugin(const std::filesystem::path& file);

} // namespace mambascope
