// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/client.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mambascope {

enum class EngineState { Stopped, Starting, Ready, Busy, Lost };

enum class JobState { Queued, Running, Done, Failed, Cancelled };

/// What a list of jobs shows of one.
struct JobStatus {
    std::uint64_t id = 0;
    std::string title; ///< "Calibrate", for people
    JobState state = JobState::Queued;
    Progress progress;
    std::string error; ///< sentence, if Failed
};

/// One engine and the jobs that wait for it, on a thread of its own. Starts the engine process when the first
/// job needs it, and starts it again — with the model loaded again — when it died. All functions are
/// thread-safe and return at once. `onChange` is called on the service's thread whenever a job or the engine
/// changes state (not for progress: poll status() for that, 20–30 times a second).
class EngineService {
public:
    using EngineFactory = std::function<Result<std::unique_ptr<Engine>>()>;

    struct JobSpec {
        std::string title;
        /// A newer job with the same non-empty tag takes the place of the one that still waits (which ends
        /// Cancelled).
        std::string tag;
        int priority = 0;       ///< higher first; equal ones in order
        bool needsModel = true; ///< the model of setModel() has to be loaded before `run`
        /// Runs on the service's thread.
        std::function<Result<void>(Engine& engine, const Job& job)> run;
        /// Runs on the service's thread after `run`, or if the job never ran (Cancelled, engine not
        /// startable).
        std::function<void(const Result<void>& outcome)> finished;
    };

    EngineService(EngineFactory factory, std::function<void()> onChange);
    /// Stops the running job, drops the others, and ends the engine.
    ~EngineService();

    /// What to load before the next job that needs a model, and again after a restart. A failure to load
    /// fails that job.
    void setModel(std::optional<LoadRequest> request);
    /// Starts the engine process ahead of the first job.
    void warmUp();
    /// Ends the engine, stops its job and drops the others; the next job starts an engine that this factory
    /// makes.
    void setFactory(EngineFactory factory);

    std::uint64_t submit(JobSpec spec);
    void cancel(std::uint64_t id);
    /// Moves a waiting job so many places towards the front (negative) or the back, as far as there are any, whatever
    /// the priorities. A job that does not wait stays as it is.
    void move(std::uint64_t id, int places);
    void cancelAll();

    EngineState state() const;
    /// The last 20 that ended, the one that runs, and those that wait, in the order in which they run.
    std::vector<JobStatus> status() const;
    /// Of the loaded model, after the first job that needed it.
    std::optional<LoadedModel> model() const;
    std::optional<EngineInfo> engineInfo() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace mambascope
