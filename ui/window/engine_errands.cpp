// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/engine_errands.h"

namespace mambascope::ui {

EngineErrands::EngineErrands(EngineCommand command, QObject* parent)
    : QObject(parent)
    , m_command(std::move(command)) {
    m_thread = std::jthread([this](const std::stop_token& quit) { run(quit); });
}

EngineErrands::~EngineErrands() {
    cancel();
    m_thread.request_stop();
}

void EngineErrands::cancel() {
    ++m_asked;
    std::stop_source running;
    {
        const std::lock_guard lock(m_mutex);
        m_next.reset();
        running = m_running;
    }
    running.request_stop(); // outside the lock: its callbacks run here
}

void EngineErrands::submit(Errand errand) {
    std::stop_source running;
    {
        const std::lock_guard lock(m_mutex);
        m_next = std::move(errand);
        running = m_running;
        m_wake.notify_all();
    }
    running.request_stop();
}

void EngineErrands::run(const std::stop_token& quit) {
    while (true) {
        Errand errand;
        std::stop_source stop;
        {
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait(lock, quit, [this] { return m_next.has_value(); })) {
                break;
            }
            errand = std::move(*m_next);
            m_next.reset();
            m_running = stop;
        }
        std::optional<Error> failed;
        if (!m_client) {
            auto started = EngineClient::start(m_command);
            if (started.ok()) {
                m_client = std::move(started).value();
            } else {
                failed = started.error();
            }
        }
        const Result<EngineClient*> client =
            failed ? Result<EngineClient*>(*failed) : Result<EngineClient*>(m_client.get());
        if (!errand(client, Job{stop.get_token(), {}})) {
            m_client.reset();
        }
    }
    m_client.reset();
}

} // namespace mambascope::ui
