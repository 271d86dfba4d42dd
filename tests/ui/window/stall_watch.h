// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QObject>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <ctime>
#include <pthread.h>

namespace mambascope::test {

/// Measures from another thread how long the event loop of the thread that made it takes to answer: an event
/// a millisecond, the next one after the last was answered.
class StallWatch {
public:
    /// Milliseconds: on the wall clock, and of the watched thread's processor time, in which other programs
    /// do not count.
    struct Wait {
        double wall = 0, processor = 0;
    };

    StallWatch() {
        pthread_getcpuclockid(pthread_self(), &m_processor);
        m_thread = std::jthread([this](const std::stop_token& quit) { watch(quit); });
    }

    /// Ends the measurement. What the given share of all moments had to wait at most: the moments inside a
    /// stall count too, so that one of 100 ms weighs as much as it is felt.
    Wait quantile(double share) {
        stop();
        return {quantile(share, &Wait::wall), quantile(share, &Wait::processor)};
    }
    Wait largest() { return quantile(1); }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr double kPeriodMilliseconds = 1;

    void stop() {
        m_thread.request_stop();
        if (m_thread.joinable()) {
            m_thread.join();
        }
    }

    double quantile(double share, double Wait::*clock) const {
        std::vector<double> waits{0};
        for (const Wait& wait : m_waits) {
            for (double moment = wait.*clock; moment > 0; moment -= kPeriodMilliseconds) {
                waits.push_back(moment);
            }
        }
        const auto place = static_cast<std::size_t>(share * static_cast<double>(waits.size()));
        const auto at = waits.begin() + static_cast<std::ptrdiff_t>(std::min(place, waits.size() - 1));
        std::nth_element(waits.begin(), at, waits.end());
        return *at;
    }

    double processorMilliseconds() const {
        timespec now{};
        clock_gettime(m_processor, &now);
        return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
    }

    void watch(const std::stop_token& quit) {
        while (!quit.stop_requested()) {
            const Clock::time_point asked = Clock::now();
            const double processorBefore = processorMilliseconds();
            {
                const std::lock_guard lock(m_mutex);
                m_answered = false;
            }
            QMetaObject::invokeMethod(
                &m_receiver, [this] { answer(); }, Qt::QueuedConnection);
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait(lock, quit, [this] { return m_answered; })) {
                return;
            }
            m_waits.push_back(
                {std::chrono::duration<double, std::milli>(m_answer - asked).count(),
                 m_processorThen - processorBefore});
            lock.unlock();
            std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(kPeriodMilliseconds));
        }
    }

    void answer() {
        const std::lock_guard lock(m_mutex);
        m_answered = true;
        m_answer = Clock::now();
        m_processorThen = processorMilliseconds();
        m_wake.notify_one();
    }

    clockid_t m_processor{};
    QObject m_receiver;
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    bool m_answered = false;    ///< under the mutex
    Clock::time_point m_answer; ///< under the mutex
    double m_processorThen = 0; ///< under the mutex
    std::vector<Wait> m_waits;  ///< only of the other thread, until it has ended
    std::jthread m_thread;      ///< last: it ends before what it uses goes
};

} // namespace mambascope::test
