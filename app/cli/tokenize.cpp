// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/base/file.h"
#include "core/model/model.h"

#include <iostream>

namespace mambascope::cli {
namespace {

/// MODEL's tokenizer, whether MODEL is a tokenizer.json, a folder that holds one, or a checkpoint. What
/// --tokenizer names has to fit the checkpoint.
Result<std::shared_ptr<const Tokenizer>> openTokenizer(const Context& context, const std::string& model) {
    const std::filesystem::path path = model == "demo" ? demoModelFolder() : std::filesystem::path(model);
    const bool isFile = path.extension() == ".json" && path.filename() != "config.json";
    std::error_code ignored;
    if (context.options.tokenizer.empty() &&
        (isFile || std::filesystem::exists(path / "tokenizer.json", ignored))) {
        return Tokenizer::open(path);
    }
    if (isFile) {
        return Error::usage(
            "There are two tokenizers: " + model + " and " + context.options.tokenizer + ".",
            "Name the checkpoint, or leave --tokenizer out.");
    }
    const Result<std::shared_ptr<const Checkpoint>> checkpoint = openCheckpoint(path);
    if (!checkpoint.ok()) {
        return checkpoint.error();
    }
    if (!context.options.tokenizer.empty()) {
        return openTokenizerFor(context.options.tokenizer, checkpoint.value()->spec.vocabulary);
    }
    if (checkpoint.value()->tokenizerFile.empty()) {
        return Error::unreadable(
            model + " comes without a tokenizer.json.", "Name one with --tokenizer FILE.");
    }
    return Tokenizer::open(checkpoint.value()->tokenizerFile);
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
