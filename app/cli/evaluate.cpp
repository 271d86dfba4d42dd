// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"
#include "app/cli/session_file.h"

#include "core/base/file.h"
#include "core/engine/describe.h"
#include "core/evaluation/evaluator.h"
#include "core/evaluation/flips.h"
#include "core/evaluation/task_file.h"

#include <iostream>

namespace mambascope::cli {
namespace {

struct EvaluateOptions {
    std::string model, tasks = "all", data, baseline, examples, flips, markdown, session;
    int limit = 0;
    std::int64_t seed = 0;
    PlanOptions plan;
    OutputOptions output;
};

Result<EvaluationRequest> evaluationRequest(const EvaluateOptions& options) {
    Result<std::vector<TaskData>> tasks = loadTasks(options.tasks, tasksFolder(options.data, options.model));
    if (!tasks.ok()) {
        return tasks.error();
    }
    EvaluationRequest request;
    request.tasks = std::move(tasks).value();
    request.limit = options.limit;
    request.seed = options.seed;
    for (const TaskData& task : request.tasks) {
        if (task.identity && !options.session.empty()) {
            return Error::usage(
                "A session holds the six built-in tasks only, not \"" + task.name() + "\".",
                "Leave --session out, or evaluate the task file by itself.");
        }
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
            if (!options.flips.empty() && before.items.empty()) {
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
    const bool calibrated = plan.calibration && plan.plan.needsCalibration(loaded.model.spec.layers);
    describeRun(
        result.value(), loaded.model, info.value(), plan.plan,
        calibrated ? calibrationHash(*plan.calibration) : std::string());
    return std::make_shared<const EvaluationResult>(std::move(result).value());
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
    Result<std::shared_ptr<const EvaluationResult>> result =
        runEvaluation(context, loaded, plan, request.value());
    if (!result.ok()) {
        return result.error();
    }
    if (const Result<void> written =
            writeResults(options, request.value(), *result.value(), baseline.value());
        !written.ok()) {
        return written.error();
    }
    if (result.value()->partial) {
        printWarning("Stopped before the end; what was written is marked partial.");
        return Error::cancelled();
    }
    return addToSession(options.session, loaded.model, plan.plan, result.value());
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
    addPlanOptions(*verb, options->plan);
    verb->add_option("--baseline", options->baseline, "Result file to compare with");
    verb->add_option("--examples", options->examples, "Write one JSON line an item here");
    verb->add_option(
        "--flips", options->flips,
        "Write the items that changed against the baseline here, one JSON line each");
    verb->add_option("--markdown", options->markdown, "Write a Markdown table here");
    verb->add_option("--session", options->session, "Also add the run to this session (made if missing)");
    addOutputOptions(*verb, options->output, false, "Result file (default: standard output, without items)");
    verb->callback([options, &run] {
        run = [options](const Context& c) {
            return evaluateTasks(c, *options);
        };
    });
}

} // namespace mambascope::cli
