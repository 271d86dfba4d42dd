// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/database.h"

#include <sqlite3.h>

#include <cmath>
#include <limits>
#include <utility>

namespace mambascope {
namespace {

constexpr const char* kBusyContext = "database is locked";

std::string uriOf(const std::filesystem::path& path, std::string_view query) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(path).string()) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '%' || c == '?' || c == '#' || byte < 0x20 || byte > 0x7e) {
            uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
        } else {
            uri += c;
        }
    }
    return uri.append(query);
}

} // namespace

Error databaseError(int code, const std::filesystem::path& path, const std::string& detail) {
    const std::string name = path.string();
    switch (code & 0xff) {
    case SQLITE_FULL:
        return {
            ErrorCode::Failed, name + " could not be written because the disk is full.",
            "The last change was not kept; free some space and make it again.", detail};
    case SQLITE_IOERR:
        return {
            ErrorCode::Failed, name + " could not be read or written.",
            "The last change was not kept; check the disk and its free space, and make it again.", detail};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {
            ErrorCode::Failed, name + " is in use by another window or program.",
            "Close it there and try again.", kBusyContext};
    case SQLITE_READONLY:
        return {ErrorCode::ReadOnly, name + " may not be written.", "Save a copy somewhere else.", detail};
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return {
            ErrorCode::Unreadable, name + " could not be opened.",
            "Check the permissions of the file and its folder.", detail};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return {ErrorCode::Unreadable, name + " is damaged.", kDamagedHint, detail};
    case SQLITE_NOMEM:
        return {
            ErrorCode::OutOfMemory, "There is not enough memory for " + name + ".", "Close other programs.",
            detail};
    case SQLITE_TOOBIG:
        return {ErrorCode::Failed, "The change is too large for " + name + ".", "", detail};
    default:
        return {ErrorCode::Failed, name + " could not be used as a session.", "", detail};
    }
}

bool isBusy(const Error& error) {
    return error.context == kBusyContext;
}

Statement::Statement(sqlite3* database, std::string_view sql, const std::filesystem::path& path)
    : m_database(database)
    , m_path(path) {
    m_code = sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &m_statement, nullptr);
}

Statement::~Statement() {
    sqlite3_finalize(m_statement);
}

Statement::Statement(Statement&& other) noexcept
    : m_database(other.m_database)
    , m_statement(std::exchange(other.m_statement, nullptr))
    , m_path(std::move(other.m_path))
    , m_next(other.m_next)
    , m_code(other.m_code) {
}

void Statement::note(int code) {
    if (m_code == SQLITE_OK) {
        m_code = code;
    }
}

Statement& Statement::bind(std::int64_t value) {
    note(m_statement == nullptr ? SQLITE_MISUSE : sqlite3_bind_int64(m_statement, m_next++, value));
    return *this;
}

