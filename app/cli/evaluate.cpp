// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"
#include "app/cli/session_file.h"

#include "core/base/file.h"
#include "core/engine/describe.h"
#include "core/evaluation/evaluator.h"

#include <iostream>

namespace mambascope::cli {
namespace {

struct EvaluateOptions {
    std::string model, tasks = "all", data, baseline, examples, markdown, session;
    int limit = 0;
    std::int64_t seed = 0;
    PlanOptions plan;
    OutputOptions output;
};

Result<EvaluationRequest> evaluationRequest(const EvaluateOptions& options) {
    Result<std::vector<Task>> tasks = parseTaskList(options.tasks);
    if (!tasks.ok()) {
        return tasks.error();
    }
    if (options.data.empty() && options.model != "demo") {
        return Error::usage(
            "There is no data folder.", "Name the folder that holds the tasks' data with --data DIR.");
    }
    EvaluationRequest request;
    request.limit = options.limit;
    request.seed = options.seed;
    const std::filesystem::path folder =
        options.data.empty() ? demoTasksFolder() : std::filesystem::path(options.data);
    for (const Task task : tasks.value()) {
        Result<TaskData> data = loadTask(task, folder);
        if (!data.ok()) {
            return data.error();
        }
        request.tasks.push_back(std::move(data).value());
    }
    return request;
}

Result<EvaluationResult> readResult(const std::string& file) {
    Result<std::string> text = readFile(file);
    if (!text.ok()) {
        return text.error();
    }
    Result<Json> json = parseJson(text.value(), file);
    return json.ok() ? evaluationFromJson(json.value(), file) : json.error();
}

/// The whole run: from the files to a described result.
Result<std::shared_ptr<const EvaluationResult>> runEvaluation(
    const Context& context, LoadedEngine& loaded, const LoadedPlan& plan, const EvaluationRequest& request) {
    Engine& engine = *loaded.engine;
    Result<EngineInfo> info = engine.info();
    if (!info.ok()) {
        return info.error();
    }
    Result<std::shared_ptr<const Tokenizer>> tokenizer = tokenizerOf(loaded);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    if (const Result<void> applied = applyPlan(context, engine, plan); !applied.ok()) {
        return applied.error();
    }
    Result<EvaluationResult> result = evaluate(engine, *tokenizer.value(), request, {}, context.job);
    if (!result.ok()) {
        return result.error();
    }
    if (result.value().partial) {
        return Error::cancelled();
    }
    const bool calibrated = plan.calibration && plan.plan.needsCalibration(loaded.model.spec.layers);
    describeRun(
        result.value(), loaded.model, info.value(), plan.plan,
        calibrated ? calibrationHash(*plan.calibration) : std::string());
    return std::make_shared<const EvaluationResult>(std::move(result).value());
}

Result<void> writeResults(
    const EvaluateOptions& options, const EvaluationResult& result,
    const std::optional<EvaluationResult>& baseline) {
    const EvaluationResult* reference = baseline ? &*baseline : nullptr;
    if (!options.examples.empty()) {
        if (Result<void> w = writeFile(options.examples, examplesToJsonLines(result), options.output.force);
            !w.ok()) {
            return w;
        }
    }
    if (!options.markdown.empty()) {
        std::vector<const EvaluationResult*> columns;
        if (reference != nullptr) {
            columns.push_back(reference);
        }
        columns.push_back(&result);
        if (Result<void> w = writeFile(options.markdown, toMarkdown(columns), options.output.force);
            !w.ok()) {
            return w;
        }
    }
    return writeJson(toJson(result, reference, !options.output.file.empty()), options.output);
}

Result<void> checkOutputs(const EvaluateOptions& options) {
    for (const std::string& file : {options.output.file, options.examples, options.markdown}) {
        if (Result<void> free = checkOutput({file, options.output.force}); !free.ok()) {
            return free;
        }
    }
    return checkSession(options.session);
}

Result<void> evaluateTasks(const Context& context, const EvaluateOptions& options) {
    if (const Result<void> free = checkOutputs(options); !free.ok()) {
        return free.error();
    }
    Result<EvaluationRequest> request = evaluationRequest(options);
    if (!request.ok()) {
        return request.error();
    }
    std::optional<EvaluationResult> baseline;
    if (!options.baseline.empty()) {
        Result<EvaluationResult> read = readResult(options.baseline);
        if (!read.ok()) {
            return read.error();
        }
        baseline = std::move(read).value();
    }
    Result<Prepared> prepared = prepare(context, options.model, options.plan, options.output);
    if (!prepared.ok()) {
        return prepared.error();
    }
    auto& [plan, loaded] = prepared.value();
    Result<std::shared_ptr<const EvaluationResult>> result =
        runEvaluation(context, loaded, plan, request.value());
    if (!result.ok()) {
        return result.error();
    }
    if (const Result<void> written = writeResults(options, *result.value(), baseline); !written.ok()) {
        return written.error();
    }
    return addToSession(options.session, loaded.model, plan.plan, result.value());
}

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

void addEvaluate(CLI::App& program, Verb& run) {
    auto options = std::make_shared<EvaluateOptions>();
    CLI::App* verb = program.add_subcommand("evaluate", "Zero-shot tasks");
    verb->add_option("MODEL", options->model)->required();
    verb->add_option("--tasks", options->tasks, "all, or lambada,hellaswag,piqa,winogrande,rte,copa");
    verb->add_option("--data", options->data, "Folder of the tasks' data (default for the demo: its own)");
    verb->add_option("--limit", options->limit, "Items a task, drawn at random (default: all)")
        ->check(CLI::Range(1, 1 << 30));
    verb->add_option("--seed", options->seed, "Seed of the order of items (default 0)");
    addPlanOptions(*verb, options->plan);
    verb->add_option("--baseline", options->baseline, "Result file to compare with");
    verb->add_option("--examples", options->examples, "Write one JSON line an item here");
    verb->add_option("--markdown", options->markdown, "Write a Markdown table here");
    verb->add_option("--session", options->session, "Also add the run to this session (made if missing)");
    addOutputOptions(*verb, options->output, false, "Result file (default: standard output, without items)");
    verb->callback([options, &run] {
        run = [options](const Context& c) {
            return evaluateTasks(c, *options);
        };
    });
}

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
