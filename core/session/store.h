// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/database.h"
#include "core/session/session.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Rows of the session's tables as values and back. Reading checks everything: a damaged row is Unreadable.
namespace mambascope::store {

/// The one row of `document`, with what it refers to.
struct Document {
    std::optional<CheckpointReference> checkpoint;
    std::optional<QuantPlan> plan;
    std::string notes;
    Json view;
};
Result<Document> readDocument(const Database& database, const std::filesystem::path& path);

Result<void> writeCheckpoint(Database& database, const CheckpointReference& reference);

struct Calibration {
    std::string hash; ///< empty if there is none
    std::shared_ptr<const CalibrationSnapshot> snapshot;
};
/// The newest calibration of a checkpoint.
Result<Calibration> readCalibration(
    const Database& database, const std::string& checkpointHash, const std::filesystem::path& path);
/// Takes the place of one with the same hash.
Result<void> writeCalibration(
    Database& database, const CalibrationSnapshot& snapshot, const std::string& hash,
    const std::string& checkpointHash, std::int64_t created);

Result<std::int64_t>
writePlan(Database& database, const QuantPlan& plan, const std::string& label, std::int64_t created);
Result<std::vector<PlanRevision>>
readPlanHistory(const Database& database, const std::filesystem::path& path);

/// A run as it was read, and how many item results it has.
struct StoredRun {
    Run run;
    std::int64_t items = 0;
};
/// All runs of a checkpoint, oldest first, without their item results.
Result<std::vector<StoredRun>>
readRuns(const Database& database, const std::string& checkpointHash, const std::filesystem::path& path);
/// The same result with its item results.
Result<std::shared_ptr<const EvaluationResult>>
readItems(const Database& database, const Run& run, const std::filesystem::path& path);
Result<RunId> writeRun(
    Database& database, const EvaluationResult& result, const std::string& checkpointHash,
    std::int64_t created);

} // namespace mambascope::store
