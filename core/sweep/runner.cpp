// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sweep/runner.h"

#include "core/engine/describe.h"
#include "core/engine/engine_tokenizer.h"
#include "core/sweep/store.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

namespace mambascope {
namespace {

std::uint64_t requestsOf(const TaskData& task, int limit, std::int64_t seed) {
    std::uint64_t count = 0;
    for (const int row : itemOrder(static_cast<int>(task.items.size()), limit, seed)) {
        count += task.items[static_cast<std::size_t>(row)].choices.size();
    }
    return count;
}

/// "cuda:1" and "cuda:0" compute the same.
std::string deviceKind(const std::string& device) {
    return device.substr(0, device.find(':'));
}

/// How far all engines are together; safe to call from all of their threads.
class Overall {
public:
    Overall(const Job& job, std::uint64_t total)
        : m_job(job)
        , m_total(total) {}

    void skip(std::uint64_t requests) {
        const std::lock_guard lock(m_mutex);
        m_total -= requests;
    }
    void running(std::size_t worker, std::uint64_t done) {
        const std::lock_guard lock(m_mutex);
        m_running[worker] = done;
        report();
    }
    void finished(std::size_t worker, std::uint64_t requests) {
        const std::lock_guard lock(m_mutex);
        m_running[worker] = 0;
        m_done += requests;
        report();
    }

private:
    void report() {
        std::uint64_t done = m_done;
        for (const auto& [worker, part] : m_running) {
            done += part;
        }
        m_job.report("Sweeping", std::min(done, m_total), m_total);
    }
    std::mutex m_mutex;
    const Job& m_job;
    std::uint64_t m_total, m_done = 0;
    std::map<std::size_t, std::uint64_t> m_running;
};

struct Worker {
    std::unique_ptr<Engine> engine;
    std::string loaded; ///< LoadRequest::model
    LoadedModel model;
};

/// A plan of the checkpoint at hand, with what is known of it.
struct PlanRun {
    const QuantPlan* plan = nullptr;
    bool calibrated = false;
    std::vector<ResultKey> keys;                   ///< by task
    std::vector<std::optional<TaskResult>> tasks; ///< by task
    bool complete() const {
        return std::all_of(tasks.begin(), tasks.end(), [](const auto& task) { return task.has_value(); });
    }
};

class Sweep {
public:
    Sweep(const SweepRequest& request, const SweepHooks& hooks, const Job& job)
        : m_request(request)
        , m_hooks(hooks)
        , m_job(job)
        , m_store(request.folder / "runs")
        , m_workers(std::max<std::size_t>(request.devices.size(), 1))
        , m_overall(job, totalRequests(request)) {}

    Result<std::vector<SweepGroup>> run() {
        std::error_code failure;
        std::filesystem::create_directories(m_request.folder / "runs", failure);
        if (failure) {
            return Error::failed(
                "The folder " + (m_request.folder / "runs").string() +
                " cannot be made: " + failure.message() + ".");
        }
        std::vector<SweepGroup> groups;
        for (const LoadRequest& checkpoint : m_request.checkpoints) {
            Result<SweepGroup> group = runCheckpoint(checkpoint);
            if (!group.ok()) {
                return group.error();
            }
            groups.push_back(std::move(group).value());
        }
        return groups;
    }

private:
    static std::uint64_t totalRequests(const SweepRequest& request) {
        std::uint64_t total = 0;
        for (const TaskData& task : request.tasks) {
            total += requestsOf(task, request.limit, request.seed);
        }
        return total * request.recipe.plans.size() * request.checkpoints.size();
    }

    Result<SweepGroup> runCheckpoint(const LoadRequest& checkpoint) {
        // Later ones are loaded and calibrated in silence: another phase would start the estimate of the time
        // left anew.
        const Job shown = m_groups == 0 ? m_job : Job{m_job.stop, {}};
        ++m_groups;
        shown.report("Loading " + checkpoint.model, 0, 0);
        if (const Result<void> ready = load(0, checkpoint, m_job); !ready.ok()) {
            return ready.error();
        }
        SweepGroup group;
        group.model = m_workers[0].model;
        for (const std::string& warning : group.model.warnings) {
            warn(warning);
        }
        Result<EngineInfo> info = m_workers[0].engine->info();
        if (!info.ok()) {
            return info.error();
        }
        auto tokenizer = tokenizerOf(*m_workers[0].engine, group.model, m_request.tokenizer);
        if (!tokenizer.ok()) {
            return tokenizer.error();
        }
        m_tokenizer = tokenizer.value();
        if (const Result<void> calibrated = calibrate(group, shown); !calibrated.ok()) {
            return calibrated.error();
        }
        lookUp(group, engineName(info.value()));
        if (const Result<void> done = runMissing(checkpoint, group.model.name); !done.ok()) {
            return done.error();
        }
        for (PlanRun& plan : m_plans) {
            group.rows.push_back(rowOf(plan, group, info.value()));
        }
        return group;
    }

