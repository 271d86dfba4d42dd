// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/child_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mambascope {
namespace {

constexpr std::size_t kKeptLines = 20;
constexpr std::size_t kLongestLine = 4096;

struct Pipe {
    FileDescriptor read, write;
};

Result<Pipe> makePipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) {
        return Error{
            ErrorCode::EngineLost,
            std::string("The engine could not be started: ") + std::strerror(errno) + ".",
            {},
            "pipe"};
    }
    Pipe made;
    made.read = FileDescriptor(fds[0]);
    made.write = FileDescriptor(fds[1]);
    return made;
}

bool isProgram(const std::string& path) {
    return ::access(path.c_str(), X_OK) == 0;
}

/// The file that execvp would run; nothing if there is none. Looked up before the fork, because only
/// async-signal-safe functions may run after it.
std::optional<std::string> findProgram(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        return ::access(name.c_str(), F_OK) == 0 ? std::optional(name) : std::nullopt;
    }
    const char* path = std::getenv("PATH");
    std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
    while (!rest.empty() && !name.empty()) {
        const std::size_t end = rest.find(':');
        const std::string candidate = std::string(rest.substr(0, end)) + '/' + name;
        if (isProgram(candidate)) {
            return candidate;
        }
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return std::nullopt;
}

/// In the child, between fork and exec: nothing here may allocate or lock.
[[noreturn]] void
becomeProgram(const char* path, char* const* arguments, int in, int out, int err, int report, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(1); // the parent died before the signal was armed
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    // Ctrl+C in a terminal reaches the whole group; the parent turns it into a cancel message.
    ::signal(SIGINT, SIG_IGN);
    if (::dup2(in, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0 && ::dup2(err, STDERR_FILENO) >= 0) {
        ::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
        ::execv(path, arguments);
    }
    const int error = errno;
    [[maybe_unused]] const ssize_t written = ::write(report, &error, sizeof error);
    ::_exit(127);
}

Error notFound(const std::string& name) {
    return {
        ErrorCode::EngineLost,
        "The engine program “" + name + "” was not found.",
        "Check the engine command in the settings (--engine, MAMBASCOPE_ENGINE), or install "
        "mambascope-engine.",
        {}};
}

} // namespace

struct ChildProcess::Pipes {
    Pipe input, output, errors, report;
};

void FileDescriptor::reset() {
    if (m_fd >= 0) {
        ::close(m_fd);
        m_fd = -1;
    }
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const std::vector<std::string>& arguments) {
    const auto program = arguments.empty() ? std::nullopt : findProgram(arguments.front());
    if (!program) {
        return notFound(arguments.empty() ? std::string() : arguments.front());
    }
    Pipes pipes;
    for (Pipe* pipe : {&pipes.input, &pipes.output, &pipes.errors, &pipes.report}) {
        auto made = makePipe();
        if (!made.ok()) {
            return made.error();
        }
        *pipe = std::move(made).value();
    }
    for (const int fd : {pipes.input.write.get(), pipes.output.read.get(), pipes.errors.read.get()}) {
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    std::unique_ptr<ChildProcess> child(new ChildProcess);
    child->m_forward = std::getenv("MAMBASCOPE_ENGINE_LOG") != nullptr;
    child->m_input = std::move(pipes.input.write);
    child->m_output = std::move(pipes.output.read);
    std::promise<Result<void>> started;
    auto outcome = started.get_future();
    child->m_thread = std::thread([self = child.get(), moved = std::move(pipes), program, arguments,
                                   promise = std::move(started)]() mutable {
        self->watch(std::move(moved), *program, arguments, std::move(promise));
    });
    if (auto result = outcome.get(); !result.ok()) {
        return result.error();
    }
    return child;
}

void ChildProcess::watch(
    Pipes pipes, const std::string& program, const std::vector<std::string>& arguments,
    std::promise<Result<void>> started) {
    std::vector<char*> pointers;
    for (const std::string& argument : arguments) {
        pointers.push_back(const_cast<char*>(argument.c_str()));
    }
    pointers.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        becomeProgram(
            program.c_str(), pointers.data(), pipes.input.read.get(), pipes.output.write.get(),
            pipes.errors.write.get(), pipes.report.write.get(), parent);
    }
    int error = errno;
    pipes.input.read.reset();
    pipes.output.write.reset();
    pipes.errors.write.reset();
    pipes.report.write.reset();
    ssize_t got = pid < 0 ? static_cast<ssize_t>(sizeof error) : -1;
    while (pid > 0 && (got = ::read(pipes.report.read.get(), &error, sizeof error)) < 0 && errno == EINTR) {
    }
    if (pid > 0) {
        m_pid = pid;
    }
    if (got == static_cast<ssize_t>(sizeof error)) {
        if (pid > 0) {
            ::waitpid(pid, nullptr, 0);
        }
        {
            const std::lock_guard lock(m_mutex);
            m_status = 127 << 8;
        }
        started.set_value(Error{
            ErrorCode::EngineLost,
            "The engine program “" + arguments.front() + "” cannot be run: " + std::strerror(error) + ".",
            "Check the engine command in the settings (--engine, MAMBASCOPE_ENGINE).", program});
        return;
    }
    started.set_value({});
    collect(pipes.errors.read.get());
}

