// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/service.h"
#include "tests/core/engine/fake_engine.h"

#include <QTest>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <mutex>
#include <thread>

using namespace mambascope;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

template <class Condition>
bool within(std::chrono::milliseconds limit, Condition condition) {
    const auto end = Clock::now() + limit;
    while (!condition() && Clock::now() < end) {
        std::this_thread::sleep_for(2ms);
    }
    return condition();
}

/// Engines as processes, whose current process id a test can ask for.
struct Processes {
    std::atomic<int> pid{0};
    std::atomic<int> started{0};

    EngineService::EngineFactory factory() {
        return [this]() -> Result<std::unique_ptr<Engine>> {
            auto client = EngineClient::start({{FAKE_ENGINE}});
            if (!client.ok()) {
                return client.error();
            }
            pid = client.value()->processId();
            ++started;
            return std::unique_ptr<Engine>(std::move(client).value());
        };
    }
};

/// What a job came to, readable from the test's thread.
struct Outcome {
    std::promise<Result<void>> promise;
    std::future<Result<void>> future = promise.get_future();

    std::function<void(const Result<void>&)> finished() {
        return [this](const Result<void>& result) {
            promise.set_value(result);
        };
    }
    Result<void> wait() {
        if (future.wait_for(30s) != std::future_status::ready) {
            return Error::failed("The job did not end.");
        }
        return future.get();
    }
};

Result<void> generate(Engine& engine, const Job& job, int tokens) {
    auto result = engine.generate({{1}, tokens}, job);
    return result.ok() ? Result<void>() : Result<void>(result.error());
}

EngineService::JobSpec generating(int tokens, Outcome& outcome, std::string tag = {}, int priority = 0) {
    EngineService::JobSpec spec;
    spec.title = "Generate " + std::to_string(tokens);
    spec.tag = std::move(tag);
    spec.priority = priority;
    spec.run = [tokens](Engine& engine, const Job& job) {
        return generate(engine, job, tokens);
    };
    spec.finished = outcome.finished();
    return spec;
}

std::optional<JobStatus> statusOf(const EngineService& service, std::uint64_t id) {
    for (const JobStatus& status : service.status()) {
        if (status.id == id) {
            return status;
        }
    }
    return std::nullopt;
}

} // namespace

class ServiceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void loadsTheModelForTheFirstJobThatNeedsIt();
    void aJobWithoutAModelOpenIsRefused();
    void aFailedLoadFailsOnlyItsJob();
    void warmUpStartsTheEngineAhead();
    void jobsRunByPriorityThenInOrder();
    void aNewerJobReplacesTheWaitingOneOfItsTag();
    void cancelOfRunningAndWaitingJobs();
    void cancelAllLeavesAWorkingService();
    void progressIsInTheStatus();
    void endedJobsAreKeptForAWhile();
    void killedInTheMiddleTheNextJobGoesOn();
    void killedWhileIdleNoJobFails();
    void anEngineThatCannotStartFailsTheJob();
    void aThrowingJobFails();
    void destructionWhileBusy();
    void destructionWhileTheEngineDoesNotAnswer_data();
    void destructionWhileTheEngineDoesNotAnswer();
    void changesAreToldOnTheServicesThread();
    void manyThreadsAtOnce();
};

void ServiceTest::loadsTheModelForTheFirstJobThatNeedsIt() {
    EngineService service(test::fakeEngineFactory(), {});
    QCOMPARE(service.state(), EngineState::Stopped);
    service.setModel(LoadRequest{"tiny"});
    QVERIFY(!service.model());
    Outcome outcome;
    service.submit(generating(2, outcome));
    QVERIFY(outcome.wait().ok());
    QCOMPARE(service.model()->name, std::string("tiny"));
    QCOMPARE(service.engineInfo()->name, std::string("fake"));
    QCOMPARE(service.state(), EngineState::Ready);
    service.setModel(LoadRequest{"other"});
    QVERIFY(!service.model());
    Outcome second;
    service.submit(generating(2, second));
    QVERIFY(second.wait().ok());
    QCOMPARE(service.model()->name, std::string("other"));
}

void ServiceTest::aJobWithoutAModelOpenIsRefused() {
    EngineService service(test::fakeEngineFactory(), {});
    Outcome refused, allowed;
    service.submit(generating(1, refused));
    EngineService::JobSpec spec;
    spec.needsModel = false;
    spec.run = [](Engine& engine, const Job&) {
        return engine.info().ok() ? Result<void>() : Result<void>(Error::failed("no info"));
    };
    spec.finished = allowed.finished();
    service.submit(std::move(spec));
    QCOMPARE(refused.wait().error().code, ErrorCode::Usage);
    QVERIFY(allowed.wait().ok());
}

