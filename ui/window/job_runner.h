// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/service.h"

#include <QObject>
#include <QTimer>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mambascope::ui {

/// The window's side of the EngineService: work runs on the service's thread, its result comes back on the
/// thread of this object, and nothing comes back once this object is gone.
class JobRunner : public QObject {
    Q_OBJECT
public:
    explicit JobRunner(EngineService::EngineFactory factory, QObject* parent = nullptr);
    ~JobRunner() override;

    EngineService& service() { return *m_service; }
    const EngineService& service() const { return *m_service; }

    struct Request {
        QString title;
        QString tag;
        bool needsModel = true;
        int priority = 0; ///< higher first
    };

    /// `work` runs on the service's thread and may touch nothing of the window; `done` gets its result here.
    template <class T>
    std::uint64_t
    run(const Request& request, std::function<Result<T>(Engine&, const Job&)> work,
        std::function<void(Result<T>)> done) {
        auto slot = std::make_shared<std::optional<Result<T>>>();
        EngineService::JobSpec spec;
        spec.title = request.title.toStdString();
        spec.tag = request.tag.toStdString();
        spec.needsModel = request.needsModel;
        spec.priority = request.priority;
        spec.run = [slot, work = std::move(work)](Engine& engine, const Job& job) -> Result<void> {
            slot->emplace(work(engine, job));
            return (*slot)->ok() ? Result<void>() : Result<void>((*slot)->error());
        };
        spec.finished = [this, slot, done = std::move(done)](const Result<void>& outcome) {
            // Posted events of a destroyed receiver are dropped, and the destructor joins the service's
            // thread first.
            QMetaObject::invokeMethod(
                this,
                [slot, done, outcome] {
                    done(slot->has_value() ? std::move(**slot) : Result<T>(outcome.error()));
                },
                Qt::QueuedConnection);
        };
        return submit(std::move(spec));
    }

    void cancel(std::uint64_t id);
    void cancelAll();
    /// A waiting job runs so many places earlier (negative) or later.
    void move(std::uint64_t id, int places);
    /// The job that runs now, or the first that waits.
    std::optional<JobStatus> current() const;
    bool idle() const { return !current().has_value(); }

Q_SIGNALS:
    /// A job or the engine changed its state.
    void changed();
    /// 25 times a second while there are jobs, and once after the last one.
    void ticked();

private:
    std::uint64_t submit(EngineService::JobSpec spec);
    void refresh();

    std::unique_ptr<EngineService> m_service;
    std::shared_ptr<std::atomic<bool>> m_refreshPosted = std::make_shared<std::atomic<bool>>(false);
    QTimer m_poll;
};

/// The model that a job was asked for; Cancelled if another checkpoint was opened while it waited.
Result<LoadedModel> loadedModel(const EngineService& service, const std::string& hash);

} // namespace mambascope::ui
