// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine_command.h"
#include "core/model/cached_models.h"

#include <QObject>

#include <optional>
#include <thread>

namespace mambascope::ui {

/// What the Hugging Face cache of the engine's machine holds, looked up on a thread of its own: the window
/// never waits for a disk.
class CacheScan : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    ~CacheScan() override;

    /// The engine whose machine is asked, from now on; nothing: this machine. Forgets what was found.
    void setEngine(std::optional<EngineCommand> command);
    /// Looks again, unless that is under way.
    void start();
    bool running() const { return m_running; }
    /// What was found last; none before the first time.
    const std::optional<CachedModels>& models() const { return m_models; }

Q_SIGNALS:
    /// A look has begun, or its result is there.
    void changed();

private:
    void finish(int look, const CachedModels& models);

    std::optional<EngineCommand> m_command;
    int m_look = 0; ///< counts looks, so that an overtaken one changes nothing
    std::optional<CachedModels> m_models;
    bool m_running = false;
    std::jthread m_thread;
};

} // namespace mambascope::ui
