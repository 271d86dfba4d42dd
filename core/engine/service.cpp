// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/service.h"

#include <algorithm>
#include <exception>

namespace mambascope {
namespace {

constexpr std::size_t kKeptEnded = 20;

} // namespace

struct EngineService::Impl {
    struct Entry {
        JobStatus status;
        JobSpec spec;
        std::stop_source stop;
    };
    using EntryPointer = std::shared_ptr<Entry>;

    Impl(EngineFactory factoryIn, std::function<void()> onChangeIn)
        : onChange(std::move(onChangeIn))
        , factory(std::move(factoryIn)) {}

    // On the service's thread.
    void run();
    void runJob(Entry& entry);
    Result<void> prepare(const Entry& entry, const Job& job);
    Result<void> ensureEngine(const Job& job);
    Result<void> ensureModel(const Job& job);
    void loseEngine();
    void endReplacedEngine();
    void end(const EntryPointer& entry, const Result<void>& outcome);
    void finishDropped();
    void setState(EngineState next);
    void changed() const {
        if (onChange) {
            onChange();
        }
    }

    // Under the mutex.
    void drop(std::deque<EntryPointer>::iterator position);
    EntryPointer takeNext();
    void remember(const JobStatus& status);

    const std::function<void()> onChange;

    std::unique_ptr<Engine> engine; ///< only the service's thread touches it
    std::uint64_t loadedGeneration = 0;
    std::stop_source stopWarmUp;

