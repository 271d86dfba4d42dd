// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/engine/engine.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The engine protocol: frames on a byte stream, each a head of three 4-byte little-endian numbers (the
/// length of the payload, its checksum, and the checksum of these two; a checksum is the low half of XXH3-64)
/// and a payload of MessagePack holding one map. Binary arrays carry fp32/fp64/int32/int64 little-endian
/// data. Requests: {id, op, args}. Answers come under the request's id: {id, type:
/// "progress"|"partial"|"result"|"error", …}. {id, op: "cancel"} stops a request; {id, op: "ping"} is
/// answered with {id, type: "pong"} at once, whatever runs. Requests may be sent before earlier ones are
/// answered; they run in order. The first frame each way is a hello with the protocol version, whose head
/// is the length alone, so that any two versions can read each other's; neither side waits for the other's.
namespace mambascope::protocol {

inline constexpr int kVersion = 3;
inline constexpr std::uint32_t kMaxFrameBytes = 1u << 30;
/// A hello is small. The low bound until it has come makes text on the stream (a login banner) visible at
/// once: four printable characters are a length far above it.
inline constexpr std::uint32_t kMaxHelloBytes = 1u << 16;

/// A byte stream with two ends, over file descriptors. Not thread-safe for two writers or two readers.
class Channel {
public:
    Channel(int readFd, int writeFd)
        : m_readFd(readFd)
        , m_writeFd(writeFd) {}
    /// One whole frame of at most `maxBytes`. EngineLost if the stream ended or broke, Failed if the frame is
    /// longer or no MessagePack map. Memory grows with the bytes that arrive, not with the length that is
    /// claimed. The first one each way is taken to be the hello.
    Result<Json> receive(std::uint32_t maxBytes = kMaxFrameBytes);
    /// EngineLost if the other side does not read any more (no SIGPIPE is raised); Failed, with nothing
    /// written, if the message is longer than a frame may be.
    Result<void> send(const Json& message);

private:
    Result<void> readExactly(std::span<std::uint8_t> out);
    int m_readFd, m_writeFd;
    bool m_helloReceived = false;
    bool m_helloSent = false;
};

/// Takes bytes as they arrive and gives whole frames, the hello first.
class FrameBuffer {
public:
    void append(std::span<const std::uint8_t> bytes);
    /// The next whole message; nothing if more bytes are needed. Failed if the frame at the front is longer
    /// than `maxBytes` or no MessagePack map.
    Result<std::optional<Json>> next(std::uint32_t maxBytes);
    /// Bytes that are no whole frame yet.
    std::span<const std::uint8_t> pending() const { return std::span(m_bytes).subspan(m_begin); }

private:
    std::vector<std::uint8_t> m_bytes;
    std::size_t m_begin = 0;
    bool m_helloReceived = false;
};

/// The message of one frame's payload (without the length). Refuses nesting deeper than 64, more than a
/// million values, and lengths that exceed the payload, before anything is allocated.
Result<Json> decode(std::span<const std::uint8_t> payload);
std::vector<std::uint8_t> encode(const Json& message);
std::uint32_t checksum(std::span<const std::uint8_t> bytes);
inline constexpr std::size_t kHeadBytes = 12;
/// The head of a message whose payload has that length and checksum.
std::array<std::uint8_t, kHeadBytes> messageHead(std::uint32_t length, std::uint32_t payloadChecksum);

enum class FrameKind { Hello, Message };
/// encode() with the head in front. Failed if it is longer than
/// kMaxFrameBytes.
Result<std::vector<std::uint8_t>> frame(const Json& message, FrameKind kind);

/// The first message of either side.
Json hello();
/// Whether `message` is a hello of this protocol version. The sentence names both versions.
Result<void> checkHello(const Json& message, std::string_view who);

/// write(2) that reports a closed pipe as EPIPE without raising SIGPIPE in this process.
std::ptrdiff_t writeQuietly(int fd, std::span<const std::uint8_t> bytes);

} // namespace mambascope::protocol
