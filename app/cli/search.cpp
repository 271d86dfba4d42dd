// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"
#include "app/cli/session_file.h"

#include "core/quantization/search.h"
#include "core/session/search_trace.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace mambascope::cli {
namespace {

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

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(separator, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

template <class Number>
bool parse(const std::string& text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

/// "FROM:TO:STEP", or values separated by commas.
Result<std::vector<double>> parseGrid(const std::string& text) {
    const Error bad = Error::usage(
        "'" + text + "' is no grid of migration strengths.",
        "Write FROM:TO:STEP, e.g. 0:1:0.1, or values from 0 to 1 separated by commas.");
    std::vector<double> grid;
    const std::vector<std::string> range = split(text, ':');
    if (range.size() == 3) {
        double from = 0, to = 0, step = 0;
        if (!parse(range[0], from) || !parse(range[1], to) || !parse(range[2], step) || !(step >= 0.001)) {
            return bad;
        }
        // Two decimals more than the step, so that 0.1 · 3 is 0.3.
        for (int i = 0; from + i * step <= to + step / 1000; ++i) {
            grid.push_back(std::round((from + i * step) * 1e5) / 1e5);
        }
    } else {
        for (const std::string& word : split(text, ',')) {
            if (!parse(word, grid.emplace_back())) {
                return bad;
            }
        }
    }
    const bool inside = std::all_of(grid.begin(), grid.end(), [](double a) { return a >= 0 && a <= 1; });
    return grid.empty() || !inside ? Result<std::vector<double>>(bad) : grid;
}

Result<std::vector<int>> parseBitList(const std::string& text) {
    std::vector<int> bits;
    for (const std::string& word : split(text, ',')) {
        if (!parse(word, bits.emplace_back()) || bits.back() < 2 || bits.back() > 8) {
            return Error::usage("'" + text + "' is no list of bits.", "Write e.g. 8,6,4, each from 2 to 8.");
        }
    }
    std::sort(bits.rbegin(), bits.rend());
    bits.erase(std::unique(bits.begin(), bits.end()), bits.end());
    return bits;
}

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

/// How much the whole model's loss grows for each unit of a site's error, from one measurement a site at the
/// fewest bits: errors of different sites are not alike to the model.
Result<std::vector<double>>
importanceOf(const Subject& subject, const QuantPlan& fewest, const std::vector<double>& errors) {
    const Result<double> baseline = meanLoss(subject, QuantPlan());
    if (!baseline.ok()) {
        return baseline.error();
    }
    Result<std::vector<double>> losses =
        lossesBySite(subject, "Measuring importance", [&](SiteId site) { return onlySite(fewest, site); });
    if (!losses.ok()) {
        return losses;
    }
    for (std::size_t i = 0; i < losses.value().size(); ++i) {
        const double growth = std::max(0.0, losses.value()[i] - baseline.value());
        losses.value()[i] = errors[i] > 0 ? growth / errors[i] : 0.0;
    }
    return losses;
}

/// One way to spend the budget, and what the whole model makes of it.
struct BitPlan {
    std::string name;
    SearchResult result;
    double loss = 0; ///< nats a token
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

/// Allocations by the sites' errors, by their errors times importance if asked for, and a uniform one. Errors
/// of sites do not add up to the model's loss, so the loss decides.
Result<std::vector<BitPlan>> bitPlans(
    const Subject& subject, const std::vector<int>& bits, const SiteErrors& errors,
    const std::vector<QuantPlan>& candidates, const std::vector<double>& importance, double average) {
    std::vector<BitPlan> plans;
    const auto allocate = [&](const char* name, const std::vector<double>& weights) -> Result<void> {
        Result<SearchResult> result =
            allocateBits(subject.spec(), subject.plan.plan, bits, errors.relative, weights, average);
        if (!result.ok()) {
            return result.error();
        }
        plans.push_back({name, std::move(result).value()});
        return {};
    };
    if (const Result<void> done = allocate("by error", {}); !done.ok()) {
        return done.error();
    }
    if (!importance.empty()) {
        if (const Result<void> done = allocate("by error and importance", importance); !done.ok()) {
            return done.error();
        }
    }
    if (auto uniform = uniformBits(bits, candidates, plans.front().result, average)) {
        plans.push_back({"uniform", std::move(*uniform)});
    }
    for (BitPlan& plan : plans) {
        const Result<double> loss = meanLoss(subject, plan.result.plan);
        if (!loss.ok()) {
            return loss.error();
        }
        plan.loss = loss.value();
    }
    return plans;
}

Result<Found> searchBits(const Subject& subject) {
    const Result<std::vector<int>> bits = parseBitList(subject.options.bits);
    if (!bits.ok()) {
        return bits.error();
    }
    const auto weights = static_cast<double>(siteWeightCount(subject.spec()));
    const double average = subject.options.budgetBytes > 0
                               ? 8.0 * static_cast<double>(subject.options.budgetBytes) / weights
                               : subject.options.averageBits;
    const std::vector<QuantPlan> candidates = bitCandidates(subject.plan.plan, bits.value());
    const Result<SiteErrors> errors = measure(subject, candidates);
    if (!errors.ok()) {
        return errors.error();
    }
    std::vector<double> importance;
    if (subject.options.weighted) {
        Result<std::vector<double>> measured =
            importanceOf(subject, candidates.back(), errors.value().relative.back());
        if (!measured.ok()) {
            return measured.error();
        }
        importance = std::move(measured).value();
    }
    const Result<std::vector<BitPlan>> plans =
        bitPlans(subject, bits.value(), errors.value(), candidates, importance, average);
    if (!plans.ok()) {
        return plans.error();
    }
    const BitPlan& best =
        *std::min_element(plans.value().begin(), plans.value().end(), [](const BitPlan& a, const BitPlan& b) {
            return a.loss < b.loss; // a NaN is never the smaller one
        });
    OrderedJson trace = toJson(best.result);
    trace["budget_bits"] = average;
    trace["average_bits"] = averageWeightBits(subject.spec(), best.result.plan);
    trace["chosen"] = best.name;
    trace["allocations"] = OrderedJson::object();
    for (const BitPlan& plan : plans.value()) {
        trace["allocations"][plan.name] = {
            {"loss", plan.loss}, {"average_bits", averageWeightBits(subject.spec(), plan.result.plan)}};
    }
    for (std::size_t i = 0; i < importance.size(); ++i) {
        const SiteId site = SiteId::fromIndex(static_cast<int>(i));
        if (subject.spec().has(site.linear)) {
            trace["sites"][siteName(site)]["importance"] = importance[i];
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

Result<std::vector<std::vector<std::int32_t>>>
windowsOf(const SearchOptions& options, const LoadedEngine& loaded) {
    const Result<std::shared_ptr<const Tokenizer>> tokenizer = tokenizerOf(loaded);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    Result<CalibrationRequest> request = windowsOfText(options.text, *tokenizer.value(), options.windows);
    if (!request.ok()) {
        return request.error();
    }
    return std::move(request.value().windows);
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
    Result<std::vector<std::vector<std::int32_t>>> windows = windowsOf(options, loaded);
    if (!windows.ok()) {
        return windows.error();
    }
    const Subject subject{context, options, loaded, plan, std::move(windows).value()};
    Result<Found> found = options.target == "alpha"  ? searchAlpha(subject)
                          : options.target == "bits" ? searchBits(subject)
                                                     : analyseSensitivity(subject);
    if (!found.ok()) {
        return found.error();
    }
    const OrderedJson trace = searchTrace(
        options.target, referenceTo(loaded.model), plan.plan, options.windows, found.value().trace);
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
    verb->add_option("--grid", options->grid, "alpha: FROM:TO:STEP, or values (default 0:1:0.1)");
    verb->add_option("--bits", options->bits, "bits: which to choose from (default 8,6,5,4,3,2)");
    verb->add_option("--average-bits", options->averageBits, "bits: budget, mean over the linears' weights")
        ->check(CLI::PositiveNumber);
    verb->add_option("--budget-bytes", options->budgetBytes, "bits: budget, bytes of the linears' weights")
        ->check(CLI::PositiveNumber);
    verb->add_flag(
        "--weighted", options->weighted,
        "bits: weigh each site's error by what it does to the model's loss (one more pass a site)");
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
