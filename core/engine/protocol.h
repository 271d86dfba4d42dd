// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/engine/engine.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// The engine protocol: frames on a byte stream, each a 4-byte little-endian length and that many bytes of MessagePack
/// holding one map. Binary arrays carry fp32/int32/int64 little-endian data. Requests: {id, op, …}. Answers come under
/// the request's id: {id, type: "progress"|"partial"|"result"|"error", …}. {id, op: "cancel"} stops a request. The
/// first frame each way is a hello with the protocol version.
namespace mambascope::protocol {

inline constexpr int kVersion = 1;
inline constexpr std::uint32_t kMaxFrameBytes = 1u << 30;

/// A byte stream with two ends, over file descriptors. Not thread-safe for two writers or two readers.
class Channel {
public:
    Channel(int readFd, int writeFd) : m_readFd(readFd), m_writeFd(writeFd) {}
    /// One whole frame. EngineLost if the stream ended or broke, Failed if the frame is longer than kMaxFrameBytes or no
    /// MessagePack map.
    Result<Json> receive();
    Result<void> send(const Json& message);

private:
    int m_readFd, m_writeFd;
};

/// The message of one frame's payload (without the length). Refuses nesting deeper than 64.
Result<Json> decode(std::span<const std::uint8_t> payload);
std::vector<std::uint8_t> encode(const Json& message);

} // namespace mambascope::protocol
