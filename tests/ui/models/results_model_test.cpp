// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/models/handmade.h"
#include "ui/models/results_model.h"
#include "ui/models/text.h"

#include <QAbstractItemModelTester>
#include <QLocale>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

QuantPlan w8() {
    return presetPlan("W8 (mlp)").value();
}

/// Ten items right at the front.
std::vector<bool> right(int count, int of) {
    std::vector<bool> items(static_cast<std::size_t>(of), false);
    std::fill(items.begin(), items.begin() + count, true);
    return items;
}

} // namespace

class ResultsModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }
    void baselineFirstThenNewest();
    void differencesAreThoseOfPairedItems();
    void otherDataIsNotCompared();
    void onlySharedItemsAreCompared();
    void theCurrentPlanIsMarked();
    void aRunUnderWayStreamsIn();
    void nonfiniteScoresAreSaid();
    void numbersAsPeopleWriteThem();
};

void ResultsModelTest::baselineFirstThenNewest() {
    ResultsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setRuns(
        {test::piqaRun(1, w8(), right(5, 10)), test::piqaRun(2, {}, right(9, 10)),
         test::piqaRun(3, presetPlan("W4 (mlp)").value(), right(4, 10))});
    QCOMPARE(model.columnCount(), 3);
    QCOMPARE(model.runAt(0), RunId{2});
    QCOMPARE(model.runAt(1), RunId{3});
    QCOMPARE(model.runAt(2), RunId{1});
    QCOMPARE(model.columnOf(1), 2);
    QCOMPARE(model.rowCount(), 2); // PIQA and the average
    QCOMPARE(model.headerData(2, Qt::Horizontal, Qt::DisplayRole).toString(), QStringLiteral("W8 (mlp)"));
    // 9 of 10: standard error sqrt(.9 · .1 / 9) = .1
    QCOMPARE(model.index(0, 0).data().toString(), QStringLiteral("90.0 ± 10.0"));
    QVERIFY(model.index(0, 0).data(ResultsModel::DetailRole).toString().isEmpty());
    model.setRuns({});
    QCOMPARE(model.columnCount(), 0);
}

void ResultsModelTest::differencesAreThoseOfPairedItems() {
    ResultsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    // 20 items; the baseline has the first 18 right, the plan the first 9: 0 gained, 9 lost.
    // McNemar, exact, two-sided: 2 · (1/2)^9 = 1/256 = .0039.
    model.setRuns({test::piqaRun(1, {}, right(18, 20)), test::piqaRun(2, w8(), right(9, 20))});
    const QModelIndex cell = model.index(0, 1);
    QCOMPARE(cell.data(ResultsModel::DetailRole).toString(), QStringLiteral("−45.0   ↑0 ↓9"));
    QCOMPARE(cell.data(ResultsModel::ToneRole).toInt(), -1);
    const QString tip = cell.data(Qt::ToolTipRole).toString();
    QVERIFY2(tip.contains(QStringLiteral("p = 0.004")), qPrintable(tip));
    // One item apart is no more than chance: p = 1.
    model.setRuns({test::piqaRun(1, {}, right(18, 20)), test::piqaRun(2, w8(), right(17, 20))});
    QCOMPARE(model.index(0, 1).data(ResultsModel::ToneRole).toInt(), 0);
    QCOMPARE(model.index(0, 1).data(ResultsModel::DetailRole).toString(), QStringLiteral("−5.0   ↑0 ↓1"));
}

void ResultsModelTest::otherDataIsNotCompared() {
    ResultsModel model;
    Run other = test::piqaRun(2, w8(), right(9, 20));
    auto changed = std::make_shared<EvaluationResult>(*other.result);
    changed->tasks[0].dataHash = "other data";
    other.result = changed;
    model.setRuns({test::piqaRun(1, {}, right(18, 20)), other});
    QVERIFY(model.index(0, 1).data(ResultsModel::DetailRole).toString().isEmpty());
    QVERIFY(model.index(1, 1).data(ResultsModel::DetailRole).toString().isEmpty());
}

void ResultsModelTest::onlySharedItemsAreCompared() {
    // Twenty items, LAMBADA's way. The baseline has all of them, log-likelihood −1 in the first ten and −5 in the
    // others; the plan was evaluated on the first ten alone: −2.
    const auto lambada = [](RunId id, const QuantPlan& plan, int items, double first) {
        Run run = test::piqaRun(id, plan, right(items, items));
        auto result = std::make_shared<EvaluationResult>(*run.result);
        TaskResult& task = result->tasks[0];
        task.task = Task::Lambada;
        for (ItemResult& item : task.items) {
            item.scores = {item.index < 10 ? first : -5.0};
            item.correct = item.index >= 5; // 15 of 20, and 5 of the first ten
        }
        task.metrics = taskMetrics(Task::Lambada, task.items, items);
        run.result = result;
        return run;
    };
    ResultsModel model;
    model.setRuns({lambada(1, {}, 20, -1), lambada(2, w8(), 10, -2)});
    QCOMPARE(model.rowCount(), 3); // accuracy, perplexity, average
    const auto detail = [&](int row) {
        return model.index(row, 1).data(ResultsModel::DetailRole).toString();
    };
    // exp(2) / exp(1) on the ten, where exp(2) / exp(3) would be 0.37; 50 % against 50 %, not against 75 %.
    QCOMPARE(detail(1), QStringLiteral("× 2.72"));
    QCOMPARE(detail(2), QStringLiteral("±0.0"));
    // On items that the baseline does not have, nothing is said.
    Run elsewhere = lambada(3, w8(), 10, -2);
    auto moved = std::make_shared<EvaluationResult>(*elsewhere.result);
    for (ItemResult& item : moved->tasks[0].items) {
        item.index += 100;
    }
    elsewhere.result = moved;
    model.setRuns({lambada(1, {}, 20, -1), elsewhere});
    for (int row = 0; row < 3; ++row) {
        QVERIFY2(detail(row).isEmpty(), qPrintable(detail(row)));
    }
}

