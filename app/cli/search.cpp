// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"
#include "app/cli/search_options.h"
#include "app/cli/session_file.h"

#include "core/quantization/search.h"
#include "core/quantization/settings.h"
#include "core/session/search_trace.h"

#include <algorithm>
#include <array>
#include <optional>

namespace mambascope::cli {
namespace {

constexpr std::ptrdiff_t kPieceTokens = 32;

struct SearchOptions {
    std::string model, target, text, trace, session, grid = "0:1:0.1", bits = "8,6,5,4,3,2";
    double averageBits = 0;
    std::int64_t budgetBytes = 0;
    bool weighted = false;
    WindowRequest windows{8, 256, 0, false};
    PlanOptions plan;
    OutputOptions output;
};

/// What a search works with once everything is read.
struct Subject {
    const Context& context;
    const SearchOptions& options;
    LoadedEngine& loaded;
    const LoadedPlan& plan;
    std::vector<std::vector<std::int32_t>> windows;

    const ModelSpec& spec() const { return loaded.model.spec; }
};

Result<SiteErrors> measure(const Subject& subject, std::vector<QuantPlan> plans) {
    return subject.loaded.engine->siteErrors(
        {subject.windows, std::move(plans)}, subject.plan.calibration, subject.context.job);
}

/// Mean negative log-likelihood of every token but the first of each window, in nats.
Result<double> meanLoss(const Subject& subject, const QuantPlan& plan) {
    Engine& engine = *subject.loaded.engine;
    if (const auto applied = engine.applyPlan(plan, subject.plan.calibration, subject.context.job);
        !applied.ok()) {
        return applied.error();
    }
    std::vector<ScoreRequest> requests;
    std::size_t tokens = 0;
    for (const std::vector<std::int32_t>& window : subject.windows) {
        requests.push_back({{window.front()}, {window.begin() + 1, window.end()}});
        tokens += window.size() - 1;
    }
    const auto scores = engine.score(requests, {}, {subject.context.job.stop, {}});
    if (!scores.ok()) {
        return scores.error();
    }
    double sum = 0;
    for (const Score& score : scores.value()) {
        sum -= score.logLikelihood;
    }
    return sum / static_cast<double>(tokens);
}

/// The losses of one plan a site, which `planOf` makes.
template <class PlanOf>
Result<std::vector<double>> lossesBySite(const Subject& subject, const char* phase, PlanOf planOf) {
    const std::vector<SiteId> sites = subject.spec().sites();
    std::vector<double> losses(static_cast<std::size_t>(subject.spec().siteCount()));
    for (std::size_t i = 0; i < sites.size(); ++i) {
        subject.context.job.report(phase, i, sites.size());
        const Result<double> loss = meanLoss(subject, planOf(sites[i]));
        if (!loss.ok()) {
            return loss.error();
        }
        losses[static_cast<std::size_t>(sites[i].index())] = loss.value();
    }
    subject.context.job.report(phase, sites.size(), sites.size());
    return losses;
}

/// A search's plan, and the trace beside it.
struct Found {
    QuantPlan plan;
    OrderedJson trace;
};

Result<Found> searchAlpha(const Subject& subject) {
    const Result<std::vector<double>> grid = parseGrid(subject.options.grid);
    if (!grid.ok()) {
        return grid.error();
    }
    const QuantPlan& base = subject.plan.plan;
    const Result<SiteErrors> errors = measure(subject, alphaCandidates(base, grid.value()));
    if (!errors.ok()) {
        return errors.error();
    }
    Result<SearchResult> result = chooseAlpha(subject.spec(), base, grid.value(), errors.value().relative);
    if (!result.ok()) {
        return result.error();
    }
    return Found{result.value().plan, toJson(result.value())};
}

/// Log-likelihoods of the text under a plan, in pieces of kPieceTokens that each begin anew.
Result<std::vector<double>> likelihoods(const Subject& subject, const QuantPlan& plan) {
    Engine& engine = *subject.loaded.engine;
    if (const auto applied = engine.applyPlan(plan, subject.plan.calibration, subject.context.job);
        !applied.ok()) {
        return applied.error();
    }
    std::vector<ScoreRequest> requests;
    for (const std::vector<std::int32_t>& window : subject.windows) {
        for (auto at = window.begin(); window.end() - at > 1;) {
            const auto end = at + std::min<std::ptrdiff_t>(kPieceTokens + 1, window.end() - at);
            requests.push_back({{*at}, {at + 1, end}});
            at = end - 1;
        }
    }
    const auto scores = engine.score(requests, {}, {subject.context.job.stop, {}});
    if (!scores.ok()) {
        return scores.error();
    }
    std::vector<double> values;
    for (const Score& score : scores.value()) {
        values.push_back(score.logLikelihood);
    }
    return values;
}

/// Half the mean squared difference of two plans' log-likelihoods, for each token: where the two are near each other
/// about the divergence of their predictions in nats. The difference of their losses has the same mean, but scatters
/// with what the text happens to say.
double divergence(const std::vector<double>& reference, const std::vector<double>& values) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        sum += (values[i] - reference[i]) * (values[i] - reference[i]);
    }
    return sum / static_cast<double>(2 * kPieceTokens * values.size());
}

