// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/search/plan_search.h"

#include <QString>

namespace mambascope::ui {

/// What a search for `target` does, as the title of a job.
QString searchTitle(SearchTarget target);
/// What a searchTrace() was looking for: "α", "4.5 bits on average", "sensitivity".
QString searchName(const Json& trace);
/// What it found, in a sentence; empty if it is no trace.
QString foundText(const Json& trace);

} // namespace mambascope::ui
