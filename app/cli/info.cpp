// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/engine/files.h"

namespace mambascope::cli {
namespace {

Result<void> info(const Context& context, const std::string& model, bool hash, const OutputOptions& output) {
    const Result<EngineCommand> command = engineCommand(context);
    if (!command.ok()) {
        return command.error();
    }
    Result<OrderedJson> described = [&]() -> Result<OrderedJson> {
        if (!command.value().mayBeElsewhere()) {
            return describeModel(model, hash, context.job);
        }
        const Result<std::unique_ptr<EngineClient>> engine = startEngine(context);
        return engine.ok() ? engine.value()->describeModel(model, hash, context.job) : engine.error();
    }();
    return described.ok() ? writeJson(described.value(), output) : described.error();
}

Result<CachedModels> cachedModels(const Context& context) {
    const Result<EngineCommand> command = engineCommand(context);
    if (!command.ok()) {
        return command.error();
    }
    if (!command.value().mayBeElsewhere()) {
        return listCachedModels(context.job);
    }
    const Result<std::unique_ptr<EngineClient>> engine = startEngine(context);
    return engine.ok() ? engine.value()->cachedModels(context.job) : engine.error();
}

/// What the window offers under "Open from Cache".
Result<void> listCache(const Context& context, const OutputOptions& output) {
    const Result<CachedModels> listed = cachedModels(context);
    if (!listed.ok()) {
        return listed.error();
    }
    const CachedModels& cache = listed.value();
    if (context.job.stopRequested()) {
        return Error::cancelled();
    }
    OrderedJson models = OrderedJson::array();
    for (const CachedModel& model : cache.models) {
        OrderedJson entry;
        entry["name"] = model.name;
        entry["kind"] = model.kind;
        entry["bytes"] = model.bytes;
        entry["openable"] = model.openable;
        if (model.openable) {
            entry["model"] = model.reference;
        } else {
            entry["why"] = model.why;
        }
        models.push_back(entry);
    }
    if (!cache.trouble.empty()) {
        printWarning(cache.trouble);
    }
    if (!cache.complete) {
        printWarning("The cache holds more models than are listed.");
    }
    return writeJson({{"cache", cache.folder.string()}, {"models", models}}, output);
}

} // namespace

void addInfo(CLI::App& program, Verb& run) {
    struct Options {
        std::string model;
        bool hash = false;
        bool cache = false;
        OutputOptions output;
    };
    auto options = std::make_shared<Options>();
    CLI::App* verb =
        program.add_subcommand("info", "What a checkpoint is, or which ones the Hugging Face cache holds");
    CLI::Option_group* what = verb->add_option_group("what");
    CLI::Option* model =
        what->add_option("MODEL", options->model, "Its layout, shapes, parameter count and warnings");
    what->add_flag(
        "--cache", options->cache,
        "List the models in the local Hugging Face cache: name, kind, bytes on disk, whether each can be "
        "opened and if not why");
    what->require_option(1);
    verb->add_flag(
            "--hash", options->hash,
            "Also hash the weights and look for NaN in all of them (reads everything)")
        ->needs(model);
    addOutputOptions(*verb, options->output, false, "Write the JSON here instead of standard output");
    verb->callback([options, &run] {
        run = [options](const Context& context) -> Result<void> {
            if (const Result<void> free = checkOutput(options->output); !free.ok()) {
                return free.error();
            }
            if (options->cache) {
                return listCache(context, options->output);
            }
            return info(context, options->model, options->hash, options->output);
        };
    });
}

} // namespace mambascope::cli