/// `plan` with float activations: their rounding answers to any change of a weight, however small, so that small ones
/// could not be told apart.
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

/// What the bits of one site cost the whole model: [candidate][site index], `reference` being the likelihoods under
/// `floats`.
Result<std::vector<std::vector<double>>> divergencesBySite(
    const Subject& subject, const QuantPlan& floats, const std::vector<double>& reference,
    const std::vector<QuantPlan>& candidates) {
    const std::vector<SiteId> sites = subject.spec().sites();
    std::vector<std::vector<double>> table(
        candidates.size(), std::vector<double>(static_cast<std::size_t>(subject.spec().siteCount())));
    const std::size_t total = sites.size() * candidates.size();
    for (std::size_t i = 0; i < total; ++i) {
        subject.context.job.report("Measuring bits", i, total);
        const SiteId site = sites[i / candidates.size()];
        const std::size_t candidate = i % candidates.size();
        QuantPlan plan = floats;
        plan.groups.linear = true;
        plan.set({{site.layer}, {site.linear}}, patchOf(candidates[candidate].at(site)));
        const Result<std::vector<double>> values = likelihoods(subject, plan);
        if (!values.ok()) {
            return values.error();
        }
        table[candidate][static_cast<std::size_t>(site.index())] = divergence(reference, values.value());
    }
    subject.context.job.report("Measuring bits", total, total);
    return table;
}

/// What allocations are made from.
struct BitMeasurements {
    std::vector<int> bits;
    std::vector<QuantPlan> candidates;
    SiteErrors errors;
    std::vector<double> reference;                ///< likelihoods under float weights
    std::vector<std::vector<double>> divergences; ///< [candidate][site index]; empty if not asked for
};

Result<BitMeasurements> measureBits(const Subject& subject) {
    Result<std::vector<int>> bits = parseBitList(subject.options.bits);
    if (!bits.ok()) {
        return bits.error();
    }
    const QuantPlan alone = weightsAlone(subject.plan.plan);
    const std::vector<QuantPlan> candidates = bitCandidates(alone, bits.value());
    const QuantPlan floats = bitCandidates(alone, std::array{kBitsOff}).front();
    Result<SiteErrors> errors = measure(subject, candidates);
    if (!errors.ok()) {
        return errors.error();
    }
    Result<std::vector<double>> reference = likelihoods(subject, floats);
    if (!reference.ok()) {
        return reference.error();
    }
    BitMeasurements measured{
        bits.value(), bitCandidates(subject.plan.plan, bits.value()), std::move(errors).value(),
        std::move(reference).value(), {}};
    if (subject.options.weighted) {
        auto divergences = divergencesBySite(subject, floats, measured.reference, candidates);
        if (!divergences.ok()) {
            return divergences.error();
        }
        measured.divergences = std::move(divergences).value();
    }
    return measured;
}

