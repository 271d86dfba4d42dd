// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

namespace mambascope {

/// Prints milliseconds since the process was started to standard error, a line a milestone, each once: on the wall
/// clock, and of processor time, in which other programs do not count.
class StartupTrace {
public:
    /// `enabled` false prints nothing. Construct first thing in main().
    explicit StartupTrace(bool enabled);
    void mark(const char* milestone) const;

private:
    bool m_enabled;
    std::chrono::steady_clock::time_point m_main = std::chrono::steady_clock::now();
    double m_beforeMain = 0; ///< ms from the start of the process to main()
};

} // namespace mambascope