    mutable std::mutex mutex; ///< for all below
    std::condition_variable wake;
    std::deque<EntryPointer> queue; ///< in the order in which they run
    std::deque<EntryPointer> dropped; ///< ended without having run; `finished` is still to be called
    EntryPointer running;
    std::deque<JobStatus> ended;
    EngineState state = EngineState::Stopped;
    std::optional<LoadRequest> request;
    std::uint64_t generation = 0; ///< counts setModel()
    std::optional<LoadedModel> model;
    std::optional<EngineInfo> info;
    std::uint64_t lastId = 0;
    EngineFactory factory;
    bool factoryChanged = false;
    bool warm = false;
    bool quit = false;
    std::thread thread;
};

void EngineService::Impl::setState(EngineState next) {
    {
        const std::lock_guard lock(mutex);
        if (state == next) {
            return;
        }
        state = next;
    }
    changed();
}

void EngineService::Impl::remember(const JobStatus& status) {
    ended.push_back(status);
    if (ended.size() > kKeptEnded) {
        ended.pop_front();
    }
}

void EngineService::Impl::drop(std::deque<EntryPointer>::iterator position) {
    const EntryPointer entry = *position;
    queue.erase(position);
    entry->status.state = JobState::Cancelled;
    remember(entry->status);
    dropped.push_back(entry);
    wake.notify_all();
}

EngineService::Impl::EntryPointer EngineService::Impl::takeNext() {
    if (queue.empty()) {
        return nullptr;
    }
    running = queue.front();
    queue.pop_front();
    running->status.state = JobState::Running;
    return running;
}

void EngineService::Impl::loseEngine() {
    engine.reset();
    {
        const std::lock_guard lock(mutex);
        model.reset();
        info.reset();
        state = EngineState::Lost;
    }
    changed();
}

void EngineService::Impl::endReplacedEngine() {
    engine.reset();
    {
        const std::lock_guard lock(mutex);
        model.reset();
        info.reset();
        state = EngineState::Stopped;
    }
    changed();
}

Result<void> EngineService::Impl::ensureEngine(const Job& job) {
    if (engine) {
        // An engine that died while nothing ran is not the fault of the job that comes next.
        const auto alive = engine->waitUntilReady(job);
        if (alive.ok() || alive.error().code != ErrorCode::EngineLost) {
            return {};
        }
        loseEngine();
    }
    setState(EngineState::Starting);
    EngineFactory make;
    {
        const std::lock_guard lock(mutex);
        make = factory;
    }
    auto made = make();
    if (!made.ok()) {
        loseEngine();
        return made.error();
    }
    engine = std::move(made).value();
    loadedGeneration = 0;
    auto described = engine->waitUntilReady(job);
    if (!described.ok()) {
        loseEngine();
        return described.error();
    }
    const std::lock_guard lock(mutex);
    info = std::move(described).value();
    return {};
}

Result<void> EngineService::Impl::ensureModel(const Job& job) {
    std::optional<LoadRequest> wanted;
    std::uint64_t wantedGeneration = 0;
    {
        const std::lock_guard lock(mutex);
        wanted = request;
        wantedGeneration = generation;
    }
    if (!wanted) {
        return Error::usage("No model is open.", "Open a checkpoint first.");
    }
    if (loadedGeneration == wantedGeneration) {
        return {};
    }
    loadedGeneration = 0;
    auto loaded = engine->load(*wanted, job);
    if (!loaded.ok()) {
        return loaded.error();
    }
    loadedGeneration = wantedGeneration;
    const std::lock_guard lock(mutex);
    if (generation == wantedGeneration) {
        model = std::move(loaded).value();
    }
    return {};
}

Result<void> EngineService::Impl::prepare(const Entry& entry, const Job& job) {
    if (auto started = ensureEngine(job); !started.ok()) {
        return started;
    }
    setState(EngineState::Busy);
    if (entry.spec.needsModel) {
        if (auto loaded = ensureModel(job); !loaded.ok()) {
            return loaded;
        }
    }
    return job.stopRequested() ? Result<void>(Error::cancelled()) : Result<void>();
}

void EngineService::Impl::end(const EntryPointer& entry, const Result<void>& outcome) {
    if (entry->spec.finished) {
        entry->spec.finished(outcome);
    }
}

void EngineService::Impl::finishDropped() {
    while (true) {
        EntryPointer entry;
        {
            const std::lock_guard lock(mutex);
            if (dropped.empty()) {
                return;
            }
            entry = dropped.front();
            dropped.pop_front();
        }
        end(entry, Error::cancelled());
        changed();
    }
}

void EngineService::Impl::runJob(Entry& entry) {
    changed();
    Job job;
    job.stop = entry.stop.get_token();
    job.onProgress = [this, &entry](const Progress& progress) {
        const std::lock_guard lock(mutex);
        entry.status.progress = progress;
    };
    Result<void> outcome = prepare(entry, job);
    if (outcome.ok() && entry.spec.run) {
        try {
            outcome = entry.spec.run(*engine, job);
        } catch (const std::exception& exception) {
            outcome = Error::failed(std::string("The job failed: ") + exception.what());
        }
    }
    if (!outcome.ok() && outcome.error().code == ErrorCode::EngineLost) {
        loseEngine();
    } else {
        setState(engine ? EngineState::Ready : EngineState::Lost);
    }
    EntryPointer self;
    {
        const std::lock_guard lock(mutex);
        self = std::move(running);
        running.reset();
        if (outcome.ok()) {
            entry.status.state = JobState::Done;
        } else if (outcome.error().code == ErrorCode::Cancelled) {
            entry.status.state = JobState::Cancelled;
        } else {
            entry.status.state = JobState::Failed;
            entry.status.error = outcome.error().message;
        }
        remember(entry.status);
    }
    end(self, outcome);
    changed();
}

void EngineService::Impl::run() {
    while (true) {
        finishDropped();
        EntryPointer next;
        bool warmNow = false;
        {
            std::unique_lock lock(mutex);
            wake.wait(lock, [this] {
                return quit || warm || factoryChanged || !queue.empty() || !dropped.empty();
            });
            if (!dropped.empty()) {
                continue;
            }
            if (quit) {
                break;
            }
            if (std::exchange(factoryChanged, false)) {
                lock.unlock();
                endReplacedEngine();
                continue;
            }
            warmNow = std::exchange(warm, false) && !engine;
            next = takeNext();
        }
        if (next) {
            runJob(*next);
        } else if (warmNow && ensureEngine({stopWarmUp.get_token(), {}}).ok()) {
            // A failure is told by the first job, which tries again.
            setState(EngineState::Ready);
        }
    }
    engine.reset();
    setState(EngineState::Stopped);
}

EngineService::EngineService(EngineFactory factory, std::function<void()> onChange)
    : m_impl(std::make_unique<Impl>(std::move(factory), std::move(onChange))) {
    m_impl->thread = std::thread([impl = m_impl.get()] { impl->run(); });
}

EngineService::~EngineService() {
    m_impl->stopWarmUp.request_stop();
    cancelAll(); // before `quit`, so that every job is told how it ended
    {
        const std::lock_guard lock(m_impl->mutex);
        m_impl->quit = true;
        m_impl->wake.notify_all();
    }
    m_impl->thread.join();
}

void EngineService::setModel(std::optional<LoadRequest> request) {
    const std::lock_guard lock(m_impl->mutex);
    m_impl->request = std::move(request);
    ++m_impl->generation;
    m_impl->model.reset();
}

void EngineService::warmUp() {
    const std::lock_guard lock(m_impl->mutex);
    m_impl->warm = true;
    m_impl->wake.notify_all();
}

void EngineService::setFactory(EngineFactory factory) {
    cancelAll();
    const std::lock_guard lock(m_impl->mutex);
    m_impl->factory = std::move(factory);
    m_impl->factoryChanged = true;
    m_impl->wake.notify_all();
}

std::uint64_t EngineService::submit(JobSpec spec) {
    auto entry = std::make_shared<Impl::Entry>();
    entry->spec = std::move(spec);
    const std::lock_guard lock(m_impl->mutex);
    entry->status.id = ++m_impl->lastId;
    entry->status.title = entry->spec.title;
    auto& queue = m_impl->queue;
    if (!entry->spec.tag.empty()) {
        const auto waiting = std::find_if(queue.begin(), queue.end(), [&](const auto& other) {
            return other->spec.tag == entry->spec.tag;
        });
        if (waiting != queue.end()) {
            const auto place = waiting - queue.begin();
            m_impl->drop(waiting);
            queue.insert(queue.begin() + place, entry);
            return entry->status.id;
        }
    }
    // Behind those of equal priority.
    const auto behind = std::find_if(queue.begin(), queue.end(), [&](const auto& other) {
        return other->spec.priority < entry->spec.priority;
    });
    queue.insert(behind, entry);
    m_impl->wake.notify_all();
    return entry->status.id;
}

void EngineService::move(std::uint64_t id, int places) {
    const std::lock_guard lock(m_impl->mutex);
    auto& queue = m_impl->queue;
    const auto found = std::find_if(
        queue.begin(), queue.end(), [id](const auto& entry) { return entry->status.id == id; });
    if (found == queue.end()) {
        return;
    }
    const auto place = std::clamp<std::ptrdiff_t>(
        found - queue.begin() + places, 0, static_cast<std::ptrdiff_t>(queue.size()) - 1);
    const Impl::EntryPointer entry = *found;
    queue.erase(found);
    queue.insert(queue.begin() + place, entry);
}

void EngineService::cancel(std::uint64_t id) {
    std::stop_source stop{std::nostopstate};
    {
        const std::lock_guard lock(m_impl->mutex);
        if (m_impl->running && m_impl->running->status.id == id) {
            stop = m_impl->running->stop;
        }
        const auto waiting =
            std::find_if(m_impl->queue.begin(), m_impl->queue.end(), [id](const auto& entry) {
                return entry->status.id == id;
            });
        if (waiting != m_impl->queue.end()) {
            m_impl->drop(waiting);
        }
    }
    stop.request_stop(); // outside the lock: its callbacks run here
}

void EngineService::cancelAll() {
    std::stop_source stop{std::nostopstate};
    {
        const std::lock_guard lock(m_impl->mutex);
        if (m_impl->running) {
            stop = m_impl->running->stop;
        }
        while (!m_impl->queue.empty()) {
            m_impl->drop(m_impl->queue.begin());
        }
    }
    stop.request_stop();
}

EngineState EngineService::state() const {
    const std::lock_guard lock(m_impl->mutex);
    return m_impl->state;
}

std::vector<JobStatus> EngineService::status() const {
    const std::lock_guard lock(m_impl->mutex);
    std::vector<JobStatus> all(m_impl->ended.begin(), m_impl->ended.end());
    if (m_impl->running) {
        all.push_back(m_impl->running->status);
    }
    for (const auto& entry : m_impl->queue) {
        all.push_back(entry->status);
    }
    return all;
}

std::optional<LoadedModel> EngineService::model() const {
    const std::lock_guard lock(m_impl->mutex);
    return m_impl->model;
}

std::optional<EngineInfo> EngineService::engineInfo() const {
    const std::lock_guard lock(m_impl->mutex);
    return m_impl->info;
}

} // namespace mambascope
