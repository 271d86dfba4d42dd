// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/search.h"
#include "core/quantization/settings.h"
#include "core/search/passes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace mambascope {
namespace {

/// `plan` with float activations: their rounding answers to any change of a weight, however small, so that
/// small ones could not be told apart.
QuantPlan weightsAlone(QuantPlan plan) {
    SitePatch floats;
    floats.activationBits = floats.scanBits = floats.stateBits = kBitsOff;
    floats.activationFormat = NumberFormat::Int;
    plan.set({}, floats);
    return plan;
}

/// One way to spend the budget, and how far the whole model is from the one with float weights.
struct BitPlan {
    std::string name;
    SearchResult result;
    double divergence = 0; ///< without quantized activations
    double loss = 0;       ///< nats a token
};

/// Every site with the most bits that fit the budget everywhere; none if not even the fewest do.
std::optional<SearchResult> uniformBits(
    const std::vector<int>& bits, const std::vector<QuantPlan>& candidates, const SearchResult& like,
    double average) {
    const auto fits =
        std::find_if(bits.begin(), bits.end(), [&](int b) { return static_cast<double>(b) <= average; });
    if (fits == bits.end()) {
        return std::nullopt;
    }
    SearchResult uniform = like;
    const auto chosen = static_cast<std::size_t>(fits - bits.begin());
    uniform.plan = candidates[chosen];
    for (SearchedSite& site : uniform.sites) {
        site.chosen = chosen;
    }
    return uniform;
}

/// What allocations are made from.
struct BitMeasurements {
    std::vector<QuantPlan> candidates;
    SiteErrors errors;
    std::vector<double> reference;                ///< likelihoods under float weights
    std::vector<std::vector<double>> divergences; ///< [candidate][site index]; empty if not asked for
};

class BitSearch {
public:
    BitSearch(Engine& engine, const ModelSpec& spec, const PlanSearch& search, SearchPasses& passes)
        : m_engine(engine)
        , m_spec(spec)
        , m_search(search)
        , m_passes(passes) {}

    Result<PlanSearchResult> run(const Job& job) {
        if (const Result<void> fits = checkBudget(m_search.bits, m_search.averageBits); !fits.ok()) {
            return fits.error();
        }
        const Result<BitMeasurements> measured = measure(job);
        if (!measured.ok()) {
            return measured.error();
        }
        const Result<std::vector<BitPlan>> plans = allocate(measured.value());
        if (!plans.ok()) {
            return plans.error();
        }
        return best(plans.value(), measured.value());
    }

private:
    Result<BitMeasurements> measure(const Job& job) {
        const QuantPlan alone = weightsAlone(m_search.plan);
        const std::vector<QuantPlan> candidates = bitCandidates(alone, m_search.bits);
        const QuantPlan floats = bitCandidates(alone, std::array{kBitsOff}).front();
        Result<SiteErrors> errors =
            m_engine.siteErrors({m_search.windows, candidates}, m_search.calibration, job);
        if (!errors.ok()) {
            return errors.error();
        }
        m_passes.begin("Measuring bits");
        Result<std::vector<double>> reference = m_passes.likelihoods(floats);
        if (!reference.ok()) {
            return reference.error();
        }
        BitMeasurements measured{
            bitCandidates(m_search.plan, m_search.bits),
            std::move(errors).value(),
            std::move(reference).value(),
            {}};
        if (m_search.weighted) {
            auto divergences = divergencesBySite(floats, measured.reference, candidates);
            if (!divergences.ok()) {
                return divergences.error();
            }
            measured.divergences = std::move(divergences).value();
        }
        return measured;
    }

