// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever comes from an engine, given to the client: every call ends, with an answer or an error. The calls are
// always the same, in this order, and so are the ids of their requests: 1 to 3 load, info and tokenizer, then one
// each.
#include "core/engine/client.h"
#include "tests/fuzz/framed_pieces.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace mambascope;

/// A descriptor that gives `bytes` and then the end.
int readable(const std::vector<std::uint8_t>& bytes) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        std::abort();
    }
    [[maybe_unused]] const ssize_t written = ::write(ends[1], bytes.data(), bytes.size()); // what a pipe holds
    ::close(ends[1]);
    return ends[0];
}

void callEverything(EngineClient& client) {
    const std::vector<ScoreRequest> scoring{{{1, 2}, {3}}, {{4}, {5, 6}}};
    (void)client.load({"m"}, {});
    (void)client.info();
    (void)client.tokenizerJson();
    client.announce(scoring);
    client.announce(scoring);
    (void)client.score(scoring, {}, {});
    (void)client.score(scoring, {}, {});
    (void)client.forward({{{1, 2}, {3}}, true}, {});
    (void)client.generate({{1}, 2}, {});
    (void)client.weightStatistics({});
    (void)client.calibrate({{{1, 2}}, {}}, {});
    (void)client.applyPlan({}, nullptr, {});
    (void)client.siteErrors({{{1}}, {QuantPlan{}}}, nullptr, {});
    (void)client.exportCheckpoint({}, nullptr, {});
    (void)client.bench({}, {});
    (void)client.listFolder("/", {});
    (void)client.cachedModels({});
    (void)client.describeModel("m", false, {});
    (void)client.tokenizerOf("m", {});
    (void)client.checkNewFolder("m", false, {});
    (void)client.makeModel("m", 0, "f", {});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto stream = test::framedPieces({data, size});
    auto client = EngineClient::over(readable(stream), ::open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (client.ok()) {
        callEverything(*client.value());
    }
    return 0;
}
