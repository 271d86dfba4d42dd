// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/cache_scan.h"

namespace mambascope::ui {

CacheScan::~CacheScan() {
    m_thread.request_stop();
}

void CacheScan::start() {
    if (m_running) {
        return;
    }
    m_running = true;
    // Posted events of a destroyed receiver are dropped, and the thread is joined before this goes.
    m_thread = std::jthread([this](const std::stop_token& stop) {
        CachedModels models = listCachedModels(Job{stop, {}});
        if (!stop.stop_requested()) {
            QMetaObject::invokeMethod(
                this, [this, found = std::move(models)] { finish(found); }, Qt::QueuedConnection);
        }
    });
    Q_EMIT changed();
}

void CacheScan::finish(const CachedModels& models) {
    m_running = false;
    m_models = models;
    Q_EMIT changed();
}

} // namespace mambascope::ui