    Result<void> load(std::size_t index, const LoadRequest& checkpoint, const Job& job) {
        Worker& worker = m_workers[index];
        if (!worker.engine) {
            const std::lock_guard lock(m_mutex);
            Result<std::unique_ptr<Engine>> started = m_hooks.startEngine();
            if (!started.ok()) {
                return started.error();
            }
            worker.engine = std::move(started).value();
        }
        if (worker.loaded == checkpoint.model) {
            return {};
        }
        LoadRequest request = checkpoint;
        request.device = m_request.devices.empty() ? checkpoint.device : m_request.devices[index];
        worker.loaded.clear();
        Result<LoadedModel> model = worker.engine->load(request, Job{job.stop, {}});
        if (!model.ok()) {
            return model.error();
        }
        worker.model = std::move(model).value();
        worker.loaded = checkpoint.model;
        return {};
    }

    Result<void> calibrate(SweepGroup& group, const Job& job) {
        m_calibration = nullptr;
        const int layers = group.model.spec.layers;
        const auto& plans = m_request.recipe.plans;
        if (std::none_of(
                plans.begin(), plans.end(), [&](const QuantPlan& p) { return p.needsCalibration(layers); })) {
            return {};
        }
        auto made = m_hooks.calibrate(*m_workers[0].engine, group.model, *m_tokenizer, job);
        if (!made.ok()) {
            return made.error();
        }
        m_calibration = made.value();
        group.calibrationHash = calibrationHash(*m_calibration);
        return {};
    }

    /// What the folder has already.
    void lookUp(const SweepGroup& group, const std::string& engine) {
        m_plans.clear();
        m_found = 0;
        for (const QuantPlan& plan : m_request.recipe.plans) {
            PlanRun run;
            run.plan = &plan;
            run.calibrated = plan.needsCalibration(group.model.spec.layers);
            for (const TaskData& task : m_request.tasks) {
                run.keys.push_back(
                    {group.model.hash, run.calibrated ? group.calibrationHash : std::string(), planHash(plan),
                     task.name(), task.fileHash, m_request.limit, m_request.seed, engine, group.model.dtype,
                     deviceKind(group.model.device),
                     m_request.tokenizer.empty() ? std::string() : m_tokenizer->hash()});
                run.tasks.push_back(m_store.find(run.keys.back()));
                if (run.tasks.back()) {
                    run.tasks.back()->identity = task.identity;
                    run.tasks.back()->note = task.note;
                    m_overall.skip(requestsOf(task, m_request.limit, m_request.seed));
                    ++m_found;
                }
            }
            m_plans.push_back(std::move(run));
        }
    }

    /// Spreads the incomplete plans over the engines.
    Result<void> runMissing(const LoadRequest& checkpoint, const std::string& name) {
        std::vector<std::size_t> missing;
        for (std::size_t i = 0; i < m_plans.size(); ++i) {
            if (!m_plans[i].complete()) {
                missing.push_back(i);
            }
        }
        std::stop_source stop; // of the caller, or the first error of an engine
        const std::stop_callback passOn(m_job.stop, [&stop] { stop.request_stop(); });
        const Job job{stop.get_token(), {}};
        std::size_t next = 0;
        std::vector<std::optional<Error>> errors(m_workers.size());
        const auto work = [&](std::size_t index) {
            Result<void> outcome = load(index, checkpoint, job);
            while (outcome.ok()) {
                std::size_t plan = 0;
                {
                    const std::lock_guard lock(m_mutex);
                    if (next == missing.size()) {
                        return;
                    }
                    plan = missing[next++];
                }
                outcome = runPlan(index, m_plans[plan], name, job);
            }
            errors[index] = outcome.error();
            stop.request_stop();
        };
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < std::min(m_workers.size(), missing.size()); ++i) {
            threads.emplace_back(work, i);
        }
        if (!missing.empty()) {
            work(0);
        }
        threads.clear(); // joins
        return firstError(errors);
    }

