// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/child_process.h"
#include "core/engine/client.h"
#include "core/engine/protocol.h"
#include "tests/core/engine/fake_engine.h"

#include <QTest>

#include <array>
#include <chrono>
#include <csignal>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mambascope;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

std::unique_ptr<EngineClient> startFake(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{FAKE_ENGINE};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto client = EngineClient::start({arguments});
    return client.ok() ? std::move(client).value() : nullptr;
}

std::unique_ptr<EngineClient> startShell(const std::string& script) {
    auto client = EngineClient::start({{"/bin/sh", "-c", script}});
    return client.ok() ? std::move(client).value() : nullptr;
}

CalibrationRequest windows(int count, int length = 8) {
    CalibrationRequest request;
    request.source.length = length;
    request.source.textName = "made-up.txt";
    request.source.seed = -5;
    for (int i = 0; i < count; ++i) {
        request.windows.emplace_back(static_cast<std::size_t>(length), i);
    }
    return request;
}

std::vector<ScoreRequest> scoreRequests(int count) {
    std::vector<ScoreRequest> requests;
    for (int i = 0; i < count; ++i) {
        requests.push_back(
            {{1, 2, i}, std::vector<std::int32_t>(static_cast<std::size_t>(1 + i % 5), i + 1)});
    }
    return requests;
}

QuantPlan staticPlan() {
    QuantPlan plan;
    plan.name = "W8A8";
    plan.defaults.weightBits = 8;
    plan.defaults.activationBits = 8;
    plan.defaults.alpha = 0.5;
    return plan;
}

/// A stop source that is triggered after a while by another thread.
class StopAfter {
public:
    explicit StopAfter(std::chrono::milliseconds delay)
        : m_thread([this, delay] {
            std::this_thread::sleep_for(delay);
            m_source.request_stop();
        }) {}
    ~StopAfter() { m_thread.join(); }
    Job job() const { return {m_source.get_token(), {}}; }

private:
    std::stop_source m_source;
    std::thread m_thread;
};

bool gone(int pid) {
    return ::kill(pid, 0) != 0;
}

bool goneWithin(int pid, std::chrono::milliseconds limit) {
    const auto end = Clock::now() + limit;
    while (!gone(pid) && Clock::now() < end) {
        std::this_thread::sleep_for(10ms);
    }
    return gone(pid);
}

} // namespace

class ClientTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyCallGivesTheEnginesOwnAnswer_data();
    void everyCallGivesTheEnginesOwnAnswer();
    void errorsArriveWhole();
    void exceptionsBecomeErrorsOfTheRequest();
    void printsOfLibrariesDoNotBreakTheStream();
    void progressArrivesOnTheCallingThread();
    void scoresArriveInOrderWhileTheWorkGoesOn();
    void cancelStopsWithinABatch();
    void cancelledCalibrationKeepsWhatIsDone();
    void cancelledBeforeTheStartDoesNothing();
    void aDisobedientEngineIsKilled();
    void manyCancelledCallsLeaveAWorkingEngine();
    void aLargeCalibrationIsUploadedOnce();
    void moreCalibrationsThanTheEngineKeeps();
    void deathIsExplained_data();
    void deathIsExplained();
    void killedInTheMiddle();
    void theEngineDiesWithItsParent();
    void destructionEndsTheEngine();
    void anEngineThatNobodyWaitsForLeaves();
    void stopWhileTheEngineDoesNotAnswer();
    void programThatDoesNotExist();
    void somethingElseAnswers_data();
    void somethingElseAnswers();
    void anotherProtocolVersion();
};

void ClientTest::everyCallGivesTheEnginesOwnAnswer_data() {
    QTest::addColumn<bool>("slow");
    QTest::newRow("pipes") << false;
    QTest::newRow("a connection that passes on a few bytes at a time") << true;
}

