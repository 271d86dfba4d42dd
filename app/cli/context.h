// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/result.h"
#include "core/engine/client.h"
#include "core/tokenizer/tokenizer.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mambascope::cli {

/// Options that every verb has.
struct GlobalOptions {
    std::string engine; ///< command line; empty: the one installed beside
    std::string device = "auto";
    std::string dtype = "f32";
    int threads = 0;
    int engineTimeout = 60; ///< seconds that the engine may take to answer first
    std::string tokenizer; ///< tokenizer.json to be used instead of the checkpoint's; empty: the checkpoint's
    /// Memory of the engine for what it keeps between plans; none: as the verb needs it.
    std::optional<int> reuseMegabytes;
    bool quiet = false;
};

/// What a verb works with: the global options, and a job that Ctrl-C stops and whose progress is a bar on the
/// terminal.
struct Context {
    GlobalOptions options;
    Job job;
};

/// A plan and the calibration it refers to, as `--plan P.json --calibration C.safetensors` give them.
struct PlanOptions {
    std::string planFile;
    std::string calibrationFile;
};
/// The same for a verb that scores several plans one after the other.
Context forSeveralPlans(const Context& context);
void addPlanOptions(CLI::App& verb, PlanOptions& options);

struct LoadedPlan {
    QuantPlan plan; ///< the baseline if none was given
    std::shared_ptr<const CalibrationSnapshot> calibration;
};
Result<LoadedPlan> loadPlan(const PlanOptions& options);

/// Where a verb writes: `-o FILE [--force]`.
struct OutputOptions {
    std::string file; ///< empty: standard output
    bool force = false;
};
void addOutputOptions(CLI::App& verb, OutputOptions& options, bool required, const std::string& what);
/// Refuses an existing file without --force, and a folder that is not there, before any work is done.
Result<void> checkOutput(const OutputOptions& output);
/// Writes JSON (indented, with a line feed) to the file, or to standard output.
Result<void> writeJson(const OrderedJson& json, const OutputOptions& output);

/// An engine process with the model loaded.
struct LoadedEngine {
    std::unique_ptr<EngineClient> engine;
    LoadedModel model;
    std::filesystem::path tokenizerFile; ///< what --tokenizer names; empty: the checkpoint's own

    bool hasTokenizer() const { return model.hasTokenizer || !tokenizerFile.empty(); }
};
/// What starts the engine: --engine, else the one that is installed. Usage if --engine is no command.
Result<EngineCommand> engineCommand(const Context& context);
/// The engine of the global options, started and without a model.
Result<std::unique_ptr<EngineClient>> startEngine(const Context& context);
/// What an engine is asked to load: a relative path is made absolute if it exists here and the engine is
/// here.
LoadRequest loadRequest(const Context& context, const std::string& model);
/// Starts the engine, loads `model`, and prints the model's warnings to standard error.
Result<LoadedEngine> loadModel(const Context& context, const std::string& model);
/// The same on an engine that is started.
Result<LoadedEngine>
loadOn(const Context& context, std::unique_ptr<EngineClient> engine, const std::string& model);
/// What most verbs begin with, in the order in which it fails cheapest: the output is free, the plan and its
/// calibration are read, the engine is started and the model loaded.
struct Prepared {
    LoadedPlan plan;
    LoadedEngine loaded;
};
Result<Prepared> prepare(
    const Context& context, const std::string& model, const PlanOptions& plan, const OutputOptions& output);
/// The tokenizer that --tokenizer names, if it fits the model; else the checkpoint's, read on the engine's
/// side.
Result<std::shared_ptr<const Tokenizer>> tokenizerOf(const LoadedEngine& loaded);
/// Windows cut from a text file, or from the demo's own where none is named, and where they came from.
Result<CalibrationRequest>
windowsOfText(const std::string& file, const Tokenizer& tokenizer, const WindowRequest& windows);
/// Sets the plan on the engine and prints its warnings.
Result<void> applyPlan(const Context& context, Engine& engine, const LoadedPlan& plan);

/// Where the built-in tasks' data lies: `--data`, or the demo's own folder for the demo, or nothing.
std::optional<std::filesystem::path> tasksFolder(const std::string& data, const std::string& model);

/// Token ids: `--ids 1,2,3`, `--ids-from FILE.safetensors:TENSOR` (one sequence a row), or text.
Result<std::vector<std::int32_t>> parseIds(const std::string& list);
Result<std::vector<std::vector<std::int32_t>>> idsFrom(const std::string& fileAndTensor);
/// Usage if an id is no row of the vocabulary.
Result<void> checkIds(const std::vector<std::vector<std::int32_t>>& sequences, int vocabulary);

void printWarning(const std::string& sentence);

/// Verbs register themselves on the program; `run` is set to what has to be done once the command line is
/// parsed.
using Verb = std::function<Result<void>(const Context&)>;
void addInfo(CLI::App& program, Verb& run);
void addTokenize(CLI::App& program, Verb& run);
void addLogits(CLI::App& program, Verb& run);
void addGenerate(CLI::App& program, Verb& run);
void addCalibrate(CLI::App& program, Verb& run);
void addOutliers(CLI::App& program, Verb& run);
void addPlan(CLI::App& program, Verb& run);
void addEvaluate(CLI::App& program, Verb& run);
void addPerplexity(CLI::App& program, Verb& run);
void addDivergence(CLI::App& program, Verb& run);
void addSweep(CLI::App& program, Verb& run);
void addExport(CLI::App& program, Verb& run);
void addBench(CLI::App& program, Verb& run);
void addMakeModel(CLI::App& program, Verb& run);
void addSession(CLI::App& program, Verb& run);
void addImportScales(CLI::App& program, Verb& run);
void addSearch(CLI::App& program, Verb& run);

} // namespace mambascope::cli
