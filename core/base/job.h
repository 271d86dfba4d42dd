// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

namespace mambascope {

/// How far a long operation is. `total` 0 means unknown.
struct Progress {
    std::string phase; ///< what is being done, e.g. "Calibrating"
    std::uint64_t done = 0;
    std::uint64_t total = 0;
};

/// What a long operation is given by its caller: whether to stop, and where to say how far it is.
/// `onProgress` is called on the thread that does the work and has to return quickly; it may be empty.
struct Job {
    std::stop_token stop;
    std::function<void(const Progress&)> onProgress;

    bool stopRequested() const { return stop.stop_requested(); }
    void report(std::string_view phase, std::uint64_t done, std::uint64_t total) const {
        if (onProgress) {
            onProgress({std::string(phase), done, total});
        }
    }
};

} // namespace mambascope
