// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/medium.h"

#include <span>

namespace mambascope {

/// The sweeps of a session as HTML, one after another: recipe, checkpoints and items, the table of plans and
/// tasks (shares in per cent with their 95 % interval and the paired difference to the first plan), its
/// figure, and its notes. A record that is no sweep says so. Nothing if there are none.
std::string sweepsSection(std::span<const Record> sweeps, const Medium& medium);

/// "Sweep 2: Table 1". Plain text.
std::string sweepTitle(const Record& sweep);

} // namespace mambascope
