// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/model/site.h"

#include <optional>
#include <string>
#include <vector>

namespace mambascope {

/// Errors of one site by candidate, and which was chosen.
struct TracedSite {
    SiteId site;
    std::vector<double> errors; ///< not finite where they were not
    std::size_t chosen = 0;     ///< index of a candidate
};

/// The part of a trace that searches for α and bits have.
struct TracedChoice {
    std::vector<std::string> candidates;
    std::vector<TracedSite> sites; ///< ascending, one or more
};
/// Nothing if `trace` has no such part, or one that contradicts itself.
std::optional<TracedChoice> tracedChoice(const Json& trace);

/// What a site alone does to the loss, as a search for sensitivity measures it, in nats a token; not finite
/// where it was not measured.
struct TracedLoss {
    SiteId site;
    double added = 0; ///< by this site alone, over the unquantized model
    double saved = 0; ///< by the plan without this site
};
/// By site, ascending; nothing if `trace` has no such part, or one that contradicts itself.
std::optional<std::vector<TracedLoss>> tracedLosses(const Json& trace);

/// The number in a member of an object; not finite if there is none.
double tracedNumber(const Json& object, const char* member);

} // namespace mambascope
