// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <string>

namespace mambascope::ui {

inline constexpr int kRecentFiles = 10;

/// A file name in `folder` that does not exist yet: "<name>-2026-05-17.mscope", with a number if there is one
/// already.
QString newSessionFile(const QString& folder, const QString& name);

/// Where sessions are created that the user gave no place for.
QString standardSessionsFolder();

/// The files opened last (sessions, calibrations, activation scales), newest first, at most kRecentFiles;
/// kept in the user's settings.
QStringList recentFiles();
void rememberFile(const QString& file);
void forgetRecentFiles();

/// The tokenizer.json that the user chose for a checkpoint without one, by the checkpoint's hash; empty if
/// none. Kept in the user's settings.
QString chosenTokenizer(const std::string& checkpointHash);
void rememberTokenizer(const std::string& checkpointHash, const QString& file);

} // namespace mambascope::ui
