// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace mambascope {

/// Threads for about `work` multiply-adds: below a few microseconds waking a second thread costs more than it
/// gives.
inline int threadsFor(std::int64_t work, int threads) {
    return work < (std::int64_t{1} << 20) ? 1 : threads;
}

/// Calls f(i) for every i in [0, count), in any order, on up to `threads` threads. f must not throw.
template <class F>
void parallelFor(std::int64_t count, int threads, F f) {
    if (count <= 1 || threads <= 1) {
        for (std::int64_t i = 0; i < count; ++i) {
            f(i);
        }
        return;
    }
    // Small pieces, taken as threads become free: other processes may hold a core for a while.
    const std::int64_t piece = count <= 64 * threads ? 1 : count / (16 * threads);
#pragma omp parallel for num_threads(threads) schedule(dynamic, piece)
    for (std::int64_t i = 0; i < count; ++i) {
        f(i);
    }
}

} // namespace mambascope
