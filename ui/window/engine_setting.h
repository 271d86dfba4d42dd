// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/service.h"

#include <QString>

namespace mambascope::ui {

/// The engine command that the user has set for this window; empty: the one that is installed.
QString storedEngineCommand();
void storeEngineCommand(const QString& commandLine);

/// The command of a line as the user wrote it; the installed one for an empty line. Usage if it is none.
Result<EngineCommand> engineCommandOf(const QString& commandLine);

/// Starts engines with this command.
EngineService::EngineFactory engineFactory(const EngineCommand& command);

} // namespace mambascope::ui
