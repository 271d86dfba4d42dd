// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/connection.h"

#include "core/engine/codec.h"
#include "core/engine/exit_reason.h"
#include "core/engine/fields.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <stop_token>
#include <sys/eventfd.h>
#include <unistd.h>

namespace mambascope::protocol {
namespace {

using namespace std::chrono_literals;

constexpr auto kObeyWithin = 5s;
constexpr auto kLeaveWithin = 2s;
constexpr const char* kStartAgain = "Start the job again: the engine starts anew.";

double secondsSince(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::string inSeconds(std::chrono::milliseconds time) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()) + " s";
}

} // namespace

struct Connection::Call {
    std::uint64_t id;
    const Job& job;
    const Partial& onPartial;
    Clock::time_point since = Clock::now();
    bool cancelSent = false;
};

Result<std::unique_ptr<Connection>> Connection::open(const EngineCommand& command) {
    auto process = ChildProcess::start(command.arguments);
    if (!process.ok()) {
        return process.error();
    }
    std::unique_ptr<Connection> connection(new Connection);
    connection->m_command = command;
    connection->m_process = std::move(process).value();
    const auto greeted = connection->greet();
    return greeted.ok() ? Result<std::unique_ptr<Connection>>(std::move(connection)) : greeted.error();
}

Result<std::unique_ptr<Connection>>
Connection::over(FileDescriptor readFrom, FileDescriptor writeTo, const EnginePatience& patience) {
    std::unique_ptr<Connection> connection(new Connection);
    connection->m_command.patience = patience;
    for (const int fd : {readFrom.get(), writeTo.get()}) {
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    connection->m_readFrom = std::move(readFrom);
    connection->m_writeTo = std::move(writeTo);
    const auto greeted = connection->greet();
    return greeted.ok() ? Result<std::unique_ptr<Connection>>(std::move(connection)) : greeted.error();
}

Result<void> Connection::greet() {
    m_wake = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!m_wake.valid()) {
        return Error{
            ErrorCode::EngineLost, "The engine could not be started: too many open files.", {}, "eventfd"};
    }
    return queue(hello(), FrameKind::Hello);
}

std::vector<std::string> Connection::lastLines() const {
    return m_process ? m_process->lastLines() : std::vector<std::string>();
}

Connection::~Connection() {
    if (!m_process) {
        return;
    }
    m_process->closeInput();
    m_process->closeOutput(); // it may be writing what nobody waits for
    m_process->waitForEnd(m_lost ? 0ms : std::chrono::milliseconds(kLeaveWithin));
}

Result<void> Connection::queue(const Json& message, FrameKind kind) {
    const auto begin = Clock::now();
    auto bytes = frame(message, kind);
    m_traffic.packSeconds += secondsSince(begin);
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

Result<std::uint64_t> Connection::begin(const char* op, Json args) {
    if (m_lost) {
        return *m_lost;
    }
    const bool engineIdle = m_unanswered.empty();
    if (auto queued = queue({{"id", m_lastId + 1}, {"op", op}, {"args", std::move(args)}}); !queued.ok()) {
        return queued.error();
    }
    ++m_traffic.requests;
    m_traffic.roundTrips += engineIdle ? 1 : 0;
    m_begun.try_emplace(++m_lastId);
    m_unanswered.insert(m_lastId);
    if (!m_inputClosed) {
        if (auto written = writeAvailable(); !written.ok()) {
            return written.error();
        }
    }
    return m_lastId;
}

void Connection::abandon(std::uint64_t id) {
    if (!m_lost && m_begun.erase(id) == 1 && m_unanswered.contains(id)) {
        (void)queue({{"id", id}, {"op", "cancel"}}); // small enough for a frame
    }
}

Result<Json> Connection::call(const char* op, Json args, const Job& job, const Partial& onPartial) {
    if (m_lost) {
        return *m_lost;
    }
    if (job.stopRequested()) {
        return Error::cancelled();
    }
    const auto id = begin(op, std::move(args));
    return id.ok() ? finish(id.value(), job, onPartial) : id.error();
}

/// What has come for the call already, up to its answer.
Result<std::optional<Json>> Connection::drain(Call& call) {
    while (true) {
        if (auto& waiting = m_begun[call.id]; !waiting.empty()) {
            Json message = std::move(waiting.front());
            waiting.pop_front();
            auto answer = handle(message, call);
            if (!answer.ok() || answer.value()) {
                return answer;
            }
            continue;
        }
        auto message = nextMessage();
        if (!message.ok()) {
            return message.error();
        }
        if (!message.value()) {
            return std::optional<Json>{};
        }
        auto answer = handle(*message.value(), call);
        if (!answer.ok() || answer.value()) {
            return answer;
        }
    }
}

Result<Json> Connection::finish(std::uint64_t id, const Job& job, const Partial& onPartial) {
    if (m_lost) {
        return *m_lost;
    }
    if (!m_begun.contains(id)) {
        return Error::failed("The request was not begun, or is finished.");
    }
    Call call{id, job, onPartial};
    const std::stop_callback wake(job.stop, [fd = m_wake.get()] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
    });
    while (true) {
        auto answer = drain(call);
        if (!answer.ok()) {
            m_begun.erase(id);
            return answer.error();
        }
        if (answer.value()) {
            m_begun.erase(id);
            return std::move(*answer.value());
        }
        if (!m_greeted && job.stopRequested()) {
            // There may be nobody who could obey: a remote shell that does not connect, for example.
            lose({ErrorCode::EngineLost, "The engine was stopped before it was ready.", {}, {}});
            return Error::cancelled();
        }
        if (!call.cancelSent && job.stopRequested()) {
            if (auto queued = queue({{"id", id}, {"op", "cancel"}}); !queued.ok()) {
                return queued.error();
            }
            call.cancelSent = true;
            m_lastMove = Clock::now();
        }
        if (auto pumped = pump(call); !pumped.ok()) {
            return pumped.error();
        }
    }
}

