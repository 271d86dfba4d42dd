// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/recover.h"

#include "core/base/hash.h"
#include "core/evaluation/tasks.h"
#include "core/session/items.h"
#include "core/session/publish.h"
#include "core/session/schema.h"
#include "core/session/session.h"
#include "core/session/store.h"

#include <functional>
#include <map>
#include <set>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

using Key = std::vector<std::int64_t>;

/// Reads rows as far as they can be read; false if damage ended it.
bool forEachRow(Statement query, const std::function<void(const Statement&)>& visit) {
    for (;;) {
        const Result<bool> row = query.step();
        if (!row.ok() || !row.value()) {
            return row.ok();
        }
        visit(query);
    }
}

/// Copies one table row by row: a row that cannot be read does not take others with it.
class TableCopy {
public:
    TableCopy(const Database& from, Database& to, std::string table)
        : m_from(from)
        , m_to(to)
        , m_table(std::move(table))
        , m_keys(
              m_table == "task_result" ? std::vector<std::string>{"run_id", "position"}
                                       : std::vector<std::string>{"rowid"}) {}

    /// True if every row was read.
    Result<bool> run() {
        std::set<Key> keys;
        bool whole = true;
        for (const char* direction : {"", " DESC"}) { // from both ends to where the tree is damaged
            whole = forEachRow(
                m_from.prepare(
                    "SELECT " + list(", ", "") + " FROM " + m_table + " ORDER BY " + list(", ", direction)),
                [&](const Statement& row) {
                    Key key;
                    for (int i = 0; i < row.columns(); ++i) {
                        key.push_back(row.integer(i));
                    }
                    keys.insert(key);
                });
            if (whole) {
                break;
            }
        }
        for (const Key& key : keys) {
            Statement row = m_from.prepare("SELECT * FROM " + m_table + " WHERE " + list(" AND ", " = ?"));
            for (const std::int64_t part : key) {
                row.bind(part);
            }
            const Result<bool> read = row.step();
            if (!read.ok() || !read.value()) {
                whole = false;
            } else if (const Result<void> kept = insert(row); !kept.ok()) {
                return kept.error();
            }
        }
        return whole;
    }

private:
    std::string list(const char* between, const char* after) const {
        std::string text;
        for (const std::string& key : m_keys) {
            text += (text.empty() ? "" : between) + key + after;
        }
        return text;
    }
    Result<void> insert(const Statement& row) {
        std::string places = "?";
        for (int i = 1; i < row.columns(); ++i) {
            places += ", ?";
        }
        Statement insert = m_to.prepare("INSERT OR REPLACE INTO " + m_table + " VALUES(" + places + ")");
        for (int i = 0; i < row.columns(); ++i) {
            insert.bind(row, i);
        }
        return insert.run();
    }

    const Database& m_from;
    Database& m_to;
    std::string m_table;
    std::vector<std::string> m_keys;
};

/// Makes a session of the present format out of rows of which some are missing or damaged.
class Mending {
public:
    explicit Mending(Database& database)
        : m_database(database) {}

    Result<void> run() {
        mendPlans();
        mendCalibrations();
        mendRuns();
        mendItems();
        dropBroken("checkpoint", "spec", "checkpoints", [](const Json& json) {
            return modelSpecFromJson(json).ok();
        });
        dropBroken("search", "trace", "searches", [](const Json&) { return true; });
        dropBroken("sweep", "results", "sweeps", [](const Json&) { return true; });
        if (std::string view; !forEachRow(
                                  m_database.prepare("SELECT view FROM document"),
                                  [&](const Statement& row) { view = row.text(0); }) ||
                              !parseJson(view, "view").ok()) {
            execute("UPDATE document SET view = 'null'");
            ++m_lost["views"];
        }
        execute("UPDATE document SET checkpoint_hash = NULL WHERE checkpoint_hash NOT IN "
                "(SELECT hash FROM checkpoint)");
        // Whoever lost the document still wants to see the runs.
        execute("UPDATE document SET checkpoint_hash = (SELECT hash FROM checkpoint JOIN run "
                "ON run.checkpoint_hash = hash ORDER BY run.id DESC LIMIT 1) WHERE checkpoint_hash IS NULL");
        return m_state;
    }
    const std::map<std::string, int>& lost() const { return m_lost; }

private:
    void execute(const std::string& sql) { m_state = m_state.ok() ? m_database.execute(sql) : m_state; }
    void execute(Statement statement) { m_state = m_state.ok() ? statement.run() : m_state; }
    std::vector<std::int64_t> idsWhere(const char* sql, const std::function<bool(const Statement&)>& broken) {
        std::vector<std::int64_t> ids;
        forEachRow(m_database.prepare(sql), [&](const Statement& row) {
            if (broken(row)) {
                ids.push_back(row.integer(0));
            }
        });
        return ids;
    }
    void drop(const std::string& table, std::int64_t id, const char* what) {
        execute(std::move(m_database.prepare("DELETE FROM " + table + " WHERE rowid = ?").bind(id)));
        ++m_lost[what];
    }
    void dropBroken(
        const char* table, const char* column, const char* what,
        const std::function<bool(const Json&)>& understood) {
        const std::string sql = std::string("SELECT rowid, ") + column + " FROM " + table;
        for (const std::int64_t id : idsWhere(sql.c_str(), [&](const Statement& row) {
                 const Result<Json> json = parseJson(row.text(1), table);
                 return !json.ok() || !understood(json.value());
             })) {
            drop(table, id, what);
        }
    }

