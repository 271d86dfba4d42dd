// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/engine/engine.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace mambascope {

/// What is looked for.
enum class SearchTarget {
    Alpha,       ///< every site's migration strength, by the error of its linear's output
    Bits,        ///< every site's weight bits under a budget
    Sensitivity, ///< nothing: what each site by itself does to the loss
};
std::string_view searchTargetName(SearchTarget target); ///< "alpha", "bits", "sensitivity"
std::optional<SearchTarget> parseSearchTarget(std::string_view text);

/// Everything that determines what a search finds. Members that other targets have are not looked at.
struct PlanSearch {
    SearchTarget target = SearchTarget::Alpha;
    QuantPlan plan; ///< what the search starts from
    /// Null if neither the plan nor its candidates need one.
    std::shared_ptr<const CalibrationSnapshot> calibration;
    std::vector<std::vector<std::int32_t>> windows; ///< token ids to measure on, two or more in each
    std::vector<double> grid;                       ///< Alpha: the candidates, from 0 to 1
    std::vector<int> bits;                          ///< Bits: the candidates, descending
    double averageBits = 0;                         ///< Bits: the budget, mean over the weights of all sites
    /// Bits: also measure what each site's bits do to the model's predictions, a pass for each site and
    /// candidate.
    bool weighted = false;
    bool only =
        true; ///< Sensitivity: measure with one site at a time as the plan wants it, all else in floats
    bool without = true; ///< Sensitivity: measure with one site at a time left in floats
};

struct PlanSearchResult {
    QuantPlan plan; ///< the best; Sensitivity: the one that the search started from
    /// For searchTrace(). Alpha: toJson() of the SearchResult, of every site `before`, its error under the
    /// plan as it was, and the means over the sites of the relative errors' roots, `error_before` and
    /// `error_after`. Bits: toJson() of the SearchResult, `budget_bits`, `average_bits`, `chosen`, and of
    /// every allocation its `loss`, `divergence` and `average_bits`; of every site `divergences` by candidate
    /// if they were measured. Sensitivity: `baseline` and `plan`, mean losses in nats a token, and of every
    /// site `only` and `without`, null if not measured.
    OrderedJson measured;
};

/// Runs a search on an engine that has the model loaded (the quantization specification, Searches). Progress
/// counts passes over the windows, for sites' errors what the engine counts. Usage if the plan has nothing to
/// search, a window is too short, or the budget is below the fewest bits; Cancelled, within a batch, if the
/// job is stopped; else what the engine fails with.
Result<PlanSearchResult>
searchPlan(Engine& engine, const ModelSpec& spec, const PlanSearch& search, const Job& job);

/// The average bits of the sites' weights that so many bytes of them are.
double averageBitsOfBytes(const ModelSpec& spec, std::int64_t bytes);
/// Passes over the windows that a search takes beside those for the sites' errors.
std::int64_t searchPasses(const ModelSpec& spec, const PlanSearch& search);

} // namespace mambascope
