// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/base/file.h"
#include "core/calibration/calibration.h"
#include "core/checkpoint/safetensors.h"
#include "core/engine/describe.h"
#include "core/engine/engine_tokenizer.h"

#include <charconv>
#include <cstring>
#include <iostream>

namespace mambascope::cli {

namespace {

/// A plan file, or the mambascope.json of an export, which holds one.
Result<QuantPlan> planOf(const std::string& text, const std::string& file) {
    const Result<Json> json = parseJson(text, file, true);
    if (json.ok() && json.value().is_object() && json.value().contains("plan_hash") &&
        json.value().contains("plan")) {
        return planFromJson(json.value()["plan"], file);
    }
    return parsePlan(text, file);
}

} // namespace

void addPlanOptions(CLI::App& verb, PlanOptions& options) {
    verb.add_option(
            "--plan", options.planFile,
            "Plan file, or the mambascope.json of an export; without it the model is not quantized")
        ->type_name("P.json");
    verb.add_option("--calibration", options.calibrationFile, "Calibration that the plan's scales come from")
        ->type_name("C.safetensors");
}

Result<LoadedPlan> loadPlan(const PlanOptions& options) {
    LoadedPlan loaded;
    loaded.plan.name = "baseline";
    if (!options.planFile.empty()) {
        Result<std::string> text = readFile(options.planFile, std::size_t{16} << 20);
        if (!text.ok()) {
            return text.error();
        }
        Result<QuantPlan> plan = planOf(text.value(), options.planFile);
        if (!plan.ok()) {
            return plan.error();
        }
        loaded.plan = std::move(plan).value();
    }
    if (!options.calibrationFile.empty()) {
        Result<CalibrationSnapshot> calibration = loadCalibration(options.calibrationFile);
        if (!calibration.ok()) {
            return calibration.error();
        }
        loaded.calibration = std::make_shared<const CalibrationSnapshot>(std::move(calibration).value());
    }
    return loaded;
}

void addOutputOptions(CLI::App& verb, OutputOptions& options, bool required, const std::string& what) {
    verb.add_option("-o,--output", options.file, what)->required(required)->type_name("FILE");
    verb.add_flag("--force", options.force, "Overwrite an existing file");
}

Result<void> checkOutput(const OutputOptions& output) {
    std::error_code error;
    if (output.file.empty()) {
        return {};
    }
    const std::filesystem::path folder = std::filesystem::absolute(output.file, error).parent_path();
    if (!std::filesystem::is_directory(folder, error)) {
        return Error::usage("There is no folder '" + folder.string() + "' to write to.", "Make it first.");
    }
    if (output.force || !std::filesystem::exists(output.file, error)) {
        return {};
    }
    return Error::usage(
        "'" + output.file + "' exists already.", "Choose another name, or overwrite it with --force.");
}

Result<void> writeJson(const OrderedJson& json, const OutputOptions& output) {
    const std::string text = json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
    if (!output.file.empty()) {
        return writeFile(output.file, text, output.force);
    }
    std::cout << text << std::flush;
    if (!std::cout) {
        return Error::failed("Standard output cannot be written.");
    }
    return {};
}

void printWarning(const std::string& sentence) {
    std::cerr << "warning: " << sentence << "\n";
}

namespace {

/// The engine may run elsewhere: only a path that exists here, for an engine that is here, is made absolute.
std::string modelPath(const Context& context, const std::string& model) {
    std::error_code error;
    const Result<EngineCommand> command = engineCommand(context);
    const bool here = command.ok() && !command.value().mayBeElsewhere();
    if (here && model != "demo" && std::filesystem::exists(model, error)) {
        return std::filesystem::absolute(model, error).string();
    }
    return model;
}

} // namespace

Result<EngineCommand> engineCommand(const Context& context) {
    Result<EngineCommand> command = context.options.engine.empty()
                                        ? Result<EngineCommand>(EngineCommand::standard())
                                        : EngineCommand::parse(context.options.engine);
    if (command.ok()) {
        command.value().patience.greeting = std::chrono::seconds(context.options.engineTimeout);
    }
    return command;
}

Result<std::unique_ptr<EngineClient>> startEngine(const Context& context) {
    const Result<EngineCommand> command = engineCommand(context);
    return command.ok() ? EngineClient::start(command.value()) : command.error();
}

LoadRequest loadRequest(const Context& context, const std::string& model) {
    return {
        modelPath(context, model), context.options.device, context.options.dtype, context.options.threads,
        context.options.reuseMegabytes.value_or(0)}; // a single plan finds nothing to go on from
}

Context forSeveralPlans(const Context& context) {
    Context several = context;
    several.options.reuseMegabytes = context.options.reuseMegabytes.value_or(kAutomaticReuse);
    return several;
}

std::optional<std::filesystem::path> tasksFolder(const std::string& data, const std::string& model) {
    if (!data.empty()) {
        return std::filesystem::path(data);
    }
    return model == "demo" ? std::optional(demoTasksFolder()) : std::nullopt;
}

Result<LoadedEngine> loadModel(const Context& context, const std::string& model) {
    Result<std::unique_ptr<EngineClient>> engine = startEngine(context);
    if (!engine.ok()) {
        return engine.error();
    }
    return loadOn(context, std::move(engine).value(), model);
}

Result<LoadedEngine>
loadOn(const Context& context, std::unique_ptr<EngineClient> engine, const std::string& model) {
    LoadedEngine loaded;
    loaded.engine = std::move(engine);
    const LoadRequest request = loadRequest(context, model);
    Result<LoadedModel> info = loaded.engine->load(request, context.job);
    if (!info.ok()) {
        return info.error();
    }
    loaded.model = std::move(info).value();
    loaded.tokenizerFile = context.options.tokenizer;
    for (const std::string& warning : loaded.model.warnings) {
        printWarning(warning);
    }
    return loaded;
}

Result<Prepared> prepare(
    const Context& context, const std::string& model, const PlanOptions& plan, const OutputOptions& output) {
    if (const Result<void> free = checkOutput(output); !free.ok()) {
        return free.error();
    }
    Result<LoadedPlan> loadedPlan = loadPlan(plan);
    if (!loadedPlan.ok()) {
        return loadedPlan.error();
    }
    Result<LoadedEngine> loaded = loadModel(context, model);
    if (!loaded.ok()) {
        return loaded.error();
    }
    return Prepared{std::move(loadedPlan).value(), std::move(loaded).value()};
}

Result<std::shared_ptr<const Tokenizer>> tokenizerOf(const LoadedEngine& loaded) {
    return tokenizerOf(*loaded.engine, loaded.model, loaded.tokenizerFile);
}

Result<CalibrationRequest>
windowsOfText(const std::string& file, const Tokenizer& tokenizer, const WindowRequest& windows) {
    const std::filesystem::path path = file.empty() ? demoCalibrationText() : std::filesystem::path(file);
    const Result<std::string> text = readFile(path);
    if (!text.ok()) {
        return text.error();
    }
    Result<CalibrationRequest> request =
        textCalibration(tokenizer, text.value(), path.filename().string(), windows);
    return request.ok() ? std::move(request) : request.error().within(path.string());
}

Result<void> applyPlan(const Context& context, Engine& engine, const LoadedPlan& plan) {
    Result<std::vector<std::string>> warnings = engine.applyPlan(plan.plan, plan.calibration, context.job);
    if (!warnings.ok()) {
        return warnings.error();
    }
    for (const std::string& warning : warnings.value()) {
        printWarning(warning);
    }
    return {};
}

Result<std::vector<std::int32_t>> parseIds(const std::string& list) {
    std::vector<std::int32_t> ids;
    const char* at = list.data();
    const char* const end = at + list.size();
    while (at != end) {
        if (*at == ',' || *at == ' ') {
            ++at;
            continue;
        }
        std::int32_t id = 0;
        const auto [next, error] = std::from_chars(at, end, id);
        if (error != std::errc() || (next != end && *next != ',' && *next != ' ')) {
            return Error::usage(
                "'" + list + "' is no list of token ids.", "Write numbers, e.g. --ids 12092,1533.");
        }
        ids.push_back(id);
        at = next;
    }
    if (ids.empty()) {
        return Error::usage("There are no token ids.", "Write at least one, e.g. --ids 12092,1533.");
    }
    return ids;
}

namespace {

Result<std::int32_t> integerAt(const TensorView& tensor, std::size_t index, const std::string& what) {
    std::int64_t wide = 0;
    std::int32_t narrow = 0;
    if (tensor.dtype == DType::I64) {
        std::memcpy(&wide, tensor.bytes.data() + index * 8, 8);
    } else {
        std::memcpy(&narrow, tensor.bytes.data() + index * 4, 4);
        wide = narrow;
    }
    if (wide < 0 || wide > INT32_MAX) {
        return Error::unreadable(what + " holds " + std::to_string(wide) + ", which is no token id.");
    }
    return static_cast<std::int32_t>(wide);
}

} // namespace

Result<std::vector<std::vector<std::int32_t>>> idsFrom(const std::string& fileAndTensor) {
    const std::size_t colon = fileAndTensor.rfind(':');
    if (colon == std::string::npos || colon + 1 == fileAndTensor.size()) {
        return Error::usage("--ids-from needs FILE.safetensors:TENSOR, not '" + fileAndTensor + "'.");
    }
    const std::string name = fileAndTensor.substr(colon + 1);
    Result<TensorFile> file = openSafetensors(fileAndTensor.substr(0, colon));
    if (!file.ok()) {
        return file.error();
    }
    const TensorView* tensor = file.value().find(name);
    if (tensor == nullptr) {
        return Error::unreadable(
            "There is no tensor '" + name + "' in " + fileAndTensor.substr(0, colon) + ".");
    }
    if (tensor->dtype != DType::I64 && tensor->dtype != DType::I32) {
        return Error::unreadable("The tensor '" + name + "' holds no integers.", "Token ids are I64 or I32.");
    }
    if (tensor->shape.empty() || tensor->shape.size() > 2 || tensor->elementCount() == 0) {
        return Error::unreadable(
            "The tensor '" + name + "' is not of shape [tokens] or [sequences, tokens].");
    }
    const auto rows = static_cast<std::size_t>(tensor->shape.size() == 2 ? tensor->shape[0] : 1);
    const auto columns = static_cast<std::size_t>(tensor->shape.back());
    std::vector<std::vector<std::int32_t>> sequences(rows, std::vector<std::int32_t>(columns));
    for (std::size_t i = 0; i < rows * columns; ++i) {
        Result<std::int32_t> id = integerAt(*tensor, i, "The tensor '" + name + "'");
        if (!id.ok()) {
            return id.error();
        }
        sequences[i / columns][i % columns] = id.value();
    }
    return sequences;
}

Result<void> checkIds(const std::vector<std::vector<std::int32_t>>& sequences, int vocabulary) {
    for (const auto& sequence : sequences) {
        for (const std::int32_t id : sequence) {
            if (id < 0 || id >= vocabulary) {
                return Error::usage(
                    "Token id " + std::to_string(id) + " is not in the model's vocabulary.",
                    "It has the ids 0 to " + std::to_string(vocabulary - 1) + ".");
            }
        }
    }
    return {};
}

} // namespace mambascope::cli