void ClientTest::everyCallGivesTheEnginesOwnAnswer() {
    QFETCH(bool, slow);
    const auto client = startFake(slow ? std::vector<std::string>{"--slow"} : std::vector<std::string>{});
    QVERIFY(client);
    const auto own = test::makeFakeEngine();

    const EngineInfo info = client->info().value();
    QCOMPARE(info.name, own->info().value().name);
    QCOMPARE(info.runtime, own->info().value().runtime);
    QCOMPARE(info.devices.size(), std::size_t{1});
    QCOMPARE(info.devices[0].memoryBytes, std::int64_t{1} << 30);

    const LoadRequest load{"tiny", "cpu", "bf16", 2};
    const LoadedModel model = client->load(load, {}).value();
    const LoadedModel expected = own->load(load, {}).value();
    QVERIFY(model.spec == expected.spec);
    QCOMPARE(model.name, expected.name);
    QCOMPARE(model.path, expected.path);
    QCOMPARE(model.hash, expected.hash);
    QCOMPARE(model.warnings, expected.warnings);
    QCOMPARE(model.device, expected.device);
    QCOMPARE(model.deviceName, expected.deviceName);
    QCOMPARE(model.dtype, std::string("bf16"));
    QCOMPARE(model.hasTokenizer, expected.hasTokenizer);

    QCOMPARE(client->tokenizerJson().value(), own->tokenizerJson().value());
    QVERIFY(client->weightStatistics({}).value() == own->weightStatistics({}).value());
    const auto snapshot =
        std::make_shared<const CalibrationSnapshot>(client->calibrate(windows(3), {}).value());
    QVERIFY(*snapshot == own->calibrate(windows(3), {}).value());

    // Afterwards everything is under the plan.
    QCOMPARE(
        client->applyPlan(staticPlan(), snapshot, {}).value(),
        own->applyPlan(staticPlan(), snapshot, {}).value());

    const ForwardRequest forward{{{1, 2, 3}, {4}}, true};
    const ForwardResult result = client->forward(forward, {}).value();
    const ForwardResult expectedResult = own->forward(forward, {}).value();
    QCOMPARE(result.vocabulary, expectedResult.vocabulary);
    QCOMPARE(result.hidden, expectedResult.hidden);
    QVERIFY(result.logits == expectedResult.logits);
    QVERIFY(result.hiddenStates == expectedResult.hiddenStates);

    const auto requests = scoreRequests(11);
    QVERIFY(client->score(requests, {}, {}).value() == own->score(requests, {}, {}).value());
    QVERIFY(client->generate({{5, 6}, 4}, {}).value() == own->generate({{5, 6}, 4}, {}).value());

    const ExportRequest exported{"/some/where", true, staticPlan(), "c", "m", DType::BF16};
    const ExportReport report = client->exportCheckpoint(exported, snapshot, {}).value();
    const ExportReport expectedReport = own->exportCheckpoint(exported, snapshot, {}).value();
    QCOMPARE(report.files, expectedReport.files);
    QCOMPARE(report.notes, expectedReport.notes);
    QCOMPARE(report.bytes, expectedReport.bytes);
    QCOMPARE(client->bench({2, 64, 3}, {}).value().dump(), own->bench({2, 64, 3}, {}).value().dump());
}

void ClientTest::errorsArriveWhole() {
    const auto client = startFake();
    const auto error = client->load({"missing"}, {}).error();
    QCOMPARE(error.code, ErrorCode::Unreadable);
    QCOMPARE(error.message, std::string("The checkpoint does not exist."));
    QCOMPARE(error.hint, std::string("Check its path."));
    QCOMPARE(error.context, std::string("missing"));
    QCOMPARE(client->weightStatistics({}).error().code, ErrorCode::Usage); // no model
    QVERIFY(client->load({"tiny"}, {}).ok());
}