void ServiceTest::aFailedLoadFailsOnlyItsJob() {
    EngineService service(test::fakeEngineFactory(), {});
    service.setModel(LoadRequest{"missing"});
    Outcome first, second;
    const auto id = service.submit(generating(1, first));
    QCOMPARE(first.wait().error().code, ErrorCode::Unreadable);
    QCOMPARE(statusOf(service, id)->state, JobState::Failed);
    QCOMPARE(statusOf(service, id)->error, std::string("The checkpoint does not exist."));
    service.setModel(LoadRequest{"tiny"});
    service.submit(generating(1, second));
    QVERIFY(second.wait().ok());
}

void ServiceTest::warmUpStartsTheEngineAhead() {
    Processes processes;
    EngineService service(processes.factory(), {});
    service.warmUp();
    QVERIFY(within(20s, [&] { return service.state() == EngineState::Ready; }));
    QCOMPARE(processes.started.load(), 1);
    service.warmUp();
    service.setModel(LoadRequest{"tiny"});
    Outcome outcome;
    service.submit(generating(1, outcome));
    QVERIFY(outcome.wait().ok());
    QCOMPARE(processes.started.load(), 1);
}

void ServiceTest::jobsRunByPriorityThenInOrder() {
    EngineService service(test::fakeEngineFactory(), {});
    service.setModel(LoadRequest{"tiny"});
    std::promise<void> go;
    std::vector<int> order; // written on the service's thread only, read after the last job
    Outcome blocked, last;
    EngineService::JobSpec blocker;
    blocker.run = [&go](Engine&, const Job&) {
        go.get_future().wait();
        return Result<void>();
    };
    blocker.finished = blocked.finished();
    const auto blockerId = service.submit(std::move(blocker));
    QVERIFY(within(20s, [&] { return statusOf(service, blockerId)->state == JobState::Running; }));
    const auto add = [&](int number, int priority, Outcome* outcome = nullptr) {
        EngineService::JobSpec spec;
        spec.priority = priority;
        spec.run = [&order, number](Engine&, const Job&) {
            order.push_back(number);
            return Result<void>();
        };
        spec.finished = outcome != nullptr ? outcome->finished() : nullptr;
        return service.submit(std::move(spec));
    };
    add(1, 0);
    const auto second = add(2, 0);
    add(3, 5);
    const auto lastId = add(4, -1, &last);
    add(5, 5);
    add(6, 0);                  // 3 5 1 2 6 4
    service.move(second, -2);   // 3 2 5 1 6 4
    service.move(lastId, -1);   // 3 2 5 1 4 6
    service.move(lastId, 9);    // as far as there are any
    service.move(blockerId, 1); // runs already
    go.set_value();
    QVERIFY(last.wait().ok());
    QCOMPARE(order, (std::vector<int>{3, 2, 5, 1, 6, 4}));
}

void ServiceTest::aNewerJobReplacesTheWaitingOneOfItsTag() {
    EngineService service(test::fakeEngineFactory(), {});
    service.setModel(LoadRequest{"tiny,batch=20"});
    Outcome running, replaced, newer, other;
    const auto runningId = service.submit(generating(20, running, "preview"));
    QVERIFY(within(20s, [&] { return statusOf(service, runningId)->state == JobState::Running; }));
    const auto replacedId =
        service.submit(generating(2, replaced, "preview")); // the running one is left alone
    service.submit(generating(2, other, "else"));
    const auto newerId = service.submit(generating(3, newer, "preview"));
    QCOMPARE(statusOf(service, replacedId)->state, JobState::Cancelled);
    // The newer one took the other's place in the queue, before the one of another tag.
    const auto all = service.status();
    QCOMPARE(all[all.size() - 2].id, newerId);
    QVERIFY(running.wait().ok());
    QCOMPARE(replaced.wait().error().code, ErrorCode::Cancelled);
    QVERIFY(newer.wait().ok());
    QVERIFY(other.wait().ok());
}

