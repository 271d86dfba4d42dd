// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/import_scales.h"
#include "core/checkpoint/pytorch.h"
#include "core/checkpoint/safetensors.h"

namespace mambascope {
namespace {

Result<TensorFile> openTensors(const std::filesystem::path& path) {
    return isPyTorchName(path) ? openPyTorch(path) : openSafetensors(path);
}

} // namespace

Result<ImportedScales> openCalibrationOrScales(const std::filesystem::path& path) {
    const Result<TensorFile> file = openTensors(path);
    if (!file.ok()) {
        return file.error();
    }
    if (!holdsScales(file.value()) && !isPyTorchName(path)) {
        Result<CalibrationSnapshot> loaded = loadCalibration(path);
        return loaded.ok() ? Result<ImportedScales>(ImportedScales{std::move(loaded).value(), {}})
                           : loaded.error();
    }
    Result<ImportedScales> imported = importScales(file.value(), path.stem().string());
    return imported.ok() ? std::move(imported) : imported.error().within(path.string());
}

bool isCalibrationOrScales(const std::filesystem::path& path) {
    std::error_code ignored;
    if ((!isPyTorchName(path) && path.extension() != ".safetensors") ||
        !std::filesystem::is_regular_file(path, ignored)) {
        return false;
    }
    const Result<TensorFile> file = openTensors(path);
    return file.ok() && (isCalibrationFile(file.value().metadata()) || holdsScales(file.value()));
}

} // namespace mambascope
