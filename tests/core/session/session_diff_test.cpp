// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/session_diff.h"

#include "tests/core/session/examples.h"
#include "tests/support/paths.h"

#include <QTest>

using namespace mambascope;
using namespace mambascope::test;

namespace {

/// `example` with other answers: item i of LAMBADA is right where `correct(i)`.
template <class Correct>
std::shared_ptr<const EvaluationResult> withAnswers(const EvaluationResult& example, Correct&& correct) {
    auto result = std::make_shared<EvaluationResult>(example);
    TaskResult& task = result->tasks.front();
    for (std::size_t i = 0; i < task.items.size(); ++i) {
        task.items[i].correct = correct(i);
    }
    task.metrics = taskMetrics(task.task, task.items, task.metrics.total);
    return result;
}

} // namespace

class SessionDiffTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aRunDoesNotDifferFromItself() {
        const auto result = exampleResult("c1", examplePlan(0.5), 20);
        const auto difference = compareRuns(*result, *result, 2);
        QVERIFY(difference.ok());
        QVERIFY(difference.value().plan.empty());
        QVERIFY(difference.value().conditions.empty());
        QVERIFY(difference.value().sameTasks);
        QCOMPARE(difference.value().tasks.size(), 2UL);
        for (const TaskDifference& task : difference.value().tasks) {
            QCOMPARE(task.paired.common, 20);
            QCOMPARE(task.paired.gained, 0);
            QCOMPARE(task.paired.lost, 0);
        }
    }

    void plansConditionsAndAnswersAreCompared() {
        const auto from = exampleResult("c1", QuantPlan(), 20);
        auto to = std::make_shared<EvaluationResult>(*withAnswers(
            // Of the 20 the example answers the 10 even ones. Now 0, 2, 4 are wrong and 1 is right.
            *exampleResult("c1", examplePlan(0.5), 20),
            [](std::size_t i) { return (i % 2 == 0 && i > 4) || i == 1; }));
        to->seed = 3;
        to->calibrationHash = "other";
        const RunDifference difference = compareRuns(*from, *to, 2).value();
        QCOMPARE(difference.plan, planDiff(QuantPlan(), examplePlan(0.5), 2));
        QVERIFY(!difference.plan.empty());
        QCOMPARE(
            difference.conditions,
            (std::vector<std::string>{"calibration: calibration → other", "seed: -7 → 3"}));
        const TaskDifference& lambada = difference.tasks.front();
        QVERIFY(lambada.label.task == Task::Lambada);
        QCOMPARE(lambada.paired.common, 20);
        QCOMPARE(lambada.paired.gained, 1);
        QCOMPARE(lambada.paired.lost, 3);
        QCOMPARE(lambada.paired.delta, -0.1); // (1 − 3) / 20
        const OrderedJson json = toJson(difference);
        QCOMPARE(json["tasks"]["lambada"]["lost"].get<int>(), 3);
        // Two-sided binomial of 1 or fewer of 4 at one half: 2 · (1 + 4) / 16.
        QCOMPARE(json["tasks"]["lambada"]["p_mcnemar"].get<double>(), 0.625);
        QCOMPARE(json["average"]["delta"].get<double>(), to->average() - from->average());
        // The example's perplexity is infinite, which JSON has no number for.
        QVERIFY(json["tasks"]["lambada"]["from"]["perplexity"].is_null());
        QVERIFY(!Json::parse(json.dump()).is_discarded());
    }

    void differentTasksHaveNoCommonAverage() {
        const auto from = exampleResult("c1", QuantPlan(), 4);
        auto to = std::make_shared<EvaluationResult>(*from);
        to->tasks.pop_back();
        const OrderedJson json = toJson(compareRuns(*from, *to, 2).value());
        QVERIFY(!json.contains("average"));
        QCOMPARE(json["only_from"].get<std::vector<std::string>>(), std::vector<std::string>{"hellaswag"});
        QCOMPARE(json["only_to"].size(), 0UL);
    }

    void itemsOfDifferentFilesAreNotPaired() {
        const auto from = exampleResult("c1", QuantPlan(), 4);
        auto to = std::make_shared<EvaluationResult>(*from);
        to->tasks.front().dataHash = "another file";
        const RunDifference difference = compareRuns(*from, *to, 2).value();
        QCOMPARE(difference.tasks.front().paired.common, 0);
        QCOMPARE(difference.tasks.back().paired.common, 4);
        QCOMPARE(difference.conditions.size(), 1UL);
        QVERIFY(!toJson(difference)["tasks"]["lambada"].contains("gained"));
        // And nothing is said of how much better or worse, neither there nor on average.
        QVERIFY(!toJson(difference)["tasks"]["lambada"].contains("delta"));
        QVERIFY(toJson(difference)["tasks"]["hellaswag"].contains("delta"));
        QVERIFY(!toJson(difference)["average"].contains("delta"));
    }

    void averagesAreOverTheItemsOfBoth() {
        // The example answers every second item. The other run has the first 10 of 20, and answers them all.
        const auto from = exampleResult("c1", QuantPlan(), 20);
        const auto to = withAnswers(*exampleResult("c1", QuantPlan(), 10), [](std::size_t) { return true; });
        const RunDifference difference = compareRuns(*from, *to, 2).value();
        QVERIFY(difference.averageDelta.has_value());
        QCOMPARE(difference.tasks.front().paired.common, 10);
        double mean = 0;
        for (const TaskDifference& task : difference.tasks) {
            QCOMPARE(*task.delta, task.paired.delta);
            mean += task.paired.delta / 2;
        }
        QVERIFY(std::abs(*difference.averageDelta - mean) < 1e-15);
    }

    void runsOfASessionGoByNumber() {
        const TemporaryFolder folder;
        const auto session = Session::create(folder.path() / "s.mscope", false).value();
        QVERIFY(session->setCheckpoint(exampleCheckpoint("c1")).ok());
        const RunId a = session->addRun(exampleResult("c1", QuantPlan(), 5)).value();
        const RunId b = session->addRun(exampleResult("c1", examplePlan(0.5), 5)).value();
        const auto difference = compareRuns(*session, a, b);
        QVERIFY(difference.ok());
        QVERIFY(!difference.value().plan.empty());
        const auto missing = compareRuns(*session, a, 77);
        QVERIFY(!missing.ok());
        QVERIFY(missing.error().code == ErrorCode::Usage);
    }
};

QTEST_APPLESS_MAIN(SessionDiffTest)
#include "session_diff_test.moc"
