// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/cached_models.h"

#include <QObject>

#include <optional>
#include <thread>

namespace mambascope::ui {

/// What the Hugging Face cache holds, looked up on a thread of its own: the window never waits for a disk.
class CacheScan : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    ~CacheScan() override;

    /// Looks again, unless that is under way.
    void start();
    bool running() const { return m_running; }
    /// What was found last; none before the first time.
    const std::optional<CachedModels>& models() const { return m_models; }

Q_SIGNALS:
    /// A look has begun, or its result is there.
    void changed();

private:
    void finish(const CachedModels& models);

    std::optional<CachedModels> m_models;
    bool m_running = false;
    std::jthread m_thread;
};

} // namespace mambascope::ui
