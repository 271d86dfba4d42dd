// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/plugin.h"
#include "core/engine/server.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <unistd.h>

namespace {

using namespace mambascope;
using namespace std::chrono_literals;

/// How long a running request may take to stop once nobody waits for it any more.
constexpr auto kLeaveWithin = 5s;

int listPlugins() {
    for (const auto& file : pluginFiles(pluginFolders())) {
        const auto plugin = readPluginMetadata(file);
        if (plugin.ok()) {
            std::cout << plugin.value().name << ' ' << plugin.value().version << "  kind "
                      << plugin.value().kind << ", API " << plugin.value().api << "  " << file.string()
                      << '\n';
        } else {
            std::cout << describe(plugin.error()) << '\n';
        }
    }
    return 0;
}

Result<std::unique_ptr<Engine>> createEngine(const std::string& pluginFile) {
    if (!pluginFile.empty()) {
        return loadEnginePlugin(pluginFile);
    }
    auto plugin = findEnginePlugin(pluginFolders());
    return plugin.ok() ? loadEnginePlugin(plugin.value().file) : plugin.error();
}

int run(int argc, char** argv) {
    CLI::App app(
        "The engine of mambascope: does the tensor work for mambascope and mambascope-cli, which start it "
        "and speak to it over its standard input and output.");
    std::string pluginFile;
    bool list = false;
    app.set_version_flag("--version", "mambascope-engine " MAMBASCOPE_VERSION);
    app.add_option("--plugin", pluginFile, "Use this engine plugin")->type_name("FILE");
    app.add_flag("--list-plugins", list, "Print the plugins that are found, and exit");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (list) {
        return listPlugins();
    }
    std::signal(SIGXFSZ, SIG_IGN); // a limit on the size of files is an error of write(), not the end
    if (::isatty(STDIN_FILENO) != 0) {
        std::cerr << "mambascope-engine: This program is started by mambascope and mambascope-cli, not by "
                     "hand. Try "
                     "mambascope-engine --help.\n";
        return 2;
    }
    // OpenMP threads would spin for a millisecond at every join by default, which on a busy machine takes the
    // cores from whoever has work. Read when the plugin brings the OpenMP runtime in; a user's own setting
    // wins.
    ::setenv("GOMP_SPINCOUNT", "1000", 0);
    return serveEngine(
        STDIN_FILENO, STDOUT_FILENO, [&] { return createEngine(pluginFile); }, kLeaveWithin);
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& exception) {
        std::fprintf(stderr, "mambascope-engine: %s\n", exception.what());
        return 1;
    }
}
