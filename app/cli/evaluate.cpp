// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"
#include "app/cli/session_file.h"
#include "app/cli/task_data.h"

#include "core/base/file.h"
#include "core/engine/describe.h"
#include "core/evaluation/evaluator.h"
#include "core/evaluation/flips.h"
#include "core/evaluation/result_key.h"

#include <algorithm>
#include <iostream>
#include <set>

namespace mambascope::cli {
namespace {

struct EvaluateOptions {
    std::string model, tasks = "all", data, baseline, examples, flips, markdown, session;
    int limit = 0;
    std::int64_t seed = 0;
    bool noCache = false, skipBroken = false;
    double earlyStop = 0; ///< 0: never
    PlanOptions plan;
    OutputOptions output;
};

Result<EvaluationRequest> evaluationRequest(const EvaluateOptions& options) {
    Result<std::vector<TaskData>> tasks = 
        readTasks(options.tasks, tasksFolder(options.data, options.model), options.skipBroken);
    if (!tasks.ok()) {
        return tasks.error();
    }
    EvaluationRequest request;
    request.tasks = std::move(tasks).value();
    request.limit = options.limit;
    request.seed = options.seed;
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

/// Usage if the baseline cannot be compared item by item: another state of a task's data, or, for the flips,
/// no items.
Result<void> checkBaseline(
    const EvaluateOptions& options, const EvaluationRequest& request, const EvaluationResult& baseline) {
    for (const TaskData& task : request.tasks) {
        for (const TaskResult& before : baseline.tasks) {
            if (before.task != task.task || before.name() != task.name()) {
                continue;
            }
            if (!before.dataHash.empty() && before.dataHash != task.fileHash) {
                return Error::usage(
                    options.baseline + " was measured on other data of " + task.title() + ".",
                    "Evaluate the baseline again on the same data.");
            }
            if ((!options.flips.empty() || options.earlyStop > 0) && before.items.empty()) {
                return Error::usage(
                    options.baseline + " does not say which items of " + task.title() + " were right.",
                    "Take a result file that 'evaluate -o' wrote.");
            }
        }
    }
    return {};
}

Result<std::optional<EvaluationResult>>
readBaseline(const EvaluateOptions& options, const EvaluationRequest& request) {
    if (options.baseline.empty() && options.earlyStop > 0) {
        return Error::usage(
            "--early-stop needs something to compare with.", "Name a result with --baseline.");
    }
    if (options.baseline.empty()) {
        return options.flips.empty()
                   ? Result<std::optional<EvaluationResult>>(std::optional<EvaluationResult>())
                   : Error::usage(
                         "--flips needs something to compare with.", "Name a result with --baseline.");
    }
    Result<EvaluationResult> read = readResult(options.baseline);
    if (!read.ok()) {
        return read.error();
    }
    if (const Result<void> comparable = checkBaseline(options, request, read.value()); !comparable.ok()) {
        return comparable.error();
    }
    return std::optional<EvaluationResult>(std::move(read).value());
}

/// What came of a run.
struct Outcome {
    std::shared_ptr<const EvaluationResult> result;
    bool known = false; ///< the session had all of it
};

/// Takes what `known` has of the run's tasks, evaluates the others, and describes the whole.
Result<Outcome> completed(
    const Context& context, Engine& engine, const LoadedPlan& plan, const Tokenizer& tokenizer,
    EvaluationRequest request, const EvaluationResult& description,
    const std::vector<std::shared_ptr<const EvaluationResult>>& known) {
    std::set<const TaskData*> found;
    request.known = [&](const TaskData& data) -> std::optional<TaskResult> {
        const TaskResult* task = findResult(known, resultKey(description, data));
        if (task != nullptr) {
            found.insert(&data);
        }
        return task != nullptr ? std::optional(*task) : std::nullopt;
    };
    const bool all = std::all_of(request.tasks.begin(), request.tasks.end(), [&](const TaskData& data) {
        return findResult(known, resultKey(description, data)) != nullptr;
    });
    if (!all) {
        if (const Result<void> applied = applyPlan(context, engine, plan); !applied.ok()) {
            return applied.error();
        }
    }
    Result<EvaluationResult> evaluated = evaluate(engine, tokenizer, request, {}, context.job);
    if (!evaluated.ok()) {
        return evaluated.error();
    }
    EvaluationResult result = description;
    result.tasks = std::move(evaluated.value().tasks);
    result.tokens = evaluated.value().tokens;
    result.seconds = evaluated.value().seconds;
    result.partial = evaluated.value().partial;
    if (!found.empty() && !context.options.quiet) {
        std::cerr << "From the session: " << found.size() << " of " << request.tasks.size() << " tasks\n";
    }
    return Outcome{std::make_shared<const EvaluationResult>(std::move(result)), all};
}

/// The whole run: from the files to a described result.
Result<Outcome> runEvaluation(
    const Context& context, const EvaluateOptions& options, LoadedEngine& loaded, const LoadedPlan& plan,
    const EvaluationRequest& request) {
    Result<EngineInfo> info = loaded.engine->info();
    if (!info.ok()) {
        return info.error();
    }
    Result<std::shared_ptr<const Tokenizer>> tokenizer = tokenizerOf(loaded);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    EvaluationResult description;
    description.seed = request.seed;
    description.limit = request.limit;
    const bool calibrated = plan.calibration && plan.plan.needsCalibration(loaded.model.spec.layers);
    describeRun(
        description, loaded.model, info.value(), plan.plan,
        calibrated ? calibrationHash(*plan.calibration) : std::string(), *tokenizer.value());
    if (const Result<void> same = checkSession(options.session, loaded.model); !same.ok()) {
        return same.error();
    }
    std::vector<std::shared_ptr<const EvaluationResult>> known;
    if (!options.session.empty() && !options.noCache) {
        auto results = resultsLike(options.session, loaded.model, description);
        if (!results.ok()) {
            return results.error();
        }
        known = std::move(results).value();
    }
    return completed(context, *loaded.engine, plan, *tokenizer.value(), request, description, known);
}

Result<void> writeResults(
    const EvaluateOptions& options, const EvaluationRequest& request, const EvaluationResult& result,
    const std::optional<EvaluationResult>& baseline) {
    const EvaluationResult* reference = baseline ? &*baseline : nullptr;
    if (!options.examples.empty()) {
        if (Result<void> w = writeFile(options.examples, examplesToJsonLines(result), options.output.force);
            !w.ok()) {
            return w;
        }
    }
    if (!options.flips.empty()) {
        if (Result<void> w = writeFile(
                options.flips, flipsToJsonLines(result, *baseline, request.tasks), options.output.force);
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
    for (const std::string& file : {options.output.file, options.examples, options.flips, options.markdown}) {
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
    Result<std::optional<EvaluationResult>> baseline = readBaseline(options, request.value());
    if (!baseline.ok()) {
        return baseline.error();
    }
    Result<Prepared> prepared = prepare(context, options.model, options.plan, options.output);
    if (!prepared.ok()) {
        return prepared.error();
    }
    auto& [plan, loaded] = prepared.value();
    if (options.earlyStop > 0) {
        request.value().earlyStop =
            EarlyStop{options.earlyStop, std::make_shared<const EvaluationResult>(*baseline.value())};
    }
    const Result<Outcome> outcome = runEvaluation(context, options, loaded, plan, request.value());
    if (!outcome.ok()) {
        return outcome.error();
    }
    const EvaluationResult& result = *outcome.value().result;
    if (const Result<void> written = writeResults(options, request.value(), result, baseline.value());
        !written.ok()) {
        return written.error();
    }
    if (result.partial) {
        printWarning("Stopped before the end; what was written is marked partial.");
        return Error::cancelled();
    }
    return outcome.value().known
               ? setSessionPlan(options.session, loaded.model, plan.plan)
               : addToSession(options.session, loaded.model, plan.plan, outcome.value().result);
}

} // namespace

void addEvaluate(CLI::App& program, Verb& run) {
    auto options = std::make_shared<EvaluateOptions>();
    CLI::App* verb = program.add_subcommand("evaluate", "Zero-shot tasks");
    verb->add_option("MODEL", options->model)->required();
    verb->add_option(
        "--tasks", options->tasks,
        "all, or some of lambada,hellaswag,piqa,winogrande,rte,copa and task files (*.json)");
    verb->add_option("--data", options->data, "Folder of the tasks' data (default for the demo: its own)");
    verb->add_option("--limit", options->limit, "Items a task, drawn at random (default: all)")
        ->check(CLI::Range(1, 1 << 30));
    verb->add_option("--seed", options->seed, "Seed of the order of items (default 0)");
    verb->add_flag("--skip-broken", options->skipBroken, kSkipBrokenHelp);
    addPlanOptions(*verb, options->plan);
    verb->add_option("--baseline", options->baseline, "Result file to compare with");
    verb->add_option("--examples", options->examples, "Write one JSON line an item here");
    verb->add_option(
        "--flips", options->flips,
        "Write the items that changed against the baseline here, one JSON line each");
    verb->add_option("--markdown", options->markdown, "Write a Markdown table here");
    verb->add_option(
        "--session", options->session,
        "Add the run to this session (made if missing), and take from it what it has of the run already");
    verb->add_flag("--no-cache", options->noCache, "Evaluate what the session has already once more");
    verb->add_option(
            "--early-stop", options->earlyStop,
            "End a task once its paired difference to the baseline is clear at this level, e.g. 0.01; not "
            "for "
            "numbers to be published (default: off)")
        ->type_name("P")
        ->check(CLI::Range(1e-12, 0.5));
    addOutputOptions(*verb, options->output, false, "Result file (default: standard output, without items)");
    verb->callback([options, &run] {
        run = [options](const Context& c) {
            return evaluateTasks(c, *options);
        };
    });
}

} // namespace mambascope::cli
