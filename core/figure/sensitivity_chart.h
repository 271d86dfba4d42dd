// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/figure/chart.h"

#include <string>

namespace mambascope {

/// True if a trace is that of a search for how sensitive sites are.
bool isSensitivityTrace(const Json& trace);

/// For every linear, over the layers, in nats a token: how much the loss grows if the plan quantizes that
/// site alone, and how much it falls if the plan leaves that site out. Unreadable if `trace` is no such
/// trace; `what` names it.
Result<Chart> sensitivityChart(const Json& trace, const std::string& what);

} // namespace mambascope
