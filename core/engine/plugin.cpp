// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/plugin.h"

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/engine/fields.h"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <system_error>

namespace mambascope {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxMetadata = std::size_t{1} << 16;

/// Whether this program can use the plugin as an engine.
Result<void> checkUsable(const PluginMetadata& plugin) {
    if (plugin.kind != "engine") {
        return Error::usage(
                   "The plugin “" + plugin.name + "” is no engine but of kind “" + plugin.kind + "”.")
            .within(plugin.file.string());
    }
    if (plugin.api != kEngineApiVersion) {
        return Error::usage(
                   "The engine plugin “" + plugin.name + "” was made for API version " +
                       std::to_string(plugin.api) + ", this program has version " +
                       std::to_string(kEngineApiVersion) + ".",
                   "Install the plugin that belongs to mambascope " MAMBASCOPE_VERSION ".")
            .within(plugin.file.string());
    }
    return {};
}

/// dlerror's text, which it keeps to itself only until the next call.
std::string loaderError() {
    const char* text = ::dlerror();
    return text != nullptr ? text : "unknown error";
}

} // namespace

Result<PluginMetadata> readPluginMetadata(const fs::path& file) {
    auto mapped = MappedFile::open(file);
    if (!mapped.ok()) {
        return mapped.error();
    }
    auto section = elfSection(mapped.value()->bytes(), ".mambascope");
    if (!section.ok()) {
        return section.error().within(file.string());
    }
    if (section.value().size() > kMaxMetadata) {
        return Error::unreadable("The plugin's metadata are too long.").within(file.string());
    }
    std::string_view text(reinterpret_cast<const char*>(section.value().data()), section.value().size());
    while (!text.empty() && text.back() == '\0') {
        text.remove_suffix(1); // a string's end, and padding
    }
    auto json = parseJson(text, "the plugin's metadata");
    if (!json.ok()) {
        return json.error().within(file.string());
    }
    PluginMetadata plugin;
    plugin.file = file;
    protocol::Fields fields(json.value(), "plugin's description of itself");
    fields.text("name", plugin.name, 256).text("version", plugin.version, 256).integer("api", plugin.api);
    fields.text("kind", plugin.kind, 256);
    if (!fields.ok()) {
        return Error::unreadable(fields.error().message).within(file.string());
    }
    return plugin;
}

std::vector<fs::path> pluginFolders() {
    std::vector<fs::path> folders;
    if (const char* set = std::getenv("MAMBASCOPE_PLUGIN_PATH")) {
        std::string_view rest = set;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(':'), rest.size());
            if (end > 0) {
                folders.emplace_back(rest.substr(0, end));
            }
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    std::error_code error;
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    if (!here.empty()) {
        folders.push_back(here.parent_path() / "lib" / "mambascope");
    }
    const fs::path installed = MAMBASCOPE_INSTALL_PLUGINS;
    if (std::find(folders.begin(), folders.end(), installed) == folders.end()) {
        folders.push_back(installed);
    }
    return folders;
}

std::vector<fs::path> pluginFiles(const std::vector<fs::path>& folders) {
    std::vector<fs::path> files;
    for (const fs::path& folder : folders) {
        std::vector<fs::path> found;
        std::error_code error;
        for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
            if (at->path().extension() == ".so") {
                found.push_back(at->path());
            }
        }
        std::sort(found.begin(), found.end());
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

Result<PluginMetadata> findEnginePlugin(const std::vector<fs::path>& folders) {
    std::string refused;
    for (const fs::path& file : pluginFiles(folders)) {
        auto plugin = readPluginMetadata(file);
        if (plugin.ok() && plugin.value().kind != "engine") {
            continue; // another kind of plugin is nothing to speak of
        }
        const Result<void> usable = plugin.ok() ? checkUsable(plugin.value()) : Result<void>(plugin.error());
        if (usable.ok()) {
            return plugin;
        }
        refused += describe(usable.error()) + " ";
    }
    std::string where;
    for (const fs::path& folder : folders) {
        where += (where.empty() ? "" : ", ") + folder.string();
    }
    return Error::unreadable(
        "No engine plugin was found.",
        refused + "It was looked for in " + where + "; MAMBASCOPE_PLUGIN_PATH adds to that.");
}

Result<std::unique_ptr<Engine>> loadEnginePlugin(const fs::path& file) {
    auto plugin = readPluginMetadata(file);
    if (!plugin.ok()) {
        return plugin.error();
    }
    if (auto usable = checkUsable(plugin.value()); !usable.ok()) {
        return usable.error();
    }
    // A name without a slash would be looked for in the system's library folders.
    void* library = ::dlopen(fs::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        return Error::failed(
                   "The engine plugin “" + plugin.value().name + "” cannot be loaded.",
                   "Check that the libraries it needs are installed.")
            .within(loaderError());
    }
    const auto create = reinterpret_cast<Engine* (*)()>(::dlsym(library, "mambascopeCreateEngine"));
    if (create == nullptr) {
        return Error::failed("The engine plugin “" + plugin.value().name + "” has no engine in it.")
            .within(loaderError());
    }
    try {
        std::unique_ptr<Engine> engine(create());
        if (engine) {
            return engine;
        }
    } catch (const std::exception& exception) {
        return Error::failed("The engine plugin “" + plugin.value().name + "” could not start.")
            .within(exception.what());
    }
    return Error::failed("The engine plugin “" + plugin.value().name + "” could not start.");
}

} // namespace mambascope
