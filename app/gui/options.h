// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace mambascope {

/// What the command line of the window says. Read without Qt, so that --help and --version need no display.
struct GuiOptions {
    std::vector<std::string> files;
    std::string session;
    std::string engine;
    // As the user's settings say, where they are not given.
    std::optional<std::string> device;
    std::optional<std::string> dtype;
    std::optional<int> threads;
    bool help = false;
    bool version = false;
    bool startupTrace = false;
    std::string verb; ///< "figure" or "report", which need no window; empty: the window
    std::vector<std::string> verbArguments;
    std::vector<std::string> forQt; ///< passed through, e.g. -platform offscreen
};

/// `arguments` without the program's name. Usage names what is not understood.
Result<GuiOptions> parseGuiOptions(const std::vector<std::string>& arguments);

std::string guiHelp();

} // namespace mambascope
