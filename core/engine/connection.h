// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/json.h"
#include "core/engine/child_process.h"
#include "core/engine/engine_command.h"
#include "core/engine/protocol.h"
#include "core/engine/traffic.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mambascope::protocol {

/// The client's end of an engine process. Requests may be begun before earlier ones are answered, so that an
/// engine far away need not idle while an answer and the next request travel. Reads and writes whenever
/// either is possible, so that both sides may send much at the same time.
class Connection {
public:
    /// Takes a partial result; an error means that it makes no sense.
    using Partial = std::function<Result<void>(const Json& message)>;

    static Result<std::unique_ptr<Connection>> open(const EngineCommand& command);
    /// To an engine that somebody else has started, at the other end of two descriptors (which are made
    /// non-blocking).
    static Result<std::unique_ptr<Connection>>
    over(FileDescriptor readFrom, FileDescriptor writeTo, const EnginePatience& patience);
    /// Closes the engine's input; kills it if it has not gone after 2 s.
    ~Connection();

    /// -1 if somebody else has started the engine.
    int processId() const { return m_process ? m_process->pid() : -1; }

    /// Sends a request, as far as that goes without waiting, and returns its id. The engine runs requests in
    /// the order in which they were begun.
    Result<std::uint64_t> begin(const char* op, Json args);
    /// The map that the engine answers a begun request with. Progress and partial results go to the
    /// callbacks, on this thread. A stop request is sent on to the engine.
    Result<Json> finish(std::uint64_t id, const Job& job, const Partial& onPartial);
    /// Cancels a begun request whose answer nobody wants any more.
    void abandon(std::uint64_t id);
    /// begin() and finish().
    Result<Json> call(const char* op, Json args, const Job& job, const Partial& onPartial);

    /// Gives the engine up because its answer makes no sense, and returns the EngineLost that says so.
    Error fail(const Error& why);

    EngineTraffic& traffic() { return m_traffic; }

private:
    using Clock = std::chrono::steady_clock;
    struct Call;

    Connection() = default;
    Result<void> greet();
    int output() const { return m_process ? m_process->output() : m_readFrom.get(); }
    int input() const { return m_process ? m_process->input() : m_writeTo.get(); }
    std::vector<std::string> lastLines() const;
    Result<void> pump(const Call& call);
    Clock::time_point deadline(const Call& call);
    Error timedOut(const Call& call);
    Result<void> ping(const Call& call);
    Result<void> readAvailable();
    Result<void> writeAvailable();
    Result<std::optional<Json>> nextMessage();
    Result<std::optional<Json>> handle(Json& message, const Call& call);
    Result<std::optional<Json>> handleOwn(Json& message, const std::string& type, const Call& call);
    Result<std::optional<Json>> drain(Call& call);
    Result<void> queue(const Json& message, FrameKind kind = FrameKind::Message);

    Error lose(Error error);
    Error streamEnded();
    Error notTheEngine();
    std::string waitForLine();

    EngineCommand m_command;
    std::unique_ptr<ChildProcess> m_process; ///< null if somebody else has started the engine
    FileDescriptor m_readFrom, m_writeTo;    ///< then these are used
    FileDescriptor m_wake; ///< eventfd that a stop request writes to
    FrameBuffer m_in;
    std::vector<std::uint8_t> m_out;
    std::size_t m_outBegin = 0;
    bool m_greeted = false;
    bool m_inputClosed = false; ///< the engine does not read any more; what it still says is read first
    std::uint64_t m_lastId = 0;
    /// What came for requests that are begun and not yet finished.
    std::map<std::uint64_t, std::deque<Json>> m_begun;
    /// Requests whose last message is still to come; those that are not in m_begun were abandoned.
    std::set<std::uint64_t> m_unanswered;
    Clock::time_point m_lastMove; ///< when bytes of a frame last moved in either direction
    Clock::time_point m_lastSign; ///< when the engine last showed that it is there
    bool m_pinged = false;        ///< since then
    EngineTraffic m_traffic;
    std::optional<Error> m_lost;
};

} // namespace mambascope::protocol