    /// An engine's own failure counts before the cancellation that it caused in the others.
    static Result<void> firstError(const std::vector<std::optional<Error>>& errors) {
        Result<void> outcome;
        for (const std::optional<Error>& error : errors) {
            if (error && (outcome.ok() || outcome.error().code == ErrorCode::Cancelled)) {
                outcome = *error;
            }
        }
        return outcome;
    }

    Result<void> runPlan(std::size_t index, PlanRun& run, const std::string& name, const Job& job) {
        Engine& engine = *m_workers[index].engine;
        Result<std::vector<std::string>> warnings =
            engine.applyPlan(*run.plan, run.calibrated ? m_calibration : nullptr, job);
        if (!warnings.ok()) {
            return warnings.error().within(run.plan->name);
        }
        for (const std::string& warning : warnings.value()) {
            warn(run.plan->name + ": " + warning);
        }
        const Result<void> done = runTasks(index, run, name, job);
        return done.ok() ? done : done.error().within(run.plan->name);
    }

    /// The tasks that are not in the folder, each of which is there as soon as it is done.
    Result<void> runTasks(std::size_t index, PlanRun& run, const std::string& name, const Job& job) {
        EvaluationRequest request;
        request.limit = m_request.limit;
        request.seed = m_request.seed;
        std::vector<std::size_t> missing; // places in run.tasks, in the order of request.tasks
        std::uint64_t requests = 0;
        for (std::size_t i = 0; i < run.tasks.size(); ++i) {
            if (!run.tasks[i]) {
                missing.push_back(i);
                request.tasks.push_back(m_request.tasks[i]);
                requests += requestsOf(m_request.tasks[i], m_request.limit, m_request.seed);
            }
        }
        auto next = missing.begin();
        request.finished = [&](const TaskResult& done) {
            return keep(done, run, *next++, name);
        };
        const Job watched{job.stop, [this, index](const Progress& progress) {
                              m_overall.running(index, progress.done);
                          }};
        const Result<EvaluationResult> result =
            evaluate(*m_workers[index].engine, *m_tokenizer, request, {}, watched);
        if (!result.ok()) {
            return result.error();
        }
        if (result.value().partial) {
            return Error::cancelled();
        }
        m_overall.finished(index, requests);
        return {};
    }

    Result<void> keep(const TaskResult& done, PlanRun& run, std::size_t task, const std::string& name) {
        if (Result<void> saved = m_store.save(run.keys[task], done); !saved.ok()) {
            return saved;
        }
        run.tasks[task] = done;
        run.tasks[task]->seconds = 0;
        report(name, run, task, done.seconds);
        return {};
    }

    void report(const std::string& name, const PlanRun& run, std::size_t task, double seconds) {
        const std::lock_guard lock(m_mutex);
        ++m_found;
        if (m_hooks.finished) {
            const TaskResult& result = *run.tasks[task];
            m_hooks.finished(
                {name, run.plan->name, result.title(), result.metrics.published(result.task), seconds,
                 m_found, m_plans.size() * m_request.tasks.size()});
        }
    }

    void warn(const std::string& sentence) {
        const std::lock_guard lock(m_mutex);
        if (m_hooks.warn) {
            m_hooks.warn(sentence);
        }
    }

    EvaluationResult rowOf(PlanRun& run, const SweepGroup& group, const EngineInfo& info) const {
        EvaluationResult row;
        describeRun(
            row, group.model, info, *run.plan, run.calibrated ? group.calibrationHash : std::string(),
            *m_tokenizer);
        row.seed = m_request.seed;
        row.limit = m_request.limit;
        for (std::optional<TaskResult>& task : run.tasks) {
            row.tokens += task->tokens;
            row.tasks.push_back(std::move(*task));
        }
        return row;
    }

    const SweepRequest& m_request;
    const SweepHooks& m_hooks;
    const Job& m_job;
    SweepStore m_store;
    std::vector<Worker> m_workers;
    Overall m_overall;
    std::mutex m_mutex; ///< of the hooks, the queue of plans and m_found
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::shared_ptr<const CalibrationSnapshot> m_calibration;
    std::vector<PlanRun> m_plans;
    std::size_t m_found = 0;
    int m_groups = 0; ///< checkpoints begun
};

} // namespace

Result<std::vector<SweepGroup>>
runSweep(const SweepRequest& request, const SweepHooks& hooks, const Job& job) {
    if (request.checkpoints.empty() || request.recipe.plans.empty() || request.tasks.empty()) {
        return Error::usage("A sweep needs at least one checkpoint, one plan and one task.");
    }
    return Sweep(request, hooks, job).run();
}

} // namespace mambascope