void ClientTest::exceptionsBecomeErrorsOfTheRequest() {
    const auto client = startFake();
    QVERIFY(client->load({"tiny,throw=1,bad-alloc=2"}, {}).ok());
    const auto thrown = client->calibrate(windows(2), {}).error();
    QCOMPARE(thrown.code, ErrorCode::Failed);
    QCOMPARE(thrown.message, std::string("The engine failed: shapes do not match"));
    QVERIFY(thrown.context.find("frame #0") != std::string::npos); // the rest of what() is for the details
    const auto memory = client->calibrate(windows(2), {}).error();
    QCOMPARE(memory.code, ErrorCode::OutOfMemory);
    QVERIFY(!memory.hint.empty());
    QVERIFY(client->calibrate(windows(2), {}).ok()); // the same process goes on
}

void ClientTest::printsOfLibrariesDoNotBreakTheStream() {
    const auto client = startFake();
    QVERIFY(client->load({"tiny,chatty"}, {}).ok());
    QCOMPARE(client->generate({{1}, 200}, {}).value().size(), std::size_t{200});
}

void ClientTest::progressArrivesOnTheCallingThread() {
    const auto client = startFake();
    QVERIFY(client->load({"tiny,batch=3"}, {}).ok());
    std::vector<Progress> seen;
    bool elsewhere = false;
    Job job;
    job.onProgress = [&, here = std::this_thread::get_id()](const Progress& progress) {
        seen.push_back(progress);
        elsewhere = elsewhere || std::this_thread::get_id() != here;
    };
    const auto begin = Clock::now();
    QVERIFY(client->calibrate(windows(100), job).ok());
    const auto intervals = static_cast<std::size_t>((Clock::now() - begin) / 50ms);
    QVERIFY(!elsewhere);
    QVERIFY(!seen.empty());
    QCOMPARE(seen.back().done, std::uint64_t{100});
    QCOMPARE(seen.back().total, std::uint64_t{100});
    QCOMPARE(seen.back().phase, std::string("Calibrating"));
    // At most one message every 50 ms, but always the first and the last: far fewer than the 100 batches.
    QVERIFY2(seen.size() >= 2 && seen.size() <= intervals + 2, std::to_string(seen.size()).c_str());
    for (std::size_t i = 1; i < seen.size(); ++i) {
        QVERIFY(seen[i].done > seen[i - 1].done);
    }
}

void ClientTest::scoresArriveInOrderWhileTheWorkGoesOn() {
    const auto client = startFake();
    QVERIFY(client->load({"tiny,batch=10"}, {}).ok());
    const auto requests = scoreRequests(40); // ten batches of four
    std::vector<Score> streamed;
    int calls = 0;
    const auto all = client->score(
        requests,
        [&](std::size_t first, std::span<const Score> scores) {
            QCOMPARE(first, streamed.size());
            streamed.insert(streamed.end(), scores.begin(), scores.end());
            ++calls;
        },
        {});
    QVERIFY(all.ok());
    QCOMPARE(calls, 10);
    QVERIFY(streamed == all.value());
    QVERIFY(client->score({}, {}, {}).value().empty());
}

void ClientTest::cancelStopsWithinABatch() {
    const auto client = startFake();
    QVERIFY(client->load({"tiny,batch=50"}, {}).ok());
    const StopAfter stop(200ms);
    std::size_t streamed = 0;
    const auto begin = Clock::now();
    const auto result = client->score(
        scoreRequests(4000), [&](std::size_t, std::span<const Score> scores) { streamed += scores.size(); },
        stop.job());
    const auto took = Clock::now() - begin;
    QCOMPARE(result.error().code, ErrorCode::Cancelled);
    QVERIFY(streamed > 0);
    QVERIFY2(
        took < 200ms + 50ms + 2s,
        "all would take 50 s, a batch is 50 ms; the rest is slack for a busy machine");
    QVERIFY(client->info().ok());
}

