// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/outliers.h"
#include "core/engine/engine.h"
#include "ui/figures/figure_painter.h"
#include "ui/theme/theme.h"
#include "ui/window/language.h"

#include <QString>

namespace mambascope::ui {

/// What the user has chosen for this program, whatever session is open; as it is before that.
struct Preferences {
    ThemeMode theme = ThemeMode::System;
    Language language = Language::System; ///< takes effect at the next start
    bool reducedMotion = false;           ///< nothing slides or fades
    bool asksBeforeClosing = true;        ///< when a job runs
    QString engineCommand;                ///< empty: the engine that is installed
    QString device = QStringLiteral("auto");
    QString dtype = QStringLiteral("f32");
    int threads = 0; ///< 0: as many as the engine may use cores
    // What new sessions begin with.
    OutlierRule rule = OutlierRule::ChannelSpread;
    double k = 6;
    QString dataFolder; ///< of the tasks
    int reuseMegabytes = kAutomaticReuse;
    FigureExportOptions figure;
};

/// As it is kept in the user's settings; what cannot be read there is as in Preferences{}.
Preferences storedPreferences();
void storePreferences(const Preferences& preferences);

} // namespace mambascope::ui