/// Allocations by the sites' errors, by what their bits cost the model if that was measured, and a uniform one. None of
/// these adds up to the model's divergence, so that is what decides.
Result<std::vector<BitPlan>>
bitPlans(const Subject& subject, const BitMeasurements& measured, double average) {
    std::vector<BitPlan> plans;
    const auto allocate = [&](const char* name, const std::vector<std::vector<double>>& losses) -> Result<void> {
        Result<SearchResult> result = allocateBits(
            subject.spec(), subject.plan.plan, measured.bits, measured.errors.relative, losses, average);
        if (!result.ok()) {
            return result.error();
        }
        plans.push_back({name, std::move(result).value()});
        return {};
    };
    if (const Result<void> done = allocate("by error", {}); !done.ok()) {
        return done.error();
    }
    if (!measured.divergences.empty()) {
        if (const Result<void> done = allocate("by divergence", measured.divergences); !done.ok()) {
            return done.error();
        }
    }
    if (auto uniform = uniformBits(measured.bits, measured.candidates, plans.front().result, average)) {
        plans.push_back({"uniform", std::move(*uniform)});
    }
    for (BitPlan& plan : plans) {
        const Result<std::vector<double>> values = likelihoods(subject, weightsAlone(plan.result.plan));
        const Result<double> loss = meanLoss(subject, plan.result.plan);
        if (!values.ok() || !loss.ok()) {
            return values.ok() ? loss.error() : values.error();
        }
        plan.divergence = divergence(measured.reference, values.value());
        plan.loss = loss.value();
    }
    return plans;
}

Result<Found> searchBits(const Subject& subject) {
    const auto weights = static_cast<double>(siteWeightCount(subject.spec()));
    const double average = subject.options.budgetBytes > 0
                               ? 8.0 * static_cast<double>(subject.options.budgetBytes) / weights
                               : subject.options.averageBits;
    const Result<BitMeasurements> measured = measureBits(subject);
    if (!measured.ok()) {
        return measured.error();
    }
    const Result<std::vector<BitPlan>> plans = bitPlans(subject, measured.value(), average);
    if (!plans.ok()) {
        return plans.error();
    }
    const BitPlan& best =
        *std::min_element(plans.value().begin(), plans.value().end(), [](const BitPlan& a, const BitPlan& b) {
            return a.divergence < b.divergence; // a NaN is never the smaller one
        });
    OrderedJson trace = toJson(best.result);
    trace["budget_bits"] = average;
    trace["average_bits"] = averageWeightBits(subject.spec(), best.result.plan);
    trace["chosen"] = best.name;
    trace["allocations"] = OrderedJson::object();
    for (const BitPlan& plan : plans.value()) {
        trace["allocations"][plan.name] = {
            {"loss", plan.loss},
            {"divergence", plan.divergence},
            {"average_bits", averageWeightBits(subject.spec(), plan.result.plan)}};
    }
    for (const std::vector<double>& ofCandidate : measured.value().divergences) {
        for (const SiteId site : subject.spec().sites()) {
            trace["sites"][siteName(site)]["divergences"].push_back(
                ofCandidate[static_cast<std::size_t>(site.index())]);
        }
    }
    return Found{best.result.plan, trace};
}

/// One site at a time on, and one at a time off.
Result<Found> analyseSensitivity(const Subject& subject) {
    const QuantPlan& plan = subject.plan.plan;
    OrderedJson trace;
    for (const auto& [key, measured] : {std::pair("baseline", QuantPlan()), std::pair("plan", plan)}) {
        const Result<double> loss = meanLoss(subject, measured);
        if (!loss.ok()) {
            return loss.error();
        }
        trace[key] = loss.value();
    }
    const Result<std::vector<double>> on =
        lossesBySite(subject, "One site at a time on", [&](SiteId site) { return onlySite(plan, site); });
    if (!on.ok()) {
        return on.error();
    }
    const Result<std::vector<double>> off =
        lossesBySite(subject, "One site at a time off", [&](SiteId site) { return withoutSite(plan, site); });
    if (!off.ok()) {
        return off.error();
    }
    trace["sites"] = OrderedJson::object();
    for (const SiteId site : subject.spec().sites()) {
        const auto i = static_cast<std::size_t>(site.index());
        trace["sites"][siteName(site)] = {{"only", on.value()[i]}, {"without", off.value()[i]}};
    }
    return Found{plan, trace};
}

Result<void> checkOptions(const SearchOptions& options) {
    for (const OutputOptions& output : {options.output, OutputOptions{options.trace, options.output.force}}) {
        if (const Result<void> free = checkOutput(output); !free.ok()) {
            return free;
        }
    }
    if (const Result<void> writable = checkSession(options.session); !writable.ok()) {
        return writable;
    }
    if (options.text.empty() && options.model != "demo") {
        return Error::usage("There is no text to measure on.", "Name one with --text FILE.");
    }
    if (options.windows.length < 2) {
        return Error::usage("Windows of one token have nothing to predict.", "Use --length 2 or more.");
    }
    if (options.target == "bits" && (options.averageBits > 0) == (options.budgetBytes > 0)) {
        return Error::usage(
            "The search for bits needs one budget.", "Give either --average-bits or --budget-bytes.");
    }
    return {};
}

