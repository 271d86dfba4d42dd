// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/database.h"
#include "core/session/session.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Rows of the session's tables as values and back. Reading checks everything: a damaged row is Unreadable.
namespace mambascope::store {

/// The one row of `document`, with what it refers to.
struct Document {
    std::optional<CheckpointReference> checkpoint;
    std::string notes;
    Json view;
};
Result<Document> readDocument(const Database& database, const std::filesystem::path& path);

Result<void> writeCheckpoint(Database& database, const CheckpointReference& reference);

/// A calibration in the file.
struct StoredCalibration {
    std::int64_t id = 0; ///< 0: there is none
    std::string hash;
};
/// The newest one of a checkpoint. Compares its bytes with their checksum, and makes nothing of them yet.
Result<StoredCalibration> findCalibration(
    const Database& database, const std::string& checkpointHash, const std::filesystem::path& path);
Result<std::shared_ptr<const CalibrationSnapshot>>
readCalibration(const Database& database, std::int64_t id, const std::filesystem::path& path);
/// Takes the place of one with the same hash; gives its id.
Result<std::int64_t> writeCalibration(
    Database& database, const CalibrationSnapshot& snapshot, const std::string& hash,
    const std::string& checkpointHash, std::int64_t created);

/// Where the document stands in the history of its plan; numbers are 0 where there is no revision.
struct PlanPosition {
    std::int64_t revision = 0, parent = 0, next = 0; ///< next: the newest child
    std::string label, nextLabel;
};
Result<PlanPosition> readPlanPosition(const Database& database);
/// The plan of a revision; an empty one for 0.
Result<QuantPlan>
readPlan(const Database& database, std::int64_t revision, const std::filesystem::path& path);
/// Makes a revision current.
Result<void> setPlanRevision(Database& database, std::int64_t revision);
/// Adds a revision after the current one, and makes it current.
Result<void>
writePlan(Database& database, const QuantPlan& plan, const std::string& label, std::int64_t created);
/// Writes over the current revision.
Result<void>
rewritePlan(Database& database, const QuantPlan& plan, const std::string& label, std::int64_t created);
/// Removes a revision that has no children and is not current.
Result<void> removePlan(Database& database, std::int64_t revision);
Result<std::vector<PlanRevision>>
readPlanHistory(const Database& database, const std::filesystem::path& path);

Result<std::vector<Record>>
readSearches(const Database& database, const std::string& checkpointHash, const std::filesystem::path& path);
Result<std::vector<Record>> readSweeps(const Database& database, const std::filesystem::path& path);
Result<void> writeSearch(
    Database& database, const OrderedJson& trace, const std::string& checkpointHash, std::int64_t created);
Result<void> writeSweep(Database& database, const OrderedJson& results, std::int64_t created);

/// Text that the session wrote, as JSON whose members keep their order; damage is Unreadable.
Result<OrderedJson>
orderedJson(const std::string& text, std::string_view what, const std::filesystem::path& path);

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
