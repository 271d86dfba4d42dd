// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/bench_interactive.h"
#include "app/cli/context.h"
#include "app/cli/protocol_share.h"

#include "core/engine/files.h"
#include "core/quantization/export_files.h"

#include <iostream>

namespace mambascope::cli {
namespace {

struct ExportOptions {
    std::string model, format = "hf", output, dtype = "f32", type = "q8_0";
    std::uint64_t shardBytes = 5'000'000'000;
    bool force = false;
    PlanOptions plan;
};

DType exportDType(const std::string& name) {
    return name == "bf16" ? DType::BF16 : name == "f16" ? DType::F16 : DType::F32;
}

ExportRequest exportRequest(const ExportOptions& options, const LoadedPlan& plan) {
    ExportRequest request;
    request.overwrite = options.force;
    request.plan = plan.plan;
    request.dtype = exportDType(options.dtype);
    request.format = parseExportFormat(options.format).value_or(ExportFormat::HuggingFace);
    request.shardBytes = static_cast<std::int64_t>(options.shardBytes);
    request.ggufType = options.type;
    if (plan.calibration) {
        request.calibrationHash = calibrationHash(*plan.calibration);
    }
    return request;
}

/// On this machine, without an engine: weights are read when it is their turn, and a model that does not fit
/// into memory can be exported.
Result<ExportReport> exportHere(
    const Context& context, const ExportOptions& options, const LoadedPlan& plan, ExportRequest& request) {
    const Result<std::string> folder = checkNewFolder(options.output, options.force);
    if (!folder.ok()) {
        return folder.error();
    }
    request.folder = folder.value();
    Result<FilesExport> exported =
        exportFiles(loadRequest(context, options.model).model, request, plan.calibration.get(), context.job);
    if (!exported.ok()) {
        return exported.error();
    }
    for (const std::string& warning : exported.value().warnings) {
        printWarning(warning);
    }
    return std::move(exported.value().report);
}

/// On the engine's machine, where checkpoint and folder are.
Result<ExportReport> exportThere(
    const Context& context, const ExportOptions& options, const LoadedPlan& plan, ExportRequest& request) {
    Result<std::unique_ptr<EngineClient>> engine = startEngine(context);
    if (!engine.ok()) {
        return engine.error();
    }
    const Result<std::string> folder =
        engine.value()->checkNewFolder(options.output, options.force, context.job);
    if (!folder.ok()) {
        return folder.error();
    }
    request.folder = folder.value();
    const Result<LoadedEngine> loaded = loadOn(context, std::move(engine).value(), options.model);
    if (!loaded.ok()) {
        return loaded.error();
    }
    request.checkpointHash = loaded.value().model.hash;
    return loaded.value().engine->exportCheckpoint(request, plan.calibration, context.job);
}

Result<void> exportCheckpoint(const Context& context, const ExportOptions& options) {
    const Result<EngineCommand> command = engineCommand(context);
    if (!command.ok()) {
        return command.error();
    }
    const Result<LoadedPlan> plan = loadPlan(options.plan);
    if (!plan.ok()) {
        return plan.error();
    }
    ExportRequest request = exportRequest(options, plan.value());
    const Result<ExportReport> report = command.value().mayBeElsewhere()
                                            ? exportThere(context, options, plan.value(), request)
                                            : exportHere(context, options, plan.value(), request);
    if (!report.ok()) {
        return report.error();
    }
    return writeJson(
        {{"folder", request.folder.string()},
         {"format", options.format},
         {"files", report.value().files},
         {"bytes", report.value().bytes},
         {"notes", report.value().notes}},
        {});
}

/// On the engine's machine, if that may be another.
Result<void>
makeModelOf(const Context& context, const std::string& like, std::uint64_t seed, const std::string& folder) {
    const Result<EngineCommand> command = engineCommand(context);
    if (!command.ok()) {
        return command.error();
    }
    if (!command.value().mayBeElsewhere()) {
        return makeModel(like, seed, folder, context.job);
    }
    const Result<std::unique_ptr<EngineClient>> engine = startEngine(context);
    return engine.ok() ? engine.value()->makeModel(like, seed, folder, context.job) : engine.error();
}

struct BenchOptions {
    std::string model;
    BenchRequest request;
    OutputOptions output;
};

Result<void> bench(const Context& context, const BenchOptions& options) {
    if (const Result<void> free = checkOutput(options.output); !free.ok()) {
        return free.error();
    }
    Result<LoadedEngine> loaded = loadModel(context, options.model);
    if (!loaded.ok()) {
        return loaded.error();
    }
    Result<OrderedJson> report = loaded.value().engine->bench(options.request, context.job);
    if (!report.ok()) {
        return report.error();
    }
    Result<OrderedJson> protocol = protocolShare(*loaded.value().engine, loaded.value().model, context.job);
    if (!protocol.ok()) {
        return protocol.error();
    }
    report.value()["protocol"] = std::move(protocol).value();
    return writeJson(report.value(), options.output);
}

} // namespace

void addExport(CLI::App& program, Verb& run) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* verb = program.add_subcommand("export", "Write a quantized checkpoint that other tools load");
    verb->add_option("MODEL", options->model)->required();
    verb->add_option(
            "--format", options->format,
            "hf: an ordinary checkpoint with fake-quantized weights (default); compressed-tensors: linears "
            "as "
            "integers with scales; gguf: a file for llama.cpp")
        ->check(CLI::IsMember({"hf", "compressed-tensors", "gguf"}));
    verb->add_option(
            "--weights", options->dtype,
            "Element type of written float weights (default f32, which is exact; not for gguf)")
        ->check(CLI::IsMember({"f32", "bf16", "f16"}));
    verb->add_option("--type", options->type, "Type of the matrices in a gguf (default q8_0)")
        ->check(CLI::IsMember({"f32", "f16", "q8_0", "q4_0"}));
    verb->add_option(
            "--max-shard-size", options->shardBytes,
            "Cut larger checkpoints into several files (default 5GB)")
        ->transform(CLI::AsSizeValue(true))
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 60));
    addPlanOptions(*verb, options->plan);
    verb->add_option("-o,--output", options->output, "Folder")->required();
    verb->add_flag("--force", options->force, "Replace an existing folder");
    verb->callback([options, &run] {
        run = [options](const Context& c) {
            return exportCheckpoint(c, *options);
        };
    });
}