void ResultsModelTest::theCurrentPlanIsMarked() {
    ResultsModel model;
    model.setRuns({test::piqaRun(1, {}, right(18, 20)), test::piqaRun(2, w8(), right(9, 20))});
    model.setCurrent({planHash(w8()), {}});
    QCOMPARE(model.currentColumn(), 1);
    model.setCurrent({planHash(QuantPlan()), {}});
    QCOMPARE(model.currentColumn(), 0);
    model.setCurrent({"another", {}});
    QCOMPARE(model.currentColumn(), -1);
}

void ResultsModelTest::aRunUnderWayStreamsIn() {
    ResultsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setRuns({test::piqaRun(1, {}, right(18, 20))});
    ResultsModel::Live live{QStringLiteral("W8 (mlp)"), {}};
    model.setLive(live);
    QCOMPARE(model.columnCount(), 2);
    QVERIFY(model.headerData(1, Qt::Horizontal, ResultsModel::LiveRole).toBool());
    TaskMetrics metrics;
    metrics.n = 5;
    metrics.total = 20;
    metrics.correct = 4;
    metrics.accuracy = 0.8;
    live.tasks["piqa"] = {{Task::Piqa, "piqa", "PIQA"}, metrics};
    model.setLive(live);
    // Wilson: centre (.8 + .3841) / 1.7683 = .6697, half-width 1.96 · sqrt(.032 + .0384) / 1.7683 = .2941
    QCOMPARE(
        model.index(0, 1).data(ResultsModel::DetailRole).toString(), QStringLiteral("37.6–96.4 · 5 of 20"));
    QCOMPARE(
        model.headerData(1, Qt::Horizontal, ResultsModel::DetailRole).toString(), QStringLiteral("running"));
    live.done = 5;
    live.total = 20;
    live.seconds = 2;
    model.setLive(live);
    QCOMPARE(
        model.headerData(1, Qt::Horizontal, ResultsModel::DetailRole).toString(),
        QStringLiteral("5 of 20 items · 2.5/s · 6 s left"));
    // sqrt(.8 · .2 / 4) = .2
    QCOMPARE(model.index(0, 1).data().toString(), QStringLiteral("80.0 ± 20.0"));
    live.tasks["rte"] = {{Task::Rte, "rte", "RTE"}, metrics}; // a task that no run has yet
    model.setLive(live);
    QCOMPARE(model.rowCount(), 3);
    for (const char* name : {"capitals", "rivers"}) { // of task files
        live.tasks[name] = {{Task::FileChoice, name, "File"}, metrics};
    }
    model.setLive(live);
    QCOMPARE(model.rowCount(), 5);
    QCOMPARE(model.headerData(2, Qt::Vertical, Qt::DisplayRole).toString(), QStringLiteral("File"));
    QCOMPARE(model.index(3, 1).data().toString(), QStringLiteral("80.0 ± 20.0"));
    model.setLive(std::nullopt);
    QCOMPARE(model.columnCount(), 1);
    QCOMPARE(model.rowCount(), 2);
}

void ResultsModelTest::nonfiniteScoresAreSaid() {
    Run run = test::piqaRun(1, w8(), right(9, 20));
    auto changed = std::make_shared<EvaluationResult>(*run.result);
    changed->tasks[0].metrics.nonfinite = 3;
    run.result = changed;
    ResultsModel model;
    model.setRuns({run});
    const QString warning = model.index(0, 0).data(ResultsModel::WarningRole).toString();
    QVERIFY2(warning.endsWith(QStringLiteral(": 3")), qPrintable(warning));
}

void ResultsModelTest::numbersAsPeopleWriteThem() {
    QCOMPARE(signedPercent(0.0123), QStringLiteral("+1.2"));
    QCOMPARE(signedPercent(-0.35), QStringLiteral("−35.0"));
    QCOMPARE(signedPercent(-0.0001), QStringLiteral("±0.0"));
    QCOMPARE(pValue(0.0004), QStringLiteral("p < 0.001"));
    QCOMPARE(pValue(0.25), QStringLiteral("p = 0.25"));
    QCOMPARE(significant(1752.3, 3), QStringLiteral("1,752"));
    QCOMPARE(significant(2.4767, 3), QStringLiteral("2.48"));
    QCOMPARE(significant(0.04567, 3), QStringLiteral("0.0457"));
}

QTEST_APPLESS_MAIN(ResultsModelTest)
#include "results_model_test.moc"
