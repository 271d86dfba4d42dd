// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/medium.h"

#include <span>

namespace mambascope {

/// The searches of a session as HTML, one after another: what was searched from which plan on what text, a
/// table of what was found, its figure, and every site in an appendix. A record that is no trace says so.
/// Nothing if there are none.
std::string searchesSection(std::span<const Record> searches, const Medium& medium);

/// "Search 3: bits of every site". Plain text.
std::string searchTitle(const Record& search);

} // namespace mambascope
