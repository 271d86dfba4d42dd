// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/sweep/runner.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mambascope::cli {

/// Where a sweep's calibrations come from: files, or a text that every checkpoint is calibrated on once.
struct SweepCalibration {
    std::vector<std::string> files;
    std::string text; ///< empty, and no files: the demo's own text for the demo
    WindowRequest windows;
};
void addCalibrationOptions(CLI::App& verb, SweepCalibration& options);

/// Usage if a plan may need a calibration and there is none to be had.
Result<void> checkCalibration(const SweepCalibration& options, const SweepRequest& request);
/// For the sweep's manifest.
OrderedJson describeCalibration(const SweepCalibration& options);

/// The file made from this checkpoint (or the only file there is); else the calibration on the text, from the
/// folder's "calibrations" if it has been made before, and kept there. Unreadable if no file fits. `rotated`: plans need
/// the rotated inputs as well.
Result<std::shared_ptr<const CalibrationSnapshot>> calibrationFor(
    const SweepCalibration& options, const std::filesystem::path& folder, Engine& engine,
    const LoadedModel& model, const Tokenizer& tokenizer, bool rotated, const Job& job);

} // namespace mambascope::cli
