// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/protocol.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <poll.h>
#include <unistd.h>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace mambascope::protocol {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kReadStep = std::size_t{1} << 20;

static_assert(std::endian::native == std::endian::little, "binary arrays are copied as they lie in memory");

Error streamError(const char* what) {
    return {ErrorCode::EngineLost, what, {}, {}};
}

Error systemError(const char* what) {
    return {ErrorCode::EngineLost, std::string(what) + ": " + std::strerror(errno) + ".", {}, {}};
}

std::uint32_t frameLength(const std::uint8_t* bytes) {
    std::uint32_t length = 0;
    std::memcpy(&length, bytes, kLengthBytes);
    return length;
}

Error damagedOnItsWay() {
    return Error::failed(
        "A message was damaged on its way.", "Something between the two programs changes or loses bytes: the "
                                             "command that starts the engine has to "
                                             "pass them on as they are (ssh without -t, for example).");
}

Error tooLong(std::uint64_t length, std::uint32_t maxBytes) {
    return Error::failed(
        "A message claims " + std::to_string(length) + " bytes; at most " + std::to_string(maxBytes) +
        " are allowed.");
}

/// The length of the payload, if the head is sound and the length is allowed.
Result<std::uint32_t> payloadLength(std::span<const std::uint8_t> head, std::uint32_t maxBytes) {
    if (head.size() == kHeadBytes &&
        frameLength(head.data() + 2 * kLengthBytes) != checksum(head.first(2 * kLengthBytes))) {
        return damagedOnItsWay();
    }
    const std::uint32_t length = frameLength(head.data());
    return length <= maxBytes ? Result<std::uint32_t>(length) : tooLong(length, maxBytes);
}

/// The message of a frame.
Result<Json> checkedMessage(std::span<const std::uint8_t> head, std::span<const std::uint8_t> payload) {
    if (head.size() == kHeadBytes && frameLength(head.data() + kLengthBytes) != checksum(payload)) {
        return damagedOnItsWay();
    }
    return decode(payload);
}

/// Descriptors of a pipe may be non-blocking because somebody else who shares them made them so.
void waitFor(int fd, short events) {
    pollfd entry{fd, events, 0};
    ::poll(&entry, 1, -1);
}

} // namespace

