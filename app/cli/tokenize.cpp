// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/base/file.h"
#include "core/engine/files.h"
#include "core/model/model.h"

#include <iostream>

namespace mambascope::cli {
namespace {

/// Rows of MODEL's embedding, which a tokenizer has to fit.
Result<int> vocabularyOf(const Context& context, EngineClient* elsewhere, const std::string& model) {
    if (elsewhere == nullptr) {
        const Result<std::shared_ptr<const Checkpoint>> checkpoint =
            openCheckpoint(model == "demo" ? demoModelFolder() : std::filesystem::path(model));
        return checkpoint.ok() ? Result<int>(checkpoint.value()->spec.vocabulary) : checkpoint.error();
    }
    const Result<OrderedJson> described = elsewhere->describeModel(model, false, context.job);
    if (!described.ok()) {
        return described.error();
    }
    const Json json = Json::parse(described.value().dump());
    const Result<ModelSpec> spec = modelSpecFromJson(json.value("spec", Json::object()));
    return spec.ok() ? Result<int>(spec.value().vocabulary) : spec.error();
}

/// MODEL's tokenizer, whether MODEL is a tokenizer.json, a folder that holds one, or a checkpoint, on the
/// engine's machine if that may be another. What --tokenizer names is on this one, and has to fit the
/// checkpoint.
Result<std::shared_ptr<const Tokenizer>> openTokenizer(const Context& context, const std::string& model) {
    const Result<EngineCommand> command = engineCommand(context);
    if (!command.ok()) {
        return command.error();
    }
    std::unique_ptr<EngineClient> elsewhere;
    if (command.value().mayBeElsewhere()) {
        Result<std::unique_ptr<EngineClient>> started = startEngine(context);
        if (!started.ok()) {
            return started.error();
        }
        elsewhere = std::move(started).value();
    }
    if (context.options.tokenizer.empty()) {
        const Result<TokenizerText> text =
            elsewhere ? elsewhere->tokenizerOf(model, context.job) : mambascope::tokenizerOf(model);
        return text.ok() ? Tokenizer::fromJson(text.value().json, text.value().name) : text.error();
    }
    const std::filesystem::path path = model;
    if (path.extension() == ".json" && path.filename() != "config.json") {
        return Error::usage(
            "There are two tokenizers: " + model + " and " + context.options.tokenizer + ".",
            "Name the checkpoint, or leave --tokenizer out.");
    }
    const Result<int> vocabulary = vocabularyOf(context, elsewhere.get(), model);
    return vocabulary.ok() ? openTokenizerFor(context.options.tokenizer, vocabulary.value())
                           : vocabulary.error();
}

Result<void>
tokenize(const Context& context, const std::string& model, const std::string& text, const std::string& file) {
    Result<std::shared_ptr<const Tokenizer>> tokenizer = openTokenizer(context, model);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    std::string input = text;
    if (!file.empty()) {
        Result<std::string> content = readFile(file);
        if (!content.ok()) {
            return content.error();
        }
        input = std::move(content).value();
    }
    std::cout << OrderedJson{{"ids", tokenizer.value()->encode(input)}}.dump() << std::endl;
    return {};
}

Result<void> detokenize(const Context& context, const std::string& model, const std::string& list) {
    Result<std::shared_ptr<const Tokenizer>> tokenizer = openTokenizer(context, model);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    Result<std::vector<std::int32_t>> ids = parseIds(list);
    if (!ids.ok()) {
        return ids.error();
    }
    const OrderedJson json{{"text", tokenizer.value()->decode(ids.value())}};
    std::cout << json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) << std::endl;
    return {};
}

} // namespace

void addTokenize(CLI::App& program, Verb& run) {
    struct Options {
        std::string model, text, file, ids;
    };
    auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand("tokenize", "Token ids of a text");
    verb->add_option("MODEL", options->model, "Checkpoint folder or tokenizer.json")->required();
    CLI::Option_group* source = verb->add_option_group("text");
    source->add_option("--text", options->text, "The text itself");
    source->add_option("--file", options->file, "A UTF-8 text file")->excludes("--text");
    source->require_option(1);
    verb->callback([options, &run] {
        run = [options](const Context& context) {
            return tokenize(context, options->model, options->text, options->file);
        };
    });

    CLI::App* inverse = program.add_subcommand("detokenize", "Text of token ids");
    inverse->add_option("MODEL", options->model, "Checkpoint folder or tokenizer.json")->required();
    inverse->add_option("--ids", options->ids, "Token ids, separated by commas")->required();
    inverse->callback([options, &run] {
        run = [options](const Context& context) {
            return detokenize(context, options->model, options->ids);
        };
    });
}

} // namespace mambascope::cli
