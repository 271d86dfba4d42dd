// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/sweep_calibration.h"

#include "app/cli/context.h"
#include "core/base/hash.h"
#include "core/engine/describe.h"

#include <algorithm>

namespace mambascope::cli {
namespace {

using Calibration = std::shared_ptr<const CalibrationSnapshot>;

Result<Calibration> fromFiles(const SweepCalibration& options, const LoadedModel& model) {
    Calibration only;
    for (const std::string& file : options.files) {
        Result<CalibrationSnapshot> loaded = loadCalibration(file);
        if (!loaded.ok()) {
            return loaded.error();
        }
        only = std::make_shared<const CalibrationSnapshot>(std::move(loaded).value());
        if (only->source.checkpointHash == model.hash) {
            return only;
        }
    }
    if (options.files.size() == 1) {
        return only; // the engine says whether it fits
    }
    return Error::unreadable(
        "None of the calibrations was made from " + model.name + ".", "Name one for every checkpoint.");
}

/// The name says all that determines the content.
std::filesystem::path cachedFile(
    const std::filesystem::path& folder, const CalibrationRequest& request, const LoadedModel& model,
    const std::string& engine) {
    const CalibrationSource& source = request.source;
    OrderedJson key{
        {"checkpoint", model.hash},  {"text", source.textHash},
        {"samples", source.samples}, {"length", source.length},
        {"seed", source.seed},       {"engine", engine},
        {"dtype", model.dtype},      {"device", model.device.substr(0, model.device.find(':'))}};
    if (source.rotated) {
        key["rotated"] = true;
    }
    return folder / "calibrations" / (contentHash(key.dump()) + ".safetensors");
}

Result<Calibration> fromText(
    const SweepCalibration& options, const std::filesystem::path& folder, Engine& engine,
    const LoadedModel& model, const Tokenizer& tokenizer, bool rotated, const Job& job) {
    Result<CalibrationRequest> request = windowsOfText(options.text, tokenizer, options.windows);
    if (!request.ok()) {
        return request.error();
    }
    request.value().source.rotated = rotated;
    Result<EngineInfo> info = engine.info();
    if (!info.ok()) {
        return info.error();
    }
    const std::filesystem::path cached = cachedFile(folder, request.value(), model, engineName(info.value()));
    std::error_code ignored;
    if (std::filesystem::exists(cached, ignored)) {
        if (Result<CalibrationSnapshot> before = loadCalibration(cached); before.ok()) {
            return std::make_shared<const CalibrationSnapshot>(std::move(before).value());
        }
    }
    Result<CalibrationSnapshot> made = engine.calibrate(request.value(), job);
    if (!made.ok()) {
        return made.error();
    }
    if (made.value().source.partial) {
        return Error::cancelled();
    }
    std::filesystem::create_directories(cached.parent_path(), ignored);
    if (const Result<void> saved = saveCalibration(cached, made.value(), true); !saved.ok()) {
        return saved.error();
    }
    return std::make_shared<const CalibrationSnapshot>(std::move(made).value());
}

} // namespace

void addCalibrationOptions(CLI::App& verb, SweepCalibration& options) {
    CLI::Option* files =
        verb.add_option(
                "--calibration", options.files, "Calibration file; with several checkpoints, again for each")
            ->allow_extra_args(false)
            ->type_name("C.safetensors");
    verb.add_option("--text", options.text, "Calibrate on this text instead (default for the demo: its own)")
        ->excludes(files);
    verb.add_option("--samples", options.windows.samples, "Calibration windows (default 128)")
        ->check(CLI::Range(1, 1 << 24))
        ->excludes(files);
    verb.add_option("--length", options.windows.length, "Tokens a calibration window (default 512)")
        ->check(CLI::Range(1, 1 << 20))
        ->excludes(files);
}

Result<void> checkCalibration(const SweepCalibration& options, const SweepRequest& request) {
    constexpr int kAnyLayers = 1 << 10; // the plan may speak of layers that the checkpoint does not have
    const auto& plans = request.recipe.plans;
    const bool needed = std::any_of(
        plans.begin(), plans.end(), [](const QuantPlan& plan) { return plan.needsCalibration(kAnyLayers); });
    const bool demo =
        std::all_of(request.checkpoints.begin(), request.checkpoints.end(), [](const LoadRequest& load) {
            return load.model == "demo";
        });
    if (!needed || demo || !options.files.empty() || !options.text.empty()) {
        return {};
    }
    return Error::usage(
        "Some of the plans need a calibration.",
        "Name a calibration file with --calibration, or a text with --text.");
}

OrderedJson describeCalibration(const SweepCalibration& options) {
    OrderedJson json{
        {"text", options.text}, {"samples", options.windows.samples}, {"length", options.windows.length}};
    json["files"] = options.files;
    return json;
}

Result<std::shared_ptr<const CalibrationSnapshot>> calibrationFor(
    const SweepCalibration& options, const std::filesystem::path& folder, Engine& engine,
    const LoadedModel& model, const Tokenizer& tokenizer, bool rotated, const Job& job) {
    return options.files.empty() ? fromText(options, folder, engine, model, tokenizer, rotated, job)
                                 : fromFiles(options, model);
}

} // namespace mambascope::cli