Statement& Statement::bind(double value) {
    note(m_statement == nullptr ? SQLITE_MISUSE : sqlite3_bind_double(m_statement, m_next++, value));
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    const char* data = text.data() == nullptr ? "" : text.data(); // a null pointer would bind NULL
    note(
        m_statement == nullptr
            ? SQLITE_MISUSE
            : sqlite3_bind_text64(m_statement, m_next++, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(std::span<const std::byte> bytes) {
    const void* data = bytes.data() == nullptr ? static_cast<const void*>("") : bytes.data();
    note(
        m_statement == nullptr
            ? SQLITE_MISUSE
            : sqlite3_bind_blob64(m_statement, m_next++, data, bytes.size(), SQLITE_STATIC));
    return *this;
}

Statement& Statement::bind(const Statement& row, int column) {
    note(
        m_statement == nullptr
            ? SQLITE_MISUSE
            : sqlite3_bind_value(m_statement, m_next++, sqlite3_column_value(row.m_statement, column)));
    return *this;
}

Result<bool> Statement::step() {
    if (m_code == SQLITE_OK) {
        const int code = sqlite3_step(m_statement);
        if (code == SQLITE_ROW || code == SQLITE_DONE) {
            return code == SQLITE_ROW;
        }
        m_code = code;
    }
    return databaseError(m_code, m_path, sqlite3_errmsg(m_database));
}

Result<void> Statement::run() {
    for (;;) {
        const Result<bool> row = step();
        if (!row.ok()) {
            return row.error();
        }
        if (!row.value()) {
            return {};
        }
    }
}

void Statement::reset() {
    sqlite3_reset(m_statement);
    sqlite3_clear_bindings(m_statement);
    m_next = 1;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(m_statement, column);
}

double Statement::real(int column) const {
    return null(column) ? std::numeric_limits<double>::quiet_NaN()
                        : sqlite3_column_double(m_statement, column);
}

std::string Statement::text(int column) const {
    const unsigned char* data = sqlite3_column_text(m_statement, column);
    const int size = sqlite3_column_bytes(m_statement, column);
    return data == nullptr ? std::string()
                           : std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
}

std::span<const std::byte> Statement::blob(int column) const {
    const void* data = sqlite3_column_blob(m_statement, column);
    const int size = sqlite3_column_bytes(m_statement, column);
    return {static_cast<const std::byte*>(data), data == nullptr ? 0 : static_cast<std::size_t>(size)};
}

bool Statement::null(int column) const {
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

int Statement::columns() const {
    return sqlite3_column_count(m_statement);
}

void Database::Closer::operator()(sqlite3* handle) const {
    sqlite3_close_v2(handle);
}

Result<Database> Database::open(const std::filesystem::path& path, Mode mode) {
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    std::string uri;
    switch (mode) {
    case Mode::ReadWrite:
        flags |= SQLITE_OPEN_READWRITE;
        uri = uriOf(path, "");
        break;
    case Mode::ReadOnly:
        flags |= SQLITE_OPEN_READONLY;
        uri = uriOf(path, "");
        break;
    case Mode::Immutable:
        flags |= SQLITE_OPEN_READONLY;
        uri = uriOf(path, "?immutable=1");
        break;
    case Mode::Create:
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        uri = uriOf(path, "");
        break;
    case Mode::Memory:
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
        uri = "file::memory:";
        break;
    }
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(uri.c_str(), &handle, flags, nullptr);
    Database database;
    database.m_handle.reset(handle);
    database.m_path = path;
    if (code != SQLITE_OK) {
        return databaseError(code, path, handle == nullptr ? "" : sqlite3_errmsg(handle));
    }
    // A file may come from anywhere: nothing in its schema may run code or change the file behind our back.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
    return database;
}

Result<void> Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(m_handle.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        return databaseError(code, m_path, sqlite3_errmsg(m_handle.get()));
    }
    return {};
}

Statement Database::prepare(std::string_view sql) const {
    return Statement(m_handle.get(), sql, m_path);
}

Result<std::int64_t> Database::integer(std::string_view sql) const {
    Statement query = prepare(sql);
    const Result<bool> row = query.step();
    if (!row.ok()) {
        return row.error();
    }
    return row.value() ? query.integer(0) : 0;
}

std::int64_t Database::lastInsertId() const {
    return sqlite3_last_insert_rowid(m_handle.get());
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(m_handle.get());
}

bool Database::inTransaction() const {
    return sqlite3_get_autocommit(m_handle.get()) == 0;
}

void Database::setBusyTimeout(int milliseconds) {
    sqlite3_busy_timeout(m_handle.get(), milliseconds);
}

void Database::setCheckpointOnClose(bool on) {
    sqlite3_db_config(m_handle.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 0 : 1, nullptr);
}

Result<void> Database::backupTo(Database& target) const {
    sqlite3* to = target.m_handle.get();
    sqlite3_backup* backup = sqlite3_backup_init(to, "main", m_handle.get(), "main");
    if (backup == nullptr) {
        return databaseError(sqlite3_errcode(to), target.m_path, sqlite3_errmsg(to));
    }
    const int stepped = sqlite3_backup_step(backup, -1);
    const int code = sqlite3_backup_finish(backup);
    if (stepped != SQLITE_DONE) {
        return databaseError(stepped, target.m_path, sqlite3_errmsg(to));
    }
    if (code != SQLITE_OK) {
        return databaseError(code, target.m_path, sqlite3_errmsg(to));
    }
    return {};
}

} // namespace mambascope
