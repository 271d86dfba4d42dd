// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"
#include "app/cli/session_file.h"
#include "app/cli/sweep_calibration.h"
#include "app/cli/task_data.h"

#include "core/base/file.h"
#include "core/sweep/runner.h"
#include "core/sweep/tables.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <thread>
#include <unistd.h>

namespace mambascope::cli {
namespace {

struct SweepOptions {
    std::vector<std::string> models;
    std::string recipe, tasks, data, folder, session;
    std::vector<std::string> devices;
    int limit = 0;
    std::int64_t seed = 0;
    bool limitGiven = false, seedGiven = false, force = false, skipBroken = false;
    SweepCalibration calibration;
};

Result<Recipe> findRecipe(const std::string& name) {
    return name.ends_with(".json") ? loadRecipe(name) : builtInRecipe(name);
}

/// Several engines on one processor share its cores.
int threadsOf(const GlobalOptions& global, const std::vector<std::string>& devices) {
    const auto onCpu = static_cast<unsigned>(std::count(devices.begin(), devices.end(), "cpu"));
    if (global.threads > 0 || onCpu < 2) {
        return global.threads;
    }
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency() / onCpu));
}

Result<SweepRequest> sweepRequest(const Context& context, const SweepOptions& options) {
    Result<Recipe> recipe = findRecipe(options.recipe);
    if (!recipe.ok()) {
        return recipe.error();
    }
    SweepRequest request;
    request.recipe = std::move(recipe).value();
    request.folder = options.folder;
    request.limit = options.limitGiven ? options.limit : request.recipe.limit.value_or(0);
    request.seed = options.seedGiven ? options.seed : request.recipe.seed.value_or(0);
    const std::vector<std::string>& models =
        options.models.empty() ? request.recipe.checkpoints : options.models;
    if (models.empty()) {
        return Error::usage(
            "There is no checkpoint to sweep over.",
            "Name one or more before the options, or in the recipe file.");
    }
    const std::string& tasks = options.tasks.empty() ? request.recipe.tasks : options.tasks;
    Result<std::vector<TaskData>> data = readTasks(
        tasks.empty() ? "all" : tasks, tasksFolder(options.data, models.size() == 1 ? models[0] : ""),
        options.skipBroken);
    if (!data.ok()) {
        return data.error();
    }
    request.tasks = std::move(data).value();
    request.tokenizer = context.options.tokenizer;
    request.devices = options.devices.empty() ? std::vector{context.options.device} : options.devices;
    for (const std::string& model : models) {
        LoadRequest load = loadRequest(context, model);
        load.threads = threadsOf(context.options, request.devices);
        request.checkpoints.push_back(std::move(load));
    }
    return request;
}

/// What makes two sweeps the same one, as far as the command line says.
OrderedJson manifestOf(const SweepRequest& request, const SweepOptions& options) {
    OrderedJson json{
        {"format", 1}, {"recipe", request.recipe.name}, {"limit", request.limit}, {"seed", request.seed}};
    for (const LoadRequest& checkpoint : request.checkpoints) {
        json["checkpoints"].push_back(checkpoint.model);
    }
    for (const QuantPlan& plan : request.recipe.plans) {
        json["plans"].push_back({{"name", plan.name}, {"hash", planHash(plan)}});
    }
    for (const TaskData& task : request.tasks) {
        json["tasks"].push_back({{"name", task.name()}, {"data_hash", task.fileHash}});
    }
    json["calibration"] = describeCalibration(options.calibration);
    return json;
}

/// Makes the folder, or finds the same sweep in it.
Result<void> openFolder(const SweepRequest& request, const SweepOptions& options) {
    const std::filesystem::path manifest = request.folder / "sweep.json";
    const std::string text =
        manifestOf(request, options).dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
    std::error_code failure;
    if (std::filesystem::exists(manifest, failure)) {
        const Result<std::string> before = readFile(manifest);
        if (before.ok() && before.value() == text) {
            return {};
        }
        if (!options.force) {
            return Error::usage(
                "There is another sweep in '" + options.folder + "'.",
                "Choose another folder; or --force replaces its tables and keeps what fits of its results.");
        }
    } else if (
        std::filesystem::exists(request.folder, failure) &&
        !std::filesystem::is_empty(request.folder, failure)) {
        return Error::usage(
            "'" + options.folder + "' is not empty, and not the folder of a sweep.",
            "Choose another folder.");
    }
    std::filesystem::create_directory(request.folder, failure);
    if (!std::filesystem::is_directory(request.folder, failure)) {
        return Error::usage(
            "The folder '" + options.folder + "' cannot be made.", "Make the folder around it first.");
    }
    return writeFile(manifest, text, true);
}

Result<void> writeTables(const SweepRequest& request, const std::vector<SweepGroup>& groups) {
    const std::string json =
        sweepJson(request, groups).dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
    const std::pair<const char*, std::string> files[] = {
        {"results.json", json},
        {"table.csv", sweepCsv(request, groups)},
        {"table.md", sweepMarkdown(request, groups)},
        {"table.tex", sweepLatex(request, groups)}};
    for (const auto& [name, text] : files) {
        if (Result<void> written = writeFile(request.folder / name, text, true); !written.ok()) {
            return written;
        }
    }
    return {};
}