void ServiceTest::cancelOfRunningAndWaitingJobs() {
    Processes processes;
    EngineService service(processes.factory(), {});
    service.setModel(LoadRequest{"tiny,batch=20"});
    Outcome running, waiting, after;
    const auto runningId = service.submit(generating(100'000, running)); // half an hour
    const auto waitingId = service.submit(generating(1, waiting));
    service.submit(generating(1, after));
    QVERIFY(within(20s, [&] { return service.state() == EngineState::Busy; }));
    service.cancel(waitingId);
    QCOMPARE(statusOf(service, waitingId)->state, JobState::Cancelled);
    service.cancel(runningId);
    service.cancel(4711); // nobody's
    QCOMPARE(running.wait().error().code, ErrorCode::Cancelled);
    QCOMPARE(waiting.wait().error().code, ErrorCode::Cancelled);
    QVERIFY(after.wait().ok());
    QCOMPARE(processes.started.load(), 1); // nothing had to be killed
}

void ServiceTest::cancelAllLeavesAWorkingService() {
    EngineService service(test::fakeEngineFactory(), {});
    service.setModel(LoadRequest{"tiny,batch=5"});
    std::vector<Outcome> outcomes(10);
    for (Outcome& outcome : outcomes) {
        service.submit(generating(100'000, outcome));
    }
    service.cancelAll();
    for (Outcome& outcome : outcomes) {
        QCOMPARE(outcome.wait().error().code, ErrorCode::Cancelled);
    }
    Outcome after;
    service.submit(generating(1, after));
    QVERIFY(after.wait().ok());
}

void ServiceTest::progressIsInTheStatus() {
    EngineService service(test::fakeEngineFactory(), {});
    service.setModel(LoadRequest{"tiny,batch=10"});
    Outcome outcome;
    EngineService::JobSpec spec;
    spec.title = "Run";
    spec.run = [](Engine& engine, const Job& job) {
        auto result = engine.forward({std::vector<std::vector<std::int32_t>>(50, {1}), false}, job);
        return result.ok() ? Result<void>() : Result<void>(result.error());
    };
    spec.finished = outcome.finished();
    const auto id = service.submit(std::move(spec));
    QVERIFY(within(20s, [&] {
        const auto status = statusOf(service, id);
        return status && status->progress.phase == "Running" && status->progress.total == 50;
    }));
    QVERIFY(outcome.wait().ok());
    QCOMPARE(statusOf(service, id)->state, JobState::Done);
    QCOMPARE(statusOf(service, id)->title, std::string("Run"));
}

void ServiceTest::endedJobsAreKeptForAWhile() {
    EngineService service(test::fakeEngineFactory(), {});
    service.setModel(LoadRequest{"tiny"});
    std::vector<Outcome> outcomes(25);
    for (Outcome& outcome : outcomes) {
        service.submit(generating(1, outcome));
    }
    QVERIFY(outcomes.back().wait().ok());
    QCOMPARE(service.status().size(), std::size_t{20});
    QCOMPARE(service.status().back().id, std::uint64_t{25});
}

void ServiceTest::killedInTheMiddleTheNextJobGoesOn() {
    Processes processes;
    EngineService service(processes.factory(), {});
    service.setModel(LoadRequest{"tiny,batch=20"});
    Outcome lost, next;
    const auto lostId = service.submit(generating(100'000, lost));
    QVERIFY(within(20s, [&] { return service.model().has_value(); }));
    std::this_thread::sleep_for(100ms);
    ::kill(processes.pid, SIGKILL);
    const auto error = lost.wait().error();
    QCOMPARE(error.code, ErrorCode::EngineLost);
    QCOMPARE(error.message, std::string("The engine was ended by signal 9 (SIGKILL)."));
    QVERIFY(within(5s, [&] { return service.state() == EngineState::Lost; }));
    QCOMPARE(statusOf(service, lostId)->error, error.message);
    QVERIFY(!service.model());
    service.submit(generating(2, next));
    QVERIFY(next.wait().ok()); // with the model loaded again
    QCOMPARE(service.model()->name, std::string("tiny"));
    QCOMPARE(processes.started.load(), 2);
}

void ServiceTest::killedWhileIdleNoJobFails() {
    Processes processes;
    EngineService service(processes.factory(), {});
    service.setModel(LoadRequest{"tiny"});
    Outcome first, second;
    service.submit(generating(1, first));
    QVERIFY(first.wait().ok());
    ::kill(processes.pid, SIGKILL);
    service.submit(generating(1, second));
    QVERIFY(second.wait().ok());
    QCOMPARE(processes.started.load(), 2);
}

void ServiceTest::anEngineThatCannotStartFailsTheJob() {
    std::atomic<bool> broken{true};
    EngineService service(
        [&broken]() -> Result<std::unique_ptr<Engine>> {
            if (broken) {
                auto client = EngineClient::start({{"no-such-engine-program"}});
                return client.error();
            }
            return test::makeFakeEngine();
        },
        {});
    service.setModel(LoadRequest{"tiny"});
    service.warmUp();
    Outcome first, second;
    service.submit(generating(1, first));
    const auto error = first.wait().error();
    QCOMPARE(error.code, ErrorCode::EngineLost);
    QVERIFY(error.message.find("no-such-engine-program") != std::string::npos);
    QVERIFY(within(5s, [&] { return service.state() == EngineState::Lost; }));
    broken = false;
    service.submit(generating(1, second));
    QVERIFY(second.wait().ok());
}

void ServiceTest::aThrowingJobFails() {
    EngineService service(test::fakeEngineFactory(), {});
    service.setModel(LoadRequest{"tiny,throw=1"});
    Outcome outcome, next;
    service.submit(generating(1, outcome)); // the engine inside this process throws through the job
    const auto error = outcome.wait().error();
    QCOMPARE(error.code, ErrorCode::Failed);
    QVERIFY(error.message.find("shapes do not match") != std::string::npos);
    service.submit(generating(1, next));
    QVERIFY(next.wait().ok());
}

void ServiceTest::destructionWhileBusy() {
    Processes processes;
    Outcome running, waiting;
    const auto begin = Clock::now();
    {
        EngineService service(processes.factory(), {});
        service.setModel(LoadRequest{"tiny,batch=20"});
        service.submit(generating(100'000, running));
        service.submit(generating(1, waiting));
        QVERIFY(within(20s, [&] { return service.model().has_value(); }));
    }
    QVERIFY(Clock::now() - begin < 25s);
    QCOMPARE(running.wait().error().code, ErrorCode::Cancelled);
    QCOMPARE(waiting.wait().error().code, ErrorCode::Cancelled);
    QVERIFY(::kill(processes.pid, 0) != 0); // no engine stays behind
}

void ServiceTest::destructionWhileTheEngineDoesNotAnswer_data() {
    QTest::addColumn<bool>("withJob");
    QTest::newRow("while it is warmed up") << false;
    QTest::newRow("while a job waits for it") << true;
}

void ServiceTest::destructionWhileTheEngineDoesNotAnswer() {
    QFETCH(bool, withJob);
    Outcome outcome;
    auto begin = Clock::now();
    {
        EngineService service(
            []() -> Result<std::unique_ptr<Engine>> {
                auto client =
                    EngineClient::start({{"/bin/sh", "-c", "exec sleep 60"}}); // a host that is not there
                return client.ok() ? Result<std::unique_ptr<Engine>>(std::move(client).value())
                                   : client.error();
            },
            {});
        service.warmUp();
        if (withJob) {
            service.submit(generating(1, outcome));
        }
        QVERIFY(within(20s, [&] { return service.state() == EngineState::Starting; }));
        std::this_thread::sleep_for(100ms);
        begin = Clock::now();
    }
    QVERIFY(Clock::now() - begin < 5s);
    if (withJob) {
        QCOMPARE(outcome.wait().error().code, ErrorCode::Cancelled);
    }
}

void ServiceTest::changesAreToldOnTheServicesThread() {
    std::mutex mutex;
    std::vector<EngineState> states;
    bool here = false;
    EngineService* known = nullptr;
    EngineService service(test::fakeEngineFactory(), [&, own = std::this_thread::get_id()] {
        const std::lock_guard lock(mutex);
        here = here || std::this_thread::get_id() == own;
        if (known != nullptr && (states.empty() || states.back() != known->state())) {
            states.push_back(known->state());
        }
    });
    {
        const std::lock_guard lock(mutex);
        known = &service;
    }
    service.setModel(LoadRequest{"tiny"});
    Outcome outcome;
    service.submit(generating(1, outcome));
    QVERIFY(outcome.wait().ok());
    QVERIFY(within(5s, [&] { return service.state() == EngineState::Ready; }));
    const std::lock_guard lock(mutex);
    known = nullptr;
    QVERIFY(!here);
    const std::vector<EngineState> order{EngineState::Starting, EngineState::Busy, EngineState::Ready};
    QVERIFY(std::search(states.begin(), states.end(), order.begin(), order.end()) != states.end());
}

void ServiceTest::manyThreadsAtOnce() {
    std::atomic<int> ended{0};
    std::atomic<int> changes{0};
    {
        EngineService service(test::fakeEngineFactory(), [&changes] { ++changes; });
        service.setModel(LoadRequest{"tiny,batch=1"});
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&service, &ended, t] {
                for (int i = 0; i < 50; ++i) {
                    EngineService::JobSpec spec;
                    spec.tag = i % 3 == 0 ? "shared" : "";
                    spec.priority = i % 2;
                    spec.run = [](Engine& engine, const Job& job) {
                        return generate(engine, job, 3);
                    };
                    spec.finished = [&ended](const Result<void>&) {
                        ++ended;
                    };
                    const auto id = service.submit(std::move(spec));
                    service.status();
                    service.model();
                    if (i % 4 == t) {
                        service.cancel(id);
                    }
                    if (i == 25 && t == 0) {
                        service.cancelAll();
                        service.setModel(LoadRequest{"tiny"});
                    }
                }
            });
        }
        for (auto& thread : threads) {
            thread.join();
        }
    }
    QCOMPARE(ended.load(), 200); // each exactly once, whatever became of it
    QVERIFY(changes.load() > 0);
}

QTEST_APPLESS_MAIN(ServiceTest)
#include "service_test.moc"
