// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/session.h"

#include <span>
#include <string>

namespace mambascope {

/// The command lines, for a POSIX shell, that make everything in a session again: calibration, every run,
/// search and sweep, and the export. One command a line; what a user wrote is quoted, and never more than a
/// comment where it is none of a command's words. Plain text.
std::string
commandLines(const Session& session, std::span<const Record> searches, std::span<const Record> sweeps);

} // namespace mambascope
