// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/quantization/plan.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// What a sweep runs: plans, and from a recipe file perhaps checkpoints, tasks and the item set.
struct Recipe {
    std::string name;             ///< "paper-table-1", or what a file calls itself
    std::string title;            ///< heading of the tables
    std::vector<QuantPlan> plans; ///< names all different; the first one is what the others are compared with
    std::vector<std::string> checkpoints; ///< of a recipe file; empty: the command line says
    std::string tasks;                    ///< as loadTasks() takes them; empty: the command line says
    std::optional<int> limit;
    std::optional<std::int64_t> seed;
    std::vector<std::string> notes; ///< sentences below the tables
};

/// paper-table-1, paper-table-2, paper-table-3, paper-figure-2, granularity, alpha-grid.
std::vector<std::string> recipeNames();
/// Usage with the names in the hint if there is no such recipe.
Result<Recipe> builtInRecipe(std::string_view name);

/// A recipe file (docs/evaluation.md, section 11): JSON, comments allowed, unknown keys refused by name. Plan
/// and task files are named relative to it. Unreadable with a sentence, also for a plan file that cannot be
/// read.
Result<Recipe> loadRecipe(const std::filesystem::path& file);

/// The recipe file that makes a sweep again, from its results.json: name, title and the plans themselves. Tasks,
/// limit and seed are left to the command line. Unreadable if `results` are none; `what` names them.
Result<OrderedJson> recipeOf(const OrderedJson& results, std::string_view what);

} // namespace mambascope
