// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/store.h"

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

} // namespace

Result<Document> readDocument(const Database& database, const std::filesystem::path& path) {
    Statement query = database.prepare("SELECT checkpoint_hash, notes, view FROM document");
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

} // namespace mambascope::store
