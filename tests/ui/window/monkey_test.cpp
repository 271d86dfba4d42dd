// SPDX-License-Identifier: GPL-3.0-or-later
// Random actions on the window with the demo checkpoint and the real engine. MAMBASCOPE_MONKEY_ACTIONS and
// MAMBASCOPE_MONKEY_SEED say how many and which; every action is a line on standard error, so that the last
// lines say what went before a failure or the end of the process.
#include "tests/ui/window/bench.h"
#include "tests/ui/window/monkey.h"
#include "ui/docks/layers_panel.h"
#include "ui/docks/plan_panel.h"
#include "ui/docks/results_panel.h"
#include "ui/models/plan_model.h"
#include "ui/models/results_model.h"
#include "ui/theme/theme.h"
#include "ui/window/engine_setting.h"

#include <QAbstractItemModelTester>
#include <QSettings>
#include <QTableView>
#include <QtTest>

#include <cstdio>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 120'000; ///< ms

int fromEnvironment(const char* name, int otherwise) {
    bool given = false;
    const int value = qEnvironmentVariableIntValue(name, &given);
    return given ? value : otherwise;
}

} // namespace

class MonkeyTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void randomActionsLeaveTheWindowWhole();
};

void MonkeyTest::randomActionsLeaveTheWindowWhole() {
    const int actions = fromEnvironment("MAMBASCOPE_MONKEY_ACTIONS", 800);
    const int seed = fromEnvironment("MAMBASCOPE_MONKEY_SEED", 1);
    std::fprintf(stderr, "seed %d, %d actions\n", seed, actions);
    QSettings().clear();
    const test::WarningCollector warnings;
    const test::TemporaryFolder folder;
    const QString sessions = QString::fromStdString(folder.path().string());
    QSettings().setValue(QStringLiteral("lastFolder"), sessions);
    Theme theme(qApp);
    Workspace workspace({engineFactory(EngineCommand::standard()), sessions, "cpu", "f32", 1});
    auto window = std::make_unique<MainWindow>(workspace, theme);
    using Mode = QAbstractItemModelTester::FailureReportingMode;
    const QAbstractItemModelTester plan(window->planPanel()->model(), Mode::QtTest);
    const QAbstractItemModelTester results(window->resultsPanel()->model(), Mode::QtTest);
    const QAbstractItemModelTester layers(window->layersPanel()->table()->model(), Mode::QtTest);
    window->show();
    QVERIFY(QTest::qWaitForWindowExposed(window.get()));
    workspace.openDemo();
    QTRY_VERIFY_WITH_TIMEOUT(workspace.model().has_value(), kPatience);
    workspace.calibrate(test::demoCalibration(2));
    QTRY_VERIFY_WITH_TIMEOUT(workspace.calibration() != nullptr, kPatience);

    test::Monkey monkey(*window, workspace, theme, static_cast<unsigned>(seed), sessions);
    for (int number = 1; number <= actions; ++number) {
        const QString done = monkey.act();
        std::fprintf(stderr, "%d %s\n", number, qPrintable(done));
        QVERIFY2(
            warnings.text().isEmpty() && !QTest::currentTestFailed(),
            qPrintable(QStringLiteral("seed %1, action %2 (%3): %4")
                           .arg(seed)
                           .arg(number)
                           .arg(done, warnings.text())));
    }

    // Nothing hangs, and the session holds what the window showed.
    window->setAsksBeforeClosing(false);
    workspace.stop();
    QTRY_VERIFY_WITH_TIMEOUT(workspace.jobs().idle(), kPatience);
    if (workspace.session() != nullptr) {
        const QuantPlan shown = workspace.plan();
        const QString file = QString::fromStdString(workspace.session()->path().string());
        QVERIFY(window->close());
        workspace.closeDocument();
        workspace.openSession(file);
        QVERIFY(workspace.plan() == shown);
    }
    QTRY_VERIFY_WITH_TIMEOUT(workspace.jobs().idle(), kPatience);
    window.reset();
    QVERIFY2(warnings.text().isEmpty(), qPrintable(warnings.text()));
}

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test"));
    QGuiApplication::setQuitOnLastWindowClosed(false); // closing is one of the actions
    MonkeyTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "monkey_test.moc"