Result<std::optional<Json>> Connection::nextMessage() {
    const auto begin = Clock::now();
    auto message = m_in.next(m_greeted ? kMaxFrameBytes : kMaxHelloBytes);
    m_traffic.unpackSeconds += secondsSince(begin);
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

/// What a message means to the call that waits: its result, its error, or nothing yet. Messages for requests
/// that are begun and not waited for yet are kept.
Result<std::optional<Json>> Connection::handle(Json& message, const Call& call) {
    std::string type;
    std::int64_t number = 0;
    Fields fields(message, "message");
    fields.integer("id", number, 0).text("type", type, 64);
    if (!fields.ok()) {
        return fail(fields.error());
    }
    const auto id = static_cast<std::uint64_t>(number);
    if (type == "pong") {
        return std::optional<Json>{};
    }
    const bool expected = m_unanswered.contains(id) || id == call.id;
    if (type == "result" || type == "error") {
        m_unanswered.erase(id);
    }
    if (id == call.id) {
        return handleOwn(message, type, call);
    }
    if (const auto begun = m_begun.find(id); begun != m_begun.end()) {
        begun->second.push_back(std::move(message));
        return std::optional<Json>{};
    }
    if (expected) {
        return std::optional<Json>{};
    }
    if (id == 0 && type == "error" && fields.map("error") != nullptr) { // about the connection itself
        Error error = unpackError(message["error"]);
        error.code = ErrorCode::EngineLost;
        error.message = "The engine ended the conversation. " + error.message;
        if (error.hint.empty()) {
            error.hint = kStartAgain;
        }
        return lose(std::move(error));
    }
    fields.fail("id", "names no request that is running");
    return fail(fields.error());
}

Result<std::optional<Json>> Connection::handleOwn(Json& message, const std::string& type, const Call& call) {
    Fields fields(message, "message");
    if (type == "error" && fields.map("error") != nullptr) {
        return unpackError(message["error"]);
    }
    if (type == "progress") {
        auto progress = unpack<Progress>(message);
        if (!progress.ok()) {
            return fail(progress.error());
        }
        if (call.job.onProgress) {
            call.job.onProgress(progress.value());
        }
        return std::optional<Json>{};
    }
    if (type == "partial" && call.onPartial) {
        auto taken = call.onPartial(message);
        return taken.ok() ? Result<std::optional<Json>>(std::optional<Json>{}) : fail(taken.error());
    }
    double seconds = 0;
    if (type == "result" && fields.number("seconds", seconds).map("value") != nullptr) {
        m_traffic.computeSeconds += seconds;
        return std::optional<Json>(std::move(message["value"]));
    }
    fields.fail("type", "is unknown");
    return fail(fields.error());
}

/// When the wait has lasted too long, or a sign of life is due.
Connection::Clock::time_point Connection::deadline(const Call& call) {
    if (!m_greeted) {
        return call.since + m_command.patience.greeting;
    }
    const auto silent = std::max(m_lastSign, call.since);
    const auto next = silent + (m_pinged ? m_command.patience.silence : m_command.patience.ping);
    return call.cancelSent ? std::min(m_lastMove + kObeyWithin, next) : next;
}

Error Connection::timedOut(const Call& call) {
    if (!m_greeted) {
        return lose(
            {ErrorCode::EngineLost,
             "The engine did not answer within " + inSeconds(m_command.patience.greeting) + ".",
             "Check that the engine command starts mambascope-engine, and that its machine can be reached.",
             {}});
    }
    if (call.cancelSent && Clock::now() >= m_lastMove + kObeyWithin) {
        return lose(
            {ErrorCode::EngineLost,
             "The engine did not stop when it was told to, and was ended.",
             kStartAgain,
             {}});
    }
    return lose(
        {ErrorCode::EngineLost,
         "Nothing has been heard of the engine for " + inSeconds(m_command.patience.silence) + ".",
         std::string("Its machine or the connection to it may be down. ") + kStartAgain,
         {}});
}

/// Asks for a sign of life: the engine answers at once even while it works.
Result<void> Connection::ping(const Call& call) {
    m_pinged = true;
    return queue({{"id", call.id}, {"op", "ping"}});
}

/// Waits until bytes can move, moves them, and returns.
Result<void> Connection::pump(const Call& call) {
    const bool writing = !m_inputClosed && m_outBegin < m_out.size();
    std::array<pollfd, 3> entries{
        {{output(), POLLIN, 0},
         {writing ? input() : -1, POLLOUT, 0},
         {m_wake.get(), POLLIN, 0}}};
    const auto until = deadline(call);
    const auto begin = Clock::now();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - begin).count();
    const int ready =
        ::poll(entries.data(), entries.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30)));
    m_traffic.waitSeconds += secondsSince(begin);
    if (ready == 0) {
        const bool signDue =
            m_greeted && !m_pinged && !(call.cancelSent && Clock::now() >= m_lastMove + kObeyWithin);
        return signDue ? ping(call) : Result<void>(timedOut(call));
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
        writeQuietly(input(), std::span<const std::uint8_t>(m_out).subspan(m_outBegin));
    if (written >= 0) {
        m_outBegin += static_cast<std::size_t>(written);
        m_traffic.bytesSent += static_cast<std::uint64_t>(written);
        m_lastMove = Clock::now();
        m_lastSign = m_lastMove; // somebody takes what is sent
        return {};
    }
    if (errno != EAGAIN && errno != EINTR) {
        m_inputClosed = true; // it may have said why before it went: read that first
    }
    return {};
}

