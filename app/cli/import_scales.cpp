// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/calibration/import_scales.h"
#include "core/checkpoint/pytorch.h"
#include "core/checkpoint/safetensors.h"

namespace mambascope::cli {
namespace {

struct ImportOptions {
    std::string scales, name;
    OutputOptions output;
};

Result<void> importFrom(const ImportOptions& options) {
    if (const Result<void> free = checkOutput(options.output); !free.ok()) {
        return free.error();
    }
    const std::filesystem::path file = options.scales;
    const Result<TensorFile> scales =
        file.extension() == ".safetensors" ? openSafetensors(file) : openPyTorch(file);
    if (!scales.ok()) {
        return scales.error();
    }
    const Result<ImportedScales> imported =
        importScales(scales.value(), options.name.empty() ? file.stem().string() : options.name);
    if (!imported.ok()) {
        return imported.error().within(file.string());
    }
    for (const std::string& note : imported.value().notes) {
        printWarning(note);
    }
    const CalibrationSnapshot& snapshot = imported.value().snapshot;
    if (const Result<void> saved = saveCalibration(options.output.file, snapshot, options.output.force);
        !saved.ok()) {
        return saved.error();
    }
    return writeJson(
        {{"file", options.output.file},
         {"name", snapshot.source.checkpointName},
         {"layers", snapshot.spec.layers},
         {"hidden", snapshot.spec.hidden},
         {"inner", snapshot.spec.inner},
         {"dt_rank", snapshot.spec.dtRank},
         {"calibration_hash", calibrationHash(snapshot)}},
        {});
}

} // namespace

void addImportScales(CLI::App& program, Verb& run) {
    auto options = std::make_shared<ImportOptions>();
    CLI::App* verb = program.add_subcommand(
        "import-scales", "A calibration from SmoothQuant-style activation scales (.pt)");
    verb->add_option("SCALES", options->scales, "File with the largest magnitude of every input channel")
        ->required();
    verb->add_option("--name", options->name, "Name of the checkpoint (default: the file's name)");
    addOutputOptions(*verb, options->output, true, "Calibration file");
    verb->callback([options, &run] {
        run = [options](const Context&) {
            return importFrom(*options);
        };
    });
}

} // namespace mambascope::cli