bool ChildProcess::reap() {
    int status = 0;
    const std::lock_guard lock(m_mutex);
    const pid_t got = ::waitpid(m_pid, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) {
        return false;
    }
    m_status = got == m_pid ? status : 0;
    m_ended.notify_all();
    return true;
}

void ChildProcess::collect(int errorFd) {
    // Not pidfd_open(): the header of glibc 2.36 declares it for C only.
    const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, m_pid, 0)));
    bool open = true;
    while (true) {
        // A negative descriptor is ignored by poll; without a pidfd the end is looked for now and then.
        std::array<pollfd, 2> entries{{{process.get(), POLLIN, 0}, {open ? errorFd : -1, POLLIN, 0}}};
        ::poll(entries.data(), entries.size(), process.valid() ? -1 : 50);
        // Before reaping: what a process wrote last is what explains its end.
        open = open && readErrors(errorFd);
        if (reap()) {
            return;
        }
    }
}

bool ChildProcess::readErrors(int errorFd) {
    std::array<char, 4096> buffer{};
    while (true) {
        const ssize_t got = ::read(errorFd, buffer.data(), buffer.size());
        if (got > 0) {
            addErrorText(buffer.data(), static_cast<std::size_t>(got));
        } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
            return false;
        } else if (errno == EAGAIN) {
            return true;
        }
    }
}

void ChildProcess::addErrorText(const char* text, std::size_t size) {
    if (m_forward) {
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, size);
    }
    const std::lock_guard lock(m_mutex);
    for (const char c : std::string_view(text, size)) {
        if (c != '\n') {
            if (m_line.size() < kLongestLine) {
                m_line += c;
            }
            continue;
        }
        m_lines.push_back(std::move(m_line));
        m_line.clear();
        if (m_lines.size() > kKeptLines) {
            m_lines.pop_front();
        }
    }
}

std::vector<std::string> ChildProcess::lastLines() const {
    const std::lock_guard lock(m_mutex);
    std::vector<std::string> lines(m_lines.begin(), m_lines.end());
    if (!m_line.empty()) {
        lines.push_back(m_line);
    }
    return lines;
}

void ChildProcess::kill() {
    const std::lock_guard lock(m_mutex);
    if (m_pid > 0 && !m_status) {
        ::kill(m_pid, SIGKILL);
    }
}

std::optional<int> ChildProcess::waitForEnd(std::chrono::milliseconds limit) {
    std::unique_lock lock(m_mutex);
    m_ended.wait_for(lock, limit, [this] { return m_status.has_value(); });
    return m_status;
}

ChildProcess::~ChildProcess() {
    m_input.reset();
    kill();
    if (m_thread.joinable()) {
        m_thread.join();
    }
}

} // namespace mambascope
