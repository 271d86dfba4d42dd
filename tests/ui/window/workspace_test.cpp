// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/window/bench.h"
#include "ui/commands/plan_edit.h"

#include <QFileInfo>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <array>
#include <fstream>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 20000; ///< ms

QuantPlan preset(const char* name) {
    return presetPlan(name).value();
}

} // namespace

class WorkspaceTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void openingACheckpointMakesASession();
    void openingTheSameCheckpointKeepsTheSession();
    void alphaIsFoundForEverySite();
    void theLastOfTwoOpeningsCounts();
    void aCalibrationWaitsForItsCheckpoint();
    void aMissingCheckpointSaysSoAndChangesNothing();
    void calibrationIsKeptAndShowsTheTallestLayer();
    void aTextThatIsTooShortSaysSo();
    void evaluatesTheBaselineFirstThenThePlan();
    void theSamePlanIsNotComputedAgain();
    void aRemovedResultIsComputedAgain();
    void evaluationsWaitForEachOther();
    void jobsThatWaitEndWithTheirCheckpoint();
    void anotherDeviceLoadsTheCheckpointAgain();
    void aPlanWithoutCalibrationOffersToCalibrate();
    void aStoppedEvaluationKeepsWhatIsDone();
    void aStoppedCalibrationIsKeptOnlyIfWanted();
    void aSessionOpensAsItWasLeft();
    void aDamagedSessionLeavesTheOldOneOpen();
    void aCalibrationOfAnotherModelIsRefused();
    void exportReportsWhatACheckpointCannotSay();
    void usingTheplanOfARunCanBeUndone();
    void theEngineDiesInACalibration();
    void theEngineDiesInAnEvaluation();
    void goesAwayWhileAJobRuns();

private:
    void open(const char* model);
    void waitIdle() {
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->jobs().idle() && m_workspace->running() == nullptr, kPatience);
    }
    void calibrate(int samples);
    void start(WorkspaceOptions options);

    std::unique_ptr<test::WarningCollector> m_warnings;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::vector<Notice> m_notices;
};

void WorkspaceTest::initTestCase() {
    QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test"));
    qRegisterMetaType<Notice>();
}

void WorkspaceTest::init() {
    m_warnings = std::make_unique<test::WarningCollector>();
    m_folder = std::make_unique<test::TemporaryFolder>();
    start(test::fakeOptions(*m_folder));
}

void WorkspaceTest::start(WorkspaceOptions options) {
    m_workspace.reset();
    m_notices.clear();
    m_workspace = std::make_unique<Workspace>(std::move(options));
    connect(
        m_workspace.get(), &Workspace::noticed, this, [this](const Notice& n) { m_notices.push_back(n); });
}

void WorkspaceTest::cleanup() {
    m_workspace.reset();
    m_folder.reset();
    const QString warnings = m_warnings->text();
    m_warnings.reset();
    QVERIFY2(warnings.isEmpty(), qPrintable(warnings));
}

void WorkspaceTest::open(const char* model) {
    m_workspace->openCheckpoint(QString::fromLatin1(model));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
    m_notices.clear(); // the made-up model's warning
}

void WorkspaceTest::calibrate(int samples) {
    m_workspace->calibrate(test::demoCalibration(samples));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr, kPatience);
}

void WorkspaceTest::openingACheckpointMakesASession() {
    QVERIFY(m_workspace->session() == nullptr && m_workspace->checkpoint() == nullptr);
    m_workspace->openCheckpoint(QStringLiteral("tiny"));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->checkpoint() != nullptr, kPatience);
    QCOMPARE(m_workspace->checkpoint()->name, std::string("tiny"));
    QCOMPARE(m_workspace->checkpoint()->spec.layers, 4);
    const QFileInfo file(QString::fromStdString(m_workspace->session()->path().string()));
    QVERIFY(file.exists() && file.fileName().startsWith(QStringLiteral("tiny-")));
    QCOMPARE(m_notices.size(), std::size_t{1}); // what the engine warned of
    QCOMPARE(m_notices[0].text, QStringLiteral("This model is made up."));
}

