// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

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

} // namespace

void addInfo(CLI::App& program, Verb& run) {
    struct Options {
        std::string model;
        bool hash = false;
        OutputOptions output;
    };
    auto options = std::make_shared<Options>();
    CLI::App* verb =
        program.add_subcommand("info", "Layout, shapes, parameter count and warnings of a checkpoint");
    verb->add_option("MODEL", options->model)->required();
    verb->add_flag(
        "--hash", options->hash, "Also hash the weights and look for NaN in all of them (reads everything)");
    addOutputOptions(*verb, options->output, false, "Write the JSON here instead of standard output");
    verb->callback([options, &run] {
        run = [options](const Context& context) -> Result<void> {
            if (const Result<void> free = checkOutput(options->output); !free.ok()) {
                return free.error();
            }
            return info(context, options->model, options->hash, options->output);
        };
    });
}

} // namespace mambascope::cli