Result<void> Connection::readAvailable() {
    std::array<std::uint8_t, 1 << 16> buffer;
    const ssize_t got = ::read(output(), buffer.data(), buffer.size());
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR ? Result<void>() : Result<void>(streamEnded());
    }
    if (got == 0) {
        return streamEnded();
    }
    m_in.append(std::span(buffer).first(static_cast<std::size_t>(got)));
    m_traffic.bytesReceived += static_cast<std::uint64_t>(got);
    m_lastSign = Clock::now();
    m_pinged = false;
    // Progress messages are small: only a large answer on its way earns an engine more time to obey.
    if (m_in.pending().size() > 4096) {
        m_lastMove = Clock::now();
    }
    return {};
}

Error Connection::lose(Error error) {
    m_begun.clear();
    m_unanswered.clear();
    if (m_process) {
        m_process->kill();
        m_process->waitForEnd(1s);
    }
    if (error.context.empty()) {
        error.context = joinedLines(lastLines());
    }
    m_lost = error;
    return error;
}

Error Connection::fail(const Error& why) {
    return lose(
        {ErrorCode::EngineLost,
         "The engine's answer cannot be understood. " + why.message,
         why.hint.empty() ? "Check that the engine is of the same version as this program." : why.hint,
         {}});
}

Error Connection::streamEnded() {
    if (!m_greeted && !m_in.pending().empty()) {
        return notTheEngine();
    }
    const auto status = m_process ? m_process->waitForEnd(1s) : std::nullopt;
    const auto stage = !m_greeted               ? ConversationStage::NotGreeted
                       : m_in.pending().empty() ? ConversationStage::Between
                                                : ConversationStage::InAMessage;
    return lose(exitReason(m_command, status, stage, lastLines()));
}

/// The first line that came instead of the greeting; whoever wrote it may still be in the middle of it.
std::string Connection::waitForLine() {
    const auto deadline = Clock::now() + 500ms;
    const auto complete = [this] {
        const auto bytes = m_in.pending();
        return std::find(bytes.begin(), bytes.end(), '\n') != bytes.end() || bytes.size() > 200;
    };
    while (!complete() && Clock::now() < deadline) {
        pollfd entry{output(), POLLIN, 0};
        std::array<std::uint8_t, 512> buffer{};
        ::poll(&entry, 1, 50);
        const ssize_t got = ::read(output(), buffer.data(), buffer.size());
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
