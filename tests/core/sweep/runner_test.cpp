// SPDX-License-Identifier: GPL-3.0-or-later
// Sweeps on an engine without tensors: whole, interrupted and resumed, on several engines.
#include "core/base/file.h"
#include "core/engine/describe.h"
#include "core/sweep/store.h"
#include "core/sweep/tables.h"
#include "tests/core/engine/fake_engine.h"
#include "tests/support/paths.h"

#include <QTest>

#include <set>

using namespace mambascope;
using namespace mambascope::test;

namespace {

SweepRequest requestFor(const TemporaryFolder& folder, std::vector<std::string> checkpoints = {"tiny"}) {
    SweepRequest request;
    request.recipe = builtInRecipe("paper-table-2").value();
    request.folder = folder.path();
    request.limit = 12;
    request.seed = 5;
    for (const Task task : {Task::HellaSwag, Task::Lambada}) {
        request.tasks.push_back(loadTask(task, sourceFolder() / "resources" / "demo" / "tasks").value());
    }
    for (const std::string& model : checkpoints) {
        request.checkpoints.push_back({model, "cpu", "f32", 1});
    }
    request.devices = {"cpu"};
    return request;
}

/// What a sweep did, beside its results.
struct Seen {
    std::vector<SweepStep> steps;
    int engines = 0, calibrations = 0;
};

SweepHooks hooksOf(Seen& seen, std::function<void()> afterStep = {}) {
    SweepHooks hooks;
    hooks.startEngine = [&seen] {
        ++seen.engines;
        return fakeEngineFactory()();
    };
    hooks.calibrate = [&seen](
                          Engine& engine, const LoadedModel&, const Tokenizer& tokenizer,
                          const Job& job) -> Result<std::shared_ptr<const CalibrationSnapshot>> {
        ++seen.calibrations;
        const auto request = textCalibration(
            tokenizer, "Anya took the ring and Karl took the mirror.", "text", {2, 4, 0, false});
        auto made = engine.calibrate(request.value(), job);
        return made.ok() ? Result<std::shared_ptr<const CalibrationSnapshot>>(
                               std::make_shared<const CalibrationSnapshot>(std::move(made).value()))
                         : made.error();
    };
    hooks.finished = [&seen, afterStep](const SweepStep& step) {
        seen.steps.push_back(step);
        if (afterStep) {
            afterStep();
        }
    };
    return hooks;
}

/// All forms of the tables in one text.
std::string everything(const SweepRequest& request, const std::vector<SweepGroup>& groups) {
    return sweepJson(request, groups).dump() + sweepCsv(request, groups) + sweepMarkdown(request, groups) +
           sweepLatex(request, groups);
}

std::string wholeSweep(std::vector<std::string> checkpoints = {"tiny"}) {
    const TemporaryFolder folder;
    Seen seen;
    const SweepRequest request = requestFor(folder, std::move(checkpoints));
    return everything(request, runSweep(request, hooksOf(seen), {}).value());
}

} // namespace

class RunnerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aTokenizerServesCheckpointsWithout() {
        const TemporaryFolder folder;
        Seen seen;
        SweepRequest request = requestFor(folder, {"tiny,no-tokenizer,vocabulary=4096"});
        const auto without = runSweep(request, hooksOf(seen), {});
        QVERIFY(!without.ok());
        QVERIFY(without.error().message.find("comes without a tokenizer.json") != std::string::npos);
        request.tokenizer = sourceFolder() / "resources" / "demo" / "tokenizer.json";
        const auto with = runSweep(request, hooksOf(seen), {});
        QVERIFY2(with.ok(), with.ok() ? "" : with.error().message.c_str());
        QVERIFY(!with.value()[0].rows[0].tokenizerHash.empty());
    }

    void resultsAreThoseOfEvaluate();
    void secondRunOnlyReads();
    void interruptedSweepGoesOn_data();
    void interruptedSweepGoesOn();
    void damagedResultIsMadeAgain();
    void severalEnginesGiveTheSame();
    void severalCheckpoints();
    void everyPartOfTheKeyCounts();
    void failuresStopTheSweep();
    void progressEndsAtTheTotal();
};

