// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/publish.h"
#include "core/session/schema.h"
#include "core/session/session_impl.h"

#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

/// Pages of the log after which a commit moves it into the file and waits for the disk: so many that a large
/// calibration does not come to that. Closing moves it in any case.
constexpr const char* kCheckpointRarely = "PRAGMA wal_autocheckpoint = 16384";
/// Large values take fewer steps with larger pages.
constexpr const char* kPageSize = "PRAGMA page_size = 16384";

constexpr int kLockPatience = 100; ///< ms: another window that is just closing may still hold the lock

Result<void> checkPath(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) {
        return Error::unreadable(path.string() + " does not exist.", "Check the name.");
    }
    if (fs::is_directory(status)) {
        return Error::unreadable(
            path.string() + " is a folder, not a mambascope session.", "Choose a .mscope file.");
    }
    if (!fs::is_regular_file(status)) {
        return Error::unreadable(path.string() + " is not a file.", "Choose a .mscope file.");
    }
    if (access(path.c_str(), R_OK) != 0) {
        return Error::unreadable(path.string() + " may not be read.", "Check the permissions of the file.");
    }
    if (fs::file_size(path, error) == 0 && !error) {
        return Error::unreadable(
            path.string() + " is empty, not a mambascope session.", "Choose a .mscope file.");
    }
    return {};
}

/// A connection that writes nothing, to a file that has passed every check.
struct Checked {
    Database database;
    int version = 0;
};

Result<Checked> openChecked(const fs::path& path, Database::Mode mode) {
    Result<Database> database = Database::open(path, mode);
    if (!database.ok()) {
        return database.error();
    }
    database.value().setBusyTimeout(kLockPatience);
    const Result<int> version = checkHeader(database.value(), path);
    if (!version.ok()) {
        return version.error();
    }
    // The schema first: the integrity check evaluates what the schema says.
    const Result<void> known = checkSchema(database.value(), version.value(), path);
    if (!known.ok()) {
        return known.error();
    }
    const Result<void> intact = checkIntegrity(database.value(), path);
    if (!intact.ok()) {
        return intact.error();
    }
    return Checked{std::move(database).value(), version.value()};
}

/// A write-ahead log beside the file means that somebody has it open or that a process died. Then the reader
/// takes part in the locking; else it needs none and leaves the folder alone.
Result<Checked> openChecked(const fs::path& path) {
    const fs::path log = path.string() + "-wal";
    std::error_code error;
    if (!fs::exists(log, error)) {
        Result<Checked> quiet = openChecked(path, Database::Mode::Immutable);
        if (quiet.ok() || !fs::exists(log, error)) {
            return quiet;
        }
    }
    Result<Checked> checked = openChecked(path, Database::Mode::ReadOnly);
    if (checked.ok() || access(path.parent_path().c_str(), W_OK) == 0) {
        return checked;
    }
    if (fs::file_size(log, error) == 0 && !error) {
        return openChecked(path, Database::Mode::Immutable);
    }
    return Error::unreadable(
        path.string() + " was not closed properly and lies in a folder that may not be written.",
        "Copy it together with its -wal file to another folder and open it there.");
}

/// Why the file cannot be written, or an empty sentence with a connection that holds the write lock.
struct Writer {
    Database database;
    std::string reason;
};

Writer becomeWriter(const fs::path& path, int version) {
    const std::string prefix = path.string() + " is open read-only because ";
    // Root may write a file without any write bit; who took the bits away meant it all the same.
    struct stat status {};
    if (access(path.c_str(), W_OK) != 0 ||
        (stat(path.c_str(), &status) == 0 && (status.st_mode & 0222) == 0)) {
        return {{}, prefix + "the file may not be written."};
    }
    if (access(path.parent_path().c_str(), W_OK) != 0) {
        return {{}, prefix + "its folder may not be written."};
    }
    Result<Database> opened = Database::open(path, Database::Mode::ReadWrite);
    if (!opened.ok()) {
        return {{}, prefix + "it could not be opened for writing (" + opened.error().context + ")."};
    }
    Database& database = opened.value();
    database.setBusyTimeout(kLockPatience);
    database.setCheckpointOnClose(false); // not before it is clear that the file is ours
    for (const char* sql :
         {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", "PRAGMA journal_size_limit = 16777216",
          kCheckpointRarely, "BEGIN IMMEDIATE"}) {
        const Result<void> done = database.execute(sql);
        if (!done.ok()) {
            return {
                {},
                prefix + (isBusy(done.error()) ? "another window or program has it open."
                                               : "it could not be locked (" + done.error().context + ").")};
        }
    }
    database.setCheckpointOnClose(true);
    if (version < Session::kVersion) {
        Result<void> migrated = migrate(database, version);
        for (const char* sql : {"COMMIT", "BEGIN IMMEDIATE"}) {
            migrated = migrated.ok() ? database.execute(sql) : migrated;
        }
        if (!migrated.ok()) {
            return {
                {},
                prefix + "it could not be brought to the current format (" + migrated.error().context + ")."};
        }
    }
    return {std::move(opened).value(), {}};
}

