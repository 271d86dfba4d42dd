// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace mambascope::cli {

Interrupt::Interrupt() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    // Detached: it waits in sigwait() for as long as the program lives.
    std::thread([signals, source = m_source]() mutable {
        int signal = 0;
        sigwait(&signals, &signal);
        source.request_stop();
        sigwait(&signals, &signal);
        _exit(130);
    }).detach();
}

ProgressBar::ProgressBar(bool quiet)
    : m_enabled(!quiet && isatty(STDERR_FILENO) == 1) {
}

ProgressBar::~ProgressBar() {
    clear();
}

void ProgressBar::show(const Progress& progress) {
    if (!m_enabled) {
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (progress.phase != m_phase) {
        m_phase = progress.phase;
        m_phaseStart = now;
    } else if (now - m_last < std::chrono::milliseconds(50) && progress.done != progress.total) {
        return;
    }
    m_last = now;
    m_drawn = true;
    if (progress.total == 0) {
        std::fprintf(stderr, "\r\033[K%s …", m_phase.c_str());
    } else {
        const double share =
            std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(progress.total));
        const double seconds = std::chrono::duration<double>(now - m_phaseStart).count();
        const double left = share > 0 ? seconds / share - seconds : 0;
        const int cells = static_cast<int>(share * 30);
        std::string bar;
        for (int i = 0; i < 30; ++i) {
            bar += i < cells ? "━" : "┄";
        }
        std::fprintf(
            stderr, "\r\033[K%s %s %3.0f %%  %.0f s left", m_phase.c_str(), bar.c_str(), share * 100, left);
    }
    std::fflush(stderr);
}

void ProgressBar::clear() {
    if (m_drawn) {
        std::fputs("\r\033[K", stderr);
        m_drawn = false;
    }
}

} // namespace mambascope::cli
