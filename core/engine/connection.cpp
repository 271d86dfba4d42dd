// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/connection.h"

#include "core/engine/codec.h"
#include "core/engine/exit_reason.h"
#include "core/engine/fields.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <stop_token>
#include <sys/eventfd.h>
#include <unistd.h>

namespace mambascope::protocol {
namespace {

using namespace std::chrono_literals;

constexpr auto kObeyWithin = 5s;
constexpr auto kLeaveWithin = 2s;
constexpr auto kForever = std::chrono::steady_clock::time_point::max();

} // namespace

struct Connection::Call {
    std::uint64_t id;
    const Job& job;
    const Partial& onPartial;
};

Result<std::unique_ptr<Connection>> Connection::open(const std::vector<std::string>& command) {
    auto process = ChildProcess::start(command);
    if (!process.ok()) {
        return process.error();
    }
    std::unique_ptr<Connection> connection(new Connection);
    connection->m_process = std::move(process).value();
    connection->m_wake = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!connection->m_wake.valid()) {
        return Error{
            ErrorCode::EngineLost, "The engine could not be started: too many open files.", {}, "eventfd"};
    }
    if (auto queued = connection->queue(hello()); !queued.ok()) {
        return queued.error();
    }
    return connection;
}

Connection::~Connection() {
    m_process->closeInput();
    m_process->waitForEnd(m_lost ? 0ms : std::chrono::milliseconds(kLeaveWithin));
}

Result<void> Connection::queue(const Json& message) {
    auto bytes = frame(message);
    if (!bytes.ok()) {
        return Error::failed(
                   "The request is too large for the engine.", "Use fewer or shorter sequences at a time.")
            .within(bytes.error().message);
    }
    m_out.erase(m_out.begin(), m_out.begin() + static_cast<std::ptrdiff_t>(m_outBegin));
    m_outBegin = 0;
    m_out.insert(m_out.end(), bytes.value().begin(), bytes.value().end());
    return {};
}

Result<Json> Connection::call(const char* op, Json args, const Job& job, const Partial& onPartial) {
    if (m_lost) {
        return *m_lost;
    }
    if (job.stopRequested()) {
        return Error::cancelled();
    }
    const Call call{++m_lastId, job, onPartial};
    if (auto queued = queue({{"id", call.id}, {"op", op}, {"args", std::move(args)}}); !queued.ok()) {
        return queued.error();
    }
    const std::stop_callback wake(job.stop, [fd = m_wake.get()] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
    });
    bool cancelSent = false;
    while (true) {
        auto message = nextMessage();
        while (message.ok() && message.value()) {
            auto answer = handle(*message.value(), call);
            if (!answer.ok()) {
                return answer.error();
            }
            if (answer.value()) {
                return std::move(*answer.value());
            }
            message = nextMessage();
        }
        if (!message.ok()) {
            return message.error();
        }
        if (!m_greeted && job.stopRequested()) {
            // There may be nobody who could obey: a remote shell that does not connect, for example.
            lose({ErrorCode::EngineLost, "The engine was stopped before it was ready.", {}, {}});
            return Error::cancelled();
        }
        if (!cancelSent && job.stopRequested()) {
            if (auto queued = queue({{"id", call.id}, {"op", "cancel"}}); !queued.ok()) {
                return queued.error();
            }
            cancelSent = true;
            m_lastMove = Clock::now();
        }
        if (auto pumped = pump(cancelSent ? m_lastMove + kObeyWithin : kForever); !pumped.ok()) {
            return pumped.error();
        }
    }
}

Result<std::optional<Json>> Connection::nextMessage() {
    auto message = m_in.next(m_greeted ? kMaxFrameBytes : kMaxHelloBytes);
    if (!message.ok()) {
        return m_greeted ? fail(message.error()) : notTheEngine();
    }
    if (!message.value() || m_greeted) {
        return message;
    }
    if (auto sound = checkHello(*message.value(), "engine"); !sound.ok()) {
        return sound.error().hint.empty() ? notTheEngine() : lose(sound.error());
    }
    m_greeted = true;
    return nextMessage();
}

/// What a message means to the call that waits: its result, its error, or nothing yet.
Result<std::optional<Json>> Connection::handle(Json& message, const Call& call) {
    std::uint64_t id = 0;
    std::string type;
    Fields fields(message, "message");
    std::int64_t number = 0;
    fields.integer("id", number, 0).text("type", type, 64);
    id = static_cast<std::uint64_t>(number);
    if (fields.ok() && type == "error" && fields.map("error") != nullptr) {
        Error error = unpackError(message["error"]);
        if (id == call.id) {
            return error;
        }
        if (id == 0) { // about the connection itself
            error.code = ErrorCode::EngineLost;
            return lose(std::move(error));
        }
    }
    if (fields.ok() && id != call.id) {
        fields.fail("id", "names no request that is running");
    }
    if (fields.ok() && type == "progress") {
        auto progress = unpack<Progress>(message);
        if (!progress.ok()) {
            return fail(progress.error());
        }
        if (call.job.onProgress) {
            call.job.onProgress(progress.value());
        }
        return std::optional<Json>{};
    }
    if (fields.ok() && type == "partial" && call.onPartial) {
        auto taken = call.onPartial(message);
        return taken.ok() ? Result<std::optional<Json>>(std::optional<Json>{}) : fail(taken.error());
    }
    if (fields.ok() && type == "result" && fields.map("value") != nullptr) {
        return std::optional<Json>(std::move(message["value"]));
    }
    fields.fail("type", "is unknown");
    return fail(fields.error());
}

