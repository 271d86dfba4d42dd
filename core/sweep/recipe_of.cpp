// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sweep/recipe.h"

#include "core/base/record_values.h"

namespace mambascope {
namespace {

/// The member if it is an array that is not empty, else null.
const OrderedJson* listAt(const OrderedJson& json, const char* name) {
    const OrderedJson& list = record::member(json, name);
    return list.is_array() && !list.empty() ? &list : nullptr;
}

} // namespace

Result<OrderedJson> recipeOf(const OrderedJson& results, std::string_view what) {
    const OrderedJson* checkpoints = listAt(results, "checkpoints");
    const OrderedJson* rows = checkpoints == nullptr ? nullptr : listAt(checkpoints->front(), "plans");
    if (rows == nullptr) {
        return Error::unreadable(std::string(what) + " holds no results of a sweep.");
    }
    OrderedJson recipe{
        {"format", 1}, {"name", record::text(results, "recipe")}, {"title", record::text(results, "title")}};
    for (const OrderedJson& row : *rows) {
        const OrderedJson& plan = record::member(row, "plan");
        if (!plan.is_object()) {
            return Error::unreadable(std::string(what) + " has a row without its plan.");
        }
        recipe["plans"].push_back({{"name", record::text(row, "plan_name")}, {"plan", plan}});
    }
    return recipe;
}

} // namespace mambascope
