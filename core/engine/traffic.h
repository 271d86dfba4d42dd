// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace mambascope {

/// What a connection to an engine has cost so far, as its client sees it.
struct EngineTraffic {
    std::uint64_t bytesSent = 0, bytesReceived = 0;
    std::uint64_t requests = 0;
    /// Requests that were sent while the engine had nothing else to do: each costs the way there and back.
    std::uint64_t roundTrips = 0;
    double packSeconds = 0;    ///< making messages and frames of values
    double unpackSeconds = 0;  ///< making values of frames and messages
    double waitSeconds = 0;    ///< waiting for bytes to come or go
    double computeSeconds = 0; ///< what the engine says it spent on the work itself
};

} // namespace mambascope
