// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/client.h"

#include <chrono>
#include <csignal>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace mambascope::test {

inline std::unique_ptr<EngineClient> startFake(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{FAKE_ENGINE};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto client = EngineClient::start({arguments});
    return client.ok() ? std::move(client).value() : nullptr;
}

inline CalibrationRequest windows(int count, int length = 8) {
    CalibrationRequest request;
    request.source.length = length;
    request.source.textName = "made-up.txt";
    request.source.seed = -5;
    for (int i = 0; i < count; ++i) {
        request.windows.emplace_back(static_cast<std::size_t>(length), i);
    }
    return request;
}

/// A stop source that is triggered after a while by another thread.
class StopAfter {
public:
    explicit StopAfter(std::chrono::milliseconds delay)
        : m_thread([this, delay] {
            std::this_thread::sleep_for(delay);
            m_source.request_stop();
        }) {}
    ~StopAfter() { m_thread.join(); }
    Job job() const { return {m_source.get_token(), {}}; }

private:
    std::stop_source m_source;
    std::thread m_thread;
};

/// No such process any more.
inline bool gone(int pid) {
    return ::kill(pid, 0) != 0;
}

} // namespace mambascope::test
