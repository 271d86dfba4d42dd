// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/schema.h"

#include "core/session/session.h"

#include <array>
#include <string_view>
#include <utility>

namespace mambascope {
namespace {

/// Step i brings version i to version i + 1. A step that has been released is never edited: checkSchema()
/// compares files with what the steps make.
constexpr std::array<std::string_view, Session::kVersion> kSteps{
    R"sql(
CREATE TABLE checkpoint(
  hash TEXT PRIMARY KEY NOT NULL,
  path TEXT NOT NULL,
  name TEXT NOT NULL,
  spec TEXT NOT NULL
) STRICT;
CREATE TABLE calibration(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created INTEGER NOT NULL,
  checkpoint_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  checksum TEXT NOT NULL,
  data BLOB NOT NULL
) STRICT;
CREATE TABLE plan_revision(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created INTEGER NOT NULL,
  label TEXT NOT NULL,
  plan TEXT NOT NULL
) STRICT;
CREATE TABLE run(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created INTEGER NOT NULL,
  checkpoint_hash TEXT NOT NULL,
  note TEXT NOT NULL,
  model_name TEXT NOT NULL,
  model_hash TEXT NOT NULL,
  plan TEXT NOT NULL,
  plan_name TEXT NOT NULL,
  plan_hash TEXT NOT NULL,
  calibration_hash TEXT NOT NULL,
  seed INTEGER NOT NULL,
  item_limit INTEGER NOT NULL,
  engine TEXT NOT NULL,
  dtype TEXT NOT NULL,
  device TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  seconds REAL,
  partial INTEGER NOT NULL
) STRICT;
CREATE TABLE task_result(
  run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  task TEXT NOT NULL,
  data_hash TEXT NOT NULL,
  note TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  seconds REAL,
  n INTEGER NOT NULL,
  total INTEGER NOT NULL,
  correct INTEGER NOT NULL,
  correct_norm INTEGER NOT NULL,
  accuracy REAL,
  accuracy_norm REAL,
  perplexity REAL,
  perplexity_se REAL,
  nonfinite INTEGER NOT NULL,
  item_count INTEGER NOT NULL,
  PRIMARY KEY(run_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE task_items(
  run_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  checksum TEXT NOT NULL,
  data BLOB NOT NULL,
  UNIQUE(run_id, position),
  FOREIGN KEY(run_id, position) REFERENCES task_result(run_id, position) ON DELETE CASCADE
) STRICT;
CREATE TABLE document(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  checkpoint_hash TEXT REFERENCES checkpoint(hash),
  plan_id INTEGER REFERENCES plan_revision(id),
  notes TEXT NOT NULL,
  view TEXT NOT NULL
) STRICT;
INSERT INTO document(id, notes, view) VALUES(1, '', 'null');
)sql",
    R"sql(
ALTER TABLE run ADD COLUMN tokenizer_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE task_result ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE task_result ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE task_result ADD COLUMN chance REAL;
ALTER TABLE task_result ADD COLUMN stop_level REAL;
ALTER TABLE task_result ADD COLUMN stop_p REAL;
)sql",
    R"sql(
ALTER TABLE plan_revision ADD COLUMN parent INTEGER REFERENCES plan_revision(id);
UPDATE plan_revision SET parent =
  (SELECT max(earlier.id) FROM plan_revision AS earlier WHERE earlier.id < plan_revision.id);
CREATE INDEX plan_child ON plan_revision(parent);
CREATE TABLE calibration_slice(
  calibration_id INTEGER NOT NULL REFERENCES calibration(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE(calibration_id, position)
) STRICT;
WITH RECURSIVE slice(id, position, size) AS (
  SELECT id, 0, length(data) FROM calibration
  UNION ALL SELECT id, position + 1, size FROM slice WHERE (position + 1) * 1048576 < size
)
INSERT INTO calibration_slice
  SELECT id, position, substr(data, position * 1048576 + 1, 1048576) FROM slice JOIN calibration USING(id);
ALTER TABLE calibration DROP COLUMN data;
CREATE TABLE search(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created INTEGER NOT NULL,
  checkpoint_hash TEXT NOT NULL,
  trace TEXT NOT NULL
) STRICT;
CREATE TABLE sweep(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created INTEGER NOT NULL,
  results TEXT NOT NULL
) STRICT;
)sql"};

Result<void> applySteps(Database& database, int from, int to) {
    for (int version = from; version < to; ++version) {
        const Result<void> done = database.execute(std::string(kSteps[static_cast<std::size_t>(version)]));
        if (!done.ok()) {
            return done;
        }
    }
    return database.execute("PRAGMA user_version = " + std::to_string(to));
}

Result<std::string> schemaText(const Database& database) {
    Statement query = database.prepare("SELECT type, name, tbl_name, ifnull(sql, '') FROM sqlite_schema "
                                       "WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' "
                                       "ORDER BY type, name");
    std::string text;
    for (;;) {
        const Result<bool> row = query.step();
        if (!row.ok()) {
            return row.error();
        }
        if (!row.value()) {
            return text;
        }
        for (int column = 0; column < 4; ++column) {
            text += query.text(column) + '\n';
        }
    }
}

} // namespace

Error damagedSession(const std::filesystem::path& path, std::string detail) {
    return {ErrorCode::Unreadable, path.string() + " is damaged.", kDamagedHint, std::move(detail)};
}

Result<void> createSchema(Database& database, int version) {
    // The header is set first: it cannot change inside a WAL that nobody reads yet.
    for (const std::string& sql :
         {"PRAGMA application_id = " + std::to_string(Session::kApplicationId), std::string("BEGIN")}) {
        const Result<void> done = database.execute(sql);
        if (!done.ok()) {
            return done;
        }
    }
    const Result<void> made = applySteps(database, 0, version);
    if (!made.ok()) {
        return made;
    }
    return database.execute("COMMIT");
}

Result<int> checkHeader(const Database& database, const std::filesystem::path& path) {
    const Result<std::int64_t> application = database.integer("PRAGMA application_id");
    if (!application.ok()) {
        if (application.error().context.find("not a database") != std::string::npos) {
            return Error::unreadable(
                path.string() + " is not a mambascope session.", "Choose a .mscope file.");
        }
        return application.error();
    }
    if (application.value() != Session::kApplicationId) {
        return Error::unreadable(
            path.string() + " is a database of another program, not a mambascope session.",
            "Choose a .mscope file.");
    }
    const Result<std::int64_t> version = database.integer("PRAGMA user_version");
    if (!version.ok()) {
        return version.error();
    }
    if (version.value() > Session::kVersion) {
        return Error::unreadable(
            path.string() + " was written by a newer version of mambascope (session format " +
                std::to_string(version.value()) + "; this version reads up to " +
                std::to_string(Session::kVersion) + ").",
            "Open it with a newer mambascope.");
    }
    if (version.value() < 1) {
        return damagedSession(path, "session format " + std::to_string(version.value()));
    }
    return static_cast<int>(version.value());
}

Result<void> checkSchema(const Database& database, int version, const std::filesystem::path& path) {
    Result<Database> reference = Database::open(path, Database::Mode::Memory);
    if (!reference.ok()) {
        return reference.error();
    }
    const Result<void> made = applySteps(reference.value(), 0, version);
    if (!made.ok()) {
        return made;
    }
    const Result<std::string> expected = schemaText(reference.value());
    const Result<std::string> found = schemaText(database);
    if (!found.ok() || !expected.ok()) {
        return found.ok() ? expected.error() : found.error();
    }
    if (found.value() != expected.value()) {
        return damagedSession(path, "its tables are not those of session format " + std::to_string(version));
    }
    return {};
}

Result<void> checkIntegrity(const Database& database, const std::filesystem::path& path) {
    Statement check = database.prepare("PRAGMA quick_check(1)");
    const Result<bool> row = check.step();
    if (!row.ok()) {
        return row.error();
    }
    const std::string verdict = row.value() ? check.text(0) : "no verdict";
    if (verdict != "ok") {
        return damagedSession(path, verdict);
    }
    Statement keys = database.prepare("PRAGMA foreign_key_check");
    const Result<bool> dangling = keys.step();
    if (!dangling.ok()) {
        return dangling.error();
    }
    if (dangling.value()) {
        return damagedSession(
            path, "a row of " + keys.text(0) + " refers to a missing one of " + keys.text(2));
    }
    return {};
}

Result<void> migrate(Database& database, int fromVersion) {
    return applySteps(database, fromVersion, Session::kVersion);
}

} // namespace mambascope
