// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/base/file.h"
#include "core/evaluation/divergence.h"
#include "core/tokenizer/unicode.h"

#include <algorithm>
#include <tuple>

namespace mambascope::cli {
namespace {

/// Logits of one piece that are held while the other plan computes its own: what bounds the memory.
constexpr std::int64_t kPieceBytes = std::int64_t{128} << 20;

struct DivergenceOptions {
    std::string model, text;
    int window = 512;
    int windows = 0;
    PlanOptions plan;
    OutputOptions output;
};

using Windows = std::vector<std::vector<std::int32_t>>;

/// Windows back to back from the start of the text; what is left over is dropped.
Result<Windows> cut(const std::vector<std::int32_t>& tokens, const DivergenceOptions& options) {
    const auto length = static_cast<std::size_t>(options.window);
    Windows windows;
    for (std::size_t start = 0; start + length <= tokens.size(); start += length) {
        const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(start);
        windows.emplace_back(first, first + options.window);
    }
    if (windows.empty()) {
        return Error::unreadable(
            "The text has " + std::to_string(tokens.size()) + " tokens, which is less than one window of " +
                std::to_string(length) + ".",
            "Choose a longer text or a shorter --window.");
    }
    if (options.windows > 0 && static_cast<std::size_t>(options.windows) < windows.size()) {
        windows.resize(static_cast<std::size_t>(options.windows));
    }
    return windows;
}

Result<ForwardResult>
forwardUnder(Engine& engine, const LoadedPlan& plan, const ForwardRequest& request, const Job& job) {
    const Result<std::vector<std::string>> applied = engine.applyPlan(plan.plan, plan.calibration, job);
    return applied.ok() ? engine.forward(request, job) : applied.error();
}

/// Piece by piece, each under the plan and under none. What a piece ends with the next one begins with,
/// because quantizing the weights takes long and holding them twice takes much.
Result<DivergenceResult> measure(
    const Context& context, Engine& engine, const LoadedPlan& plan, const Windows& windows, int vocabulary) {
    const std::int64_t windowBytes = static_cast<std::int64_t>(windows.front().size()) * vocabulary * 4;
    const auto piece = static_cast<std::size_t>(std::max<std::int64_t>(kPieceBytes / windowBytes, 1));
    const Job quiet{context.job.stop, {}};
    DivergenceMeter meter;
    bool planIsSet = true; // by the caller
    for (std::size_t start = 0; start < windows.size(); start += piece) {
        context.job.report("Comparing distributions", start, windows.size());
        const std::size_t end = std::min(start + piece, windows.size());
        ForwardRequest request;
        request.sequences.assign(
            windows.begin() + static_cast<std::ptrdiff_t>(start),
            windows.begin() + static_cast<std::ptrdiff_t>(end));
        const Result<ForwardResult> first =
            forwardUnder(engine, planIsSet ? plan : LoadedPlan{}, request, quiet);
        if (!first.ok()) {
            return first.error();
        }
        planIsSet = !planIsSet;
        const Result<ForwardResult> second =
            forwardUnder(engine, planIsSet ? plan : LoadedPlan{}, request, quiet);
        if (!second.ok()) {
            return second.error();
        }
        const auto& [before, now] = planIsSet ? std::tie(first, second) : std::tie(second, first);
        for (std::size_t i = 0; i < request.sequences.size(); ++i) {
            meter.add(request.sequences[i], before.value().logits[i], now.value().logits[i]);
        }
    }
    return meter.result();
}

Result<void> compareDistributions(const Context& context, const DivergenceOptions& options) {
    Result<std::string> text = readFile(options.text);
    if (!text.ok()) {
        return text.error();
    }
    Result<Prepared> prepared = prepare(context, options.model, options.plan, options.output);
    if (!prepared.ok()) {
        return prepared.error();
    }
    auto& [plan, loaded] = prepared.value();
    Result<std::shared_ptr<const Tokenizer>> tokenizer = tokenizerOf(loaded);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    const Result<Windows> windows = cut(tokenizer.value()->encode(replaceInvalidUtf8(text.value())), options);
    if (!windows.ok()) {
        return windows.error();
    }
    if (Result<void> known = checkIds(windows.value(), loaded.model.spec.vocabulary); !known.ok()) {
        return known;
    }
    // Once for its warnings, and so that a plan that does not fit fails before the work.
    if (const Result<void> applied = applyPlan(context, *loaded.engine, plan); !applied.ok()) {
        return applied.error();
    }
    const Result<DivergenceResult> result =
        measure(context, *loaded.engine, plan, windows.value(), loaded.model.spec.vocabulary);
    if (!result.ok()) {
        return result.error();
    }
    OrderedJson json{
        {"model", loaded.model.name},
        {"plan_name", plan.plan.name},
        {"plan_hash", planHash(plan.plan)},
        {"window", options.window},
        {"windows", windows.value().size()}};
    json.update(toJson(result.value()));
    return writeJson(json, options.output);
}

} // namespace

void addDivergence(CLI::App& program, Verb& run) {
    auto options = std::make_shared<DivergenceOptions>();
    CLI::App* verb = program.add_subcommand(
        "divergence", "KL divergence of a plan's next-token distributions from the unquantized model's");
    verb->add_option("MODEL", options->model)->required();
    verb->add_option("--text", options->text, "Held-out text, not what was calibrated on")->required();
    verb->add_option("--window", options->window, "Tokens a window (default 512)")
        ->check(CLI::Range(2, 1 << 16));
    verb->add_option("--windows", options->windows, "Windows from the start of the text (default: all)")
        ->check(CLI::Range(1, 1 << 30));
    addPlanOptions(*verb, options->plan);
    addOutputOptions(*verb, options->output, false, "Write the JSON here instead of standard output");
    verb->callback([options, &run] {
        run = [options](const Context& c) {
            return compareDistributions(c, *options);
        };
    });
}

} // namespace mambascope::cli