void WorkspaceTest::alphaIsFoundForEverySite() {
    open("tiny");
    m_workspace->search({});
    QCOMPARE(m_notices.size(), std::size_t{1}); // there is no calibration yet
    QVERIFY2(m_notices[0].text.contains(QStringLiteral("Calibrate")), qPrintable(m_notices[0].text));
    calibrate(4);
    m_workspace->planEditor().edit(presetPlan("W8A8 input").value(), QStringLiteral("W8A8"));
    m_notices.clear();
    m_workspace->search({});
    QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
    // To the fake engine 0.3 is the best α everywhere.
    for (int layer = 0; layer < 4; ++layer) {
        for (const Linear linear : kLinears) {
            QCOMPARE(m_workspace->plan().at({layer, linear}).alpha.value_or(-1), 0.3);
        }
    }
    QVERIFY2(m_notices[0].text.contains(QStringLiteral("16")), qPrintable(m_notices[0].text));
    m_workspace->planEditor().undo(); // one step
    QVERIFY(!m_workspace->plan().at({0, Linear::OutProj}).alpha);
    const std::vector<Record> searches = m_workspace->session()->searches().value();
    QCOMPARE(searches.size(), std::size_t{1});
    QVERIFY(searches[0].content["target"] == "alpha");
    QVERIFY(searches[0].content["plan_hash"] == planHash(m_workspace->plan()));
    QCOMPARE(searches[0].content["sites"].size(), std::size_t{16});
    // What was edited meanwhile is not overwritten.
    m_notices.clear();
    m_workspace->search({});
    m_workspace->planEditor().edit(presetPlan("W4A8").value(), QStringLiteral("W4A8"));
    QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
    QVERIFY(!m_workspace->plan().at({0, Linear::OutProj}).alpha);
    QVERIFY(static_cast<bool>(m_notices[0].action)); // but it can be taken
}

void WorkspaceTest::openingTheSameCheckpointKeepsTheSession() {
    open("tiny");
    const auto first = m_workspace->session()->path();
    QSignalSpy changed(m_workspace.get(), &Workspace::checkpointChanged);
    m_workspace->openCheckpoint(QStringLiteral("tiny"));
    QTRY_COMPARE_WITH_TIMEOUT(changed.count(), 1, kPatience);
    QCOMPARE(m_workspace->session()->path(), first);
    m_workspace->openCheckpoint(QStringLiteral("other,layers=3"));
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->checkpoint()->spec.layers, 3, kPatience);
    QVERIFY(m_workspace->session()->path() != first);
}

void WorkspaceTest::theLastOfTwoOpeningsCounts() {
    open("tiny");
    for (const char* model : {"first", "second,missing", "third,layers=2"}) {
        m_workspace->openCheckpoint(QString::fromLatin1(model));
    }
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->checkpoint()->name, std::string("third"), kPatience);
    waitIdle();
    QCOMPARE(m_workspace->checkpoint()->name, std::string("third"));
    calibrate(1); // on the third: it has two layers
    QCOMPARE(m_workspace->calibration()->spec.layers, 2);
}

void WorkspaceTest::aCalibrationWaitsForItsCheckpoint() {
    open("tiny");
    calibrate(2);
    const auto file = m_folder->path() / "calibration.safetensors";
    QVERIFY(saveCalibration(file, *m_workspace->calibration(), false).ok());
    const std::string hash = m_workspace->calibrationHash();
    start(test::fakeOptions(*m_folder));
    m_workspace->open(QStringLiteral("tiny")); // as two words of a command line
    m_workspace->open(QString::fromStdString(file.string()));
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->calibrationHash(), hash, kPatience);
}

void WorkspaceTest::aMissingCheckpointSaysSoAndChangesNothing() {
    open("tiny");
    m_workspace->openCheckpoint(QStringLiteral("nowhere,missing"));
    QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
    QCOMPARE(m_notices[0].text, QStringLiteral("The checkpoint does not exist."));
    QVERIFY(!m_notices[0].hint.isEmpty());
    QCOMPARE(m_workspace->checkpoint()->name, std::string("tiny"));
    calibrate(2); // the engine still works on the one before
}

