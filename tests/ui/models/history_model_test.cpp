// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/history_model.h"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

QuantPlan bits(int weightBits) {
    QuantPlan plan;
    plan.defaults.weightBits = weightBits;
    return plan;
}

PlanRevision revision(std::int64_t id, std::int64_t parent, int weightBits) {
    return {id, parent, 1'780'000'000 + id, "W" + std::to_string(weightBits), bits(weightBits)};
}

Run run(const QuantPlan& plan, double accuracy) {
    auto result = std::make_shared<EvaluationResult>();
    result->planHash = planHash(plan);
    TaskResult task;
    task.task = Task::Copa;
    task.metrics.n = 100;
    task.metrics.accuracy = accuracy;
    result->tasks = {task};
    return {1, 0, {}, result};
}

} // namespace

class HistoryModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void rowsSayWhatWasDone() {
        HistoryModel model;
        const QAbstractItemModelTester tester(&model);
        model.setContent({revision(1, 0, 8), revision(4, 1, 4)}, 4, {run(bits(4), 0.625), run({}, 0.75)}, 2);
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.index(0).data().toString(), QStringLiteral("W4"));
        QCOMPARE(
            model.index(0).data(HistoryModel::ChangeRole).toString(),
            QString::fromStdString(planDiff(bits(8), bits(4), 2).at(0)));
        QVERIFY(model.index(0).data(HistoryModel::RunsRole).toString().contains(QStringLiteral("62.5")));
        QVERIFY(model.index(0).data(HistoryModel::CurrentRole).toBool());
        QVERIFY(model.index(1).data(HistoryModel::RunsRole).toString().isEmpty());
        QVERIFY(!model.index(1).data(HistoryModel::TimeRole).toString().isEmpty());
        // The empty plan that everything began with, and the baseline's run.
        QVERIFY(model.index(2).data(HistoryModel::RunsRole).toString().contains(QStringLiteral("75.0")));
        QVERIFY(model.index(2).data(HistoryModel::TimeRole).toString().isEmpty());
        QVERIFY(model.index(0).data(Qt::AccessibleTextRole).toString().contains(QStringLiteral("Current")));
        QCOMPARE(model.rowOf(4), 0);
        QCOMPARE(model.rowOf(2), -1);
    }

    void theCurrentBranchIsTheFirstLane() {
        HistoryModel model;
        // 1 ── 2 ── 3 was left at 1 for 4 ── 5, and 5 was undone.
        model.setContent(
            {revision(1, 0, 8), revision(2, 1, 7), revision(3, 2, 6), revision(4, 1, 5), revision(5, 4, 4)},
            4, {}, 2);
        QCOMPARE(model.branches(), 2);
        QCOMPARE(model.laneCount(), 2);
        const std::vector<int> lanes{model.lanes(0).lane, model.lanes(1).lane, model.lanes(2).lane,
                                     model.lanes(3).lane, model.lanes(4).lane, model.lanes(5).lane};
        QCOMPARE(lanes, (std::vector<int>{0, 0, 1, 1, 0, 0}));
        QVERIFY(model.lanes(0).fromAbove.empty() && model.lanes(0).passing.empty());
        QCOMPARE(model.lanes(2).passing, std::vector<int>{0});
        QCOMPARE(model.lanes(4).fromAbove, (std::vector<int>{0, 1})); // both branches were made from 1
        QVERIFY(model.lanes(4).goesOn && !model.lanes(5).goesOn);
        // On the other branch.
        model.setContent(
            {revision(1, 0, 8), revision(2, 1, 7), revision(3, 2, 6), revision(4, 1, 5)}, 3, {}, 2);
        QCOMPARE(model.lanes(0).lane, 1);
        QCOMPARE(model.lanes(1).lane, 0);
        QVERIFY(model.lanes(0).passing.empty()); // the first lane begins below
    }

    void anEmptyHistoryIsTheEmptyPlan() {
        HistoryModel model;
        model.setContent({}, 0, {}, 2);
        QCOMPARE(model.rowCount(), 1);
        QVERIFY(model.index(0).data(HistoryModel::CurrentRole).toBool());
        QCOMPARE(model.branches(), 1);
    }
};

QTEST_APPLESS_MAIN(HistoryModelTest)
#include "history_model_test.moc"