/// A reader of an older format reads a copy that was brought forward, because the file may not be.
Result<Database> inCurrentFormat(Database reader, const fs::path& path) {
    const Result<int> version = checkHeader(reader, path);
    if (!version.ok()) {
        return version.error();
    }
    if (version.value() == Session::kVersion) {
        return reader;
    }
    Result<Database> copy = Database::open(path, Database::Mode::Memory);
    if (!copy.ok()) {
        return copy;
    }
    Result<void> done = reader.backupTo(copy.value());
    done = done.ok() ? migrate(copy.value(), version.value()) : done;
    return done.ok() ? std::move(copy) : Result<Database>(done.error());
}

} // namespace

Result<std::unique_ptr<Session>> Session::open(const fs::path& path) {
    return openAs(path, true);
}

Result<std::unique_ptr<Session>> Session::openForReading(const fs::path& path) {
    return openAs(path, false);
}

Result<std::unique_ptr<Session>> Session::openAs(const fs::path& given, bool wantsToWrite) {
    const Result<void> plausible = checkPath(given);
    if (!plausible.ok()) {
        return plausible.error();
    }
    std::error_code error;
    fs::path path =
        fs::canonical(given, error); // SQLite puts its log beside the file, not beside a link to it
    if (error) {
        return Error::unreadable(given.string() + " could not be found.", error.message());
    }
    Result<Checked> checked = openChecked(path);
    if (!checked.ok()) {
        return checked.error();
    }
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    Writer writer = wantsToWrite ? becomeWriter(path, checked.value().version)
                                 : Writer{{}, path.string() + " was opened for reading only."};
    impl->readOnlyReason = std::move(writer.reason);
    if (impl->readOnlyReason.empty()) {
        impl->database = std::move(writer.database);
    } else if (fs::exists(path.string() + "-wal", error) && access(path.parent_path().c_str(), W_OK) == 0) {
        // Somebody writes: from here on only a connection with locks sees a consistent file.
        Result<Database> reader = Database::open(path, Database::Mode::ReadOnly);
        if (!reader.ok()) {
            return reader.error();
        }
        impl->database = std::move(reader).value();
        impl->database.setBusyTimeout(kLockPatience);
    } else {
        impl->database = std::move(checked.value().database);
    }
    checked.value().database.close();
    if (!impl->readOnlyReason.empty()) {
        Result<Database> current = inCurrentFormat(std::move(impl->database), path);
        if (!current.ok()) {
            return current.error();
        }
        impl->database = std::move(current).value();
    }
    const Result<void> loaded = impl->load();
    if (!loaded.ok()) {
        return loaded.error();
    }
    return std::unique_ptr<Session>(new Session(std::move(impl)));
}

Result<std::unique_ptr<Session>> Session::create(const fs::path& path, bool overwrite) {
    Result<Publication> publication = Publication::begin(path, overwrite);
    if (!publication.ok()) {
        return publication.error();
    }
    {
        Result<Database> database = Database::open(publication.value().temporary(), Database::Mode::Create);
        if (!database.ok()) {
            return publication.value().inTermsOfTarget(database.error());
        }
        Result<void> made = database.value().execute("PRAGMA synchronous = OFF"); // commit() syncs, once
        if (made.ok()) {
            made = database.value().execute(kPageSize);
        }
        if (made.ok()) {
            made = createSchema(database.value(), Session::kVersion);
        }
        if (made.ok()) {
            made = database.value().execute("PRAGMA journal_mode = WAL");
        }
        if (!made.ok()) {
            return publication.value().inTermsOfTarget(made.error());
        }
    }
    const Result<void> done = publication.value().commit();
    if (!done.ok()) {
        return done.error();
    }
    return open(path);
}

Result<void> Session::saveCopy(const fs::path& path, bool overwrite) const {
    std::error_code error;
    if (fs::equivalent(path, m_impl->path, error)) {
        return Error::usage("The copy has to have another name than the session itself.");
    }
    Result<Publication> publication = Publication::begin(path, overwrite);
    if (!publication.ok()) {
        return publication.error();
    }
    {
        // The writer's own connection is inside a transaction, which SQLite does not copy from.
        Database reader;
        if (!readOnly()) {
            Result<Database> opened = Database::open(m_impl->path, Database::Mode::ReadOnly);
            if (!opened.ok()) {
                return opened.error();
            }
            reader = std::move(opened).value();
        }
        Result<Database> target = Database::open(publication.value().temporary(), Database::Mode::Create);
        if (!target.ok()) {
            return publication.value().inTermsOfTarget(target.error());
        }
        (void)target.value().execute("PRAGMA synchronous = OFF"); // commit() syncs, once
        const Result<void> copied = (readOnly() ? m_impl->database : reader).backupTo(target.value());
        if (!copied.ok()) {
            return publication.value().inTermsOfTarget(copied.error());
        }
    }
    return publication.value().commit();
}

} // namespace mambascope
