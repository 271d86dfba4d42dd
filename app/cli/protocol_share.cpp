// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/protocol_share.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

namespace mambascope::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kTasks = 6;
constexpr std::size_t kProbe = 8;
constexpr std::size_t kMostRequests = 400;              ///< of one task
constexpr double kTaskSeconds = 0.8;                    ///< that one task should take
constexpr std::size_t kContext = 60, kContinuation = 4; ///< about what the items of the six tasks have

double secondsSince(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Requests of which no two are alike, so that no engine can reuse anything.
std::vector<ScoreRequest> madeUp(std::size_t count, int vocabulary, std::mt19937& random) {
    std::vector<ScoreRequest> requests(count);
    const auto fill = [&](std::vector<std::int32_t>& ids, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) {
            ids.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(vocabulary)));
        }
    };
    for (ScoreRequest& request : requests) {
        fill(request.context, kContext);
        fill(request.continuation, kContinuation);
    }
    return requests;
}

double difference(double EngineTraffic::*member, const EngineTraffic& after, const EngineTraffic& before) {
    return after.*member - before.*member;
}

} // namespace

Result<OrderedJson> protocolShare(EngineClient& engine, const LoadedModel& model, const Job& job) {
    std::mt19937 random(1);
    const std::vector<ScoreRequest> probe = madeUp(kProbe, model.spec.vocabulary, random);
    const EngineTraffic atStart = engine.traffic();
    if (const auto warm = engine.score(probe, {}, job); !warm.ok()) {
        return warm.error();
    }
    const EngineTraffic before = engine.traffic();
    const double each = std::max(difference(&EngineTraffic::computeSeconds, before, atStart) / kProbe, 1e-6);
    const auto count =
        static_cast<std::size_t>(std::clamp(kTaskSeconds / each, 1.0, static_cast<double>(kMostRequests)));
    std::vector<std::vector<ScoreRequest>> tasks;
    for (std::size_t i = 0; i < kTasks; ++i) {
        tasks.push_back(madeUp(count, model.spec.vocabulary, random));
    }
    const auto begin = Clock::now();
    engine.announce(tasks.front());
    for (std::size_t i = 0; i < kTasks; ++i) {
        if (i + 1 < kTasks) {
            engine.announce(tasks[i + 1]);
        }
        if (const auto scores = engine.score(tasks[i], {}, job); !scores.ok()) {
            return scores.error();
        }
    }
    const double seconds = secondsSince(begin);
    const EngineTraffic after = engine.traffic();
    const double computed = difference(&EngineTraffic::computeSeconds, after, before);
    return OrderedJson{
        {"requests", kTasks * count},
        {"tokens_per_request", kContext + kContinuation},
        {"seconds", seconds},
        {"engine_seconds", computed},
        {"share", std::max(0.0, 1.0 - computed / seconds)},
        {"pack_seconds", difference(&EngineTraffic::packSeconds, after, before)},
        {"unpack_seconds", difference(&EngineTraffic::unpackSeconds, after, before)},
        {"wait_seconds", difference(&EngineTraffic::waitSeconds, after, before)},
        {"bytes_sent", after.bytesSent - before.bytesSent},
        {"bytes_received", after.bytesReceived - before.bytesReceived},
        {"round_trips", after.roundTrips - before.roundTrips}};
}

} // namespace mambascope::cli
