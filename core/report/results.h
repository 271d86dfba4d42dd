// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/session/session.h"

#include <string>

namespace mambascope {

/// Which way the table of results runs.
enum class RunsAre { Columns, Rows };

/// The results of a session's runs as HTML: a table of tasks and runs (shares in per cent with their 95 %
/// Wilson interval), and for every run but the baseline what its plan changes and how its answers differ from
/// the baseline's.
Result<std::string> resultsSection(const Session& session, RunsAre runsAre);

} // namespace mambascope
