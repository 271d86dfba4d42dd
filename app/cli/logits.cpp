// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/checkpoint/safetensors.h"

#include <cstring>
#include <iostream>

namespace mambascope::cli {
namespace {

struct IdOptions {
    std::string ids, idsFrom, text;
};

void addIdOptions(CLI::App& verb, IdOptions& options) {
    CLI::Option_group* source = verb.add_option_group("input");
    source->add_option("--ids", options.ids, "Token ids, separated by commas");
    source->add_option("--ids-from", options.idsFrom, "FILE.safetensors:TENSOR, one sequence a row");
    source->add_option("--text", options.text, "A text, tokenized with the model's tokenizer");
    source->require_option(1);
}

Result<std::vector<std::vector<std::int32_t>>> inputIds(const IdOptions& options, LoadedEngine& loaded) {
    std::vector<std::vector<std::int32_t>> sequences;
    if (!options.idsFrom.empty()) {
        Result<std::vector<std::vector<std::int32_t>>> ids = idsFrom(options.idsFrom);
        if (!ids.ok()) {
            return ids.error();
        }
        sequences = std::move(ids).value();
    } else if (!options.ids.empty()) {
        Result<std::vector<std::int32_t>> ids = parseIds(options.ids);
        if (!ids.ok()) {
            return ids.error();
        }
        sequences.push_back(std::move(ids).value());
    } else {
        Result<std::shared_ptr<const Tokenizer>> tokenizer = tokenizerOf(loaded);
        if (!tokenizer.ok()) {
            return tokenizer.error();
        }
        sequences.push_back(tokenizer.value()->encode(options.text));
        if (sequences.front().empty()) {
            return Error::usage("The text is empty.", "Give at least one character with --text.");
        }
    }
    if (const Result<void> known = checkIds(sequences, loaded.model.spec.vocabulary); !known.ok()) {
        return known.error();
    }
    return sequences;
}

/// A loaded model under its plan, and what it is to run on.
struct ReadyToRun {
    LoadedEngine loaded;
    std::vector<std::vector<std::int32_t>> sequences;
};

Result<ReadyToRun> readyToRun(
    const Context& context, const std::string& model, const IdOptions& input, const PlanOptions& plan,
    const OutputOptions& output) {
    Result<Prepared> prepared = prepare(context, model, plan, output);
    if (!prepared.ok()) {
        return prepared.error();
    }
    LoadedEngine& loaded = prepared.value().loaded;
    Result<std::vector<std::vector<std::int32_t>>> sequences = inputIds(input, loaded);
    if (!sequences.ok()) {
        return sequences.error();
    }
    if (const Result<void> applied = applyPlan(context, *loaded.engine, prepared.value().plan);
        !applied.ok()) {
        return applied.error();
    }
    return ReadyToRun{std::move(loaded), std::move(sequences).value()};
}

/// [B, L, width] out of one buffer a sequence.
TensorToWrite
stacked(const std::string& name, std::vector<std::vector<float>> rows, std::int64_t length, int width) {
    std::vector<float> values;
    values.reserve(rows.size() * static_cast<std::size_t>(length * width));
    const auto count = static_cast<std::int64_t>(rows.size());
    for (std::vector<float>& row : rows) {
        values.insert(values.end(), row.begin(), row.end());
        row = {};
    }
    return floatTensor(name, {count, length, width}, std::move(values));
}

Result<void> writeForward(
    const std::string& file, bool force, const std::vector<std::vector<std::int32_t>>& sequences,
    ForwardResult result) {
    const auto length = static_cast<std::int64_t>(sequences.front().size());
    std::vector<std::int64_t> ids;
    for (const auto& sequence : sequences) {
        ids.insert(ids.end(), sequence.begin(), sequence.end());
    }
    std::vector<TensorToWrite> tensors;
    for (std::size_t depth = 0; depth < result.hiddenStates.size(); ++depth) {
        tensors.push_back(stacked(
            "hidden." + std::to_string(depth), std::move(result.hiddenStates[depth]), length, result.hidden));
    }
    tensors.push_back(
        intTensor("input_ids", {static_cast<std::int64_t>(sequences.size()), length}, std::move(ids)));
    tensors.push_back(stacked("logits", std::move(result.logits), length, result.vocabulary));
    return writeSafetensors(
        file, tensors, {{"producer", std::string("mambascope ") + MAMBASCOPE_VERSION}}, force);
}

struct LogitsOptions {
    std::string model;
    IdOptions input;
    bool hidden = false;
    PlanOptions plan;
    OutputOptions output;
};

Result<void> logits(const Context& context, const LogitsOptions& options) {
    Result<ReadyToRun> ready =
        readyToRun(context, options.model, options.input, options.plan, options.output);
    if (!ready.ok()) {
        return ready.error();
    }
    const auto& sequences = ready.value().sequences;
    Engine& engine = *ready.value().loaded.engine;
    Result<ForwardResult> result = engine.forward({sequences, options.hidden}, context.job);
    if (!result.ok()) {
        return result.error();
    }
    return writeForward(options.output.file, options.output.force, sequences, std::move(result).value());
}

struct GenerateOptions {
    std::string model;
    IdOptions input;
    int count = 32;
    bool json = false;
    PlanOptions plan;
};

/// The continuation as text; null where the model has no tokenizer (ids were given).
Result<std::optional<std::string>> generatedText(LoadedEngine& loaded, const std::vector<std::int32_t>& ids) {
    if (!loaded.hasTokenizer()) {
        return std::optional<std::string>{};
    }
    Result<std::shared_ptr<const Tokenizer>> tokenizer = tokenizerOf(loaded);
    if (!tokenizer.ok()) {
        return tokenizer.error();
    }
    return std::optional<std::string>(tokenizer.value()->decode(ids));
}

Result<void> generate(const Context& context, const GenerateOptions& options) {
    Result<ReadyToRun> ready = readyToRun(context, options.model, options.input, options.plan, {});
    if (!ready.ok()) {
        return ready.error();
    }
    Engine& engine = *ready.value().loaded.engine;
    const std::vector<std::int32_t>& prompt = ready.value().sequences.front();
    Result<std::vector<std::int32_t>> ids = engine.generate({prompt, options.count}, context.job);
    if (!ids.ok()) {
        return ids.error();
    }
    Result<std::optional<std::string>> text = generatedText(ready.value().loaded, ids.value());
    if (!text.ok()) {
        return text.error();
    }
    if (!options.json && text.value().has_value()) {
        std::cout << *text.value() << std::endl;
        return {};
    }
    OrderedJson json{{"prompt", prompt}, {"ids", ids.value()}};
    if (text.value().has_value()) {
        json["text"] = *text.value();
    }
    return writeJson(json, {});
}

} // namespace

void addLogits(CLI::App& program, Verb& run) {
    auto options = std::make_shared<LogitsOptions>();
    CLI::App* verb = program.add_subcommand("logits", "One forward pass from a zero state");
    verb->add_option("MODEL", options->model)->required();
    addIdOptions(*verb, options->input);
    verb->add_flag("--hidden", options->hidden, "Also write the residual stream after every layer");
    addPlanOptions(*verb, options->plan);
    addOutputOptions(*verb, options->output, true, "safetensors: input_ids, logits, hidden.0 …");
    verb->callback([options, &run] {
        run = [options](const Context& c) {
            return logits(c, *options);
        };
    });
}

void addGenerate(CLI::App& program, Verb& run) {
    auto options = std::make_shared<GenerateOptions>();
    CLI::App* verb = program.add_subcommand("generate", "Greedy continuation of a text");
    verb->add_option("MODEL", options->model)->required();
    addIdOptions(*verb, options->input);
    verb->add_option("-n,--count", options->count, "Tokens to append")->check(CLI::Range(1, 1 << 20));
    verb->add_flag("--json", options->json, "Print prompt, ids and text as JSON");
    addPlanOptions(*verb, options->plan);
    verb->callback([options, &run] {
        run = [options](const Context& c) {
            return generate(c, *options);
        };
    });
}

} // namespace mambascope::cli
