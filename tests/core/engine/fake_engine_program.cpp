// SPDX-License-Identifier: GPL-3.0-or-later
// The fake engine as a process. Arguments:
//   (none)         serve on standard input and output, as mambascope-engine does
//   --slow         the same behind two pipes that pass on a few bytes at a time
//   --protocol N   greet with that protocol version, then wait for the end of the input
//   --parent       start this program as an engine, print its process id, and die from SIGKILL
#include "core/engine/client.h"
#include "core/engine/protocol.h"
#include "core/engine/server.h"
#include "tests/core/engine/fake_engine.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

using namespace mambascope;
using namespace std::chrono_literals;

void relay(int from, int to) {
    std::array<std::uint8_t, 4096> buffer{};
    ssize_t got = 0;
    std::size_t step = 1;
    while ((got = ::read(from, buffer.data(), std::min(step, buffer.size()))) > 0) {
        std::this_thread::sleep_for(1ms);
        [[maybe_unused]] const ssize_t written = ::write(to, buffer.data(), static_cast<std::size_t>(got));
        step = step * 3 % 4099; // 1, 3, 9, … up to 4098: every way to cut a frame turns up
    }
    ::close(to);
}

int serveSlowly() {
    std::array<int, 2> in{}, out{};
    if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) {
        return 1;
    }
    std::thread inwards([&] { relay(STDIN_FILENO, in[1]); });
    std::thread outwards([&] { relay(out[0], STDOUT_FILENO); });
    const int status = serveEngine(in[0], out[1], test::fakeEngineFactory());
    ::close(out[1]);
    inwards.join();
    outwards.join();
    return status;
}

int greet(int version) {
    protocol::Channel channel(STDIN_FILENO, STDOUT_FILENO);
    const auto sent = channel.send({{"type", "hello"}, {"protocol", version}, {"version", "9.8.7"}});
    while (sent.ok() && channel.receive().ok()) {
    }
    return 0;
}

int dieAsParent(const char* program) {
    auto client = EngineClient::start({{program}});
    if (!client.ok() || !client.value()->info().ok()) {
        return 1;
    }
    std::printf("%d\n", client.value()->processId());
    std::fflush(stdout);
    return std::raise(SIGKILL);
}

} // namespace

int main(int argc, char** argv) {
    const std::string option = argc > 1 ? argv[1] : "";
    if (option == "--slow") {
        return serveSlowly();
    }
    if (option == "--protocol" && argc > 2) {
        return greet(std::atoi(argv[2]));
    }
    if (option == "--parent") {
        return dieAsParent(argv[0]);
    }
    return serveEngine(STDIN_FILENO, STDOUT_FILENO, test::fakeEngineFactory(), 5s);
}
