// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/client.h"

#include <QObject>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace mambascope::ui {

/// Small questions to an engine's machine (what is in a folder, whether the engine answers), asked over a
/// connection and on a thread of their own: they do not wait for the jobs of the window, nor the window for
/// them. A newer question takes the place of the one before.
class EngineErrands : public QObject {
    Q_OBJECT
public:
    explicit EngineErrands(EngineCommand command, QObject* parent = nullptr);
    /// Stops what runs; its answer does not come any more.
    ~EngineErrands() override;

    /// `work` runs on the other thread and may touch nothing of the window; `done` gets its result here,
    /// unless a newer question came.
    template <class T>
    void
    ask(std::function<Result<T>(EngineClient&, const Job&)> work,
        std::function<void(const Result<T>&)> done) {
        const int number = ++m_asked;
        submit([this, number, work = std::move(work),
                done = std::move(done)](const Result<EngineClient*>& client, const Job& job) {
            const Result<T> answer = client.ok() ? work(*client.value(), job) : Result<T>(client.error());
            const bool lost = !answer.ok() && answer.error().code == ErrorCode::EngineLost;
            QMetaObject::invokeMethod(
                this,
                [this, number, answer, done] {
                    if (number == m_asked) {
                        done(answer);
                    }
                },
                Qt::QueuedConnection);
            return !lost;
        });
    }
    /// Stops what runs; its answer does not come any more.
    void cancel();

private:
    /// Returns false if the connection cannot be used again.
    using Errand = std::function<bool(const Result<EngineClient*>& client, const Job& job)>;
    void submit(Errand errand);
    void run(const std::stop_token& quit);

    const EngineCommand m_command;
    int m_asked = 0; ///< only of the window's thread
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::optional<Errand> m_next;
    std::stop_source m_running;
    std::unique_ptr<EngineClient> m_client; ///< only of the other thread
    std::jthread m_thread;                  ///< last: it ends before anything that it uses goes
};

} // namespace mambascope::ui