/// Waits until bytes can move, moves them, and returns. A process that is told to stop may take `deadline`'s
/// time.
Result<void> Connection::pump(Clock::time_point deadline) {
    const bool writing = !m_inputClosed && m_outBegin < m_out.size();
    std::array<pollfd, 3> entries{
        {{m_process->output(), POLLIN, 0},
         {writing ? m_process->input() : -1, POLLOUT, 0},
         {m_wake.get(), POLLIN, 0}}};
    int timeout = -1;
    if (deadline != kForever) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        timeout = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    }
    const int ready = ::poll(entries.data(), entries.size(), timeout);
    if (ready == 0) {
        return lose(
            {ErrorCode::EngineLost,
             "The engine did not stop when it was told to, and was ended.",
             "Start the job again: the engine starts anew.",
             {}});
    }
    if (ready < 0) {
        return {};
    }
    if (entries[2].revents != 0) {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = ::read(m_wake.get(), &count, sizeof count);
    }
    if (entries[1].revents != 0) {
        if (auto written = writeAvailable(); !written.ok()) {
            return written.error();
        }
    }
    return entries[0].revents != 0 ? readAvailable() : Result<void>();
}

Result<void> Connection::writeAvailable() {
    const std::ptrdiff_t written =
        writeQuietly(m_process->input(), std::span<const std::uint8_t>(m_out).subspan(m_outBegin));
    if (written >= 0) {
        m_outBegin += static_cast<std::size_t>(written);
        m_lastMove = Clock::now();
        return {};
    }
    if (errno != EAGAIN && errno != EINTR) {
        m_inputClosed = true; // it may have said why before it went: read that first
    }
    return {};
}

Result<void> Connection::readAvailable() {
    std::array<std::uint8_t, 1 << 16> buffer;
    const ssize_t got = ::read(m_process->output(), buffer.data(), buffer.size());
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR ? Result<void>() : Result<void>(streamEnded());
    }
    if (got == 0) {
        return streamEnded();
    }
    m_in.append(std::span(buffer).first(static_cast<std::size_t>(got)));
    // Progress messages are small: only a large answer on its way earns an engine more time to obey.
    if (m_in.pending().size() > 4096) {
        m_lastMove = Clock::now();
    }
    return {};
}

Error Connection::lose(Error error) {
    m_process->kill();
    m_process->waitForEnd(1s);
    if (error.context.empty()) {
        error.context = joinedLines(m_process->lastLines());
    }
    m_lost = error;
    return error;
}

Error Connection::fail(const Error& why) {
    return lose(
        {ErrorCode::EngineLost,
         "The engine's answer cannot be understood. " + why.message,
         "Check that the engine is of the same version as this program.",
         {}});
}

Error Connection::streamEnded() {
    if (!m_greeted && !m_in.pending().empty()) {
        return notTheEngine();
    }
    const auto status = m_process->waitForEnd(1s);
    return lose(exitReason(status, m_greeted, m_process->lastLines()));
}

/// The first line that came instead of the greeting; whoever wrote it may still be in the middle of it.
std::string Connection::waitForLine() {
    const auto deadline = Clock::now() + 500ms;
    const auto complete = [this] {
        const auto bytes = m_in.pending();
        return std::find(bytes.begin(), bytes.end(), '\n') != bytes.end() || bytes.size() > 200;
    };
    while (!complete() && Clock::now() < deadline) {
        pollfd entry{m_process->output(), POLLIN, 0};
        std::array<std::uint8_t, 512> buffer{};
        ::poll(&entry, 1, 50);
        const ssize_t got = ::read(m_process->output(), buffer.data(), buffer.size());
        if (got == 0) {
            break;
        }
        if (got > 0) {
            m_in.append(std::span(buffer).first(static_cast<std::size_t>(got)));
        }
    }
    std::string line;
    for (const std::uint8_t byte : m_in.pending()) {
        if (byte == '\n' || line.size() >= 200) {
            break;
        }
        line += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?';
    }
    return line;
}

Error Connection::notTheEngine() {
    return lose(
        {ErrorCode::EngineLost,
         "Something else than the engine answered: “" + waitForLine() + "”.",
         "See to it that the engine command prints nothing before the engine starts (a login message, for "
         "example).",
         {}});
}

} // namespace mambascope::protocol
