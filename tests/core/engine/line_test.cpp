// SPDX-License-Identifier: GPL-3.0-or-later
// An engine behind a line that is long, or bad (tests/support/troubled_line.cpp): what a user of a remote
// engine gets.
#include "core/engine/client.h"
#include "core/engine/files.h"
#include "tests/core/engine/client_fixture.h"
#include "tests/core/engine/fake_engine.h"
#include "tests/support/hub.h"
#include "tests/support/paths.h"
#include "tests/support/process_tree.h"

#include <QTest>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

using namespace mambascope;
using namespace mambascope::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

/// Enough for a busy machine, and short enough for a test.
constexpr EnginePatience kShortPatience{1500ms, 300ms, 1500ms};

struct Behind {
    std::vector<std::string> options;
    EnginePatience patience{};
    std::string program = TROUBLED_LINE;
};

EngineCommand command(const Behind& behind) {
    EngineCommand command;
    command.arguments = {behind.program};
    command.arguments.insert(command.arguments.end(), behind.options.begin(), behind.options.end());
    command.arguments.insert(command.arguments.end(), {"--", FAKE_ENGINE});
    command.patience = behind.patience;
    return command;
}

std::unique_ptr<EngineClient> start(const Behind& behind) {
    auto client = EngineClient::start(command(behind));
    return client.ok() ? std::move(client).value() : nullptr;
}

std::vector<ScoreRequest> requests(int first, int count) {
    std::vector<ScoreRequest> made;
    for (int i = first; i < first + count; ++i) {
        made.push_back({{1, 2, i % 1000}, {i % 7, 3}});
    }
    return made;
}

bool allGoneWithin(const std::vector<int>& pids, std::chrono::milliseconds limit) {
    const auto end = Clock::now() + limit;
    const auto gone = [&] {
        return std::none_of(pids.begin(), pids.end(), runs);
    };
    while (!gone() && Clock::now() < end) {
        std::this_thread::sleep_for(10ms);
    }
    return gone();
}

} // namespace

class LineTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void scoresAreThoseOfADirectEngine();
    void whatIsAskedAfterALoadCostsOneWay();
    void announcedScoringCostsOneWayInAll();
    void announcementsThatDoNotComeTrueAreForgotten();
    void anErrorInTheMiddleForgetsWhatWasAnnounced();
    void longWorkIsNotTakenForSilence();
    void badLinesAreExplained_data();
    void badLinesAreExplained();
    void foldersAreListedOnTheEnginesSide();
    void filesThatAreNotThereAreExplained();
    void theCacheIsListedOnTheEnginesSide();
    void aModelIsDescribedAndMadeOnTheEnginesSide();
    void onlyTheEngineItselfIsKnownToBeHere();
};

void LineTest::scoresAreThoseOfADirectEngine() {
    const auto far = start({{"--delay", "20"}});
    const auto near = startFake();
    for (const auto& client : {far.get(), near.get()}) {
        QVERIFY(client->load({"tiny"}, {}).ok());
    }
    QVERIFY(far->tokenizerJson().value() == near->tokenizerJson().value());
    QVERIFY(far->calibrate(windows(3), {}).value() == near->calibrate(windows(3), {}).value());
    far->announce(requests(0, 10));
    far->announce(requests(10, 10));
    for (const int first : {0, 10}) {
        QVERIFY(
            far->score(requests(first, 10), {}, {}).value() ==
            near->score(requests(first, 10), {}, {}).value());
    }
}

void LineTest::whatIsAskedAfterALoadCostsOneWay() {
    const auto client = start({{"--delay", "100"}});
    QVERIFY(client->listFolder("/", {}).ok()); // the greeting, and the start of the processes
    const std::uint64_t before = client->traffic().roundTrips;
    const auto begin = Clock::now();
    QVERIFY(client->load({"tiny"}, {}).ok());
    QVERIFY(client->info().ok());
    QVERIFY(client->tokenizerJson().ok());
    QCOMPARE(client->traffic().roundTrips - before, std::uint64_t{1});
    const auto took = Clock::now() - begin;
    QVERIFY(took >= 200ms);       // there and back
    QVERIFY(took < 400ms);        // twice that would be two of them
    QVERIFY(client->info().ok()); // asked again it is asked for
    QCOMPARE(client->traffic().roundTrips - before, std::uint64_t{2});
}

