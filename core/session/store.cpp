// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/store.h"

#include "core/base/hash.h"
#include "core/session/schema.h"

#include <string_view>
#include <utility>

namespace mambascope::store {
namespace {

Result<CheckpointReference>
readCheckpoint(const Database& database, const std::string& hash, const std::filesystem::path& path) {
    Statement query = database.prepare("SELECT path, name, spec FROM checkpoint WHERE hash = ?");
    const Result<bool> row = query.bind(std::string_view(hash)).step();
    if (!row.ok()) {
        return row.error();
    }
    if (!row.value()) {
        return damagedSession(path, "checkpoint " + hash + " is missing");
    }
    const Result<Json> json = parseJson(query.text(2), "the checkpoint's shape");
    if (!json.ok()) {
        return damagedSession(path, json.error().message);
    }
    Result<ModelSpec> spec = modelSpecFromJson(json.value());
    if (!spec.ok()) {
        return damagedSession(path, spec.error().message);
    }
    return CheckpointReference{query.text(0), query.text(1), hash, spec.value()};
}

Result<QuantPlan> planFromText(const std::string& text, const std::filesystem::path& path) {
    Result<QuantPlan> plan = parsePlan(text, "a plan of the session");
    if (!plan.ok()) {
        return damagedSession(path, plan.error().message);
    }
    return plan;
}

} // namespace

Result<Document> readDocument(const Database& database, const std::filesystem::path& path) {
    Statement query = database.prepare("SELECT checkpoint_hash, notes, view, (SELECT plan FROM plan_revision "
                                       "WHERE id = plan_id) FROM document");
    const Result<bool> row = query.step();
    if (!row.ok()) {
        return row.error();
    }
    if (!row.value()) {
        return damagedSession(path, "its document is missing");
    }
    Document document;
    document.notes = query.text(1);
    Result<Json> view = parseJson(query.text(2), "the session's view");
    if (!view.ok()) {
        return damagedSession(path, view.error().message);
    }
    document.view = std::move(view).value();
    if (!query.null(0)) {
        Result<CheckpointReference> reference = readCheckpoint(database, query.text(0), path);
        if (!reference.ok()) {
            return reference.error();
        }
        document.checkpoint = std::move(reference).value();
    }
    if (!query.null(3)) {
        Result<QuantPlan> plan = planFromText(query.text(3), path);
        if (!plan.ok()) {
            return plan.error();
        }
        document.plan = std::move(plan).value();
    }
    return document;
}

Result<void> writeCheckpoint(Database& database, const CheckpointReference& reference) {
    Statement upsert =
        database.prepare("INSERT INTO checkpoint(hash, path, name, spec) VALUES(?, ?, ?, ?) "
                         "ON CONFLICT(hash) DO UPDATE SET path = excluded.path, name = excluded.name, "
                         "spec = excluded.spec");
    const std::string spec = toJson(reference.spec).dump();
    const Result<void> stored = upsert.bind(std::string_view(reference.hash))
                                    .bind(std::string_view(reference.path))
                                    .bind(std::string_view(reference.name))
                                    .bind(std::string_view(spec))
                                    .run();
    if (!stored.ok()) {
        return stored;
    }
    Statement current = database.prepare("UPDATE document SET checkpoint_hash = ?");
    return current.bind(std::string_view(reference.hash)).run();
}

Result<Calibration> readCalibration(
    const Database& database, const std::string& checkpointHash, const std::filesystem::path& path) {
    Statement query = database.prepare(
        "SELECT hash, checksum, data FROM calibration WHERE checkpoint_hash = ? ORDER BY id DESC LIMIT 1");
    const Result<bool> row = query.bind(std::string_view(checkpointHash)).step();
    if (!row.ok()) {
        return row.error();
    }
    Calibration calibration;
    if (!row.value()) {
        return calibration;
    }
    const std::span<const std::byte> bytes = query.blob(2);
    if (contentHash(bytes) != query.text(1)) {
        return damagedSession(path, "the checksum of its calibration does not match");
    }
    Result<CalibrationSnapshot> snapshot = calibrationFromBytes(bytes, "the session's calibration");
    if (!snapshot.ok()) {
        return damagedSession(path, snapshot.error().message);
    }
    calibration.hash = query.text(0);
    calibration.snapshot = std::make_shared<const CalibrationSnapshot>(std::move(snapshot).value());
    return calibration;
}

Result<void> writeCalibration(
    Database& database, const CalibrationSnapshot& snapshot, const std::string& hash,
    const std::string& checkpointHash, std::int64_t created) {
    const Result<std::vector<std::byte>> bytes = calibrationToBytes(snapshot);
    if (!bytes.ok()) {
        return bytes.error();
    }
    Statement drop = database.prepare("DELETE FROM calibration WHERE checkpoint_hash = ? AND hash = ?");
    const Result<void> dropped =
        drop.bind(std::string_view(checkpointHash)).bind(std::string_view(hash)).run();
    if (!dropped.ok()) {
        return dropped;
    }
    Statement insert = database.prepare(
        "INSERT INTO calibration(created, checkpoint_hash, hash, checksum, data) VALUES(?, ?, ?, ?, ?)");
    const std::string checksum = contentHash(std::span<const std::byte>(bytes.value()));
    return insert.bind(created)
        .bind(std::string_view(checkpointHash))
        .bind(std::string_view(hash))
        .bind(std::string_view(checksum))
        .bind(std::span<const std::byte>(bytes.value()))
        .run();
}

Result<std::int64_t>
writePlan(Database& database, const QuantPlan& plan, const std::string& label, std::int64_t created) {
    Statement insert = database.prepare("INSERT INTO plan_revision(created, label, plan) VALUES(?, ?, ?)");
    const std::string text = toJson(plan).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
    const Result<void> stored =
        insert.bind(created).bind(std::string_view(label)).bind(std::string_view(text)).run();
    if (!stored.ok()) {
        return stored.error();
    }
    const std::int64_t id = database.lastInsertId();
    Statement current = database.prepare("UPDATE document SET plan_id = ?");
    const Result<void> pointed = current.bind(id).run();
    if (!pointed.ok()) {
        return pointed.error();
    }
    return id;
}

Result<std::vector<PlanRevision>>
readPlanHistory(const Database& database, const std::filesystem::path& path) {
    Statement query = database.prepare("SELECT id, created, label, plan FROM plan_revision ORDER BY id");
    std::vector<PlanRevision> history;
    for (;;) {
        const Result<bool> row = query.step();
        if (!row.ok()) {
            return row.error();
        }
        if (!row.value()) {
            return history;
        }
        Result<QuantPlan> plan = planFromText(query.text(3), path);
        if (!plan.ok()) {
            return plan.error();
        }
        history.push_back({query.integer(0), query.integer(1), query.text(2), std::move(plan).value()});
    }
}

} // namespace mambascope::store
