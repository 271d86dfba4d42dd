// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/model/cached_models.h"
#include "core/model/content.h"
#include "core/model/model.h"

namespace mambascope::cli {
namespace {

OrderedJson describeTensors(const Checkpoint& checkpoint) {
    OrderedJson tensors = OrderedJson::object();
    for (const auto& [name, tensor] : checkpoint.tensors.tensors()) {
        tensors[name] = {{"dtype", dtypeName(tensor.dtype)}, {"shape", tensor.shape}};
    }
    return tensors;
}

Result<void> info(const Context& context, const std::string& model, bool hash, const OutputOptions& output) {
    Result<std::shared_ptr<const Checkpoint>> opened = openCheckpoint(model);
    if (!opened.ok()) {
        return opened.error();
    }
    const Checkpoint& checkpoint = *opened.value();
    OrderedJson files = OrderedJson::array();
    for (const auto& file : checkpoint.weightFiles) {
        files.push_back(file.filename().string());
    }
    OrderedJson json;
    json["folder"] = checkpoint.folder.string();
    json["architecture"] = architectureName(checkpoint.spec.architecture);
    json["files"] = files;
    json["dtype"] = dtypeName(checkpoint.spec.dtype);
    json["parameters"] = checkpoint.spec.parameterCount();
    json["spec"] = toJson(checkpoint.spec);
    json["tokenizer"] = checkpoint.tokenizerFile.filename().string();
    std::vector<std::string> warnings = checkpoint.warnings;
    std::vector<std::string> aboutValues;
    if (hash) {
        Result<CheckpointContent> content = readContent(checkpoint, context.job);
        if (!content.ok()) {
            return content.error();
        }
        json["hash"] = content.value().hash;
        aboutValues = content.value().warnings;
    } else {
        aboutValues = glanceAtValues(checkpoint);
    }
    json["inferred"] = checkpoint.inferred;
    warnings.insert(warnings.end(), aboutValues.begin(), aboutValues.end());
    json["warnings"] = warnings;
    json["tensors"] = describeTensors(checkpoint);
    return writeJson(json, output);
}

/// What the window offers under "Open from Cache".
Result<void> listCache(const Context& context, const OutputOptions& output) {
    const CachedModels cache = listCachedModels(context.job);
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
            "--hash", options->hash, "Also hash the weights and look for NaN in all of them (reads everything)")
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
