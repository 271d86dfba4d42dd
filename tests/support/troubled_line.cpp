// SPDX-License-Identifier: GPL-3.0-or-later
// A line to a program that is far away or bad: starts PROGRAM and passes its standard input and output on.
//   troubled-line [OPTION N]… -- PROGRAM [ARGUMENT…]
//     --delay N      every byte arrives N milliseconds after it was sent, each way
//     --cut-out N    ends with status 255 after N bytes of the program's output, as ssh does when its line
//     breaks
//     --cut-in N     the same after N bytes of the program's input
//     --flip-out N   changes one bit of byte N of the program's output (counted from 0)
//     --flip-in N    … of its input
//     --drop-out N   leaves byte N of the program's output out
//     --drop-in N    … of its input
//     --freeze-out N passes on no byte of the program's output after the first N, and keeps the line open
// Its standard error goes through. When this program ends for whatever reason, PROGRAM's input is closed.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBroken = 255;
constexpr long long kNever = -1;

struct Trouble {
    long long cut = kNever, flip = kNever, drop = kNever, freeze = kNever;
};

struct Block {
    Clock::time_point due;
    std::vector<std::uint8_t> bytes;
};

/// One direction of the line.
class Way {
public:
    Way(int from, int to, std::chrono::milliseconds delay, const Trouble& trouble)
        : m_from(from)
        , m_to(to)
        , m_delay(delay)
        , m_trouble(trouble) {}

    int source() const { return m_ended ? -1 : m_from; }
    bool finished() const { return m_ended && m_blocks.empty(); }
    /// Milliseconds until something is due; -1 if nothing waits.
    int wait() const {
        if (m_blocks.empty()) {
            return -1;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_blocks.front().due - Clock::now());
        return left.count() > 0 ? static_cast<int>(left.count()) : 0;
    }

    void read() {
        std::array<std::uint8_t, 1 << 16> buffer;
        const ssize_t got = ::read(m_from, buffer.data(), buffer.size());
        if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) {
            m_ended = true;
        } else if (got > 0) {
            m_blocks.push_back({Clock::now() + m_delay, {buffer.begin(), buffer.begin() + got}});
        }
    }

    /// Writes what is due. False if the line is broken from here on.
    bool deliver() {
        while (!m_blocks.empty() && m_blocks.front().due <= Clock::now()) {
            if (!send(m_blocks.front().bytes)) {
                return false;
            }
            m_blocks.pop_front();
        }
        return true;
    }

    void close() {
        if (m_to >= 0) {
            ::close(m_to);
            m_to = -1;
        }
    }

private:
    bool send(const std::vector<std::uint8_t>& bytes) {
        std::vector<std::uint8_t> passed;
        for (std::uint8_t byte : bytes) {
            const long long at = m_count++;
            if (m_trouble.cut != kNever && at >= m_trouble.cut) {
                write(passed);
                return false;
            }
            if (at == m_trouble.drop || (m_trouble.freeze != kNever && at >= m_trouble.freeze)) {
                continue;
            }
            passed.push_back(at == m_trouble.flip ? static_cast<std::uint8_t>(byte ^ 0x10) : byte);
        }
        return write(passed);
    }

    bool write(const std::vector<std::uint8_t>& bytes) {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t written = ::write(m_to, bytes.data() + done, bytes.size() - done);
            if (written < 0 && errno != EINTR) {
                m_ended = true; // nobody reads any more: that is no trouble of the line's
                return true;
            }
            done += written > 0 ? static_cast<std::size_t>(written) : 0;
        }
        return true;
    }

    int m_from, m_to;
    std::chrono::milliseconds m_delay;
    Trouble m_trouble;
    std::deque<Block> m_blocks;
    long long m_count = 0;
    bool m_ended = false;
};

struct Child {
    pid_t pid = -1;
    int input = -1, output = -1;
};

Child start(char** arguments) {
    std::array<int, 2> in{}, out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
        std::exit(kBroken);
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        ::execvp(arguments[0], arguments);
        std::fprintf(stderr, "troubled-line: %s: not found\n", arguments[0]);
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    return {pid, in[1], out[0]};
}

int relay(
    const Child& child, std::chrono::milliseconds delay, const Trouble& inTrouble,
    const Trouble& outTrouble) {
    Way in(STDIN_FILENO, child.input, delay, inTrouble);
    Way out(child.output, STDOUT_FILENO, delay, outTrouble);
    while (!out.finished()) {
        std::array<pollfd, 2> entries{{{in.source(), POLLIN, 0}, {out.source(), POLLIN, 0}}};
        const int inWait = in.wait(), outWait = out.wait();
        const int wait = inWait < 0 ? outWait : outWait < 0 ? inWait : std::min(inWait, outWait);
        ::poll(entries.data(), entries.size(), wait);
        if (entries[0].revents != 0) {
            in.read();
        }
        if (entries[1].revents != 0) {
            out.read();
        }
        if (!in.deliver() || !out.deliver()) {
            std::fprintf(stderr, "troubled-line: the line broke\n");
            return kBroken;
        }
        if (in.finished()) {
            in.close();
        }
    }
    in.close();
    int status = 0;
    while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : kBroken;
}

} // namespace

int main(int argc, char** argv) {
    std::chrono::milliseconds delay{0};
    Trouble in, out;
    const std::map<std::string, long long*> options{{"--cut-in", &in.cut},        {"--cut-out", &out.cut},
                                                    {"--flip-in", &in.flip},      {"--flip-out", &out.flip},
                                                    {"--drop-in", &in.drop},      {"--drop-out", &out.drop},
                                                    {"--freeze-out", &out.freeze}};
    int at = 1;
    for (; at + 1 < argc && std::string(argv[at]) != "--"; at += 2) {
        const long long number = std::atoll(argv[at + 1]);
        if (const auto option = options.find(argv[at]); option != options.end()) {
            *option->second = number;
        } else if (std::string(argv[at]) == "--delay") {
            delay = std::chrono::milliseconds(number);
        } else {
            break;
        }
    }
    if (at + 1 >= argc || std::string(argv[at]) != "--") {
        std::fprintf(stderr, "usage: troubled-line [OPTION N]... -- PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    return relay(start(argv + at + 1), delay, in, out);
}
