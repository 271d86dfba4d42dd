// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace mambascope::ui {

inline constexpr int kRecentSessions = 10;

/// A file name in `folder` that does not exist yet: "<name>-2026-05-17.mscope", with a number if there is one
/// already.
QString newSessionFile(const QString& folder, const QString& name);

/// Where sessions are created that the user gave no place for.
QString standardSessionsFolder();

/// The sessions opened last, newest first, at most kRecentSessions; kept in the user's settings.
QStringList recentSessions();
void rememberSession(const QString& file);
void forgetRecentSessions();

} // namespace mambascope::ui