/// A line a finished result; on a terminal it takes the place of the progress bar, which comes back below.
void printStep(const SweepStep& step) {
    char value[32];
    std::snprintf(value, sizeof value, "%.2f", 100 * step.published);
    std::cerr << (isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "") << step.done << " of " << step.total << "  "
              << step.checkpoint << "  " << step.plan << "  " << step.task << "  " << value << "\n";
}

Result<void> sweep(const Context& context, const SweepOptions& options) {
    Result<SweepRequest> request = sweepRequest(context, options);
    if (!request.ok()) {
        return request.error();
    }
    if (Result<void> usable = checkCalibration(options.calibration, request.value()); !usable.ok()) {
        return usable;
    }
    if (Result<void> writable = checkSession(options.session); !writable.ok()) {
        return writable;
    }
    if (Result<void> open = openFolder(request.value(), options); !open.ok()) {
        return open;
    }
    // The only file with times: what a row took, appended as it is finished.
    std::ofstream timings(request.value().folder / "timings.csv", std::ios::app);
    SweepHooks hooks;
    hooks.startEngine = [&]() -> Result<std::unique_ptr<Engine>> {
        Result<std::unique_ptr<EngineClient>> engine = startEngine(context);
        if (!engine.ok()) {
            return engine.error();
        }
        return std::unique_ptr<Engine>(std::move(engine).value());
    };
    hooks.calibrate = [&](Engine& engine, const LoadedModel& model, const Tokenizer& tokenizer,
                          const Job& job) {
        const bool rotated = std::ranges::any_of(request.value().recipe.plans, [&](const QuantPlan& plan) {
            return plan.needsRotatedInputs(model.spec.layers);
        });
        return calibrationFor(
            options.calibration, request.value().folder, engine, model, tokenizer, rotated, job);
    };
    hooks.warn = printWarning;
    hooks.finished = [&](const SweepStep& step) {
        timings << step.checkpoint << "," << step.plan << "," << step.task << "," << step.seconds
                << std::endl;
        if (!context.options.quiet) {
            printStep(step);
        }
    };
    Result<std::vector<SweepGroup>> groups = runSweep(request.value(), hooks, context.job);
    if (!groups.ok()) {
        if (groups.error().code == ErrorCode::Cancelled) {
            printWarning(
                "Stopped. What is finished is kept in " + options.folder + "; the same command goes on.");
        }
        return groups.error();
    }
    if (Result<void> written = writeTables(request.value(), groups.value()); !written.ok()) {
        return written;
    }
    std::cout << sweepMarkdown(request.value(), groups.value()) << std::flush;
    return addSweepToSession(options.session, sweepJson(request.value(), groups.value()));
}

std::string recipeHelp() {
    std::string text;
    for (const std::string& name : recipeNames()) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text + ", or a recipe file (*.json)";
}

} // namespace

void addSweep(CLI::App& program, Verb& run) {
    auto options = std::make_shared<SweepOptions>();
    CLI::App* verb = program.add_subcommand(
        "sweep", "A table of plans × tasks; run again after an interruption, it goes on where it was");
    verb->add_option("MODEL", options->models, "One checkpoint or several");
    verb->add_option("--recipe", options->recipe, recipeHelp())->required();
    verb->add_option("--data", options->data, "Folder of the tasks' data (default for the demo: its own)");
    verb->add_option("--tasks", options->tasks, "As for evaluate (default: the recipe's, or all)");
    CLI::Option* limit =
        verb->add_option("--limit", options->limit, "Items a task, drawn at random (default: all)")
            ->check(CLI::Range(1, 1 << 30));
    CLI::Option* seed = verb->add_option("--seed", options->seed, "Seed of the order of items (default 0)");
    verb->add_option(
            "--devices", options->devices,
            "An engine process each, e.g. cuda:0,cuda:1; plans are spread over them")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check([](const std::string& text) -> std::string {
            const bool known =
                text == "auto" || text == "cpu" || text == "cuda" || text.rfind("cuda:", 0) == 0;
            return known ? "" : "There is no device '" + text + "'; use auto, cpu, cuda or cuda:N.";
        });
    verb->add_flag("--skip-broken", options->skipBroken, kSkipBrokenHelp);
    addCalibrationOptions(*verb, options->calibration);
    verb->add_option("-o,--output", options->folder, "Folder of the sweep; made if it is not there")
        ->required()
        ->type_name("DIR");
    verb->add_option("--session", options->session, "Add the results to this session (made if missing)");
    verb->add_flag("--force", options->force, "Use the folder of another sweep");
    verb->callback([options, limit, seed, &run] {
        options->limitGiven = limit->count() > 0;
        options->seedGiven = seed->count() > 0;
        run = [options](const Context& c) {
            return sweep(c, *options);
        };
    });
}

} // namespace mambascope::cli