void ClientTest::cancelledCalibrationKeepsWhatIsDone() {
    const auto client = startFake();
    QVERIFY(client->load({"tiny,batch=20"}, {}).ok());
    const StopAfter stop(200ms);
    const auto snapshot = client->calibrate(windows(1000), stop.job());
    QVERIFY(snapshot.ok());
    QVERIFY(snapshot.value().source.partial);
    QVERIFY(snapshot.value().source.samples > 0 && snapshot.value().source.samples < 1000);
}

void ClientTest::cancelledBeforeTheStartDoesNothing() {
    const auto client = startFake();
    std::stop_source stopped;
    stopped.request_stop();
    QCOMPARE(client->load({"tiny"}, {stopped.get_token(), {}}).error().code, ErrorCode::Cancelled);
    QCOMPARE(client->weightStatistics({}).error().code, ErrorCode::Usage); // nothing was loaded
}

void ClientTest::aDisobedientEngineIsKilled() {
    const auto client = startFake();
    const int pid = client->processId();
    QVERIFY(client->load({"tiny,batch=30,deaf"}, {}).ok());
    const StopAfter stop(300ms);
    const auto begin = Clock::now();
    const auto result = client->score(scoreRequests(4000), {}, stop.job()); // 30 s if it is let
    QCOMPARE(result.error().code, ErrorCode::EngineLost);
    QVERIFY(result.error().message.find("did not stop") != std::string::npos);
    const auto took = Clock::now() - begin;
    QVERIFY(took > 5s && took < 12s); // 5 s to obey
    QVERIFY(gone(pid));
    QCOMPARE(client->info().error().message, result.error().message); // and so does every later call
}

void ClientTest::manyCancelledCallsLeaveAWorkingEngine() {
    const auto client = startFake();
    QVERIFY(client->load({"tiny,batch=1"}, {}).ok());
    int cancelled = 0;
    for (int i = 0; i < 100; ++i) {
        const StopAfter stop(std::chrono::milliseconds(i % 7));
        const auto result = client->score(scoreRequests(20), {}, stop.job()); // five batches of 1 ms
        QVERIFY(result.ok() || result.error().code == ErrorCode::Cancelled);
        cancelled += result.ok() ? 0 : 1;
    }
    QVERIFY(cancelled > 0);
    const auto own = test::makeFakeEngine();
    QVERIFY(own->load({"tiny"}, {}).ok());
    QVERIFY(client->score(scoreRequests(5), {}, {}).value() == own->score(scoreRequests(5), {}, {}).value());
}

void ClientTest::aLargeCalibrationIsUploadedOnce() {
    const std::string model = "wide,layers=24,inner=9000"; // about 5 · 9000 · 24 channels of 28 bytes: 30 MB
    const auto own = test::makeFakeEngine();
    QVERIFY(own->load({model}, {}).ok());
    const auto snapshot = std::make_shared<const CalibrationSnapshot>(own->calibrate(windows(2), {}).value());
    QVERIFY(calibrationToBytes(*snapshot).value().size() > 30'000'000);
    const auto client = startFake();
    QVERIFY(client->load({model}, {}).ok());
    const auto begin = Clock::now();
    QCOMPARE(
        client->applyPlan(staticPlan(), snapshot, {}).value().size(), std::size_t{2}); // the engine saw it
    const auto first = Clock::now() - begin;
    QVERIFY(client->applyPlan(staticPlan(), snapshot, {}).ok());
    const auto second = Clock::now() - begin - first;
    QVERIFY2(second < first, "the second time only its hash travels");
}

void ClientTest::moreCalibrationsThanTheEngineKeeps() {
    const auto client = startFake();
    QVERIFY(client->load({"tiny"}, {}).ok());
    std::vector<std::shared_ptr<const CalibrationSnapshot>> snapshots;
    for (int i = 1; i <= 7; ++i) {
        snapshots.push_back(
            std::make_shared<const CalibrationSnapshot>(client->calibrate(windows(i), {}).value()));
    }
    for (int round = 0; round < 2; ++round) {
        for (int i = 1; i <= 7; ++i) {
            const auto warnings =
                client->applyPlan(staticPlan(), snapshots[static_cast<std::size_t>(i - 1)], {});
            QCOMPARE(
                warnings.value().back(),
                "It uses a calibration of " + std::to_string(8 * i) + " tokens."); // windows of 8 tokens
        }
    }
}

