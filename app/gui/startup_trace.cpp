// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/startup_trace.h"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

#include <unistd.h>

namespace mambascope {
namespace {

/// Since the kernel started this process, from field 22 of /proc/self/stat (clock ticks since boot, 10 ms
/// each).
double millisecondsSinceStart() {
    std::ifstream file("/proc/self/stat");
    std::string text;
    std::getline(file, text);
    const auto close = text.rfind(')'); // the name in parentheses may hold anything
    timespec now{};
    if (close == std::string::npos || clock_gettime(CLOCK_BOOTTIME, &now) != 0) {
        return 0;
    }
    std::istringstream fields(text.substr(close + 1));
    std::string field;
    constexpr int kBefore = 19; // fields 3 (the state) to 21
    for (int i = 0; i < kBefore; ++i) {
        fields >> field;
    }
    double ticks = 0;
    fields >> ticks;
    const double started = ticks / static_cast<double>(sysconf(_SC_CLK_TCK)) * 1000;
    const double present = static_cast<double>(now.tv_sec) * 1000 + static_cast<double>(now.tv_nsec) / 1e6;
    return fields ? present - started : 0;
}

} // namespace

StartupTrace::StartupTrace(bool enabled)
    : m_enabled(enabled) {
    if (enabled) {
        m_beforeMain = millisecondsSinceStart();
        mark("main entered");
    }
}

void StartupTrace::mark(const char* milestone) const {
    if (m_enabled) {
        const std::chrono::duration<double, std::milli> sinceMain = std::chrono::steady_clock::now() - m_main;
        timespec processor{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &processor);
        std::fprintf(
            stderr, "startup %8.1f ms (%.1f ms of processor time)  %s\n", m_beforeMain + sinceMain.count(),
            static_cast<double>(processor.tv_sec) * 1e3 + static_cast<double>(processor.tv_nsec) / 1e6,
            milestone);
    }
}

} // namespace mambascope
