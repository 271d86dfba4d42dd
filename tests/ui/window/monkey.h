// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/window/main_window.h"

#include <QObject>
#include <QString>

#include <random>
#include <vector>

namespace mambascope::ui {
class Theme;
class Workspace;
} // namespace mambascope::ui

namespace mambascope::test {

/// Does at random what somebody could do to the window with mouse, keyboard and menus, and starts and stops
/// jobs on the demo. Dialogs and menus that wait for an answer get a random one; file dialogs are given up,
/// so that nothing is written but `folder`. The same seed does the same, as far as the jobs take the same
/// time.
class Monkey : public QObject {
    Q_OBJECT
public:
    Monkey(ui::MainWindow& window, ui::Workspace& workspace, ui::Theme& theme, unsigned seed, QString folder);

    /// Does one thing, waits until the events are handled, and says what it was.
    QString act();

private:
    int below(int count); ///< uniform in [0, count)
    bool one(int in) { return below(in) == 0; }
    QWidget* anyWindow();
    QPoint anyPoint(const QWidget& widget);

    QString triggerAction();
    QString pressKey();
    QString click();
    QString drag();
    QString scroll();
    QString resizeWindow();
    QString undoOrRedo();
    QString editPlan();
    QString changeTheme();
    QString changeDock();
    QString work();
    QString openAgain();
    QString closeDialogs();

    void answer();
    void answerDialog(QWidget& dialog);

    ui::MainWindow& m_window;
    ui::Workspace& m_workspace;
    ui::Theme& m_theme;
    QString m_folder;
    std::mt19937 m_random;
    int m_exports = 0;
    bool m_acting = false;
};

} // namespace mambascope::test
