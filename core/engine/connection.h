// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/json.h"
#include "core/engine/child_process.h"
#include "core/engine/protocol.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mambascope::protocol {

/// The client's end of an engine process: sends one request at a time and waits for its answer. Reads and
/// writes whenever either is possible, so that both sides may send much at the same time.
class Connection {
public:
    /// Takes a partial result; an error means that it makes no sense.
    using Partial = std::function<Result<void>(const Json& message)>;

    static Result<std::unique_ptr<Connection>> open(const std::vector<std::string>& command);
    /// Closes the engine's input; kills it if it has not gone after 2 s.
    ~Connection();

    int processId() const { return m_process->pid(); }

    /// The map that the engine answers with. Progress and partial results go to the callbacks, on this
    /// thread.
    Result<Json> call(const char* op, Json args, const Job& job, const Partial& onPartial);

    /// Gives the engine up because its answer makes no sense, and returns the EngineLost that says so.
    Error fail(const Error& why);

private:
    using Clock = std::chrono::steady_clock;
    struct Call;

    Connection() = default;
    Result<void> pump(Clock::time_point deadline);
    Result<void> readAvailable();
    Result<void> writeAvailable();
    Result<std::optional<Json>> nextMessage();
    Result<std::optional<Json>> handle(Json& message, const Call& call);
    Result<void> queue(const Json& message);

    Error lose(Error error);
    Error streamEnded();
    Error notTheEngine();
    std::string waitForLine();

    std::unique_ptr<ChildProcess> m_process;
    FileDescriptor m_wake; ///< eventfd that a stop request writes to
    FrameBuffer m_in;
    std::vector<std::uint8_t> m_out;
    std::size_t m_outBegin = 0;
    bool m_greeted = false;
    bool m_inputClosed = false; ///< the engine does not read any more; what it still says is read first
    std::uint64_t m_lastId = 0;
    Clock::time_point m_lastMove; ///< when bytes of a frame last moved in either direction
    std::optional<Error> m_lost;
};

} // namespace mambascope::protocol