std::uint32_t checksum(std::span<const std::uint8_t> bytes) {
    return static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

std::array<std::uint8_t, kHeadBytes> messageHead(std::uint32_t length, std::uint32_t payloadChecksum) {
    std::array<std::uint8_t, kHeadBytes> head{};
    std::memcpy(head.data(), &length, kLengthBytes);
    std::memcpy(head.data() + kLengthBytes, &payloadChecksum, kLengthBytes);
    const std::uint32_t ofHead = checksum(std::span(head).first(2 * kLengthBytes));
    std::memcpy(head.data() + 2 * kLengthBytes, &ofHead, kLengthBytes);
    return head;
}

std::ptrdiff_t writeQuietly(int fd, std::span<const std::uint8_t> bytes) {
    sigset_t pipe, previous, waiting;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigemptyset(&waiting);
    sigpending(&waiting);
    const bool wasPending = sigismember(&waiting, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &previous);
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    const int error = errno;
    if (written < 0 && error == EPIPE && !wasPending) {
        const timespec now{0, 0};
        while (sigtimedwait(&pipe, nullptr, &now) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &previous, nullptr);
    errno = error;
    return written;
}

Result<void> Channel::readExactly(std::span<std::uint8_t> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t got = ::read(m_readFd, out.data() + done, out.size() - done);
        if (got > 0) {
            done += static_cast<std::size_t>(got);
        } else if (got == 0) {
            return streamError("The stream ended.");
        } else if (errno == EAGAIN) {
            waitFor(m_readFd, POLLIN);
        } else if (errno != EINTR) {
            return systemError("The stream cannot be read");
        }
    }
    return {};
}

Result<Json> Channel::receive(std::uint32_t maxBytes) {
    std::array<std::uint8_t, kHeadBytes> bytes{};
    const auto head =
        std::span(bytes).first(std::exchange(m_helloReceived, true) ? kHeadBytes : kLengthBytes);
    if (auto read = readExactly(head); !read.ok()) {
        return read.error();
    }
    const auto claimed = payloadLength(head, maxBytes);
    if (!claimed.ok()) {
        return claimed.error();
    }
    const std::uint32_t length = claimed.value();
    std::vector<std::uint8_t> payload;
    while (payload.size() < length) {
        const std::size_t begin = payload.size();
        payload.resize(begin + std::min<std::size_t>(length - begin, kReadStep));
        if (auto read = readExactly(std::span(payload).subspan(begin)); !read.ok()) {
            return read.error();
        }
    }
    return checkedMessage(head, payload);
}

Result<void> Channel::send(const Json& message) {
    auto bytes = frame(message, m_helloSent ? FrameKind::Message : FrameKind::Hello);
    if (!bytes.ok()) {
        return bytes.error();
    }
    m_helloSent = true;
    std::span<const std::uint8_t> rest = bytes.value();
    while (!rest.empty()) {
        const std::ptrdiff_t written = writeQuietly(m_writeFd, rest);
        if (written >= 0) {
            rest = rest.subspan(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            waitFor(m_writeFd, POLLOUT);
        } else if (errno != EINTR) {
            return systemError("The stream cannot be written");
        }
    }
    return {};
}

void FrameBuffer::append(std::span<const std::uint8_t> bytes) {
    // Consumed bytes are dropped only when they are the larger part, so that each byte moves O(1) times.
    if (m_begin > m_bytes.size() / 2) {
        m_bytes.erase(m_bytes.begin(), m_bytes.begin() + static_cast<std::ptrdiff_t>(m_begin));
        m_begin = 0;
    }
    m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end());
}

Result<std::optional<Json>> FrameBuffer::next(std::uint32_t maxBytes) {
    const auto waiting = pending();
    const std::size_t headBytes = m_helloReceived ? kHeadBytes : kLengthBytes;
    if (waiting.size() < headBytes) {
        return std::optional<Json>{};
    }
    const auto head = waiting.first(headBytes);
    const auto length = payloadLength(head, maxBytes);
    if (!length.ok()) {
        return length.error();
    }
    if (waiting.size() - headBytes < length.value()) {
        return std::optional<Json>{};
    }
    auto message = checkedMessage(head, waiting.subspan(headBytes, length.value()));
    if (!message.ok()) {
        return message.error();
    }
    m_helloReceived = true;
    m_begin += headBytes + length.value();
    if (m_begin == m_bytes.size()) {
        m_bytes.clear();
        m_begin = 0;
        if (m_bytes.capacity() > 4 * kReadStep) {
            m_bytes.shrink_to_fit();
        }
    }
    return std::optional<Json>(std::move(message).value());
}

std::vector<std::uint8_t> encode(const Json& message) {
    return Json::to_msgpack(message);
}

Result<std::vector<std::uint8_t>> frame(const Json& message, FrameKind kind) {
    const std::size_t headBytes = kind == FrameKind::Hello ? kLengthBytes : kHeadBytes;
    std::vector<std::uint8_t> bytes(headBytes);
    Json::to_msgpack(message, bytes);
    const std::size_t payload = bytes.size() - headBytes;
    if (payload > kMaxFrameBytes) {
        return tooLong(payload, kMaxFrameBytes);
    }
    const auto length = static_cast<std::uint32_t>(payload);
    if (kind == FrameKind::Hello) {
        std::memcpy(bytes.data(), &length, kLengthBytes);
    } else {
        const auto head = messageHead(length, checksum(std::span(bytes).subspan(headBytes)));
        std::copy(head.begin(), head.end(), bytes.begin());
    }
    return bytes;
}

Json hello() {
    return {{"type", "hello"}, {"protocol", kVersion}, {"version", MAMBASCOPE_VERSION}};
}

Result<void> checkHello(const Json& message, std::string_view who) {
    const auto type = message.find("type");
    const auto number = message.find("protocol");
    if (type == message.end() || *type != "hello" || number == message.end() ||
        !number->is_number_integer()) {
        return Error{ErrorCode::EngineLost, "The first message is no greeting of mambascope.", {}, {}};
    }
    if (*number == kVersion) {
        return {};
    }
    const auto version = message.find("version");
    const std::string theirs = version != message.end() && version->is_string()
                                   ? version->get<std::string>().substr(0, 64)
                                   : "unknown";
    return Error{
        ErrorCode::EngineLost,
        "The " + std::string(who) + " (mambascope " + theirs + ") speaks protocol version " + number->dump() +
            ", this program (mambascope " MAMBASCOPE_VERSION ") version " + std::to_string(kVersion) + ".",
        "Install the same version of mambascope on both sides.",
        {}};
}

} // namespace mambascope::protocol
