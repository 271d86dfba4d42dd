// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/theme/theme.h"
#include "ui/window/main_window.h"
#include "ui/window/workspace.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QThread>

#include <functional>

namespace mambascope::test {

inline constexpr int kPatienceMilliseconds = 600'000;

inline bool waitFor(const std::function<bool()>& condition) {
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

/// Takes a picture of the window in both themes.
class Photographer {
public:
    Photographer(ui::MainWindow& window, ui::Theme& theme, const QString& folder)
        : m_window(window)
        , m_theme(theme)
        , m_folder(folder) {}

    void take(const QString& name) { take(name, m_window); }

    /// A dialog of the window.
    void take(const QString& name, QWidget& widget) {
        for (const ui::ThemeMode mode : {ui::ThemeMode::Light, ui::ThemeMode::Dark}) {
            m_theme.setMode(mode);
            for (int turn = 0; turn < 3;
                 ++turn) { // a plot that changes its size needs a second one for its ticks
                QCoreApplication::processEvents();
                QCoreApplication::sendPostedEvents();
            }
            const QString file =
                QStringLiteral("%1-%2-%3x%4@%5.png")
                    .arg(name, mode == ui::ThemeMode::Dark ? QStringLiteral("dark") : QStringLiteral("light"))
                    .arg(widget.width())
                    .arg(widget.height())
                    .arg(widget.devicePixelRatioF());
            widget.grab().save(m_folder.filePath(file));
        }
        m_theme.setMode(ui::ThemeMode::Light);
    }

private:
    ui::MainWindow& m_window;
    ui::Theme& m_theme;
    QDir m_folder;
};

} // namespace mambascope::test