void WorkspaceTest::calibrationIsKeptAndShowsTheTallestLayer() {
    open("tiny,layers=5");
    calibrate(3);
    QCOMPARE(m_workspace->calibration()->source.samples, 3);
    QCOMPARE(m_workspace->calibration()->source.textName, std::string("calibration.txt"));
    QCOMPARE(m_workspace->calibrationHash(), calibrationHash(*m_workspace->calibration()));
    // The fake has the same outlier in every layer: the first one stays selected.
    QCOMPARE(m_workspace->view().data().layer, 0);
    QVERIFY(m_notices.empty());
}

void WorkspaceTest::aTextThatIsTooShortSaysSo() {
    open("tiny");
    const auto file = m_folder->path() / "short.txt";
    std::ofstream(file) << "Too short.";
    CalibrationSettings settings = test::demoCalibration(2);
    settings.textFile = QString::fromStdString(file.string());
    m_workspace->calibrate(settings);
    QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
    QCOMPARE(m_notices[0].severity, Notice::Severity::Error);
    QVERIFY(m_workspace->calibration() == nullptr);
}

void WorkspaceTest::evaluatesTheBaselineFirstThenThePlan() {
    open("tiny");
    calibrate(2);
    m_workspace->planEditor().edit(preset("W8A8 input"), QStringLiteral("preset"));
    QSignalSpy evaluated(m_workspace.get(), &Workspace::evaluated);
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa, Task::Lambada}, 20));
    QVERIFY(m_workspace->running() != nullptr);
    QTRY_COMPARE_WITH_TIMEOUT(evaluated.count(), 2, kPatience);
    waitIdle();
    const auto& runs = m_workspace->session()->runs();
    QCOMPARE(runs.size(), std::size_t{2});
    QCOMPARE(runs[0].result->planName, std::string("baseline"));
    QCOMPARE(runs[0].result->calibrationHash, std::string());
    QCOMPARE(runs[1].result->planHash, planHash(preset("W8A8 input")));
    QCOMPARE(runs[1].result->calibrationHash, m_workspace->calibrationHash());
    QCOMPARE(runs[1].result->find(Task::Piqa)->metrics.n, 20);
    QCOMPARE(runs[1].result->modelHash, m_workspace->checkpoint()->hash);
    QVERIFY(m_workspace->session()->baseline() != nullptr);
    QCOMPARE(m_workspace->session()->baseline()->id, runs[0].id);
}

void WorkspaceTest::theSamePlanIsNotComputedAgain() {
    open("tiny");
    QSignalSpy evaluated(m_workspace.get(), &Workspace::evaluated);
    m_workspace->planEditor().edit(preset("W8 (mlp)"), QStringLiteral("preset"));
    m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 10));
    QTRY_COMPARE_WITH_TIMEOUT(evaluated.count(), 2, kPatience);
    waitIdle();
    const RunId known = evaluated[1][0].value<RunId>();
    m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 10));
    QTRY_COMPARE_WITH_TIMEOUT(evaluated.count(), 4, kPatience);
    QCOMPARE(evaluated[3][0].value<RunId>(), known);
    QCOMPARE(m_workspace->session()->runs().size(), std::size_t{2});
    waitIdle();
    m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 12)); // another item set is another run
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->session()->runs().size(), std::size_t{4}, kPatience);
}

void WorkspaceTest::aRemovedResultIsComputedAgain() {
    open("tiny");
    QSignalSpy evaluated(m_workspace.get(), &Workspace::evaluated);
    m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 10));
    QTRY_COMPARE_WITH_TIMEOUT(evaluated.count(), 1, kPatience);
    const auto first = m_workspace->session()->runs()[0].result;
    m_workspace->removeRun(m_workspace->session()->runs()[0].id);
    m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 10));
    QTRY_COMPARE_WITH_TIMEOUT(evaluated.count(), 2, kPatience);
    QVERIFY(m_workspace->session()->runs()[0].result != first);
}

