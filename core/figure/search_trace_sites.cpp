// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/search_trace_sites.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mambascope {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::optional<TracedSite>
tracedSite(const std::string& name, const Json& json, const std::vector<std::string>& candidates) {
    const auto site = parseSite(name);
    if (!site || !json.is_object() || !json.contains("errors") || !json["errors"].is_array() ||
        json["errors"].size() != candidates.size() || !json.contains("chosen") ||
        !json["chosen"].is_string()) {
        return std::nullopt;
    }
    TracedSite traced{*site, {}, 0};
    const auto chosen = std::ranges::find(candidates, json["chosen"].get<std::string>());
    if (chosen == candidates.end()) {
        return std::nullopt;
    }
    traced.chosen = static_cast<std::size_t>(chosen - candidates.begin());
    for (const Json& error : json["errors"]) {
        traced.errors.push_back(error.is_number() ? error.get<double>() : kMissing);
    }
    return traced;
}

bool hasSites(const Json& trace) {
    return trace.is_object() && trace.contains("sites") && trace["sites"].is_object() &&
           !trace["sites"].empty();
}

} // namespace

double tracedNumber(const Json& object, const char* member) {
    const auto found = object.is_object() ? object.find(member) : object.end();
    return object.is_object() && found != object.end() && found->is_number() ? found->get<double>()
                                                                             : kMissing;
}

std::optional<TracedChoice> tracedChoice(const Json& trace) {
    if (!hasSites(trace) || !trace.contains("candidates") || !trace["candidates"].is_array() ||
        trace["candidates"].empty()) {
        return std::nullopt;
    }
    TracedChoice choice;
    for (const Json& candidate : trace["candidates"]) {
        if (!candidate.is_string()) {
            return std::nullopt;
        }
        choice.candidates.push_back(candidate.get<std::string>());
    }
    for (const auto& [name, json] : trace["sites"].items()) {
        const auto site = tracedSite(name, json, choice.candidates);
        if (!site) {
            return std::nullopt;
        }
        choice.sites.push_back(*site);
    }
    std::ranges::sort(choice.sites, {}, &TracedSite::site);
    return choice;
}

std::optional<std::vector<TracedLoss>> tracedLosses(const Json& trace) {
    if (!hasSites(trace) || !trace.contains("baseline") || !trace.contains("plan")) {
        return std::nullopt;
    }
    const double baseline = tracedNumber(trace, "baseline"), plan = tracedNumber(trace, "plan");
    std::vector<TracedLoss> losses;
    for (const auto& [name, json] : trace["sites"].items()) {
        const auto site = parseSite(name);
        if (!site || !json.is_object() || (!json.contains("only") && !json.contains("without"))) {
            return std::nullopt;
        }
        losses.push_back(
            {*site, tracedNumber(json, "only") - baseline, plan - tracedNumber(json, "without")});
    }
    std::ranges::sort(losses, {}, &TracedLoss::site);
    return losses;
}

} // namespace mambascope
