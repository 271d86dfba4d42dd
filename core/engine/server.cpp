// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/server.h"

#include "core/engine/child_process.h"
#include "core/engine/codec.h"
#include "core/engine/dispatcher.h"
#include "core/engine/fields.h"
#include "core/engine/protocol.h"

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <fcntl.h>
#include <mutex>
#include <new>
#include <stop_token>
#include <thread>
#include <unistd.h>

namespace mambascope {
namespace {

using namespace std::chrono_literals;
using protocol::Fields;

constexpr std::size_t kLongestQueue = 1000;
constexpr auto kProgressInterval = 50ms;

struct Request {
    std::uint64_t id = 0;
    std::string op;
    Json args;
    std::stop_source stop;
};

class Server {
public:
    Server(int readFd, int writeFd, protocol::Dispatcher::Factory factory)
        : m_channel(readFd, writeFd)
        , m_dispatcher(std::move(factory)) {}

    int serve(std::chrono::milliseconds leaveWithin);

private:
    using Clock = std::chrono::steady_clock;

    void read(std::chrono::milliseconds leaveWithin);
    Result<void> takeMessage(Json message);
    void close(int status);
    void cancel(std::uint64_t id);
    Result<void> send(const Json& message);
    void sendError(std::uint64_t id, const Error& error);
    std::optional<Request> nextRequest();
    void run(Request& request);

    protocol::Channel m_channel; ///< read by the reader thread, written under m_writing
    protocol::Dispatcher m_dispatcher;
    std::mutex m_writing;
    bool m_writable = true; ///< under m_writing

