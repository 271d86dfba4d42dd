// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mambascope {

/// A file descriptor that is closed with its owner.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd)
        : m_fd(fd) {}
    ~FileDescriptor() { reset(); }
    FileDescriptor(FileDescriptor&& other) noexcept
        : m_fd(other.release()) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        if (this != &other) {
            reset();
            m_fd = other.release();
        }
        return *this;
    }

    int get() const { return m_fd; }
    bool valid() const { return m_fd >= 0; }
    void reset();
    int release() {
        const int fd = m_fd;
        m_fd = -1;
        return fd;
    }

private:
    int m_fd = -1;
};

/// A child process with pipes at its standard input and output (non-blocking on this side), and its standard
/// error collected. A thread of its own forks it, collects stderr and waits for its end: the kernel's
/// parent-death signal is tied to the thread that forked, so that thread has to live as long as the child
/// may.
class ChildProcess {
public:
    /// EngineLost with a sentence if the program does not exist or cannot be run.
    static Result<std::unique_ptr<ChildProcess>> start(const std::vector<std::string>& arguments);
    /// Kills the process if it still runs.
    ~ChildProcess();

    int pid() const { return m_pid; }
    int input() const { return m_input.get(); }   ///< to write to
    int output() const { return m_output.get(); } ///< to read from
    void closeInput() { m_input.reset(); }
    void closeOutput() { m_output.reset(); }
    void kill();
    /// The status as waitpid() gives it; nothing if the process still runs after `limit`.
    std::optional<int> waitForEnd(std::chrono::milliseconds limit);
    /// The last lines of its standard error.
    std::vector<std::string> lastLines() const;

private:
    struct Pipes;
    ChildProcess() = default;
    void watch(
        Pipes pipes, const std::string& program, const std::vector<std::string>& arguments,
        std::promise<Result<void>> started);
    void collect(int errorFd);
    bool reap();
    bool readErrors(int errorFd);
    void addErrorText(const char* text, std::size_t size);

    FileDescriptor m_input, m_output;
    int m_pid = -1;
    mutable std::mutex m_mutex;
    std::condition_variable m_ended;
    std::optional<int>
        m_status; ///< set once the process has been reaped: from then on its id belongs to nobody
    std::deque<std::string> m_lines;
    std::string m_line;
    bool m_forward = false;
    std::thread m_thread;
};

} // namespace mambascope
