// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

namespace mambascope::ui {

/// `mambascope figure CALIBRATION --layer N -o FILE…`: renders the figure of one layer to files, without a
/// window. `arguments` are those after "figure". CALIBRATION is a calibration file or a session (its newest
/// calibration). Writes errors to standard error and returns the exit status: 0 done, 1 failed, 2 usage, 3
/// unreadable input. Needs a QGuiApplication (the platform may be "offscreen"), except for --help.
int runFigureCommand(const QStringList& arguments);

} // namespace mambascope::ui