    std::mutex m_mutex; ///< for all below
    std::condition_variable m_changed;
    std::deque<Request> m_queue;
    std::uint64_t m_runningId = 0;
    std::stop_source m_runningStop{std::nostopstate};
    bool m_closed = false;
    bool m_done = false; ///< the inference thread has left its loop
    int m_status = 0;
};

/// Never blocks for good: the client reads while it writes. Fails only if the message cannot be a frame.
Result<void> Server::send(const Json& message) {
    {
        const std::lock_guard lock(m_writing);
        if (!m_writable) {
            return {};
        }
        auto sent = m_channel.send(message);
        if (sent.ok() || sent.error().code != ErrorCode::EngineLost) {
            return sent;
        }
        m_writable = false;
    }
    // Nobody reads the answers any more, so there is no reason to go on with the job.
    const std::lock_guard lock(m_mutex);
    m_runningStop.request_stop();
    return {};
}

void Server::sendError(std::uint64_t id, const Error& error) {
    (void)send({{"id", id}, {"type", "error"}, {"error", protocol::pack(error)}}); // small enough for a frame
}

void Server::close(int status) {
    const std::lock_guard lock(m_mutex);
    m_closed = true;
    m_status = status;
    m_queue.clear();
    m_runningStop.request_stop();
    m_changed.notify_all();
}

void Server::cancel(std::uint64_t id) {
    {
        const std::lock_guard lock(m_mutex);
        if (id == m_runningId) {
            m_runningStop.request_stop();
            return;
        }
        if (std::erase_if(m_queue, [id](const Request& request) { return request.id == id; }) == 0) {
            return; // its answer is on the way already
        }
    }
    sendError(id, Error::cancelled());
}

Result<void> Server::takeMessage(Json message) {
    Request request;
    std::int64_t id = 0;
    Fields fields(message, "request");
    fields.integer("id", id, 1).text("op", request.op, 64);
    if (!fields.ok()) {
        return fields.error();
    }
    request.id = static_cast<std::uint64_t>(id);
    if (request.op == "cancel") {
        cancel(request.id);
        return {};
    }
    if (request.op == "ping") {
        (void)send({{"id", request.id}, {"type", "pong"}});
        return {};
    }
    if (fields.map("args") == nullptr) {
        sendError(request.id, fields.error());
        return {};
    }
    request.args = std::move(message["args"]);
    std::unique_lock lock(m_mutex);
    if (m_queue.size() >= kLongestQueue) {
        lock.unlock();
        sendError(request.id, Error::failed("Too many requests wait for the engine."));
        return {};
    }
    m_queue.push_back(std::move(request));
    m_changed.notify_all();
    return {};
}

/// The reader thread. A stream that cannot be followed any more is as good as closed.
void Server::read(std::chrono::milliseconds leaveWithin) {
    auto greeting = m_channel.receive(protocol::kMaxHelloBytes);
    Result<void> sound =
        greeting.ok() ? protocol::checkHello(greeting.value(), "other side") : greeting.error();
    const bool greeted = sound.ok();
    while (sound.ok()) {
        auto message = m_channel.receive();
        sound = message.ok() ? takeMessage(std::move(message).value()) : Result<void>(message.error());
    }
    const bool ended = sound.error().code == ErrorCode::EngineLost && (greeted || !greeting.ok());
    if (!ended) {
        std::fprintf(stderr, "mambascope-engine: %s\n", describe(sound.error()).c_str());
        sendError(0, sound.error());
    }
    close(ended ? 0 : 2);
    if (leaveWithin > 0ms) {
        std::unique_lock lock(m_mutex);
        if (!m_changed.wait_for(lock, leaveWithin, [this] { return m_done; })) {
            ::_exit(1);
        }
    }
}

std::optional<Request> Server::nextRequest() {
    std::unique_lock lock(m_mutex);
    m_runningId = 0;
    m_runningStop = std::stop_source(std::nostopstate);
    m_changed.wait(lock, [this] { return m_closed || !m_queue.empty(); });
    if (m_closed) {
        return std::nullopt;
    }
    Request request = std::move(m_queue.front());
    m_queue.pop_front();
    m_runningId = request.id;
    m_runningStop = request.stop;
    return request;
}

void Server::run(Request& request) {
    Clock::time_point lastProgress{};
    std::string lastPhase;
    Job job;
    job.stop = request.stop.get_token();
    job.onProgress = [&](const Progress& progress) {
        const auto now = Clock::now();
        const bool last = progress.total > 0 && progress.done >= progress.total;
        if (now - lastProgress < kProgressInterval && progress.phase == lastPhase && !last) {
            return;
        }
        lastProgress = now;
        lastPhase = progress.phase;
        Json message = protocol::pack(progress);
        message["id"] = request.id;
        message["type"] = "progress";
        (void)send(message);
    };
    const auto onPartial = [&](Json message) {
        message["id"] = request.id;
        message["type"] = "partial";
        (void)send(message);
    };
    auto answer = m_dispatcher.run(request.op, request.args, job, onPartial);
    request.args = Json();
    if (!answer.ok()) {
        sendError(request.id, answer.error());
        return;
    }
    try {
        const auto sent = send(
            {{"id", request.id},
             {"type", "result"},
             {"seconds", m_dispatcher.computeSeconds()},
             {"value", std::move(answer).value()}});
        if (!sent.ok()) {
            sendError(
                request.id,
                Error::failed(
                    "The result is too large to be sent.", "Use fewer or shorter sequences at a time.")
                    .within(sent.error().message));
        }
    } catch (const std::bad_alloc&) {
        sendError(
            request.id, {ErrorCode::OutOfMemory, "The result needs more memory than there is.",
                         "Use fewer or shorter sequences at a time.", request.op});
    }
}

int Server::serve(std::chrono::milliseconds leaveWithin) {
    (void)send(protocol::hello());
    std::thread reader([this, leaveWithin] {
        try {
            read(leaveWithin);
        } catch (const std::exception& exception) { // out of memory for a message
            std::fprintf(stderr, "mambascope-engine: %s\n", exception.what());
            close(1);
        }
    });
    while (auto request = nextRequest()) {
        run(*request);
    }
    {
        const std::lock_guard lock(m_mutex);
        m_done = true;
        m_changed.notify_all();
    }
    reader.join();
    return m_status;
}

/// Moves a standard stream to a descriptor of its own and points the standard one to `replacement`.
FileDescriptor takeOver(int standard, int replacement) {
    FileDescriptor own(::fcntl(standard, F_DUPFD_CLOEXEC, 10));
    if (own.valid() && replacement >= 0) {
        ::dup2(replacement, standard);
    }
    return own;
}

} // namespace

int serveEngine(
    int readFd, int writeFd, const std::function<Result<std::unique_ptr<Engine>>()>& createEngine,
    std::chrono::milliseconds leaveWithin) {
    FileDescriptor input, output;
    if (readFd == STDIN_FILENO) {
        const FileDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        input = takeOver(STDIN_FILENO, nothing.get());
        readFd = input.get();
    }
    if (writeFd == STDOUT_FILENO) {
        ::signal(SIGPIPE, SIG_IGN);
        output = takeOver(STDOUT_FILENO, STDERR_FILENO);
        writeFd = output.get();
    }
    Server server(readFd, writeFd, createEngine);
    return server.serve(leaveWithin);
}

} // namespace mambascope
