// SPDX-License-Identifier: GPL-3.0-or-later
// Takes pictures of the window while it does the main job on the demo with the real engine.
// Usage: mambascope-screenshots FOLDER [LIMIT]; QT_SCALE_FACTOR sets the resolution.
#include "core/engine/client.h"
#include "ui/docks/layers_panel.h"
#include "ui/plots/layer_plot.h"
#include "ui/theme/theme.h"
#include "ui/window/layer_view.h"
#include "ui/window/main_window.h"
#include "ui/window/workspace.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QThread>

#include <cstdio>
#include <functional>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatienceMilliseconds = 600'000;

bool waitFor(const std::function<bool()>& condition) {
    QElapsedTimer clock;
    clock.start();
    while (!condition()) {
        if (clock.elapsed() > kPatienceMilliseconds) {
            return false;
        }
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
        QThread::msleep(5);
    }
    QCoreApplication::processEvents();
    return true;
}

Result<std::unique_ptr<Engine>> startEngine() {
    Result<std::unique_ptr<EngineClient>> client = EngineClient::start(EngineCommand::standard());
    if (!client.ok()) {
        return client.error();
    }
    return std::unique_ptr<Engine>(std::move(client).value());
}

class Photographer {
public:
    Photographer(Workspace& workspace, MainWindow& window, Theme& theme, const QString& folder)
        : m_workspace(workspace)
        , m_window(window)
        , m_theme(theme)
        , m_folder(folder) {}

    void take(const QString& name) {
        for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
            m_theme.setMode(mode);
            QCoreApplication::processEvents();
            const QString file =
                QStringLiteral("%1-%2-%3x%4@%5.png")
                    .arg(name, mode == ThemeMode::Dark ? QStringLiteral("dark") : QStringLiteral("light"))
                    .arg(m_window.width())
                    .arg(m_window.height())
                    .arg(m_window.devicePixelRatioF());
            m_window.grab().save(m_folder.filePath(file));
        }
        m_theme.setMode(ThemeMode::Light);
    }

    bool evaluate(const char* preset, const EvaluationSettings& settings) {
        m_workspace.planEditor().edit(presetPlan(preset).value(), QString::fromLatin1(preset));
        m_workspace.evaluate(settings);
        return waitFor([this] { return m_workspace.running() == nullptr && m_workspace.jobs().idle(); });
    }

private:
    Workspace& m_workspace;
    MainWindow& m_window;
    Theme& m_theme;
    QDir m_folder;
};

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    QCoreApplication::setOrganizationName(QStringLiteral("mambascope-screenshots"));
    const QStringList words = QCoreApplication::arguments();
    if (words.size() < 2) {
        std::fputs("Usage: mambascope-screenshots FOLDER [LIMIT]\n", stderr);
        return 2;
    }
    QDir().mkpath(words[1]);
    const QTemporaryDir sessions;
    Theme theme(&application);
    Workspace workspace({startEngine, sessions.path()});
    MainWindow window(workspace, theme);
    window.setAsksBeforeClosing(false);
    QObject::connect(&workspace, &Workspace::noticed, [](const Notice& notice) {
        std::fprintf(
            stderr, "%s %s %s\n", qPrintable(notice.text), qPrintable(notice.hint),
            qPrintable(notice.details));
    });
    window.resize(1600, 1000);
    window.show();
    Photographer photographer(workspace, window, theme, words[1]);
    photographer.take(QStringLiteral("1-empty"));
    workspace.openDemo();
    if (!waitFor([&] { return workspace.model().has_value() || workspace.jobs().idle(); }) ||
        !workspace.model()) {
        return 1;
    }
    photographer.take(QStringLiteral("2-opened"));
    workspace.calibrate(workspace.view().data().calibration);
    if (!waitFor([&] { return workspace.calibration() != nullptr || workspace.jobs().idle(); }) ||
        !workspace.calibration()) {
        return 1;
    }
    window.layerView()->plot()->setCursor(
        3, workspace.calibration()->at({7, Linear::OutProj}, Side::Input).largestChannel());
    photographer.take(QStringLiteral("3-calibrated"));
    EvaluationSettings settings = workspace.view().data().evaluation;
    settings.limit = words.size() > 2 ? words[2].toInt() : 0;
    for (const char* preset : {"W8A8 input", "SmoothQuant W8A8 α=0.5"}) {
        if (!photographer.evaluate(preset, settings)) {
            return 1;
        }
    }
    photographer.take(QStringLiteral("4-evaluated"));
    workspace.view().setAllLayers(true);
    EvaluationSettings other = settings;
    other.seed = 1;
    workspace.planEditor().edit(presetPlan("W4 (mlp)").value(), QStringLiteral("W4"));
    workspace.evaluate(other);
    if (!waitFor(
            [&] { return workspace.running() == nullptr || workspace.running()->live->get().size() > 1; })) {
        return 1;
    }
    photographer.take(QStringLiteral("6-running"));
    workspace.stop();
    if (!waitFor([&] { return workspace.jobs().idle(); })) {
        return 1;
    }
    workspace.view().setAllLayers(false);
    window.resize(1280, 720);
    QCoreApplication::processEvents();
    photographer.take(QStringLiteral("5-small"));
    window.close();
    return 0;
}
