// SPDX-License-Identifier: GPL-3.0-or-later
// Measures how long the window does not answer while the demo is calibrated and evaluated and somebody goes
// through the layers, and how long it takes until it is there after its start. Run by hand: a busy machine
// must not fail a test. MAMBASCOPE_ENGINE names the engine; stall_bench [LIMIT] evaluates so many items of
// each task (otherwise 100).
#include "tests/ui/window/stall_watch.h"
#include "ui/theme/theme.h"
#include "ui/window/engine_setting.h"
#include "ui/window/main_window.h"
#include "ui/window/workspace.h"

#include <QApplication>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <functional>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kStarts = 20;
constexpr int kLayerMilliseconds = 100; ///< between two layers

/// Returns when `condition` holds, which is asked whenever a job changes.
void waitFor(Workspace& workspace, const std::function<bool()>& condition) {
    QEventLoop loop;
    const auto ask = [&] {
        if (condition()) {
            loop.quit();
        }
    };
    QObject::connect(&workspace.jobs(), &JobRunner::changed, &loop, ask, Qt::QueuedConnection);
    QTimer::singleShot(0, &loop, ask);
    loop.exec();
}

void print(const char* name, test::StallWatch& watch) {
    const auto p50 = watch.quantile(0.5), p999 = watch.quantile(0.999), most = watch.largest();
    std::printf(
        "%-12s waits for the event loop: wall p50 %6.2f p99.9 %6.2f most %6.2f ms   processor p50 %6.2f "
        "p99.9 %6.2f most "
        "%6.2f ms\n",
        name, p50.wall, p999.wall, most.wall, p50.processor, p999.processor, most.processor);
}

/// Milliseconds from the start of the process to the first picture, by its own trace.
struct Start {
    double wall = -1, processor = -1; ///< negative if the picture did not come
};

Start startWindow(const QString& home) {
    QProcess program;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const char* name : {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"}) {
        environment.insert(QString::fromLatin1(name), home);
    }
    program.setProcessEnvironment(environment);
    program.setReadChannel(QProcess::StandardError);
    program.start(QStringLiteral(MAMBASCOPE_PROGRAM), {QStringLiteral("--startup-trace")});
    Start start;
    while (start.wall < 0 && (program.canReadLine() || program.waitForReadyRead())) {
        const QByteArray line = program.readLine().trimmed();
        if (line.endsWith("window visible")) {
            std::sscanf(line.constData(), "startup %lf ms (%lf", &start.wall, &start.processor);
        }
    }
    program.terminate();
    program.waitForFinished();
    return start;
}

void measureStarts(const QString& home) {
    std::vector<double> wall, processor;
    for (int number = 0; number < kStarts; ++number) {
        const Start start = startWindow(home);
        wall.push_back(start.wall);
        processor.push_back(start.processor);
    }
    std::sort(wall.begin(), wall.end());
    std::sort(processor.begin(), processor.end());
    std::printf(
        "%-12s window visible after: wall p50 %.0f most %.0f ms   processor p50 %.0f most %.0f ms   (%d)\n",
        "start", wall[kStarts / 2], wall.back(), processor[kStarts / 2], processor.back(), kStarts);
}

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    QCoreApplication::setOrganizationName(QStringLiteral("mambascope-bench"));
    const QTemporaryDir folder;
    measureStarts(folder.path());
    Theme theme(&application);
    Workspace workspace({engineFactory(EngineCommand::standard()), folder.path()});
    MainWindow window(workspace, theme);
    window.setAsksBeforeClosing(false);
    window.resize(1600, 1000);
    window.show();
    workspace.openDemo();
    waitFor(workspace, [&] { return workspace.jobs().idle(); });
    if (!workspace.model()) {
        std::fputs("stall_bench: the engine did not open the demo\n", stderr);
        return 1;
    }
    QTimer layers;
    QObject::connect(&layers, &QTimer::timeout, &workspace, [&workspace] {
        workspace.view().setLayer((workspace.view().data().layer + 1) % workspace.spec()->layers);
    });
    layers.start(kLayerMilliseconds);
    {
        test::StallWatch watch;
        workspace.calibrate(workspace.view().data().calibration);
        waitFor(workspace, [&] { return workspace.jobs().idle(); });
        print("calibration", watch);
    }
    workspace.planEditor().edit(presetPlan("SmoothQuant W8A8 α=0.5").value(), QStringLiteral("plan"));
    EvaluationSettings settings = workspace.view().data().evaluation;
    const int limit = QCoreApplication::arguments().value(1).toInt();
    settings.limit = limit > 0 ? limit : 100;
    {
        test::StallWatch watch;
        workspace.evaluate(settings);
        waitFor(workspace, [&] { return workspace.running() == nullptr && workspace.jobs().idle(); });
        print("evaluation", watch);
    }
    {
        test::StallWatch watch;
        QEventLoop loop;
        QTimer::singleShot(5000, &loop, &QEventLoop::quit);
        loop.exec();
        print("no job", watch);
    }
    return 0;
}
