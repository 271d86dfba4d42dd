// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

namespace mambascope::cli {

/// Turns Ctrl-C (SIGINT) and SIGTERM into a stop request; a second one ends the program at once. Has to be
/// made before any other thread or process is started, so that they inherit the blocked signals.
class Interrupt {
public:
    Interrupt();
    std::stop_token token() const { return m_source.get_token(); }

private:
    std::stop_source m_source;
};

/// A progress bar on standard error, if that is a terminal; redrawn at most 20 times a second.
class ProgressBar {
public:
    explicit ProgressBar(bool quiet);
    ~ProgressBar();
    void show(const Progress& progress);
    void clear();

private:
    bool m_enabled;
    bool m_drawn = false;
    std::string m_phase;
    std::chrono::steady_clock::time_point m_last;
    std::chrono::steady_clock::time_point m_phaseStart;
};

} // namespace mambascope::cli
