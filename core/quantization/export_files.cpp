// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/export_files.h"

#include "core/model/content.h"
#include "core/quantization/export.h"
#include "core/quantization/resolve.h"

#include <algorithm>
#include <optional>

namespace mambascope {

Result<FilesExport> exportFiles(
    const std::filesystem::path& model, ExportRequest request, const CalibrationSnapshot* calibration,
    const Job& job) {
    const auto checkpoint = openCheckpoint(model);
    if (!checkpoint.ok()) {
        return checkpoint.error();
    }
    const Result<CheckpointContent> content = readContent(*checkpoint.value(), job);
    if (!content.ok()) {
        return content.error();
    }
    if (!request.checkpointHash.empty() && request.checkpointHash != content.value().hash) {
        return Error::unreadable(
            "The checkpoint at " + checkpoint.value()->folder.string() +
                " is not the one that was opened any more: its weights differ.",
            "Open it again.");
    }
    request.checkpointHash = content.value().hash;
    const ModelSpec& spec = checkpoint.value()->spec;
    std::optional<WeightStatistics> weights;
    if (std::ranges::any_of(
            spec.sites(), [&](SiteId site) { return request.plan.at(site).alpha.has_value(); })) {
        Result<WeightStatistics> read = weightStatistics(*checkpoint.value(), job);
        if (!read.ok()) {
            return read.error();
        }
        weights = std::move(read).value();
    }
    const Result<ResolvedPlan> resolved =
        resolvePlan(spec, request.plan, calibration, weights ? &*weights : nullptr, request.checkpointHash);
    if (!resolved.ok()) {
        return resolved.error();
    }
    Result<ExportReport> report = exportModel(
        *checkpoint.value(), resolved.value(), request,
        calibration != nullptr ? &calibration->source : nullptr, job);
    if (!report.ok()) {
        return report.error();
    }
    return FilesExport{std::move(report).value(), content.value().warnings};
}

} // namespace mambascope