Result<CalibrationRequest> windowsOf(const SearchOptions& options, const LoadedEngine& loaded) {
    const Result<std::shared_ptr<const Tokenizer>> tokenizer = tokenizerOf(loaded);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    return windowsOfText(options.text, *tokenizer.value(), options.windows);
}

Result<void> search(const Context& context, const SearchOptions& options) {
    if (const Result<void> usable = checkOptions(options); !usable.ok()) {
        return usable;
    }
    Result<Prepared> prepared =
        prepare(forSeveralPlans(context), options.model, options.plan, options.output);
    if (!prepared.ok()) {
        return prepared.error();
    }
    auto& [plan, loaded] = prepared.value();
    if (const Result<void> usable = checkSession(options.session, loaded.model); !usable.ok()) {
        return usable;
    }
    Result<CalibrationRequest> text = windowsOf(options, loaded);
    if (!text.ok()) {
        return text.error();
    }
    const Subject subject{context, options, loaded, plan, std::move(text.value().windows)};
    Result<Found> found = options.target == "alpha"  ? searchAlpha(subject)
                          : options.target == "bits" ? searchBits(subject)
                                                     : analyseSensitivity(subject);
    if (!found.ok()) {
        return found.error();
    }
    const OrderedJson trace = searchTrace(
        {options.target, referenceTo(loaded.model), plan.plan,
         plan.calibration ? calibrationHash(*plan.calibration) : std::string(), text.value().source.textName,
         options.windows},
        found.value().trace);
    if (const Result<void> kept = addSearchToSession(options.session, loaded.model, trace); !kept.ok()) {
        return kept;
    }
    if (!options.trace.empty()) {
        if (const Result<void> written = writeJson(trace, {options.trace, options.output.force});
            !written.ok()) {
            return written;
        }
    }
    if (options.target == "sensitivity") {
        return writeJson(trace, options.output);
    }
    found.value().plan.name = options.target == "alpha" ? "searched α" : "searched bits";
    return writeJson(toJson(found.value().plan), options.output);
}

} // namespace

void addSearch(CLI::App& program, Verb& run) {
    auto options = std::make_shared<SearchOptions>();
    CLI::App* verb =
        program.add_subcommand("search", "Find each site's α or bits, or how sensitive each site is");
    verb->add_option("MODEL", options->model)->required();
    verb->add_option("--target", options->target, "alpha, bits or sensitivity")
        ->required()
        ->check(CLI::IsMember({"alpha", "bits", "sensitivity"}));
    addPlanOptions(*verb, options->plan);
    verb->add_option("--text", options->text, "Text to measure on (default for the demo: its own)");
    verb->add_option("--samples", options->windows.samples, "Windows of the text (default 8)")
        ->check(CLI::Range(1, 1 << 16));
    verb->add_option("--length", options->windows.length, "Tokens a window (default 256)")
        ->check(CLI::Range(1, 1 << 16));
    verb->add_option("--seed", options->windows.seed, "Seed of the windows' positions (default 0)");
    verb->add_flag("--contiguous", options->windows.contiguous, "The first windows back to back");
    verb->add_option("--grid", options->grid, "alpha: FROM:TO:STEP, or values (default 0:1:0.1)");
    verb->add_option("--bits", options->bits, "bits: which to choose from (default 8,6,5,4,3,2)");
    verb->add_option("--average-bits", options->averageBits, "bits: budget, mean over the linears' weights")
        ->check(CLI::PositiveNumber);
    verb->add_option("--budget-bytes", options->budgetBytes, "bits: budget, bytes of the linears' weights")
        ->check(CLI::PositiveNumber);
    verb->add_flag(
        "--weighted", options->weighted,
        "bits: also measure what each site's bits do to the model's predictions (a pass a site and width)");
    verb->add_option("--trace", options->trace, "Write what was measured here, as JSON");
    verb->add_option(
        "--session", options->session, "Keep what was measured in this session (made if missing)");
    addOutputOptions(
        *verb, options->output, false, "Plan file (sensitivity: the trace); default standard output");
    verb->callback([options, &run] {
        run = [options](const Context& context) {
            return search(context, *options);
        };
    });
}

} // namespace mambascope::cli