void RunnerTest::resultsAreThoseOfEvaluate() {
    const TemporaryFolder folder;
    Seen seen;
    const SweepRequest request = requestFor(folder);
    const auto groups = runSweep(request, hooksOf(seen), {}).value();
    QCOMPARE(groups.size(), std::size_t{1});
    QCOMPARE(groups[0].rows.size(), std::size_t{6});
    QCOMPARE(seen.steps.size(), std::size_t{12}); // 6 plans × 2 tasks
    QCOMPARE(seen.calibrations, 1);
    // The same by hand: baseline, both tasks at once.
    auto engine = fakeEngineFactory()().value();
    QVERIFY(engine->load(request.checkpoints[0], {}).ok());
    EvaluationRequest evaluation{request.tasks, request.limit, request.seed};
    const auto tokenizer = Tokenizer::fromJson(engine->tokenizerJson().value(), "tokenizer").value();
    const EvaluationResult expected = evaluate(*engine, *tokenizer, evaluation, {}, {}).value();
    for (std::size_t i = 0; i < 2; ++i) {
        QVERIFY(groups[0].rows[0].tasks[i].items == expected.tasks[i].items);
        QVERIFY(groups[0].rows[1].tasks[i].items != expected.tasks[i].items); // the plan has an effect
    }
    QCOMPARE(groups[0].rows[0].calibrationHash, std::string());
    QCOMPARE(groups[0].rows[1].calibrationHash, groups[0].calibrationHash);
    QVERIFY(!groups[0].calibrationHash.empty());
}

void RunnerTest::secondRunOnlyReads() {
    const TemporaryFolder folder;
    Seen first, second;
    const SweepRequest request = requestFor(folder);
    const std::string before = everything(request, runSweep(request, hooksOf(first), {}).value());
    const std::string after = everything(request, runSweep(request, hooksOf(second), {}).value());
    QVERIFY(second.steps.empty());
    QCOMPARE(after, before);
    // Another item set is another result.
    SweepRequest other = request;
    other.seed = 6;
    Seen third;
    QVERIFY(runSweep(other, hooksOf(third), {}).ok());
    QCOMPARE(third.steps.size(), std::size_t{12});
}

void RunnerTest::interruptedSweepGoesOn_data() {
    QTest::addColumn<int>("after");
    for (const int after : {1, 2, 7, 11}) {
        QTest::addRow("after %d", after) << after;
    }
}

void RunnerTest::interruptedSweepGoesOn() {
    QFETCH(int, after);
    const TemporaryFolder folder;
    const SweepRequest request = requestFor(folder);
    std::stop_source stop;
    Seen first, second;
    const auto cut = runSweep(
        request,
        hooksOf(
            first,
            [&] {
                if (static_cast<int>(first.steps.size()) == after) {
                    stop.request_stop();
                }
            }),
        Job{stop.get_token(), {}});
    QCOMPARE(cut.error().code, ErrorCode::Cancelled);
    QCOMPARE(static_cast<int>(first.steps.size()), after);
    const auto groups = runSweep(request, hooksOf(second), {});
    QCOMPARE(static_cast<int>(second.steps.size()), 12 - after);
    QCOMPARE(second.steps.back().done, std::size_t{12});
    QCOMPARE(everything(request, groups.value()), wholeSweep());
}

void RunnerTest::damagedResultIsMadeAgain() {
    const TemporaryFolder folder;
    Seen first, second;
    const SweepRequest request = requestFor(folder);
    const std::string before = everything(request, runSweep(request, hooksOf(first), {}).value());
    int damaged = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "runs")) {
        const std::string text = readFile(entry.path()).value();
        const std::string bad[] = {"", text.substr(0, text.size() / 2), R"({"format": 1, "tasks": {}})"};
        if (damaged < 3) {
            QVERIFY(writeFile(entry.path(), bad[damaged++], true).ok());
        }
    }
    QCOMPARE(everything(request, runSweep(request, hooksOf(second), {}).value()), before);
    QCOMPARE(second.steps.size(), std::size_t{3});
}

