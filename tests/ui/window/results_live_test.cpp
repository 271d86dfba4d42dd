// SPDX-License-Identifier: GPL-3.0-or-later
// What the results show while an evaluation runs, and that undo shows a result without another run.
#include "core/base/file.h"
#include "core/evaluation/task_file.h"
#include "tests/ui/window/bench.h"
#include "ui/dialogs/evaluate_dialog.h"
#include "ui/docks/results_panel.h"
#include "ui/models/results_model.h"
#include "ui/theme/theme.h"

#include <QElapsedTimer>
#include <QLabel>
#include <QTableView>
#include <QtTest>

#include <algorithm>
#include <filesystem>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 20'000;

QuantPlan weights(int bits) {
    QuantPlan plan;
    plan.defaults.weightBits = bits;
    return plan;
}

} // namespace

class ResultsLiveTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test"));
        qRegisterMetaType<Notice>();
        m_folder = std::make_unique<test::TemporaryFolder>();
        m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
        m_theme = std::make_unique<Theme>(qApp);
        m_panel = std::make_unique<ResultsPanel>(*m_workspace, *m_theme);
    }
    void cleanup() {
        m_panel.reset();
        m_theme.reset();
        m_workspace.reset();
        m_folder.reset();
    }

    void undoShowsTheResultWithoutARun() {
        open("tiny");
        evaluate(weights(8), 2); // the baseline too
        evaluate(weights(4), 3);
        ResultsModel& model = *m_panel->model();
        const int four = model.currentColumn();
        QVERIFY(four >= 0);
        QElapsedTimer timer;
        timer.start();
        m_workspace->planEditor().undo();
        const int eight = model.currentColumn();
        const qint64 elapsed = timer.elapsed();
        QVERIFY2(elapsed < 50, qPrintable(QString::number(elapsed)));
        QVERIFY(eight >= 0 && eight != four);
        QVERIFY(m_workspace->jobs().idle()); // nothing was asked for
        QCOMPARE(m_workspace->session()->runs()[1].id, model.runAt(eight));
        timer.restart();
        m_workspace->planEditor().redo();
        QVERIFY(timer.elapsed() < 50);
        QCOMPARE(model.currentColumn(), four);
        // Asking for it nevertheless finds it.
        m_workspace->evaluate(test::demoEvaluation({Task::Rte, Task::Copa}, 10));
        waitIdle();
        QCOMPARE(m_workspace->session()->runs().size(), std::size_t{3});
    }

    void oneMoreTaskIsAllThatRuns() {
        open("tiny");
        evaluate(weights(8), 2);
        QSignalSpy evaluated(m_workspace.get(), &Workspace::evaluated);
        m_workspace->evaluate(test::demoEvaluation({Task::Copa, Task::Rte, Task::Piqa}, 10));
        QTRY_COMPARE_WITH_TIMEOUT(evaluated.count(), 2, kPatience);
        waitIdle();
        const auto& runs = m_workspace->session()->runs();
        QCOMPARE(runs.size(), std::size_t{4});
        QCOMPARE(runs[3].result->tasks.size(), std::size_t{3});
        // What was known came as it was, to the time it had taken then.
        QVERIFY(runs[3].result->find(Task::Rte)->items == runs[1].result->find(Task::Rte)->items);
        QCOMPARE(runs[3].result->find(Task::Rte)->seconds, runs[1].result->find(Task::Rte)->seconds);
    }

    void intervalsAndPaceWhileItRuns() {
        open("slow,batch=5");
        m_workspace->evaluate(test::demoEvaluation({Task::Piqa}, 0));
        ResultsModel& model = *m_panel->model();
        const auto running = [&]() -> int {
            for (int column = 0; column < model.columnCount(); ++column) {
                if (model.headerData(column, Qt::Horizontal, ResultsModel::LiveRole).toBool()) {
                    return column;
                }
            }
            return -1;
        };
        QTRY_VERIFY_WITH_TIMEOUT(
            running() >= 0 && model.rowCount() > 0 &&
                model.index(0, running())
                    .data(ResultsModel::DetailRole)
                    .toString()
                    .contains(QStringLiteral(" of 400")),
            kPatience);
        const QString pace = model.headerData(running(), Qt::Horizontal, ResultsModel::DetailRole).toString();
        QVERIFY2(pace.contains(QStringLiteral(" of 400 items")), qPrintable(pace));
        QVERIFY2(
            pace.contains(QStringLiteral("/s")) && pace.contains(QStringLiteral("left")), qPrintable(pace));
        m_workspace->stop();
        waitIdle();
    }

    void theDialogKeepsWhatWasChosen() {
        EvaluationSettings settings = test::demoEvaluation({Task::Rte, Task::Copa}, 10);
        for (const double level : {0.0, 0.05, 0.001}) {
            for (const int megabytes : {kAutomaticReuse, 0, 512}) {
                settings.earlyStop = level;
                settings.reuseMegabytes = megabytes;
                QVERIFY(EvaluateDialog(settings, QStringLiteral("W8")).settings() == settings);
                ViewData view, back;
                view.evaluation = settings;
                readView(toJson(view), back);
                QVERIFY(back.evaluation == settings);
            }
        }
        QCOMPARE(EvaluationSettings().earlyStop, 0.0); // off for numbers that are to be published
    }

    void taskFilesAreTasks() {
        const std::string file = (m_folder->path() / "capitals.json").string();
        QVERIFY(writeFile(
                    m_folder->path() / "capitals.jsonl",
                    "{\"q\": \"one\", \"a\": 0}\n{\"q\": \"two\", \"a\": 1}\n", false)
                    .ok());
        const Json task{{"format", 1},           {"name", "capitals"},   {"title", "Capitals"},
                        {"data", "capitals.jsonl"}, {"metric", "acc"},   {"context", "{q} is"},
                        {"choices", {"yes", "no"}}, {"gold", {{"field", "a"}}}};
        QVERIFY(writeFile(file, task.dump(), false).ok());
        EvaluationSettings settings = test::demoEvaluation({Task::Copa}, 10);
        settings.taskFiles = {QString::fromStdString(file)};
        ViewData view, back;
        view.evaluation = settings;
        readView(toJson(view), back);
        QVERIFY(back.evaluation == settings);
        const EvaluateDialog dialog(settings, QStringLiteral("W8"));
        QVERIFY(dialog.settings() == settings);
        QVERIFY(dialog.findChild<QLabel*>(QStringLiteral("taskFileError"))->isHidden());
        open("tiny");
        m_workspace->evaluate(settings);
        QTRY_COMPARE_WITH_TIMEOUT(m_workspace->session()->runs().size(), std::size_t{1}, kPatience);
        const TaskResult* result = m_workspace->session()->runs()[0].result->find("capitals");
        QVERIFY(result != nullptr);
        QCOMPARE(result->metrics.n, 2);
        waitIdle();
    }

    void aWrongTaskFileIsExplainedInTheDialog() {
        const std::string file = (m_folder->path() / "wrong.json").string();
        QVERIFY(writeFile(file, "{\"format\": 1, \"name\": \"a\", \"shots\": 5}", false).ok());
        EvaluationSettings settings = test::demoEvaluation({Task::Copa}, 10);
        settings.taskFiles = {QString::fromStdString(file)};
        const EvaluateDialog dialog(settings, QStringLiteral("W8"));
        const auto* error = dialog.findChild<QLabel*>(QStringLiteral("taskFileError"));
        QVERIFY(!error->isHidden());
        QCOMPARE(error->text(), QString::fromStdString(loadTaskFile(file).error().message));
        QVERIFY(dialog.settings().taskFiles.isEmpty());
    }

    void brokenLinesAreLeftOutIfTheUserSaysSo() {
        const auto whole = readFile(test::sourceFolder() / "resources/demo/tasks/copa/val.jsonl");
        std::vector<Notice> notices;
        connect(m_workspace.get(), &Workspace::noticed, this, [&](const Notice& notice) {
            notices.push_back(notice);
        });
        open("tiny");
        notices.clear(); // the made-up model's warning
        m_workspace->evaluate(brokenCopa());
        QTRY_COMPARE_WITH_TIMEOUT(notices.size(), std::size_t{1}, kPatience);
        QVERIFY(notices[0].text.contains(QStringLiteral("val.jsonl, line 1: ")));
        QVERIFY(m_workspace->session()->runs().empty());
        const auto goOn = notices[0].action;
        goOn();
        QTRY_COMPARE_WITH_TIMEOUT(m_workspace->session()->runs().size(), std::size_t{1}, kPatience);
        const TaskResult& copa = m_workspace->session()->runs()[0].result->tasks.front();
        QCOMPARE(
            copa.metrics.n, static_cast<int>(std::count(whole.value().begin(), whole.value().end(), '\n')));
        QVERIFY(copa.note.find("1 broken line") != std::string::npos);
        waitIdle();
        disconnect(m_workspace.get(), &Workspace::noticed, this, nullptr);
    }

    void brokenLinesSpoilNoEvaluationThatWaits() {
        open("tiny");
        m_workspace->evaluate(brokenCopa());
        m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 10));
        QTRY_COMPARE_WITH_TIMEOUT(m_workspace->session()->runs().size(), std::size_t{1}, kPatience);
        QCOMPARE(m_workspace->session()->runs()[0].result->tasks.front().metrics.n, 10);
        waitIdle();
    }

