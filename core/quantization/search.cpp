// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/search.h"

#include "core/base/number_text.h"
#include "core/quantization/settings.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

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

/// The state of allocateBits(): which of the bits every site has.
class Allocation {
public:
    Allocation(
        const ModelSpec& spec, std::span<const int> bits, const std::vector<std::vector<double>>& errors,
        std::span<const double> importance)
        : m_bits(bits) {
        for (const SiteId site : spec.sites()) {
            const auto index = static_cast<std::size_t>(site.index());
            const double weight = importance.empty() ? 1.0 : importance[index];
            Entry entry{site, static_cast<double>(weightCount(spec, site)), errorsAt(errors, site), {}, 0};
            for (const double error : entry.errors) {
                entry.losses.push_back(weight * usable(error));
            }
            m_used += entry.count * bits.front();
            m_entries.push_back(std::move(entry));
        }
    }

    /// False: nothing can be lowered any more.
    bool lowerOne() {
        Entry* best = nullptr;
        double least = std::numeric_limits<double>::infinity();
        for (Entry& entry : m_entries) {
            if (entry.chosen + 1 < m_bits.size()) {
                const double price = change(entry, entry.chosen + 1) / saved(entry);
                if (best == nullptr || price < least) {
                    least = price;
                    best = &entry;
                }
            }
        }
        if (best == nullptr) {
            return false;
        }
        m_used -= saved(*best);
        ++best->chosen;
        return true;
    }

    void raiseWhileThereIsRoom(double budget) {
        while (true) {
            Entry* best = nullptr;
            double most = 0;
            for (Entry& entry : m_entries) {
                if (entry.chosen == 0) {
                    continue;
                }
                const double cost = entry.count * (m_bits[entry.chosen - 1] - m_bits[entry.chosen]);
                const double gain = -change(entry, entry.chosen - 1) / cost;
                if (m_used + cost <= budget && gain > most) {
                    most = gain;
                    best = &entry;
                }
            }
            if (best == nullptr) {
                return;
            }
            --best->chosen;
            m_used += saved(*best);
        }
    }

    double used() const { return m_used; }

    std::vector<SearchedSite> sites() const {
        std::vector<SearchedSite> result;
        for (const Entry& entry : m_entries) {
            result.push_back({entry.site, entry.errors, entry.chosen});
        }
        return result;
    }

private:
    struct Entry {
        SiteId site;
        double count = 0;
        std::vector<double> errors, losses; ///< by candidate
        std::size_t chosen = 0;
    };

    double change(const Entry& entry, std::size_t to) const {
        const double from = entry.losses[entry.chosen];
        return std::isinf(from) && std::isinf(entry.losses[to]) ? 0.0 : entry.losses[to] - from;
    }
    /// Bits that the next step down saves.
    double saved(const Entry& entry) const {
        return entry.count * (m_bits[entry.chosen] - m_bits[entry.chosen + 1]);
    }

    std::span<const int> m_bits;
    std::vector<Entry> m_entries;
    double m_used = 0;
};

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
    const std::vector<std::vector<double>>& errors, std::span<const double> importance, double averageBits) {
    assert(errors.size() == bits.size() && std::is_sorted(bits.rbegin(), bits.rend()));
    const double budget = averageBits * static_cast<double>(siteWeightCount(spec));
    Allocation allocation(spec, bits, errors, importance);
    while (allocation.used() > budget) {
        if (!allocation.lowerOne()) {
            return Error::usage(
                "The budget of " + shortestText(averageBits) +
                    " bits a weight is below the fewest bits searched, " + std::to_string(bits.back()) + ".",
                "Raise the budget, or search fewer bits with --bits.");
        }
    }
    allocation.raiseWhileThereIsRoom(budget);
    SearchResult result;
    result.plan = base;
    result.plan.groups.linear = true;
    result.plan.set({}, bitsPatch(bits.front()));
    for (const int width : bits) {
        result.candidates.push_back(std::to_string(width));
    }
    result.sites = allocation.sites();
    for (const SearchedSite& searched : result.sites) {
        if (searched.chosen > 0) {
            const SiteId site = searched.site;
            result.plan.set({{site.layer}, {site.linear}}, bitsPatch(bits[searched.chosen]));
        }
    }
    result.plan = withoutRedundancy(result.plan);
    return result;
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