    void mendPlans() {
        std::map<std::int64_t, std::int64_t> standsFor; // itself, or the nearest sound plan before it
        std::vector<std::pair<std::int64_t, std::int64_t>> sound;
        forEachRow(
            m_database.prepare("SELECT id, parent, plan FROM plan_revision ORDER BY id"),
            [&](const Statement& row) {
                const std::int64_t id = row.integer(0), parent = row.integer(1);
                const auto before = standsFor.find(parent);
                const std::int64_t nearest = before == standsFor.end() || parent >= id ? 0 : before->second;
                const bool parsed = parsePlan(row.text(2), "plan").ok();
                standsFor[id] = parsed ? id : nearest;
                if (parsed) {
                    sound.emplace_back(id, nearest);
                }
            });
        for (const auto& [id, parent] : sound) {
            Statement update =
                m_database.prepare("UPDATE plan_revision SET parent = nullif(?, 0) WHERE id = ?");
            execute(std::move(update.bind(parent).bind(id)));
        }
        for (const auto& [id, nearest] : standsFor) {
            if (nearest != id) {
                drop("plan_revision", id, "plans");
            }
        }
        execute("UPDATE document SET plan_id = (SELECT max(id) FROM plan_revision) "
                "WHERE plan_id NOT IN (SELECT id FROM plan_revision)");
    }

    void mendCalibrations() {
        const auto broken = idsWhere("SELECT id, checksum FROM calibration", [&](const Statement& row) {
            ContentHasher hasher;
            Statement slices = m_database.prepare(
                "SELECT data FROM calibration_slice WHERE calibration_id = ? ORDER BY position");
            forEachRow(std::move(slices.bind(row.integer(0))), [&](const Statement& slice) {
                hasher.add(slice.blob(0));
            });
            return hasher.digest() != row.text(1);
        });
        for (const std::int64_t id : broken) {
            drop("calibration", id, "calibrations");
        }
        execute("DELETE FROM calibration_slice WHERE calibration_id NOT IN (SELECT id FROM calibration)");
    }

    void mendRuns() {
        std::set<std::int64_t> broken;
        for (const std::int64_t id : idsWhere("SELECT id, plan FROM run", [](const Statement& row) {
                 return !parseJson(row.text(1), "plan").ok();
             })) {
            broken.insert(id);
        }
        for (const std::int64_t id :
             idsWhere("SELECT run_id, task, kind FROM task_result", [](const Statement& row) {
                 return row.text(2).empty() && !parseTask(row.text(1));
             })) {
            broken.insert(id);
        }
        for (const std::int64_t id : broken) {
            drop("run", id, "runs");
        }
        execute("DELETE FROM task_result WHERE run_id NOT IN (SELECT id FROM run)");
        execute("DELETE FROM task_items WHERE NOT EXISTS (SELECT 1 FROM task_result WHERE "
                "task_result.run_id = task_items.run_id AND task_result.position = task_items.position)");
    }

