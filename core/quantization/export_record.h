// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/export.h"
#include "core/quantization/export_packed.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// The element type as torch and config.json call it: "float32".
std::string_view torchName(DType dtype);

/// config.json of the exported checkpoint: the original's keys, with everything that decides the shape set
/// right.
OrderedJson exportConfig(const Checkpoint& checkpoint, DType dtype);

/// Names of the linears for which `holds` is true in some layer: "in_proj, out_proj"; empty if there is none.
std::string
linearsWhere(const ResolvedPlan& plan, const std::function<bool(SiteId, const ResolvedSite&)>& holds);

/// What the written file cannot express or does in its own way, a sentence each.
std::vector<std::string> exportNotes(
    const ModelSpec& spec, const ResolvedPlan& plan, const ExportRequest& request, DType dtype,
    std::span<const PackedLinear> packed);

/// mambascope.json: plan, scales of both sides, smoothing factors, zeroed channels, hashes, notes.
OrderedJson exportRecord(
    const Checkpoint& checkpoint, const ResolvedPlan& plan, const ExportRequest& request, DType dtype,
    std::span<const PackedLinear> packed, const std::vector<std::string>& notes);

/// README.md: what the folder is, its plan and calibration in words, the notes, and how to make it again.
std::string exportCard(
    const Checkpoint& checkpoint, const ExportRequest& request, const CalibrationSource* calibration,
    const std::vector<std::string>& notes);

} // namespace mambascope