void LineTest::announcedScoringCostsOneWayInAll() {
    const auto client = start({{"--delay", "50"}});
    QVERIFY(client->load({"tiny,batch=10"}, {}).ok());
    QVERIFY(client->tokenizerJson().ok()); // the last answer that is on its way
    const EngineTraffic before = client->traffic();
    const auto begin = Clock::now();
    client->announce(requests(0, 80)); // 20 batches of four, 10 ms each
    for (int task = 0; task < 6; ++task) {
        if (task < 5) {
            client->announce(requests(80 * (task + 1), 80));
        }
        QCOMPARE(client->score(requests(80 * task, 80), {}, {}).value().size(), std::size_t{80});
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const EngineTraffic after = client->traffic();
    QCOMPARE(after.roundTrips - before.roundTrips, std::uint64_t{1});
    QCOMPARE(after.requests - before.requests, std::uint64_t{6});
    const double worked = after.computeSeconds - before.computeSeconds;
    QVERIFY(worked >= 1.2); // 6 · 20 · 10 ms
    // One way there and back, 0.1 s, and what sleeping and switching on a busy machine add.
    QVERIFY2(seconds - worked < 0.3, qPrintable(QString::number(seconds - worked)));
}

void LineTest::announcementsThatDoNotComeTrueAreForgotten() {
    const auto client = start({{"--delay", "5"}});
    const auto direct = startFake();
    QVERIFY(client->load({"tiny,batch=20"}, {}).ok() && direct->load({"tiny"}, {}).ok());
    client->announce(requests(0, 400)); // two seconds
    client->announce(requests(5, 4));
    const auto begin = Clock::now();
    QVERIFY(client->score(requests(1, 4), {}, {}).value() == direct->score(requests(1, 4), {}, {}).value());
    QVERIFY(Clock::now() - begin < 1s);
    client->announce(requests(0, 400));
    QVERIFY(client->weightStatistics({}).value() == direct->weightStatistics({}).value());
    QVERIFY(Clock::now() - begin < 2s);
    QVERIFY(client->score(requests(2, 8), {}, {}).value() == direct->score(requests(2, 8), {}, {}).value());
}

void LineTest::anErrorInTheMiddleForgetsWhatWasAnnounced() {
    const auto client = start({{"--delay", "5"}});
    QVERIFY(client->load({"tiny,batch=50"}, {}).ok());
    client->announce(requests(0, 400));
    client->announce(requests(400, 400));
    const StopAfter stop(150ms);
    QCOMPARE(client->score(requests(0, 400), {}, stop.job()).error().code, ErrorCode::Cancelled);
    const auto begin = Clock::now();
    QVERIFY(client->score(requests(400, 4), {}, {}).ok());
    QVERIFY(Clock::now() - begin < 2s); // and not the five seconds of what was announced
}

void LineTest::longWorkIsNotTakenForSilence() {
    const auto client = start({{}, kShortPatience});
    QVERIFY(client->load({"tiny,batch=500,deaf"}, {}).ok());
    const auto begin = Clock::now();
    QCOMPARE(client->generate({{1}, 8}, {}).value().size(), std::size_t{8});
    QVERIFY(Clock::now() - begin > kShortPatience.silence);
}

void LineTest::badLinesAreExplained_data() {
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<bool>("ssh");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const QStringList& options, bool ssh, const QString& expected) {
        QTest::newRow(name) << options << ssh << expected;
    };
    // The greeting of either side has 46 bytes, four of them its length; a message has a head of twelve.
    row("cut before the greeting", {"--cut-out", "0"}, false, "ended with status 255 before it was ready");
    row("cut in the greeting", {"--cut-out", "20"}, false, "Something else than the engine answered");
    row("cut in a message", {"--cut-out", "70"}, false, "ended with status 255");
    row("cut on the way there", {"--cut-in", "70"}, false, "ended with status 255");
    row("ssh does not connect", {"--cut-out", "0"}, true, "ssh could not start the engine: “");
    row("ssh breaks", {"--cut-out", "70"}, true, "The connection to the engine's machine was lost (ssh");
    row("a changed length of the greeting", {"--flip-out", "3"}, false,
        "Something else than the engine answered");
    row("a changed greeting", {"--flip-out", "10"}, false, "Something else than the engine answered");
    row("a changed length", {"--flip-out", "48"}, false, "A message was damaged on its way");
    row("a changed checksum", {"--flip-out", "51"}, false, "A message was damaged on its way");
    row("a changed payload", {"--flip-out", "80"}, false, "A message was damaged on its way");
    row("a changed greeting there", {"--flip-in", "10"}, false, "no greeting of mambascope");
    row("a changed length there", {"--flip-in", "48"}, false, "A message was damaged on its way");
    row("a changed payload there", {"--flip-in", "62"}, false, "A message was damaged on its way");
    row("a lost byte", {"--drop-out", "80"}, false, "A message was damaged on its way");
    row("a lost byte of a head", {"--drop-out", "47"}, false, "A message was damaged on its way");
    row("a lost byte there", {"--drop-in", "80"}, false, "A message was damaged on its way");
    row("nothing comes", {"--freeze-out", "0"}, false, "The engine did not answer within 2 s");
    row("nothing more comes", {"--freeze-out", "60"}, false, "Nothing has been heard of the engine for 2 s");
}

