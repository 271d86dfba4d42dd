// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"
#include "app/cli/session_file.h"

#include "core/search/candidates.h"
#include "core/search/plan_search.h"
#include "core/session/search_trace.h"

namespace mambascope::cli {
namespace {

struct SearchOptions {
    std::string model, target, text, trace, session, grid = "0:1:0.1", bits = "8,6,5,4,3,2", oneSite = "both";
    double averageBits = 0;
    std::int64_t budgetBytes = 0;
    bool weighted = false;
    WindowRequest windows{8, 256, 0, false};
    PlanOptions plan;
    OutputOptions output;
};

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

/// What the engine is asked for, without the windows.
Result<PlanSearch> searchOf(const SearchOptions& options, const LoadedPlan& plan, const LoadedEngine& loaded) {
    PlanSearch search;
    search.target = *parseSearchTarget(options.target);
    search.plan = plan.plan;
    search.calibration = plan.calibration;
    search.weighted = options.weighted;
    search.only = options.oneSite != "off";
    search.without = options.oneSite != "on";
    if (search.target == SearchTarget::Alpha) {
        Result<std::vector<double>> grid = parseGrid(options.grid);
        if (!grid.ok()) {
            return grid.error();
        }
        search.grid = std::move(grid).value();
    }
    if (search.target == SearchTarget::Bits) {
        Result<std::vector<int>> bits = parseBitList(options.bits);
        if (!bits.ok()) {
            return bits.error();
        }
        search.bits = std::move(bits).value();
        search.averageBits = options.budgetBytes > 0
                                 ? averageBitsOfBytes(loaded.model.spec, options.budgetBytes)
                                 : options.averageBits;
    }
    return search;
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
    Result<PlanSearch> search = searchOf(options, plan, loaded);
    if (!search.ok()) {
        return search.error();
    }
    Result<CalibrationRequest> text = windowsOf(options, loaded);
    if (!text.ok()) {
        return text.error();
    }
    search.value().windows = std::move(text.value().windows);
    Result<PlanSearchResult> found =
        searchPlan(*loaded.engine, loaded.model.spec, search.value(), context.job);
    if (!found.ok()) {
        return found.error();
    }
    const OrderedJson trace = searchTrace(
        {options.target, referenceTo(loaded.model), plan.plan,
         plan.calibration ? calibrationHash(*plan.calibration) : std::string(), text.value().source.textName,
         options.windows},
        found.value().measured);
    if (const Result<void> kept = addSearchToSession(options.session, loaded.model, trace); !kept.ok()) {
        return kept;
    }
    if (!options.trace.empty()) {
        if (const Result<void> written = writeJson(trace, {options.trace, options.output.force});
            !written.ok()) {
            return written;
        }
    }
    if (search.value().target == SearchTarget::Sensitivity) {
        return writeJson(trace, options.output);
    }
    found.value().plan.name = search.value().target == SearchTarget::Alpha ? "searched α" : "searched bits";
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
    verb->add_option(
            "--one-site", options->oneSite,
            "sensitivity: one site at a time as the plan wants it (on), left in floats (off), or both (default)")
        ->check(CLI::IsMember({"on", "off", "both"}));
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