    /// What the bits of one site cost the whole model: [candidate][site index], `reference` being the
    /// likelihoods under `floats`.
    Result<std::vector<std::vector<double>>> divergencesBySite(
        const QuantPlan& floats, const std::vector<double>& reference,
        const std::vector<QuantPlan>& candidates) {
        std::vector<std::vector<double>> table(
            candidates.size(), std::vector<double>(static_cast<std::size_t>(m_spec.siteCount())));
        for (const SiteId site : m_spec.sites()) {
            for (std::size_t candidate = 0; candidate < candidates.size(); ++candidate) {
                QuantPlan plan = floats;
                plan.groups.linear = true;
                plan.set({{site.layer}, {site.linear}}, patchOf(candidates[candidate].at(site)));
                const Result<std::vector<double>> values = m_passes.likelihoods(plan);
                if (!values.ok()) {
                    return values.error();
                }
                table[candidate][static_cast<std::size_t>(site.index())] =
                    likelihoodDivergence(reference, values.value());
            }
        }
        return table;
    }

    /// Allocations by the sites' errors, by what their bits cost the model if that was measured, and a
    /// uniform one. None of these adds up to the model's divergence, so that is what decides.
    Result<std::vector<BitPlan>> allocate(const BitMeasurements& measured) {
        std::vector<BitPlan> plans;
        const auto add = [&](const char* name,
                             const std::vector<std::vector<double>>& losses) -> Result<void> {
            Result<SearchResult> result = allocateBits(
                m_spec, m_search.plan, m_search.bits, measured.errors.relative, losses, m_search.averageBits);
            if (!result.ok()) {
                return result.error();
            }
            plans.push_back({name, std::move(result).value()});
            return {};
        };
        if (const Result<void> done = add("by error", {}); !done.ok()) {
            return done.error();
        }
        if (!measured.divergences.empty()) {
            if (const Result<void> done = add("by divergence", measured.divergences); !done.ok()) {
                return done.error();
            }
        }
        if (auto uniform =
                uniformBits(m_search.bits, measured.candidates, plans.front().result, m_search.averageBits)) {
            plans.push_back({"uniform", std::move(*uniform)});
        }
        m_passes.begin("Comparing allocations");
        for (BitPlan& plan : plans) {
            const Result<std::vector<double>> values = m_passes.likelihoods(weightsAlone(plan.result.plan));
            const Result<double> loss =
                values.ok() ? m_passes.meanLoss(plan.result.plan) : Result<double>(values.error());
            if (!loss.ok()) {
                return loss.error();
            }
            plan.divergence = likelihoodDivergence(measured.reference, values.value());
            plan.loss = loss.value();
        }
        return plans;
    }

    PlanSearchResult best(const std::vector<BitPlan>& plans, const BitMeasurements& measured) const {
        const BitPlan& best =
            *std::min_element(plans.begin(), plans.end(), [](const BitPlan& a, const BitPlan& b) {
                return a.divergence < b.divergence; // a NaN is never the smaller one
            });
        OrderedJson trace = toJson(best.result);
        trace["budget_bits"] = m_search.averageBits;
        trace["average_bits"] = averageWeightBits(m_spec, best.result.plan);
        trace["chosen"] = best.name;
        trace["allocations"] = OrderedJson::object();
        for (const BitPlan& plan : plans) {
            trace["allocations"][plan.name] = {
                {"loss", plan.loss},
                {"divergence", plan.divergence},
                {"average_bits", averageWeightBits(m_spec, plan.result.plan)}};
        }
        for (const std::vector<double>& ofCandidate : measured.divergences) {
            for (const SiteId site : m_spec.sites()) {
                trace["sites"][siteName(site)]["divergences"].push_back(
                    ofCandidate[static_cast<std::size_t>(site.index())]);
            }
        }
        return {best.result.plan, std::move(trace)};
    }

    Engine& m_engine;
    const ModelSpec& m_spec;
    const PlanSearch& m_search;
    SearchPasses& m_passes;
};

} // namespace

Result<PlanSearchResult> searchBits(
    Engine& engine, const ModelSpec& spec, const PlanSearch& search, SearchPasses& passes, const Job& job) {
    return BitSearch(engine, spec, search, passes).run(job);
}

} // namespace mambascope
