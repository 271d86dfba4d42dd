// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/window/main_window.h"

#include <QAction>
#include <QMenu>

#include <utility>
#include <vector>

namespace mambascope::ui {

/// Of saveState(): layouts with other docks than these are not restored.
inline constexpr int kLayoutVersion = 1;

/// The window's actions that somebody enables, disables or puts on the tool bar.
struct MainWindow::Actions {
    QAction* open = nullptr;
    QAction* saveCopy = nullptr;
    QAction* undo = nullptr;
    QAction* redo = nullptr;
    QAction* calibrate = nullptr;
    QAction* evaluate = nullptr;
    QAction* evaluateNow = nullptr;
    QAction* search = nullptr;
    QAction* searches = nullptr;
    QAction* stop = nullptr;
    QAction* exportFigure = nullptr;
    QAction* exportOverview = nullptr;
    QAction* printFigure = nullptr;
    std::vector<QAction*> middles;    ///< by Middle
    std::vector<QAction*> colourMaps; ///< by ColourMap
    QAction* copyFigure = nullptr;
    QAction* exportCheckpoint = nullptr;
    QAction* exportReport = nullptr;
    QAction* importCalibration = nullptr;
    QAction* close = nullptr;
    QAction* tokenizer = nullptr;
    QAction* useRun = nullptr;
    QAction* removeRun = nullptr;
    QAction* compareRuns = nullptr;
    QAction* goTo = nullptr;
    QMenu* recent = nullptr;
    QMenu* cached = nullptr;
    QMenu* layouts = nullptr;
    std::vector<QAction*> themes;    ///< by ThemeMode
    std::vector<QAction*> languages; ///< by Language
    QAction* resetLayout = nullptr;
    std::vector<std::pair<QAction*, QString>> icons; ///< to be drawn again in another theme
};

} // namespace mambascope::ui
