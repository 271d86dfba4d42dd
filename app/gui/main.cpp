// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/options.h"
#include "app/gui/startup_trace.h"
#include "core/engine/client.h"
#include "ui/figures/figure_command.h"
#include "ui/report/report_command.h"
#include "ui/theme/theme.h"
#include "ui/window/engine_setting.h"
#include "ui/window/language.h"
#include "ui/window/main_window.h"
#include "ui/window/preferences.h"
#include "ui/window/session_files.h"
#include "ui/window/workspace.h"

#include <QApplication>
#include <QFileInfo>
#include <QLocale>
#include <QTimer>

#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace mambascope;

/// argv for Qt: the program's name and the options that are Qt's.
class QtArguments {
public:
    QtArguments(const char* program, const std::vector<std::string>& options)
        : m_words(options) {
        m_words.insert(m_words.begin(), program);
        for (std::string& word : m_words) {
            m_pointers.push_back(word.data());
        }
        m_count = static_cast<int>(m_pointers.size());
        m_pointers.push_back(nullptr);
    }
    int& count() { return m_count; }
    char** values() { return m_pointers.data(); }

private:
    std::vector<std::string> m_words;
    std::vector<char*> m_pointers;
    int m_count = 0;
};

void nameApplication() {
    QCoreApplication::setOrganizationName(QStringLiteral("mambascope"));
    QCoreApplication::setApplicationName(QStringLiteral("mambascope"));
    QCoreApplication::setApplicationVersion(QStringLiteral(MAMBASCOPE_VERSION));
}

int runVerb(const GuiOptions& options, const char* program) {
    QtArguments arguments(program, options.forQt);
    const QGuiApplication application(arguments.count(), arguments.values());
    nameApplication();
    QLocale::setDefault(QLocale::c()); // files are the same on every desktop
    QStringList words;
    for (const std::string& word : options.verbArguments) {
        words.append(QString::fromStdString(word));
    }
    return options.verb == "figure" ? ui::runFigureCommand(words) : ui::runReportCommand(words);
}

/// --engine, else what the environment says, else what the user has set, else the installed one.
Result<EngineCommand> engineCommand(const GuiOptions& options) {
    if (!options.engine.empty()) {
        return EngineCommand::parse(options.engine);
    }
    return ui::engineCommandOf(
        qEnvironmentVariableIsEmpty("MAMBASCOPE_ENGINE") ? ui::storedEngineCommand() : QString());
}

void openFirst(ui::Workspace& workspace, const GuiOptions& options) {
    const QString session = QString::fromStdString(options.session);
    if (!session.isEmpty() && QFileInfo::exists(session)) {
        workspace.openSession(session);
    } else if (!session.isEmpty()) {
        workspace.setNextSessionFile(session);
    }
    for (const std::string& file : options.files) {
        workspace.open(QString::fromStdString(file));
    }
    if (!options.files.empty() || workspace.session() != nullptr) {
        return;
    }
    const QStringList recent = ui::recentFiles();
    if (!session.isEmpty()) {
        workspace.openDemo();
    } else if (!recent.isEmpty() && QFileInfo::exists(recent.first())) {
        workspace.open(recent.first());
    }
}

void traceEngine(ui::Workspace& workspace, const StartupTrace& trace) {
    QObject::connect(
        &workspace.jobs(), &ui::JobRunner::changed, &workspace, [&workspace, &trace, said = false]() mutable {
            const EngineState state = workspace.jobs().service().state();
            if (!said && (state == EngineState::Ready || state == EngineState::Busy)) {
                said = true;
                trace.mark("engine ready");
            }
        });
}

int runWindow(const GuiOptions& options, const char* program, const StartupTrace& trace) {
    QtArguments arguments(program, options.forQt);
    QApplication application(arguments.count(), arguments.values());
    nameApplication();
    QGuiApplication::setDesktopFileName(QStringLiteral("io.github.mambascope.Mambascope"));
    trace.mark("application created");
    const Result<EngineCommand> command = engineCommand(options); // read with the application's name
    if (!command.ok()) {
        std::fprintf(stderr, "mambascope: %s\n", describe(command.error()).c_str());
        return exitStatus(command.error());
    }
    ui::installLanguage(application);
    ui::Theme theme(&application);
    const ui::Preferences preferences = ui::storedPreferences();
    theme.setMode(preferences.theme);
    ui::Workspace workspace(ui::WorkspaceOptions{
        ui::engineFactory(command.value()), ui::standardSessionsFolder(),
        options.device.value_or(preferences.device.toStdString()),
        options.dtype.value_or(preferences.dtype.toStdString()), options.threads.value_or(preferences.threads),
        command.value()});
    ui::MainWindow window(workspace, theme);
    if (options.startupTrace) {
        traceEngine(workspace, trace);
    }
    // Nothing that takes time happens before the first paint; the engine starts behind the window.
    window.setAboutToOpen(true);
    QObject::connect(&window, &ui::MainWindow::painted, &workspace, [&window, &workspace, &options, &trace] {
        trace.mark("window visible");
        QTimer::singleShot(0, &workspace, [&window, &workspace, &options] {
            workspace.jobs().service().warmUp();
            openFirst(workspace, options);
            window.setAboutToOpen(false);
        });
    });
    window.show();
    return QApplication::exec();
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    const mambascope::Result<GuiOptions> options = parseGuiOptions(words);
    if (!options.ok()) {
        std::fprintf(stderr, "mambascope: %s\n", describe(options.error()).c_str());
        return exitStatus(options.error());
    }
    const StartupTrace trace(options.value().startupTrace);
    if (options.value().help) {
        std::fputs(guiHelp().c_str(), stdout);
        return 0;
    }
    if (options.value().version) {
        std::puts("mambascope " MAMBASCOPE_VERSION);
        return 0;
    }
    const char* program = argc > 0 ? argv[0] : "mambascope";
    return options.value().verb.empty() ? runWindow(options.value(), program, trace)
                                        : runVerb(options.value(), program);
}