void ClientTest::deathIsExplained_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("detail");
    QTest::newRow("exit") << "tiny,exit=2"
                          << "The engine ended with status 7."
                          << "about to leave";
    QTest::newRow("abort") << "tiny,abort=2"
                           << "The engine was ended by signal 6 (SIGABRT)."
                           << "about to abort";
}

void ClientTest::deathIsExplained() {
    QFETCH(QString, model);
    QFETCH(QString, message);
    QFETCH(QString, detail);
    const auto client = startFake();
    QVERIFY(client->load({model.toStdString()}, {}).ok());
    const auto error = client->calibrate(windows(5), {}).error();
    QCOMPARE(error.code, ErrorCode::EngineLost);
    QCOMPARE(QString::fromStdString(error.message), message);
    QVERIFY(QString::fromStdString(error.context).contains(detail));
    QVERIFY(!error.hint.empty());
    QCOMPARE(client->info().error().code, ErrorCode::EngineLost);
}

void ClientTest::killedInTheMiddle() {
    const auto client = startFake();
    QVERIFY(client->load({"tiny,batch=20"}, {}).ok());
    const int pid = client->processId();
    std::thread killer([pid] {
        std::this_thread::sleep_for(150ms);
        ::kill(pid, SIGKILL);
    });
    const auto error = client->calibrate(windows(1000), {}).error();
    killer.join();
    QCOMPARE(error.code, ErrorCode::EngineLost);
    QCOMPARE(error.message, std::string("The engine was ended by signal 9 (SIGKILL)."));
    QVERIFY(error.hint.find("memory") != std::string::npos);
}

void ClientTest::theEngineDiesWithItsParent() {
    auto parent = ChildProcess::start({FAKE_ENGINE, "--parent"});
    QVERIFY(parent.ok());
    const auto status = parent.value()->waitForEnd(20s);
    QVERIFY(status.has_value());
    QVERIFY(WIFSIGNALED(*status) && WTERMSIG(*status) == SIGKILL);
    std::array<char, 32> text{};
    QVERIFY(::read(parent.value()->output(), text.data(), text.size() - 1) > 0);
    const int engine = std::atoi(text.data());
    QVERIFY(engine > 1);
    QVERIFY(goneWithin(engine, 2s));
}

void ClientTest::destructionEndsTheEngine() {
    auto client = startFake();
    QVERIFY(client->load({"tiny"}, {}).ok());
    const int pid = client->processId();
    const auto begin = Clock::now();
    client.reset();
    QVERIFY(gone(pid));
    QVERIFY(Clock::now() - begin < 2s); // by itself, not killed

    auto stubborn = startShell("trap '' TERM; while true; do sleep 0.1; done");
    const int stubbornPid = stubborn->processId();
    stubborn.reset();
    QVERIFY(gone(stubbornPid));
}

void ClientTest::anEngineThatNobodyWaitsForLeaves() {
    // As behind a remote shell whose connection broke: no signal comes, only the end of the input.
    auto process = ChildProcess::start({FAKE_ENGINE});
    QVERIFY(process.ok());
    protocol::Channel channel(process.value()->output(), process.value()->input());
    QVERIFY(channel.send(protocol::hello()).ok());
    const Json load{{"model", "tiny,deaf,batch=50"}, {"device", "auto"}, {"dtype", "f32"}, {"threads", 0}};
    QVERIFY(channel.send({{"id", 1}, {"op", "load"}, {"args", load}}).ok());
    const Json prompt{{"prompt", Json::binary({1, 0, 0, 0})}, {"count", 10000}}; // eight minutes, and deaf
    QVERIFY(channel.send({{"id", 2}, {"op", "generate"}, {"args", prompt}}).ok());
    Json message = Json::object();
    while (message.value("id", 0) != 1 || message["type"] != "result") {
        message = channel.receive().value();
    }
    std::this_thread::sleep_for(200ms);
    process.value()->closeInput();
    const auto status = process.value()->waitForEnd(15s); // it gives the request 5 s
    QVERIFY(status.has_value());
    QVERIFY(WIFEXITED(*status));
    QCOMPARE(WEXITSTATUS(*status), 1);
}