    void mendItems() {
        std::vector<Key> broken;
        forEachRow(
            m_database.prepare(
                "SELECT task_result.run_id, task_result.position, checksum, data FROM task_result "
                "LEFT JOIN task_items USING(run_id, position)"),
            [&](const Statement& row) {
                if (row.null(3) || contentHash(row.blob(3)) != row.text(2) ||
                    !itemsFromBytes(row.blob(3), "items").ok()) {
                    broken.push_back({row.integer(0), row.integer(1)});
                }
            });
        const std::vector<std::byte> none = itemsToBytes({});
        const std::string checksum = contentHash(std::span<const std::byte>(none));
        for (const Key& key : broken) {
            Statement items = m_database.prepare("INSERT OR REPLACE INTO task_items VALUES(?, ?, ?, ?)");
            items.bind(key[0]).bind(key[1]).bind(std::string_view(checksum));
            execute(std::move(items.bind(std::span<const std::byte>(none))));
            Statement count =
                m_database.prepare("UPDATE task_result SET item_count = 0 WHERE run_id = ? AND position = ?");
            execute(std::move(count.bind(key[0]).bind(key[1])));
            ++m_lost["tasks' item results"];
        }
    }

    Database& m_database;
    Result<void> m_state;
    std::map<std::string, int> m_lost;
};

Result<std::vector<std::string>> rescue(const Database& from, int version, Database& to) {
    std::vector<std::string> lost, tables;
    for (const char* sql : {"PRAGMA synchronous = OFF", "PRAGMA foreign_keys = OFF"}) {
        if (const Result<void> set = to.execute(sql); !set.ok()) {
            return set.error();
        }
    }
    if (const Result<void> made = createSchema(to, version); !made.ok()) {
        return made.error();
    }
    forEachRow(
        to.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"),
        [&](const Statement& row) { tables.push_back(row.text(0)); });
    if (const Result<void> begun = to.execute("BEGIN"); !begun.ok()) {
        return begun.error();
    }
    for (const std::string& table : tables) {
        const Result<bool> whole = TableCopy(from, to, table).run();
        if (!whole.ok()) {
            return whole.error();
        }
        if (!whole.value()) {
            lost.push_back("unreadable rows of the table " + table);
        }
    }
    if (const Result<void> migrated = migrate(to, version); !migrated.ok()) {
        return migrated.error();
    }
    Mending mending(to);
    if (const Result<void> mended = mending.run(); !mended.ok()) {
        return mended.error();
    }
    for (const auto& [what, count] : mending.lost()) {
        lost.push_back(std::to_string(count) + " " + what);
    }
    for (const char* sql : {"COMMIT", "PRAGMA journal_mode = WAL"}) {
        if (const Result<void> done = to.execute(sql); !done.ok()) {
            return done.error();
        }
    }
    return lost;
}

} // namespace

bool isDamaged(const Error& error) {
    return error.code == ErrorCode::Unreadable && error.hint == kDamagedHint;
}

Result<std::vector<std::string>>
recoverSession(const fs::path& damaged, const fs::path& target, bool overwrite) {
    std::error_code error;
    if (fs::equivalent(damaged, target, error)) {
        return Error::usage("What can be recovered has to go to another file than the damaged one.");
    }
    // With its log, if it was not closed properly; nobody may write meanwhile, and nothing is written.
    const bool logged = fs::exists(damaged.string() + "-wal", error);
    Result<Database> from =
        Database::open(damaged, logged ? Database::Mode::ReadOnly : Database::Mode::Immutable);
    if (!from.ok()) {
        return from.error();
    }
    const Result<int> version = checkHeader(from.value(), damaged);
    if (!version.ok()) {
        return version.error();
    }
    if (const Result<void> known = checkSchema(from.value(), version.value(), damaged); !known.ok()) {
        return known.error();
    }
    Result<Publication> publication = Publication::begin(target, overwrite);
    if (!publication.ok()) {
        return publication.error();
    }
    Result<std::vector<std::string>> lost = std::vector<std::string>();
    {
        Result<Database> to = Database::open(publication.value().temporary(), Database::Mode::Create);
        if (!to.ok()) {
            return publication.value().inTermsOfTarget(to.error());
        }
        lost = rescue(from.value(), version.value(), to.value());
        if (!lost.ok()) {
            return publication.value().inTermsOfTarget(lost.error());
        }
    }
    if (const auto sound = Session::openForReading(publication.value().temporary()); !sound.ok()) {
        return damagedSession(damaged, "What is left makes no session: " + sound.error().context);
    }
    const Result<void> published = publication.value().commit();
    return published.ok() ? std::move(lost) : Result<std::vector<std::string>>(published.error());
}

} // namespace mambascope
