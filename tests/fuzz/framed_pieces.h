// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/protocol.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mambascope::test {

/// A stream of the engine protocol made of a fuzzer's bytes. A checksum that has to be guessed would keep a
/// fuzzer out, so unless the first byte is odd the input is taken as pieces, two bytes of length and a payload
/// each, that get sound heads, behind a sound greeting. With an odd first byte the rest is the stream as it is.
inline std::vector<std::uint8_t> framedPieces(std::span<const std::uint8_t> input) {
    if (input.empty()) {
        return {};
    }
    const bool raw = input.front() % 2 == 1;
    input = input.subspan(1);
    if (raw) {
        return {input.begin(), input.end()};
    }
    std::vector<std::uint8_t> stream =
        protocol::frame(protocol::hello(), protocol::FrameKind::Hello).value();
    while (input.size() >= 2) {
        const std::size_t length =
            std::min<std::size_t>(input[0] | static_cast<std::size_t>(input[1]) << 8, input.size() - 2);
        const auto payload = input.subspan(2, length);
        const auto head =
            protocol::messageHead(static_cast<std::uint32_t>(length), protocol::checksum(payload));
        stream.insert(stream.end(), head.begin(), head.end());
        stream.insert(stream.end(), payload.begin(), payload.end());
        input = input.subspan(2 + length);
    }
    return stream;
}

} // namespace mambascope::test