void LineTest::badLinesAreExplained() {
    QFETCH(QStringList, options);
    QFETCH(bool, ssh);
    QFETCH(QString, expected);
    const TemporaryFolder folder;
    Behind behind{{}, kShortPatience};
    for (const QString& option : options) {
        behind.options.push_back(option.toStdString());
    }
    if (ssh) {
        fs::create_symlink(TROUBLED_LINE, folder.path() / "ssh");
        behind.program = (folder.path() / "ssh").string();
    }
    const auto client = start(behind);
    QVERIFY(client);
    std::vector<int> processes = childrenOf(client->processId());
    processes.push_back(client->processId());
    const auto begin = Clock::now();
    // Two calls: what damages the second message needs one.
    Error error;
    if (const auto loaded = client->load({"tiny"}, {}); !loaded.ok()) {
        error = loaded.error();
    } else if (const auto calibrated = client->calibrate(windows(4), {}); !calibrated.ok()) {
        error = calibrated.error();
    }
    QVERIFY(Clock::now() - begin < 8s);
    QVERIFY2(QString::fromStdString(error.message).contains(expected), describe(error).c_str());
    QCOMPARE(error.code, ErrorCode::EngineLost);
    QVERIFY(!error.hint.empty());
    QCOMPARE(client->info().error().code, ErrorCode::EngineLost);
    QVERIFY(allGoneWithin(processes, 8s)); // the engine gives what runs 5 s
}

void LineTest::foldersAreListedOnTheEnginesSide() {
    const TemporaryFolder home;
    writeText(home.path() / "b.txt", "four");
    writeText(home.path() / ".hidden", "");
    writeText(home.path() / "model" / "config.json", "{}");
    writeText(home.path() / "model" / "model-1.safetensors", "12345");
    writeText(home.path() / "model" / "model-2.safetensors", "678");
    fs::create_directories(home.path() / "zoo" / "inside");
    const Variable variable("HOME", home.path());
    const auto client = start({{"--delay", "10"}});
    const auto listing = client->listFolder("", {}).value();
    const std::vector<FolderEntry> expected{
        {"model", FolderEntry::Kind::Checkpoint, 8},
        {"zoo", FolderEntry::Kind::Folder, 0},
        {"b.txt", FolderEntry::Kind::File, 4}};
    QVERIFY(listing.entries == expected);
    QVERIFY(listing.complete);
    QCOMPARE(listing.folder, fs::canonical(home.path()).string());
    QCOMPARE(listing.parent, fs::canonical(home.path()).parent_path().string());
    QCOMPARE(client->listFolder("zoo", {}).value().entries.size(), std::size_t{1});
    QCOMPARE(client->listFolder("~/zoo", {}).value().folder, listing.folder + "/zoo");
    QVERIFY(client->listFolder("/", {}).value().parent.empty());
    QCOMPARE(client->checkNewFolder(listing.folder + "/new", false, {}).value(), listing.folder + "/new");
}

