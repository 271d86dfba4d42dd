// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

namespace mambascope::ui {

/// `mambascope report SESSION -o FILE`: writes the report of a session as PDF or HTML, without a window.
/// `arguments` are those after "report". Writes errors to standard error and returns the exit status: 0 done,
/// 1 failed, 2 usage, 3 unreadable input. Needs a QGuiApplication (the platform may be "offscreen").
int runReportCommand(const QStringList& arguments);

} // namespace mambascope::ui
