// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// How long the client of an engine waits for what.
struct EnginePatience {
    std::chrono::milliseconds greeting{60'000}; ///< for the first message of a process that was started
    std::chrono::milliseconds ping{10'000};    ///< silence after which the engine is asked for a sign of life
    std::chrono::milliseconds silence{60'000}; ///< silence after which it is given up
};

/// How to start an engine process: a program and its arguments ("mambascope-engine", or "ssh", "host",
/// "mambascope-engine").
struct EngineCommand {
    std::vector<std::string> arguments;
    EnginePatience patience{};

    /// Splits a command line as a shell would split words (quotes and backslashes, nothing expanded).
    static Result<EngineCommand> parse(std::string_view commandLine);
    /// MAMBASCOPE_ENGINE if set, else the mambascope-engine beside this program or in its libexec folder.
    static EngineCommand standard();

    /// Whether the engine may see other files than this program does. Only a command that starts
    /// mambascope-engine itself is known to share this machine's; any other (ssh, a container, a batch
    /// system) may lead anywhere, and is asked instead.
    bool mayBeElsewhere() const;
    /// Whether the program that is started is ssh.
    bool isSsh() const;
};

} // namespace mambascope
