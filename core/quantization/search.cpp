// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/search.h"

#include "core/base/number_text.h"
#include "core/quantization/settings.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace mambascope {
namespace {

SitePatch alphaPatch(std::optional<double> alpha) {
    SitePatch patch;
    patch.alpha.emplace(alpha);
    return patch;
}

SitePatch bitsPatch(int bits) {
    SitePatch patch;
    patch.weightBits = bits;
    patch.weightFormat = NumberFormat::Int;
    return patch;
}

double usable(double error) {
    return std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
}

std::vector<double> errorsAt(const std::vector<std::vector<double>>& errors, SiteId site) {
    std::vector<double> at;
    for (const std::vector<double>& ofPlan : errors) {
        at.push_back(ofPlan[static_cast<std::size_t>(site.index())]);
    }
    return at;
}

std::int64_t weightCount(const ModelSpec& spec, SiteId site) {
    return std::int64_t{spec.inputs(site.linear)} * spec.outputs(site.linear);
}

double bitsOf(const SiteSettings& settings) {
    switch (settings.weightFormat) {
    case NumberFormat::Fp8E4M3:
    case NumberFormat::Fp8E5M2:
        return 8;
    case NumberFormat::MxFp4:
        return 4 + 8.0 / 32;
    case NumberFormat::NvFp4:
        return 4 + 8.0 / 16;
    case NumberFormat::Int:
        break;
    }
    return settings.weightBits;
}

/// A site in the knapsack.
struct Item {
    SearchedSite searched;
    std::int64_t count = 0;     ///< values of its weight
    std::vector<double> losses; ///< by candidate
};

/// Chooses for every item the candidate with which the losses add up to the least while count · bits add up to no more
/// than `budget`: dynamic programming over the bits used, in units that divide every count, or, so that there are not
/// too many of them, in coarser ones that every item is rounded up to. False if the fewest bits do not fit.
bool fillKnapsack(std::vector<Item>& items, std::span<const int> bits, double budget) {
    constexpr double kMostUnits = 1 << 17, kWorst = 1e100; // more than any loss, and its sums are finite
    std::int64_t unit = 0;
    double fewest = 0;
    for (Item& item : items) {
        item.searched.chosen = bits.size() - 1;
        unit = std::gcd(unit, item.count);
        fewest += static_cast<double>(item.count) * bits.back();
    }
    if (items.empty() || fewest > budget) {
        return items.empty();
    }
    budget = std::min(budget, fewest / bits.back() * bits.front());
    unit = std::max(unit, static_cast<std::int64_t>(std::ceil(budget / kMostUnits)));
    const auto capacity = static_cast<std::size_t>(budget / static_cast<double>(unit));
    std::vector<double> least(capacity + 1, 0.0); // by the units that may be used
    std::vector<std::vector<std::uint8_t>> choices;
    for (const Item& item : items) {
        std::vector<double> with(capacity + 1, std::numeric_limits<double>::infinity());
        std::vector<std::uint8_t> chosen(capacity + 1);
        for (std::size_t c = 0; c < bits.size(); ++c) {
            const auto used = static_cast<std::size_t>((item.count + unit - 1) / unit * bits[c]);
            const double loss = std::min(item.losses[c], kWorst);
            for (std::size_t u = used; u <= capacity; ++u) {
                if (least[u - used] + loss < with[u]) {
                    with[u] = least[u - used] + loss;
                    chosen[u] = static_cast<std::uint8_t>(c);
                }
            }
        }
        least = std::move(with);
        choices.push_back(std::move(chosen));
    }
    if (std::isinf(least[capacity])) {
        return true; // only rounded up the fewest bits do not fit
    }
    std::size_t left = capacity;
    for (std::size_t i = items.size(); i-- > 0;) {
        const std::size_t chosen = choices[i][left];
        items[i].searched.chosen = chosen;
        left -= static_cast<std::size_t>((items[i].count + unit - 1) / unit * bits[chosen]);
    }
    return true;
}

Error tooSmall(double averageBits, int fewest) {
    return Error::usage(
        "The budget of " + shortestText(averageBits) + " bits a weight is below the fewest bits searched, " +
            std::to_string(fewest) + ".",
        "Raise the budget, or search fewer bits.");
}

/// A candidate of a trace: "0.5" or "off" as α, "4" as bits. Nothing if it is none.
std::optional<SitePatch> candidatePatch(const Json& json, bool alpha) {
    if (!json.is_string()) {
        return std::nullopt;
    }
    const auto text = json.get<std::string>();
    if (alpha && text == "off") {
        return alphaPatch(std::nullopt);
    }
    const auto value = parseNumber(text);
    if (!value) {
        return std::nullopt;
    }
    if (alpha) {
        return *value >= 0 && *value <= 1 ? std::optional(alphaPatch(*value)) : std::nullopt;
    }
    const bool width = *value >= 2 && *value <= 8 && *value == std::floor(*value);
    return width ? std::optional(bitsPatch(static_cast<int>(*value))) : std::nullopt;
}

/// What the trace of a search says that was chosen, by site. Nothing if one of them is not understood.
std::optional<std::map<SiteId, SitePatch>> chosenIn(const Json& trace, bool alpha) {
    const auto sites = trace.find("sites");
    if (sites == trace.end() || !sites->is_object() || sites->empty()) {
        return std::nullopt;
    }
    std::map<SiteId, SitePatch> patches;
    for (const auto& [name, json] : sites->items()) {
        const auto site = parseSite(name);
        const bool says = site && json.is_object() && json.contains("chosen");
        const auto patch = says ? candidatePatch(json["chosen"], alpha) : std::nullopt;
        if (!patch) {
            return std::nullopt;
        }
        patches[*site] = *patch;
    }
    return patches;
}

} // namespace

