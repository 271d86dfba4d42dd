// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sweep/recipe.h"

namespace mambascope {
namespace {

std::string textAt(const OrderedJson& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The member if it is an array that is not empty, else null.
const OrderedJson* listAt(const OrderedJson& json, const char* name) {
    const auto found = json.is_object() ? json.find(name) : json.end();
    return json.is_object() && found != json.end() && found->is_array() && !found->empty() ? &*found
                                                                                           : nullptr;
}

} // namespace

Result<OrderedJson> recipeOf(const OrderedJson& results, std::string_view what) {
    const OrderedJson* checkpoints = listAt(results, "checkpoints");
    const OrderedJson* rows = checkpoints == nullptr ? nullptr : listAt(checkpoints->front(), "plans");
    if (rows == nullptr) {
        return Error::unreadable(std::string(what) + " holds no results of a sweep.");
    }
    OrderedJson recipe{
        {"format", 1}, {"name", textAt(results, "recipe")}, {"title", textAt(results, "title")}};
    for (const OrderedJson& row : *rows) {
        const auto plan = row.is_object() ? row.find("plan") : row.end();
        if (!row.is_object() || plan == row.end() || !plan->is_object()) {
            return Error::unreadable(std::string(what) + " has a row without its plan.");
        }
        recipe["plans"].push_back({{"name", textAt(row, "plan_name")}, {"plan", *plan}});
    }
    return recipe;
}

} // namespace mambascope