void WorkspaceTest::evaluationsWaitForEachOther() {
    open("slow,batch=2");
    QSignalSpy evaluated(m_workspace.get(), &Workspace::evaluated);
    const std::array plans{preset("W8 (mlp)"), preset("W4 (mlp)"), QuantPlan()};
    for (const QuantPlan& plan : plans) {
        m_workspace->planEditor().edit(plan, QStringLiteral("plan"));
        m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 10));
    }
    QVERIFY(m_notices.empty()); // none is refused
    // The baseline for the first and for the second, and as the third: computed once.
    QTRY_COMPARE_WITH_TIMEOUT(evaluated.count(), 5, kPatience);
    waitIdle();
    const auto& runs = m_workspace->session()->runs();
    QCOMPARE(runs.size(), std::size_t{3});
    QCOMPARE(runs[0].result->planName, std::string("baseline"));
    QCOMPARE(runs[1].result->planHash, planHash(plans[0]));
    QCOMPARE(runs[2].result->planHash, planHash(plans[1]));
    QCOMPARE(
        std::count_if(
            evaluated.begin(), evaluated.end(),
            [&runs](const QList<QVariant>& each) { return each[0].value<RunId>() == runs[0].id; }),
        3);
}

void WorkspaceTest::jobsThatWaitEndWithTheirCheckpoint() {
    open("slow,batch=2");
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa}, 40));
    m_workspace->planEditor().edit(preset("W8 (mlp)"), QStringLiteral("plan"));
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa}, 40));
    m_workspace->calibrate(test::demoCalibration(2));
    m_workspace->openCheckpoint(QStringLiteral("other"));
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->checkpoint()->name, std::string("other"), kPatience);
    waitIdle();
    QVERIFY(m_workspace->session()->runs().empty());
    QVERIFY(m_workspace->calibration() == nullptr);
}

void WorkspaceTest::anotherDeviceLoadsTheCheckpointAgain() {
    open("tiny");
    const auto file = m_workspace->session()->path();
    QSignalSpy loaded(m_workspace.get(), &Workspace::checkpointChanged);
    m_workspace->setLoading("cpu", "bf16", 2);
    QTRY_COMPARE_WITH_TIMEOUT(loaded.count(), 1, kPatience);
    QCOMPARE(m_workspace->session()->path(), file);
    m_workspace->setLoading("cpu", "bf16", 2); // the same again
    waitIdle();
    QCOMPARE(loaded.count(), 1);
}

void WorkspaceTest::aPlanWithoutCalibrationOffersToCalibrate() {
    open("tiny");
    m_workspace->planEditor().edit(preset("W8A8 input"), QStringLiteral("preset"));
    m_workspace->view().setCalibration(test::demoCalibration(2));
    m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 4));
    QVERIFY(m_workspace->jobs().idle());
    QCOMPARE(m_notices.size(), std::size_t{1});
    QVERIFY(m_notices[0].action);
    m_notices[0].action();
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr, kPatience);
}

void WorkspaceTest::aStoppedEvaluationKeepsWhatIsDone() {
    open("slow,batch=5");
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa}, 0));
    QTRY_VERIFY_WITH_TIMEOUT(
        m_workspace->running() != nullptr && !m_workspace->running()->live->get().tasks.empty(), kPatience);
    m_workspace->stop();
    waitIdle();
    QCOMPARE(m_workspace->session()->runs().size(), std::size_t{1});
    const EvaluationResult& result = *m_workspace->session()->runs()[0].result;
    QVERIFY(result.partial);
    QVERIFY(result.find(Task::Piqa)->metrics.n > 0);
    QVERIFY(result.find(Task::Piqa)->metrics.n < 400);      // the demo's PIQA has 400 items
    QVERIFY(m_workspace->session()->baseline() == nullptr); // only a complete one counts
}

