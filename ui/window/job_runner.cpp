// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/job_runner.h"

namespace mambascope::ui {
namespace {
constexpr int kPollMilliseconds = 40;
}

JobRunner::JobRunner(EngineService::EngineFactory factory, QObject* parent)
    : QObject(parent) {
    m_poll.setInterval(kPollMilliseconds);
    connect(&m_poll, &QTimer::timeout, this, &JobRunner::ticked);
    m_service = std::make_unique<EngineService>(std::move(factory), [this, posted = m_refreshPosted] {
        // Many changes between two turns of the event loop are one refresh.
        if (!posted->exchange(true)) {
            QMetaObject::invokeMethod(this, &JobRunner::refresh, Qt::QueuedConnection);
        }
    });
}

JobRunner::~JobRunner() {
    m_service.reset();
}

std::uint64_t JobRunner::submit(EngineService::JobSpec spec) {
    const std::uint64_t id = m_service->submit(std::move(spec));
    refresh();
    return id;
}

void JobRunner::cancel(std::uint64_t id) {
    m_service->cancel(id);
}

void JobRunner::move(std::uint64_t id, int places) {
    m_service->move(id, places);
    refresh();
}

void JobRunner::cancelAll() {
    m_service->cancelAll();
}

std::optional<JobStatus> JobRunner::current() const {
    std::optional<JobStatus> waiting;
    for (const JobStatus& status : m_service->status()) {
        if (status.state == JobState::Running) {
            return status;
        }
        if (status.state == JobState::Queued && !waiting) {
            waiting = status;
        }
    }
    return waiting;
}

void JobRunner::refresh() {
    m_refreshPosted->store(false);
    if (idle()) {
        m_poll.stop();
        Q_EMIT ticked();
    } else if (!m_poll.isActive()) {
        m_poll.start();
    }
    Q_EMIT changed();
}

Result<LoadedModel> loadedModel(const EngineService& service, const std::string& hash) {
    std::optional<LoadedModel> model = service.model();
    if (!model) {
        return Error::failed("The engine has no model loaded.");
    }
    return model->hash == hash ? Result<LoadedModel>(*std::move(model)) : Error::cancelled();
}

} // namespace mambascope::ui