void LineTest::filesThatAreNotThereAreExplained() {
    const TemporaryFolder folder;
    const std::string here = folder.path().string();
    const auto client = start({});
    QCOMPARE(client->listFolder(here + "/none", {}).error().code, ErrorCode::Unreadable);
    QCOMPARE(client->describeModel(here, false, {}).error().code, ErrorCode::Unreadable);
    QCOMPARE(client->tokenizerOf(here, {}).error().code, ErrorCode::Unreadable);
    QCOMPARE(client->checkNewFolder(here, false, {}).error().code, ErrorCode::Usage);
    QCOMPARE(client->checkNewFolder(here + "/none/new", true, {}).error().code, ErrorCode::Usage);
    QVERIFY(client->checkNewFolder(here, true, {}).ok());
    QCOMPARE(client->makeModel("no-such-shape", 0, here + "/m", {}).error().code, ErrorCode::Usage);
    QVERIFY(client->info().ok());
}

void LineTest::theCacheIsListedOnTheEnginesSide() {
    const TemporaryFolder cache;
    const Variable variable("HF_HUB_CACHE", cache.path());
    const auto snapshot = putIntoCache(cache.path(), "models--someone--tiny", "0123");
    for (const auto& file : fs::directory_iterator(fixtureFolder() / "hf-f32")) {
        fs::copy_file(file.path(), snapshot / file.path().filename());
    }
    const auto client = start({});
    const auto listed = client->cachedModels({}).value();
    const auto direct = listCachedModels({});
    QCOMPARE(listed.models.size(), std::size_t{1});
    QCOMPARE(listed.models.front().name, std::string("someone/tiny"));
    QVERIFY(listed.models.front().openable);
    QCOMPARE(listed.models.front().reference, direct.models.front().reference);
    QCOMPARE(listed.models.front().bytes, direct.models.front().bytes);
    QCOMPARE(listed.models.front().kind, direct.models.front().kind);
}

void LineTest::aModelIsDescribedAndMadeOnTheEnginesSide() {
    const std::string fixture = (fixtureFolder() / "hf-f32").string();
    const auto client = start({{"--delay", "10"}});
    QCOMPARE(
        client->describeModel(fixture, true, {}).value().dump(),
        describeModel(fixture, true, {}).value().dump());
    const TemporaryFolder folder;
    const std::string made = (folder.path() / "made").string();
    QVERIFY(client->makeModel("mamba-tiny", 3, made, {}).ok());
    QCOMPARE(client->describeModel(made, false, {}).value()["spec"]["layers"].get<int>(), 2);
    QVERIFY(client->tokenizerOf("demo", {}).value().json == tokenizerOf("demo").value().json);
}

void LineTest::onlyTheEngineItselfIsKnownToBeHere() {
    QVERIFY(!EngineCommand{{"mambascope-engine"}}.mayBeElsewhere());
    QVERIFY(!EngineCommand({{"/opt/bin/mambascope-engine", "--plugin", "x"}}).mayBeElsewhere());
    QVERIFY(EngineCommand({{"ssh", "host", "mambascope-engine"}}).mayBeElsewhere());
    QVERIFY(EngineCommand({{"docker", "exec", "-i", "c", "mambascope-engine"}}).mayBeElsewhere());
    QVERIFY(EngineCommand({{"/usr/bin/ssh", "host"}}).isSsh());
    QVERIFY(!EngineCommand{{"mambascope-engine"}}.isSsh());
}

QTEST_APPLESS_MAIN(LineTest)
#include "line_test.moc"