void addBench(CLI::App& program, Verb& run) {
    auto options = std::make_shared<BenchOptions>();
    auto interactive = std::make_shared<InteractiveBench>();
    CLI::App* verb =
        program.add_subcommand("bench", "Tokens per second, next to a plain matrix multiplication");
    verb->add_option("MODEL", options->model)->required();
    verb->add_option("--batch", options->request.batch, "Sequences (default 1)")->check(CLI::Range(1, 4096));
    verb->add_option("--length", options->request.length, "Tokens a sequence (default 512)")
        ->check(CLI::Range(1, 1 << 20));
    verb->add_option("--repeat", options->request.repeat, "Interleaved rounds (default 5)")
        ->check(CLI::Range(1, 1000));
    addInteractiveOptions(*verb, *interactive);
    addOutputOptions(*verb, options->output, false, "Write the JSON here instead of standard output");
    verb->callback([options, interactive, &run] {
        run = [options, interactive](const Context& c) {
            if (!interactive->tasks.empty()) {
                return benchInteractive(
                    c, options->model, options->request.repeat, *interactive, options->output);
            }
            return bench(c, *options);
        };
    });
}

void addMakeModel(CLI::App& program, Verb& run) {
    struct Options {
        std::string like, output;
        std::uint64_t seed = 0;
    };
    auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand("make-model", "A checkpoint with random weights, for benchmarks");
    verb->add_option("--like", options->like, "Shape: mamba-130m, 370m, 790m, 1.4b, 2.8b …; mamba-2.8b:2 for two layers of it")->required();
    verb->add_option("--seed", options->seed, "Seed of the weights (default 0)");
    verb->add_option("-o,--output", options->output, "Folder")->required();
    verb->callback([options, &run] {
        run = [options](const Context& c) {
            return makeModelOf(c, options->like, options->seed, options->output);
        };
    });
}

} // namespace mambascope::cli