void WorkspaceTest::aStoppedCalibrationIsKeptOnlyIfWanted() {
    open("slow,batch=10");
    m_workspace->calibrate(test::demoCalibration(64));
    QTRY_VERIFY_WITH_TIMEOUT(
        m_workspace->jobs().current() && m_workspace->jobs().current()->progress.phase == "Calibrating",
        kPatience);
    m_workspace->stop();
    waitIdle();
    QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
    QVERIFY(m_workspace->calibration() == nullptr);
    m_notices[0].action();
    QVERIFY(m_workspace->calibration() != nullptr);
    QVERIFY(m_workspace->calibration()->source.partial);
}

void WorkspaceTest::aSessionOpensAsItWasLeft() {
    open("tiny");
    calibrate(2);
    m_workspace->planEditor().edit(preset("W4 (mlp)"), QStringLiteral("preset"));
    m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 6));
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->session()->runs().size(), std::size_t{2}, kPatience);
    waitIdle();
    m_workspace->view().setLayer(3);
    m_workspace->view().setScale(AxisScale::Linear);
    const std::string hash = m_workspace->calibrationHash();
    const QString file = QString::fromStdString(m_workspace->session()->path().string());
    start(test::fakeOptions(*m_folder));
    m_workspace->openSession(file);
    QVERIFY(m_workspace->checkpoint() != nullptr); // before the engine has done anything
    QCOMPARE(m_workspace->calibrationHash(), hash);
    QVERIFY(m_workspace->plan() == preset("W4 (mlp)"));
    QCOMPARE(m_workspace->session()->runs().size(), std::size_t{2});
    QCOMPARE(m_workspace->view().data().layer, 3);
    QCOMPARE(m_workspace->view().data().scale, AxisScale::Linear);
    QCOMPARE(m_workspace->view().data().evaluation.limit, 6);
    // The fake's hash depends on the path it is given, and /models/tiny is another one than "tiny".
    QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
    QVERIFY(m_notices[0].text.contains(QStringLiteral("weights differ")));
    QVERIFY(!m_workspace->model().has_value());
    QSignalSpy locate(m_workspace.get(), &Workspace::locateRequested);
    m_workspace->relocateCheckpoint(QStringLiteral("moved,missing"));
    QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{2}, kPatience);
    m_notices[1].action();
    QCOMPARE(locate.count(), 1);
    m_workspace->relocateCheckpoint(QStringLiteral("tiny"));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
    QCOMPARE(QString::fromStdString(m_workspace->session()->path().string()), file);
    QCOMPARE(m_workspace->session()->runs().size(), std::size_t{2});
}

void WorkspaceTest::aDamagedSessionLeavesTheOldOneOpen() {
    open("tiny");
    const auto file = m_folder->path() / "damaged.mscope";
    std::ofstream(file) << "This is no session.";
    m_workspace->openSession(QString::fromStdString(file.string()));
    QCOMPARE(m_notices.size(), std::size_t{1});
    QCOMPARE(m_workspace->checkpoint()->name, std::string("tiny"));
    m_workspace->openSession(QStringLiteral("/nowhere.mscope"));
    QCOMPARE(m_notices.size(), std::size_t{2});
    QVERIFY(m_workspace->model().has_value());
}

void WorkspaceTest::aCalibrationOfAnotherModelIsRefused() {
    open("tiny");
    calibrate(2);
    const auto file = m_folder->path() / "calibration.safetensors";
    QVERIFY(saveCalibration(file, *m_workspace->calibration(), false).ok());
    m_workspace->openCheckpoint(QStringLiteral("other"));
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->checkpoint()->name, std::string("other"), kPatience);
    m_notices.clear();
    m_workspace->importCalibration(QString::fromStdString(file.string()));
    QCOMPARE(m_notices.size(), std::size_t{1});
    QVERIFY(m_notices[0].action); // to show it on its own
    QVERIFY(m_workspace->calibration() == nullptr);
    m_workspace->openCheckpoint(QStringLiteral("tiny"));
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->checkpoint()->name, std::string("tiny"), kPatience);
    m_workspace->open(QString::fromStdString(file.string()));
    QVERIFY(m_workspace->calibration() != nullptr);
}

