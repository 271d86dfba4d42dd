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

Error tooLong(std::uint64_t length, std::uint32_t maxBytes) {
    return Error::failed(
        "A message claims " + std::to_string(length) + " bytes; at most " + std::to_string(maxBytes) +
        " are allowed.");
}

/// Descriptors of a pipe may be non-blocking because somebody else who shares them made them so.
void waitFor(int fd, short events) {
    pollfd entry{fd, events, 0};
    ::poll(&entry, 1, -1);
}

} // namespace

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
    std::array<std::uint8_t, kLengthBytes> head{};
    if (auto read = readExactly(head); !read.ok()) {
        return read.error();
    }
    const std::uint32_t length = frameLength(head.data());
    if (length > maxBytes) {
        return tooLong(length, maxBytes);
    }
    std::vector<std::uint8_t> payload;
    while (payload.size() < length) {
        const std::size_t begin = payload.size();
        payload.resize(begin + std::min<std::size_t>(length - begin, kReadStep));
        if (auto read = readExactly(std::span(payload).subspan(begin)); !read.ok()) {
            return read.error();
        }
    }
    return decode(payload);
}

Result<void> Channel::send(const Json& message) {
    auto bytes = frame(message);
    if (!bytes.ok()) {
        return bytes.error();
    }
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
    if (waiting.size() < kLengthBytes) {
        return std::optional<Json>{};
    }
    const std::uint32_t length = frameLength(waiting.data());
    if (length > maxBytes) {
        return tooLong(length, maxBytes);
    }
    if (waiting.size() - kLengthBytes < length) {
        return std::optional<Json>{};
    }
    auto message = decode(waiting.subspan(kLengthBytes, length));
    if (!message.ok()) {
        return message.error();
    }
    m_begin += kLengthBytes + length;
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

Result<std::vector<std::uint8_t>> frame(const Json& message) {
    std::vector<std::uint8_t> bytes(kLengthBytes);
    Json::to_msgpack(message, bytes);
    const std::size_t payload = bytes.size() - kLengthBytes;
    if (payload > kMaxFrameBytes) {
        return tooLong(payload, kMaxFrameBytes);
    }
    const auto length = static_cast<std::uint32_t>(payload);
    std::memcpy(bytes.data(), &length, kLengthBytes);
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
