// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/child_process.h"
#include "core/engine/client.h"
#include "core/engine/protocol.h"
#include "tests/core/engine/client_fixture.h"
#include "tests/core/engine/fake_engine.h"

#include <QTest>

#include <array>
#include <chrono>
#include <csignal>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mambascope;
using namespace mambascope::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

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

    const ExportRequest exported{
        "/some/where", true,  staticPlan(), "c", "m", DType::BF16, ExportFormat::CompressedTensors,
        12345,         "q4_0"};
    const ExportReport report = client->exportCheckpoint(exported, snapshot, {}).value();
    const ExportReport expectedReport = own->exportCheckpoint(exported, snapshot, {}).value();
    QCOMPARE(report.files, expectedReport.files);
    QCOMPARE(report.notes, expectedReport.notes);
    QCOMPARE(report.bytes, expectedReport.bytes);
    const SiteErrorRequest sites{{{1, 2, 3}}, {QuantPlan{}, presetPlan("SmoothQuant W8A8 α=0.5").value()}};
    QVERIFY(client->siteErrors(sites, nullptr, {}).value() == own->siteErrors(sites, nullptr, {}).value());
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

QTEST_APPLESS_MAIN(ClientTest)
#include "client_test.moc"
