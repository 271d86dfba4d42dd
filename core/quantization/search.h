// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/model/model.h"
#include "core/quantization/plan.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mambascope {

// Searches over plans, as pure functions: they say which plans to measure, and choose from what was measured.
// Errors are [plan][site index], the smaller the better; those that are not finite are never chosen.

/// `base` with each of `grid` as the migration strength of every site, and one without smoothing at the end.
std::vector<QuantPlan> alphaCandidates(const QuantPlan& base, std::span<const double> grid);

/// What a search chose for one site and what it had to choose from.
struct SearchedSite {
    SiteId site;
    std::vector<double> errors; ///< by candidate
    std::size_t chosen = 0;     ///< index of a candidate
};

struct SearchResult {
    QuantPlan plan;
    std::vector<std::string> candidates; ///< "0.5", "off"; or bits
    std::vector<SearchedSite> sites;
};

/// For every site the α with the smallest error; of equals the first, so that smoothing is only left out
/// where it does harm. `errors` belong to alphaCandidates(base, grid). Usage if `base` quantizes nothing:
/// every α would do equally well.
Result<SearchResult> chooseAlpha(
    const ModelSpec& spec, const QuantPlan& base, std::span<const double> grid,
    const std::vector<std::vector<double>>& errors);

/// `base` with each of `bits` as the bits of every site's weight; all else stays. `bits` descends.
std::vector<QuantPlan> bitCandidates(const QuantPlan& base, std::span<const int> bits);

/// Bits of every site's weight under a budget: those with which the sites' `losses` add up to the least (the errors
/// themselves if there are none). Exact, by dynamic programming, as long as the budget is no more than 2^17 times the
/// largest number of values that divides every weight's; else every weight counts a little more than it is.
/// `errors` and `losses` belong to bitCandidates(base, bits), `averageBits` is over the weights of all sites. Usage if
/// even the fewest bits do not fit.
Result<SearchResult> allocateBits(
    const ModelSpec& spec, const QuantPlan& base, std::span<const int> bits,
    const std::vector<std::vector<double>>& errors, const std::vector<std::vector<double>>& losses,
    double averageBits);

/// Usage if there are no bits, or the fewest of them, which stand last, are more than the budget.
Result<void> checkBudget(std::span<const int> bits, double averageBits);

/// `base` with what a search for α or bits chose for every site; all else stays. `trace` is searchTrace() of that search,
/// whatever plan it started from. Usage if it was a search that chooses nothing, Unreadable if it is no trace.
Result<QuantPlan> planOfTrace(const QuantPlan& base, const Json& trace);

/// Mean bits of the weights of all sites under a plan (unquantized: 16; FP8: 8; MXFP4 and NVFP4 with their
/// block scales: 4.25 and 4.5). Scales of tensors, rows and groups are not counted.
double averageWeightBits(const ModelSpec& spec, const QuantPlan& plan);
/// Values of the weights of all sites.
std::int64_t siteWeightCount(const ModelSpec& spec);

/// For sensitivity analysis: only `site` as `plan` wants it, everything else unquantized; and everything but
/// `site`.
QuantPlan onlySite(const QuantPlan& plan, SiteId site);
QuantPlan withoutSite(const QuantPlan& plan, SiteId site);

/// The trace of a search: candidates, and for every site its errors and what was chosen.
OrderedJson toJson(const SearchResult& result);

} // namespace mambascope