void WorkspaceTest::exportReportsWhatACheckpointCannotSay() {
    open("tiny");
    calibrate(2);
    m_workspace->planEditor().edit(preset("W8A8 input"), QStringLiteral("preset"));
    m_workspace->exportCheckpoint(QString::fromStdString((m_folder->path() / "out").string()), false);
    QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
    QCOMPARE(m_notices[0].severity, Notice::Severity::Info);
    // The fake reports what it was asked for.
    QVERIFY(m_notices[0].details.contains(QString::fromStdString(planHash(preset("W8A8 input")))));
    QVERIFY(m_notices[0].details.contains(QString::fromStdString(m_workspace->calibrationHash())));
    QVERIFY(m_notices[0].details.contains(QStringLiteral("keep")));
}

void WorkspaceTest::usingTheplanOfARunCanBeUndone() {
    open("tiny");
    m_workspace->planEditor().edit(preset("W4 (mlp)"), QStringLiteral("preset"));
    m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 4));
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->session()->runs().size(), std::size_t{2}, kPatience);
    const RunId run = m_workspace->session()->runs()[1].id;
    m_workspace->planEditor().edit(preset("W8 (mlp)"), QStringLiteral("preset"));
    m_workspace->usePlanOf(run);
    QVERIFY(m_workspace->plan() == preset("W4 (mlp)"));
    m_workspace->planEditor().undo();
    QVERIFY(m_workspace->plan() == preset("W8 (mlp)"));
    m_workspace->setRunNote(run, QStringLiteral("too coarse"));
    QCOMPARE(m_workspace->session()->runs()[1].note, std::string("too coarse"));
    m_workspace->removeRun(run);
    QCOMPARE(m_workspace->session()->runs().size(), std::size_t{1});
}

void WorkspaceTest::theEngineDiesInACalibration() {
    start(test::processOptions(*m_folder));
    open("mortal,exit=5");
    const QuantPlan plan = preset("W8 (mlp)");
    m_workspace->planEditor().edit(plan, QStringLiteral("preset"));
    m_workspace->calibrate(test::demoCalibration(8)); // eight batches: the fifth is its last
    QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
    QVERIFY2(
        m_notices[0].text.contains(QStringLiteral("Your session is intact")), qPrintable(m_notices[0].text));
    QVERIFY(m_notices[0].action);
    QVERIFY(m_workspace->plan() == plan);
    QVERIFY(m_workspace->calibration() == nullptr);
    calibrate(3); // another engine, with the model loaded again
    QCOMPARE(m_workspace->calibration()->source.samples, 3);
}

void WorkspaceTest::theEngineDiesInAnEvaluation() {
    start(test::processOptions(*m_folder));
    open("mortal,exit=9");
    m_workspace->planEditor().edit(preset("W8 (mlp)"), QStringLiteral("preset"));
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa}, 0)); // 800 scores, four a batch
    QTRY_COMPARE_WITH_TIMEOUT(m_notices.size(), std::size_t{1}, kPatience);
    QVERIFY(m_notices[0].text.contains(QStringLiteral("Your session is intact")));
    QVERIFY(m_workspace->running() == nullptr);
    QVERIFY(m_workspace->session()->runs().empty());
    m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 2)); // four scores a run: it lives long enough
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->session()->runs().size(), std::size_t{2}, kPatience);
}

void WorkspaceTest::goesAwayWhileAJobRuns() {
    for (int delay = 0; delay < 60; delay += 12) {
        start(test::fakeOptions(*m_folder));
        open("slow,batch=3");
        m_workspace->evaluate(test::demoEvaluation({Task::Piqa, Task::Lambada}, 0));
        QTest::qWait(delay);
        m_workspace.reset(); // must neither hang nor touch what is gone
    }
}

QTEST_GUILESS_MAIN(WorkspaceTest)
#include "workspace_test.moc"