void RunnerTest::severalEnginesGiveTheSame() {
    const TemporaryFolder folder;
    SweepRequest request = requestFor(folder, {"tiny,batch=1"});
    const std::string alone = everything(
        request, runSweep(
                     request,
                     [] {
                         static Seen unused;
                         return hooksOf(unused);
                     }(),
                     {})
                     .value());
    const TemporaryFolder other;
    SweepRequest spread = requestFor(other, {"tiny,batch=1"});
    spread.devices = {"cpu", "cpu", "cpu"};
    Seen seen;
    QCOMPARE(everything(spread, runSweep(spread, hooksOf(seen), {}).value()), alone);
    QCOMPARE(seen.engines, 3);
    QCOMPARE(seen.steps.size(), std::size_t{12});
    std::set<std::size_t> counts; // never two steps with the same number
    for (const SweepStep& step : seen.steps) {
        counts.insert(step.done);
    }
    QCOMPARE(counts.size(), std::size_t{12});
}

void RunnerTest::severalCheckpoints() {
    const TemporaryFolder folder;
    Seen seen;
    const SweepRequest request = requestFor(folder, {"tiny", "other,layers=2"});
    const auto groups = runSweep(request, hooksOf(seen), {}).value();
    QCOMPARE(groups.size(), std::size_t{2});
    QCOMPARE(seen.engines, 1);
    QCOMPARE(seen.calibrations, 2);
    QVERIFY(groups[0].model.name != groups[1].model.name);
    QVERIFY(groups[0].calibrationHash != groups[1].calibrationHash);
    QVERIFY(sweepMarkdown(request, groups).find("| checkpoint | plan |") != std::string::npos);
}

void RunnerTest::everyPartOfTheKeyCounts() {
    const ResultKey key{"a", "b", "c", "d", "e", 1, 2, "f", "g", "h"};
    std::set<std::string> hashes{key.hash()};
    const auto differ = [&](auto change) {
        ResultKey other = key;
        change(other);
        hashes.insert(other.hash());
    };
    differ([](ResultKey& k) { k.checkpointHash = "x"; });
    differ([](ResultKey& k) { k.calibrationHash = "x"; });
    differ([](ResultKey& k) { k.planHash = "x"; });
    differ([](ResultKey& k) { k.task = "x"; });
    differ([](ResultKey& k) { k.dataHash = "x"; });
    differ([](ResultKey& k) { k.limit = 9; });
    differ([](ResultKey& k) { k.seed = 9; });
    differ([](ResultKey& k) { k.engine = "x"; });
    differ([](ResultKey& k) { k.dtype = "x"; });
    differ([](ResultKey& k) { k.device = "x"; });
    QCOMPARE(hashes.size(), std::size_t{11});
}

void RunnerTest::failuresStopTheSweep() {
    const TemporaryFolder folder;
    Seen seen;
    const auto missing = runSweep(requestFor(folder, {"missing"}), hooksOf(seen), {});
    QCOMPARE(missing.error().code, ErrorCode::Unreadable);
    SweepRequest request = requestFor(folder);
    request.devices = {"cpu", "cpu"};
    SweepHooks hooks = hooksOf(seen);
    int started = 0;
    hooks.startEngine = [&started]() -> Result<std::unique_ptr<Engine>> {
        return ++started == 2 ? Result<std::unique_ptr<Engine>>(Error::failed("No second engine."))
                              : fakeEngineFactory()();
    };
    const auto second = runSweep(request, hooks, {});
    QCOMPARE(second.error().message, std::string("No second engine."));
    request.tasks.clear();
    QCOMPARE(runSweep(request, hooksOf(seen), {}).error().code, ErrorCode::Usage);
}

void RunnerTest::progressEndsAtTheTotal() {
    const TemporaryFolder folder;
    Seen seen;
    const SweepRequest request = requestFor(folder);
    std::vector<Progress> reports;
    const Job job{{}, [&](const Progress& progress) {
                      if (progress.phase == "Sweeping") {
                          reports.push_back(progress);
                      }
                  }};
    QVERIFY(runSweep(request, hooksOf(seen), job).ok());
    // 12 items of HellaSwag with four choices and 12 of LAMBADA, six plans.
    QCOMPARE(reports.back().total, std::uint64_t{360});
    QCOMPARE(reports.back().done, std::uint64_t{360});
    for (std::size_t i = 1; i < reports.size(); ++i) {
        QVERIFY(reports[i].done >= reports[i - 1].done);
    }
}

QTEST_APPLESS_MAIN(RunnerTest)
#include "runner_test.moc"
