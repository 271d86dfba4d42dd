// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sweep/recipe.h"

#include <array>
#include <span>

namespace mambascope {
namespace {

constexpr std::array kPaperPlans{"baseline", "W8 (mlp)",   "W8 (all)",  "W4 (mlp)",
                                 "W4 (all)", "W8A8 (mlp)", "W8A8 (all)"};
constexpr std::array kZeroing{"baseline",         "zero outliers in",  "zero outliers x",
                              "zero outliers dt", "zero outliers out", "zero outliers all"};
constexpr std::array kGranularity{
    "baseline",   "W8 (mlp)",     "W8 channel", "W8 group:128",           "W4 (mlp)",
    "W4 channel", "W4 group:128", "W8A8 input", "W8A8 input per-channel", "W8A8 input group:128"};

constexpr const char* kScopeNote = "The paper does not define (mlp) and (all). Here mlp is the weights of "
                                   "the four linears; all is those, the convolution, "
                                   "A_log and D, the embedding and the head.";

void addPresets(Recipe& recipe, std::span<const char* const> names) {
    for (const char* name : names) {
        recipe.plans.push_back(presetPlan(name).value()); // every name is one of presetNames()
    }
}

void paperTable1(Recipe& recipe) {
    recipe.title = "Weights and activations quantized per tensor (Mamba-PTQ, Table 1)";
    addPresets(recipe, kPaperPlans);
    recipe.notes = {
        kScopeNote, "Activations are the outputs of the four linears, scales are static; the paper's \"4-bit "
                    "activation\" for W8A8 "
                    "(section 3.2) is a slip."};
}

void paperTable2(Recipe& recipe) {
    recipe.title = "Outlier channels zeroed, by kind of linear (Mamba-PTQ, Table 2)";
    addPresets(recipe, kZeroing);
    recipe.notes = {
        "A channel is an outlier if its calibrated absmax is more than 6 standard deviations above the mean "
        "of its layer's "
        "channels; its column of the linear's input is zeroed. Of x_proj only the linear's copy is."};
}

void paperTable3(Recipe& recipe) {
    recipe.title = "Quantization across model sizes (Mamba-PTQ, Table 3)";
    addPresets(recipe, kPaperPlans);
    recipe.notes = {kScopeNote};
}

void paperFigure2(Recipe& recipe) {
    recipe.title = "Average accuracy by model size (Mamba-PTQ, Figure 2)";
    addPresets(recipe, kPaperPlans);
    recipe.notes = {kScopeNote};
}

void granularity(Recipe& recipe) {
    recipe.title = "Granularity of weight scales";
    addPresets(recipe, kGranularity);
}

void alphaGrid(Recipe& recipe) {
    recipe.title = "SmoothQuant W8A8 by migration strength";
    constexpr std::array kPlain{"baseline", "W8A8 input"};
    addPresets(recipe, kPlain);
    for (int tenths = 0; tenths <= 10; ++tenths) {
        const std::string alpha = tenths == 10 ? "1" : tenths == 0 ? "0" : "0." + std::to_string(tenths);
        recipe.plans.push_back(presetPlan("SmoothQuant W8A8 α=" + alpha).value());
    }
}

struct BuiltIn {
    const char* name;
    void (*fill)(Recipe&);
};
constexpr std::array kBuiltIn{BuiltIn{"paper-table-1", paperTable1}, BuiltIn{"paper-table-2", paperTable2},
                              BuiltIn{"paper-table-3", paperTable3}, BuiltIn{"paper-figure-2", paperFigure2},
                              BuiltIn{"granularity", granularity},   BuiltIn{"alpha-grid", alphaGrid}};

} // namespace

std::vector<std::string> recipeNames() {
    std::vector<std::string> names;
    for (const BuiltIn& recipe : kBuiltIn) {
        names.emplace_back(recipe.name);
    }
    return names;
}

Result<Recipe> builtInRecipe(std::string_view name) {
    std::string known;
    for (const BuiltIn& candidate : kBuiltIn) {
        if (name == candidate.name) {
            Recipe recipe;
            recipe.name = candidate.name;
            candidate.fill(recipe);
            return recipe;
        }
        known += std::string(candidate.name) + ", ";
    }
    return Error::usage(
        "There is no recipe \"" + std::string(name) + "\".",
        "Recipes are " + known + "and recipe files (*.json).");
}

} // namespace mambascope
