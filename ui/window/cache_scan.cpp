// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/cache_scan.h"

#include "core/engine/client.h"

namespace mambascope::ui {
namespace {

CachedModels lookOn(const std::optional<EngineCommand>& command, const Job& job) {
    if (!command) {
        return listCachedModels(job);
    }
    const auto client = EngineClient::start(*command);
    const Result<CachedModels> found = client.ok() ? client.value()->cachedModels(job) : client.error();
    CachedModels none;
    none.trouble = found.ok() ? std::string() : found.error().message;
    return found.ok() ? found.value() : none;
}

} // namespace

CacheScan::~CacheScan() {
    m_thread.request_stop();
}

void CacheScan::setEngine(std::optional<EngineCommand> command) {
    m_command = std::move(command);
    ++m_look;
    m_running = false;
    m_models.reset();
    Q_EMIT changed();
}

void CacheScan::start() {
    if (m_running) {
        return;
    }
    m_running = true;
    // Posted events of a destroyed receiver are dropped, and the thread is joined before this goes.
    m_thread = std::jthread([this, look = ++m_look, command = m_command](const std::stop_token& stop) {
        CachedModels models = lookOn(command, Job{stop, {}});
        if (!stop.stop_requested()) {
            QMetaObject::invokeMethod(
                this, [this, look, found = std::move(models)] { finish(look, found); }, Qt::QueuedConnection);
        }
    });
    Q_EMIT changed();
}

void CacheScan::finish(int look, const CachedModels& models) {
    if (look != m_look) {
        return; // of another engine
    }
    m_running = false;
    m_models = models;
    Q_EMIT changed();
}

} // namespace mambascope::ui
