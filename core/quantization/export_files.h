// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/job.h"
#include "core/base/result.h"
#include "core/calibration/calibration.h"
#include "core/quantization/export_request.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mambascope {

/// What an export of a checkpoint's files left, and what the files are to be warned of, a sentence each.
struct FilesExport {
    ExportReport report;
    std::vector<std::string> warnings;
};

/// exportModel() of the checkpoint at `model` (as openCheckpoint() takes it), of which nothing is loaded
/// before: weights are read when it is their turn. Takes about as much memory as a few of the largest
/// tensors, whatever the model. `calibration` may be null if the plan needs none. Unreadable if
/// `request.checkpointHash` is given and is not that of the files.
Result<FilesExport> exportFiles(
    const std::filesystem::path& model, ExportRequest request, const CalibrationSnapshot* calibration,
    const Job& job);

} // namespace mambascope
