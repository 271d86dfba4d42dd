// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/session/database.h"

#include <filesystem>
#include <string>

namespace mambascope {

/// Makes an empty database a session of a version (see schema.md).
Result<void> createSchema(Database& database, int version);

/// Application id and version of the file. Unreadable with a sentence if it is no database, some other
/// program's database, or of a newer version. Gives the version.
Result<int> checkHeader(const Database& database, const std::filesystem::path& path);

/// Refuses a file whose tables, indexes, triggers or views differ from what its version has: so nothing that
/// somebody planted in a file ever runs, and no later statement meets a missing table.
Result<void> checkSchema(const Database& database, int version, const std::filesystem::path& path);

/// SQLite's quick check and the foreign keys.
Result<void> checkIntegrity(const Database& database, const std::filesystem::path& path);

/// Brings an older version to the current one. To be called inside a transaction.
Result<void> migrate(Database& database, int fromVersion);

/// "<path> is damaged", with what is wrong as its context.
Error damagedSession(const std::filesystem::path& path, std::string detail);

} // namespace mambascope