std::vector<QuantPlan> alphaCandidates(const QuantPlan& base, std::span<const double> grid) {
    std::vector<QuantPlan> plans;
    for (const double alpha : grid) {
        plans.push_back(base);
        plans.back().set({}, alphaPatch(alpha));
    }
    plans.push_back(base);
    plans.back().set({}, alphaPatch(std::nullopt));
    return plans;
}

Result<SearchResult> chooseAlpha(
    const ModelSpec& spec, const QuantPlan& base, std::span<const double> grid,
    const std::vector<std::vector<double>>& errors) {
    assert(errors.size() == grid.size() + 1);
    const std::vector<SiteId> sites = spec.sites();
    const bool quantizes = std::any_of(sites.begin(), sites.end(), [&](SiteId site) {
        const SiteSettings settings = base.at(site);
        return settings.quantizesActivations() || (base.groups.linear && settings.quantizesWeights());
    });
    if (!quantizes) {
        return Error::usage(
            "The plan quantizes no linear, so every α would do equally well.",
            "Start from a plan with weight or activation bits, e.g. the preset \"W8A8 input\".");
    }
    SearchResult result;
    for (const double alpha : grid) {
        result.candidates.push_back(shortestText(alpha));
    }
    result.candidates.emplace_back("off");
    result.plan = base;
    result.plan.set({}, alphaPatch(std::nullopt));
    for (const SiteId site : sites) {
        SearchedSite searched{site, errorsAt(errors, site), 0};
        for (std::size_t i = 1; i < searched.errors.size(); ++i) {
            if (usable(searched.errors[i]) < usable(searched.errors[searched.chosen])) {
                searched.chosen = i;
            }
        }
        if (searched.chosen < grid.size()) {
            result.plan.set({{site.layer}, {site.linear}}, alphaPatch(grid[searched.chosen]));
        }
        result.sites.push_back(std::move(searched));
    }
    result.plan = withoutRedundancy(result.plan);
    return result;
}

std::vector<QuantPlan> bitCandidates(const QuantPlan& base, std::span<const int> bits) {
    std::vector<QuantPlan> plans;
    for (const int width : bits) {
        plans.push_back(base);
        plans.back().groups.linear = true;
        plans.back().set({}, bitsPatch(width));
    }
    return plans;
}