void ClientTest::stopWhileTheEngineDoesNotAnswer() {
    const auto client = startShell("exec sleep 60");
    const StopAfter stop(200ms);
    const auto begin = Clock::now();
    QCOMPARE(client->waitUntilReady(stop.job()).error().code, ErrorCode::Cancelled);
    QVERIFY(Clock::now() - begin < 5s);
    QVERIFY(gone(client->processId()));
    QCOMPARE(client->info().error().code, ErrorCode::EngineLost);
}

void ClientTest::programThatDoesNotExist() {
    const auto missing = EngineClient::start({{"no-such-engine-program"}});
    QCOMPARE(missing.error().code, ErrorCode::EngineLost);
    QVERIFY(missing.error().message.find("no-such-engine-program") != std::string::npos);
    QVERIFY(!missing.error().hint.empty());
    const auto noProgram = EngineClient::start({{"/etc/passwd"}});
    QVERIFY(noProgram.error().message.find("cannot be run") != std::string::npos);
    QCOMPARE(EngineClient::start({}).error().code, ErrorCode::EngineLost);
}

void ClientTest::somethingElseAnswers_data() {
    QTest::addColumn<QString>("script");
    QTest::addColumn<QString>("expected");
    const QString engine = QStringLiteral(" exec " FAKE_ENGINE);
    QTest::newRow("a banner") << "echo 'Welcome to host (4 updates)'; sleep 0.05; echo more;" + engine
                              << "“Welcome to host (4 updates)”";
    QTest::newRow("a banner in pieces")
        << "printf 'He'; sleep 0.1; printf 'llo you\\n';" + engine << "“Hello you”";
    QTest::newRow("a short text and the end") << "printf Hi"
                                              << "“Hi”";
    QTest::newRow("a line break first") << "printf '\\n\\nabc\\n';" + engine << "Something else";
    QTest::newRow("zeros") << "head -c 100 /dev/zero; cat >/dev/null"
                           << "Something else";
    QTest::newRow("a MessagePack map that is no hello")
        << "printf '\\001\\000\\000\\000\\200'; cat >/dev/null"
        << "Something else";
    QTest::newRow("nothing, status 3") << "exit 3"
                                       << "ended with status 3 before it was ready";
    QTest::newRow("only closes its output") << "exec >&-; sleep 30"
                                            << "closed its connection";
    QTest::newRow("not found behind a shell") << "no-such-command-here"
                                              << "ended with status 127";
}

void ClientTest::somethingElseAnswers() {
    QFETCH(QString, script);
    QFETCH(QString, expected);
    const auto client = startShell(script.toStdString());
    QVERIFY(client);
    const int pid = client->processId();
    const auto error = client->info().error();
    QCOMPARE(error.code, ErrorCode::EngineLost);
    QVERIFY2(QString::fromStdString(error.message).contains(expected), describe(error).c_str());
    QVERIFY(goneWithin(pid, 2s));
}

void ClientTest::anotherProtocolVersion() {
    const auto client = startFake({"--protocol", "7"});
    const auto error = client->info().error();
    QCOMPARE(error.code, ErrorCode::EngineLost);
    QCOMPARE(
        error.message, std::string("The engine (mambascope 9.8.7) speaks protocol version 7, this program "
                                   "(mambascope " MAMBASCOPE_VERSION ") version 1."));
    QVERIFY(error.hint.find("same version") != std::string::npos);
}

QTEST_APPLESS_MAIN(ClientTest)
#include "client_test.moc"
