// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace mambascope {

/// One prepared statement. Values are bound in order; a failure on the way comes out of step() or run().
class Statement {
public:
    Statement(sqlite3* database, std::string_view sql, const std::filesystem::path& path);
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(std::int64_t value);
    Statement& bind(double value); ///< NaN becomes NULL
    Statement& bind(std::string_view text);
    Statement&
    bind(std::span<const std::byte> bytes); ///< not copied: has to live until the statement has run

    /// A value of another statement's row, of whatever type.
    Statement& bind(const Statement& row, int column);

    /// True if there is a row.
    Result<bool> step();
    /// Runs a statement whose rows nobody needs.
    Result<void> run();
    /// Forgets the bound values, so that the statement can run again.
    void reset();

    std::int64_t integer(int column) const;
    double real(int column) const; ///< NULL gives NaN
    std::string text(int column) const;
    std::span<const std::byte> blob(int column) const; ///< valid until the next step
    bool null(int column) const;
    int columns() const;

private:
    void note(int code);
    sqlite3* m_database = nullptr;
    sqlite3_stmt* m_statement = nullptr;
    std::filesystem::path m_path;
    int m_next = 1;
    int m_code = 0;
};

/// A connection to one SQLite file.
class Database {
public:
    enum class Mode {
        ReadWrite, ///< an existing file
        ReadOnly,  ///< with locks: somebody may be writing
        Immutable, ///< without locks and without touching the folder: nobody may be writing
        Create,    ///< a new file
        Memory,
    };
    static Result<Database> open(const std::filesystem::path& path, Mode mode);

    Database() = default;

    Result<void> execute(const std::string& sql);
    Statement prepare(std::string_view sql) const;
    /// The single integer that a query gives.
    Result<std::int64_t> integer(std::string_view sql) const;

    std::int64_t lastInsertId() const;
    std::int64_t changes() const;
    bool inTransaction() const;
    /// Waits this long for somebody else's lock.
    void setBusyTimeout(int milliseconds);
    /// Whether the last close of the file may move the write-ahead log into it.
    void setCheckpointOnClose(bool on);
    /// Copies the whole content of this database into `target`.
    Result<void> backupTo(Database& target) const;

    bool isOpen() const { return m_handle != nullptr; }
    void close() { m_handle.reset(); }

private:
    struct Closer {
        void operator()(sqlite3* handle) const;
    };
    std::unique_ptr<sqlite3, Closer> m_handle;
    std::filesystem::path m_path;
};

/// What to do about a damaged file.
inline constexpr const char* kDamagedHint =
    "Open an earlier copy of it, or recover what can be read with mambascope-cli session FILE recover.";
/// What an SQLite result code means to the user of the file at `path`.
Error databaseError(int code, const std::filesystem::path& path, const std::string& detail);
/// True if an error says that somebody else holds a lock.
bool isBusy(const Error& error);

} // namespace mambascope
