// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace mambascope::ui {

/// The folder that the user last opened or saved something in: file dialogs begin there. Home before that.
QString lastFolder();
/// File dialogs begin in the folder of `path` from now on, also after a restart.
void rememberFolder(const QString& path);

} // namespace mambascope::ui