Result<SearchResult> allocateBits(
    const ModelSpec& spec, const QuantPlan& base, std::span<const int> bits,
    const std::vector<std::vector<double>>& errors, const std::vector<std::vector<double>>& losses,
    double averageBits) {
    assert(errors.size() == bits.size() && std::is_sorted(bits.rbegin(), bits.rend()));
    std::vector<Item> items;
    for (const SiteId site : spec.sites()) {
        Item item;
        item.searched.site = site;
        item.searched.errors = errorsAt(errors, site);
        item.count = weightCount(spec, site);
        for (const double loss : errorsAt(losses.empty() ? errors : losses, site)) {
            item.losses.push_back(usable(loss));
        }
        items.push_back(std::move(item));
    }
    if (!fillKnapsack(items, bits, averageBits * static_cast<double>(siteWeightCount(spec)))) {
        return tooSmall(averageBits, bits.back());
    }
    SearchResult result;
    result.plan = base;
    result.plan.groups.linear = true;
    result.plan.set({}, bitsPatch(bits.front()));
    for (const int width : bits) {
        result.candidates.push_back(std::to_string(width));
    }
    for (Item& item : items) {
        const SiteId site = item.searched.site;
        if (item.searched.chosen > 0) {
            result.plan.set({{site.layer}, {site.linear}}, bitsPatch(bits[item.searched.chosen]));
        }
        result.sites.push_back(std::move(item.searched));
    }
    result.plan = withoutRedundancy(result.plan);
    return result;
}

Result<void> checkBudget(std::span<const int> bits, double averageBits) {
    if (bits.empty()) {
        return Error::usage("There are no bits to choose from.");
    }
    return averageBits < bits.back() ? Result<void>(tooSmall(averageBits, bits.back())) : Result<void>();
}

Result<QuantPlan> planOfTrace(const QuantPlan& base, const Json& trace) {
    const Json target = trace.is_object() ? trace.value("target", Json()) : Json();
    const bool alpha = target == "alpha", bits = target == "bits";
    if (!alpha && !bits) {
        return Error::usage("This search chose nothing: it measured how sensitive the sites are.");
    }
    const auto chosen = chosenIn(trace, alpha);
    const Json candidates = trace.value("candidates", Json::array());
    if (!chosen || !candidates.is_array() || candidates.empty()) {
        return Error::unreadable("The trace of the search does not say what it chose for every site.");
    }
    // What the other weight groups get, as the searches do it.
    const bool uniform = trace.value("chosen", Json()) == "uniform";
    const auto most = uniform ? chosen->begin()->second : candidatePatch(candidates.front(), alpha);
    QuantPlan plan = base;
    plan.groups.linear = plan.groups.linear || bits;
    plan.set({}, alpha ? alphaPatch(std::nullopt) : most.value_or(bitsPatch(kBitsOff)));
    for (const auto& [site, patch] : *chosen) {
        plan.set({{site.layer}, {site.linear}}, patch);
    }
    return withoutRedundancy(plan);
}

std::int64_t siteWeightCount(const ModelSpec& spec) {
    std::int64_t count = 0;
    for (const SiteId site : spec.sites()) {
        count += weightCount(spec, site);
    }
    return count;
}

double averageWeightBits(const ModelSpec& spec, const QuantPlan& plan) {
    double bits = 0;
    for (const SiteId site : spec.sites()) {
        bits += static_cast<double>(weightCount(spec, site)) *
                (plan.groups.linear ? bitsOf(plan.at(site)) : static_cast<double>(kBitsOff));
    }
    return bits / static_cast<double>(siteWeightCount(spec));
}

QuantPlan onlySite(const QuantPlan& plan, SiteId site) {
    QuantPlan only;
    only.rule = plan.rule;
    only.k = plan.k;
    only.ssmInput = plan.ssmInput;
    only.groups =
        plan.groups.linear ? ParameterGroups::mlp() : ParameterGroups{false, false, false, false, false};
    only.set({{site.layer}, {site.linear}}, patchOf(plan.at(site)));
    return only;
}

QuantPlan withoutSite(const QuantPlan& plan, SiteId site) {
    QuantPlan without = plan;
    without.set({{site.layer}, {site.linear}}, patchOf(SiteSettings{}));
    return without;
}

OrderedJson toJson(const SearchResult& result) {
    OrderedJson json;
    json["candidates"] = result.candidates;
    json["sites"] = OrderedJson::object();
    for (const SearchedSite& searched : result.sites) {
        OrderedJson errors = OrderedJson::array();
        for (const double error : searched.errors) {
            errors.push_back(std::isfinite(error) ? OrderedJson(error) : OrderedJson(nullptr));
        }
        json["sites"][siteName(searched.site)] = {
            {"chosen", result.candidates[searched.chosen]}, {"errors", errors}};
    }
    return json;
}

} // namespace mambascope
