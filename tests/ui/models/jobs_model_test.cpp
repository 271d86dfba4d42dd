// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/jobs_model.h"

#include <QAbstractItemModelTester>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

class JobsModelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }
    void whatRunsComesFirstAndWhatEndedLast();
    void whatIsDoneAgainAndAgainIsOneRow();
    void tellsHowLongItTakes();
    void anotherPhaseHasAnotherPace();
    void progressIsNoNewList();
};

namespace {

JobStatus job(std::uint64_t id, JobState state, Progress progress = {}) {
    return {id, "job " + std::to_string(id), state, std::move(progress), {}};
}

QString shown(const JobsModel& model, int row, int column) {
    return model.data(model.index(row, column), Qt::DisplayRole).toString();
}

} // namespace

void JobsModelTest::whatRunsComesFirstAndWhatEndedLast() {
    JobsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setJobs(
        {job(1, JobState::Done), job(2, JobState::Cancelled), job(3, JobState::Running),
         job(4, JobState::Queued)},
        0);
    QStringList titles, states;
    for (int row = 0; row < model.rowCount(); ++row) {
        titles.append(shown(model, row, JobsModel::TitleColumn));
        states.append(shown(model, row, JobsModel::StateColumn));
    }
    QCOMPARE(titles, (QStringList{"job 3", "job 4", "job 2", "job 1"}));
    QCOMPARE(states, (QStringList{"runs", "waits", "stopped", "done"}));
    QCOMPARE(model.rowOf(4), 1);
    QCOMPARE(model.rowOf(9), -1);
    QTest::failOnWarning(QRegularExpression(QStringLiteral(".")));
    QVERIFY(!model.data({}, Qt::DisplayRole).isValid()); // asked for by a view without a current row
    model.setJobs({}, 1);
    QCOMPARE(model.rowCount(), 0);
}

void JobsModelTest::whatIsDoneAgainAndAgainIsOneRow() {
    JobsModel model;
    std::vector<JobStatus> jobs{
        job(1, JobState::Done), job(2, JobState::Done), job(3, JobState::Failed), job(4, JobState::Done),
        job(5, JobState::Done)};
    for (JobStatus& same : jobs) {
        same.title = same.id == 5 ? "another" : "comparing";
    }
    model.setJobs(jobs, 0);
    QCOMPARE(model.rowCount(), 4);
    QCOMPARE(model.rowOf(1), -1);
    QCOMPARE(model.rowOf(2), 3);
    QCOMPARE(model.rowOf(3), 2); // a failure is never left out
}

void JobsModelTest::tellsHowLongItTakes() {
    JobsModel model;
    const auto at = [&model](double seconds, std::uint64_t done) {
        model.setJobs({job(1, JobState::Running, {"Calibrating", done, 100})}, seconds);
        return shown(model, 0, JobsModel::TimeColumn);
    };
    QCOMPARE(at(10, 0), QStringLiteral("0 s"));
    QCOMPARE(at(10.5, 5), QStringLiteral("1 s"));      // too early for a pace
    QCOMPARE(at(14, 20), QStringLiteral("16 s left")); // 5 a second, 80 to go
    QCOMPARE(shown(model, 0, JobsModel::StateColumn), QStringLiteral("20 of 100"));
    QCOMPARE(model.data(model.index(0, JobsModel::StateColumn), JobsModel::ShareRole).toDouble(), 0.2);
    QCOMPARE(at(1010, 20), QStringLiteral("67 min left")); // 80 more, as slow as 20 in 1000 seconds
    model.setJobs({job(1, JobState::Done, {"Calibrating", 100, 100})}, 30);
    QCOMPARE(shown(model, 0, JobsModel::TimeColumn), QStringLiteral("20 s"));
    model.setJobs({job(1, JobState::Done, {"Calibrating", 100, 100})}, 40);
    QCOMPARE(shown(model, 0, JobsModel::TimeColumn), QStringLiteral("20 s")); // it has ended
}

void JobsModelTest::anotherPhaseHasAnotherPace() {
    JobsModel model;
    const auto at = [&model](double seconds, std::uint64_t done, std::uint64_t total) {
        model.setJobs({job(1, JobState::Running, {"", done, total})}, seconds);
        return shown(model, 0, JobsModel::TimeColumn);
    };
    at(0, 0, 10);
    at(100, 10, 10);
    at(100, 0, 50);
    QCOMPARE(at(102, 10, 50), QStringLiteral("8 s left"));
}

void JobsModelTest::progressIsNoNewList() {
    JobsModel model;
    model.setJobs({job(1, JobState::Running, {"", 0, 10}), job(2, JobState::Queued)}, 0);
    const QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    model.setJobs({job(1, JobState::Running, {"", 1, 10}), job(2, JobState::Queued)}, 1);
    QCOMPARE(reset.count(), 0);
    QCOMPARE(changed.count(), 1);
    model.setJobs({job(2, JobState::Running), job(1, JobState::Queued)}, 2);
    QCOMPARE(reset.count(), 1);
}

QTEST_GUILESS_MAIN(JobsModelTest)
#include "jobs_model_test.moc"
