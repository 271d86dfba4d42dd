// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/base/file.h"
#include "core/evaluation/evaluator.h"

namespace mambascope::cli {
namespace {

struct PerplexityOptions {
    std::string model, text, method = "document";
    int window = 2048;
    PlanOptions plan;
    OutputOptions output;
};

Result<void> textPerplexity(const Context& context, const PerplexityOptions& options) {
    Result<std::string> text = readFile(options.text);
    if (!text.ok()) {
        return text.error();
    }
    Result<Prepared> prepared = prepare(context, options.model, options.plan, options.output);
    if (!prepared.ok()) {
        return prepared.error();
    }
    Engine& engine = *prepared.value().loaded.engine;
    Result<std::shared_ptr<const Tokenizer>> tokenizer = tokenizerOf(prepared.value().loaded);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    if (const Result<void> applied = applyPlan(context, engine, prepared.value().plan); !applied.ok()) {
        return applied.error();
    }
    const PerplexityMethod method =
        options.method == "document" ? PerplexityMethod::Document : PerplexityMethod::Contiguous;
    Result<PerplexityResult> result =
        perplexity(engine, *tokenizer.value(), text.value(), method, options.window, context.job);
    return result.ok() ? writeJson(toJson(result.value()), options.output) : result.error();
}

} // namespace

void addPerplexity(CLI::App& program, Verb& run) {
    auto options = std::make_shared<PerplexityOptions>();
    CLI::App* verb =
        program.add_subcommand("perplexity", "Perplexity of a text, by document or in contiguous windows");
    verb->add_option("MODEL", options->model)->required();
    verb->add_option("--text", options->text, "WikiText-style text")->required();
    verb->add_option("--method", options->method)->check(CLI::IsMember({"document", "contiguous"}));
    verb->add_option("--window", options->window, "Tokens a window (default 2048)")
        ->check(CLI::Range(2, 1 << 20));
    addPlanOptions(*verb, options->plan);
    addOutputOptions(*verb, options->output, false, "Write the JSON here instead of standard output");
    verb->callback([options, &run] {
        run = [options](const Context& c) {
            return textPerplexity(c, *options);
        };
    });
}

} // namespace mambascope::cli