private:
    /// Of a data folder whose COPA has a line too many, which is no example.
    EvaluationSettings brokenCopa() {
        const std::filesystem::path data = m_folder->path() / "copa" / "val.jsonl";
        const auto whole = readFile(test::sourceFolder() / "resources/demo/tasks/copa/val.jsonl");
        std::filesystem::create_directories(data.parent_path());
        [&] { QVERIFY(writeFile(data, "{\n" + whole.value(), false).ok()); }();
        EvaluationSettings settings = test::demoEvaluation({Task::Copa}, 0);
        settings.folder = QString::fromStdString(m_folder->path().string());
        return settings;
    }
    void open(const char* model) {
        m_workspace->openCheckpoint(QString::fromLatin1(model));
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
    }
    void waitIdle() {
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->jobs().idle() && m_workspace->running() == nullptr, kPatience);
    }
    /// Until there are so many runs.
    void evaluate(const QuantPlan& plan, std::size_t runs) {
        m_workspace->planEditor().edit(plan, QStringLiteral("edit"));
        m_workspace->evaluate(test::demoEvaluation({Task::Rte, Task::Copa}, 10));
        QTRY_COMPARE_WITH_TIMEOUT(m_workspace->session()->runs().size(), runs, kPatience);
        waitIdle();
    }

    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<ResultsPanel> m_panel;
};

QTEST_MAIN(ResultsLiveTest)
#include "results_live_test.moc"
