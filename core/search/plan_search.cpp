// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/search/plan_search.h"

#include "core/quantization/search.h"
#include "core/search/passes.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mambascope {
namespace {

constexpr std::array<std::string_view, 3> kTargets{"alpha", "bits", "sensitivity"};

/// Mean over the sites of the relative error of a linear's output, the root of SiteErrors::relative; sites
/// where it is not finite left out.
class MeanError {
public:
    void add(double squared) {
        if (std::isfinite(squared)) {
            m_sum += std::sqrt(squared);
            ++m_count;
        }
    }
    double value() const { return m_count > 0 ? m_sum / m_count : 0.0; }

private:
    double m_sum = 0;
    int m_count = 0;
};

OrderedJson finiteOrNull(double value) {
    return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr);
}

Result<PlanSearchResult>
searchAlpha(Engine& engine, const ModelSpec& spec, const PlanSearch& search, const Job& job) {
    SiteErrorRequest request{search.windows, alphaCandidates(search.plan, search.grid)};
    request.plans.push_back(search.plan); // for what it was before
    Result<SiteErrors> errors = engine.siteErrors(request, search.calibration, job);
    if (!errors.ok()) {
        return errors.error();
    }
    const std::vector<double> before = errors.value().relative.back();
    errors.value().relative.pop_back();
    Result<SearchResult> found = chooseAlpha(spec, search.plan, search.grid, errors.value().relative);
    if (!found.ok()) {
        return found.error();
    }
    OrderedJson measured = toJson(found.value());
    MeanError meanBefore, meanAfter;
    for (const SearchedSite& site : found.value().sites) {
        const double was = before[static_cast<std::size_t>(site.site.index())];
        measured["sites"][siteName(site.site)]["before"] = finiteOrNull(was);
        meanBefore.add(was);
        meanAfter.add(site.errors[site.chosen]);
    }
    measured["error_before"] = meanBefore.value();
    measured["error_after"] = meanAfter.value();
    return PlanSearchResult{std::move(found.value().plan), std::move(measured)};
}

/// The losses of one plan a site, which `planOf` makes, as members of the sites of `measured`.
template <class PlanOf>
Result<void> measureSites(
    SearchPasses& passes, const ModelSpec& spec, const char* member, PlanOf planOf, OrderedJson& measured) {
    for (const SiteId site : spec.sites()) {
        const Result<double> loss = passes.meanLoss(planOf(site));
        if (!loss.ok()) {
            return loss.error();
        }
        measured["sites"][siteName(site)][member] = finiteOrNull(loss.value());
    }
    return {};
}

/// One site at a time on, and one at a time off.
Result<PlanSearchResult>
analyseSensitivity(const ModelSpec& spec, const PlanSearch& search, SearchPasses& passes) {
    const QuantPlan& plan = search.plan;
    OrderedJson measured;
    passes.begin("Measuring the whole plan");
    for (const auto& [key, whole] : {std::pair("baseline", QuantPlan()), std::pair("plan", plan)}) {
        const Result<double> loss = passes.meanLoss(whole);
        if (!loss.ok()) {
            return loss.error();
        }
        measured[key] = finiteOrNull(loss.value());
    }
    measured["sites"] = OrderedJson::object();
    for (const SiteId site : spec.sites()) { // in this order, and null where it is not asked for
        measured["sites"][siteName(site)] = {{"only", nullptr}, {"without", nullptr}};
    }
    if (search.only) {
        passes.begin("One site at a time on");
        const auto alone = [&](SiteId site) {
            return onlySite(plan, site);
        };
        if (const auto done = measureSites(passes, spec, "only", alone, measured); !done.ok()) {
            return done.error();
        }
    }
    if (search.without) {
        passes.begin("One site at a time off");
        const auto others = [&](SiteId site) {
            return withoutSite(plan, site);
        };
        if (const auto done = measureSites(passes, spec, "without", others, measured); !done.ok()) {
            return done.error();
        }
    }
    return PlanSearchResult{plan, std::move(measured)};
}

Result<void> checkSearch(const ModelSpec& spec, const PlanSearch& search) {
    const auto tooShort = [](const std::vector<std::int32_t>& window) {
        return window.size() < 2;
    };
    if (search.windows.empty() || std::ranges::any_of(search.windows, tooShort)) {
        return Error::usage(
            "Windows of one token have nothing to predict.", "Use 2 tokens a window or more.");
    }
    if (search.target != SearchTarget::Sensitivity) {
        return {};
    }
    if (!search.only && !search.without) {
        return Error::usage("There is nothing to measure.", "Measure one site at a time on, off, or both.");
    }
    if (search.plan.isBaseline(spec.layers)) {
        return Error::usage(
            "The plan does nothing, so no site can be sensitive to it.",
            "Start from a plan that quantizes, smooths or zeroes, e.g. the preset \"W8A8 input\".");
    }
    return {};
}

} // namespace

std::string_view searchTargetName(SearchTarget target) {
    return kTargets[static_cast<std::size_t>(target)];
}

std::optional<SearchTarget> parseSearchTarget(std::string_view text) {
    const auto found = std::ranges::find(kTargets, text);
    return found == kTargets.end() ? std::nullopt
                                   : std::optional(static_cast<SearchTarget>(found - kTargets.begin()));
}

double averageBitsOfBytes(const ModelSpec& spec, std::int64_t bytes) {
    return 8.0 * static_cast<double>(bytes) / static_cast<double>(siteWeightCount(spec));
}

std::int64_t searchPasses(const ModelSpec& spec, const PlanSearch& search) {
    const auto sites = static_cast<std::int64_t>(spec.sites().size());
    switch (search.target) {
    case SearchTarget::Alpha:
        return 0;
    case SearchTarget::Bits: {
        const auto candidates = search.weighted ? static_cast<std::int64_t>(search.bits.size()) : 0;
        const std::int64_t allocations = search.weighted ? 3 : 2;
        return 1 + sites * candidates + 2 * allocations;
    }
    case SearchTarget::Sensitivity:
        return 2 + sites * (int{search.only} + int{search.without});
    }
    return 0;
}

Result<PlanSearchResult>
searchPlan(Engine& engine, const ModelSpec& spec, const PlanSearch& search, const Job& job) {
    if (const Result<void> usable = checkSearch(spec, search); !usable.ok()) {
        return usable.error();
    }
    SearchPasses passes(engine, search, job, searchPasses(spec, search));
    switch (search.target) {
    case SearchTarget::Alpha:
        return searchAlpha(engine, spec, search, job);
    case SearchTarget::Bits:
        return searchBits(engine, spec, search, passes, job);
    case SearchTarget::Sensitivity:
        break;
    }
    return analyseSensitivity(spec, search, passes);
}

} // namespace mambascope
