// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"
#include "core/calibration/calibration_bytes.h"
#include "core/session/schema.h"
#include "core/session/store.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace mambascope::store {
namespace {

/// Bytes of a slice: small enough for buffers that are used again, large enough for few rows.
constexpr std::size_t kSliceBytes = 1 << 20;

Result<void> forEachSlice(
    const Database& database, std::int64_t id, const std::function<void(std::span<const std::byte>)>& visit) {
    Statement query =
        database.prepare("SELECT data FROM calibration_slice WHERE calibration_id = ? ORDER BY position");
    query.bind(id);
    for (;;) {
        const Result<bool> row = query.step();
        if (!row.ok()) {
            return row.error();
        }
        if (!row.value()) {
            return {};
        }
        visit(query.blob(0));
    }
}

/// Gathers bytes into slices and adds them to a calibration.
class SliceWriter {
public:
    SliceWriter(Database& database, std::int64_t id)
        : m_insert(database.prepare("INSERT INTO calibration_slice VALUES(?, ?, ?)"))
        , m_id(id) {
        m_slice.reserve(kSliceBytes);
    }

    Result<void> add(std::span<const std::byte> bytes) {
        m_hasher.add(bytes);
        while (!bytes.empty()) {
            const std::size_t some = std::min(bytes.size(), kSliceBytes - m_slice.size());
            m_slice.insert(m_slice.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(some));
            bytes = bytes.subspan(some);
            if (m_slice.size() == kSliceBytes) {
                if (Result<void> written = flush(); !written.ok()) {
                    return written;
                }
            }
        }
        return {};
    }
    /// Writes what is left; the checksum of everything.
    Result<std::string> finish() {
        const Result<void> written = m_slice.empty() ? Result<void>() : flush();
        return written.ok() ? Result<std::string>(m_hasher.digest()) : written.error();
    }

private:
    Result<void> flush() {
        m_insert.reset();
        const Result<void> written =
            m_insert.bind(m_id).bind(m_position++).bind(std::span<const std::byte>(m_slice)).run();
        m_slice.clear();
        return written;
    }

    Statement m_insert;
    std::int64_t m_id, m_position = 0;
    std::vector<std::byte> m_slice;
    ContentHasher m_hasher;
};

} // namespace

Result<StoredCalibration> findCalibration(
    const Database& database, const std::string& checkpointHash, const std::filesystem::path& path) {
    Statement query = database.prepare(
        "SELECT id, hash, checksum FROM calibration WHERE checkpoint_hash = ? ORDER BY id DESC LIMIT 1");
    const Result<bool> row = query.bind(std::string_view(checkpointHash)).step();
    if (!row.ok()) {
        return row.error();
    }
    if (!row.value()) {
        return StoredCalibration{};
    }
    StoredCalibration found{query.integer(0), query.text(1)};
    ContentHasher hasher;
    const Result<void> read =
        forEachSlice(database, found.id, [&](std::span<const std::byte> bytes) { hasher.add(bytes); });
    if (!read.ok()) {
        return read.error();
    }
    if (hasher.digest() != query.text(2)) {
        return damagedSession(path, "the checksum of its calibration does not match");
    }
    return found;
}

Result<std::shared_ptr<const CalibrationSnapshot>>
readCalibration(const Database& database, std::int64_t id, const std::filesystem::path& path) {
    Statement total =
        database.prepare("SELECT sum(length(data)) FROM calibration_slice WHERE calibration_id = ?");
    if (const Result<bool> row = total.bind(id).step(); !row.ok()) {
        return row.error();
    }
    std::vector<std::byte> bytes;
    bytes.reserve(static_cast<std::size_t>(total.integer(0)));
    const Result<void> read = forEachSlice(database, id, [&](std::span<const std::byte> slice) {
        bytes.insert(bytes.end(), slice.begin(), slice.end());
    });
    if (!read.ok()) {
        return read.error();
    }
    Result<CalibrationSnapshot> snapshot = calibrationFromBytes(bytes, "the session's calibration");
    if (!snapshot.ok()) {
        return damagedSession(path, snapshot.error().message);
    }
    return std::make_shared<const CalibrationSnapshot>(std::move(snapshot).value());
}

Result<std::int64_t> writeCalibration(
    Database& database, const CalibrationSnapshot& snapshot, const std::string& hash,
    const std::string& checkpointHash, std::int64_t created) {
    Statement drop = database.prepare("DELETE FROM calibration WHERE checkpoint_hash = ? AND hash = ?");
    const Result<void> dropped =
        drop.bind(std::string_view(checkpointHash)).bind(std::string_view(hash)).run();
    if (!dropped.ok()) {
        return dropped.error();
    }
    Statement insert = database.prepare(
        "INSERT INTO calibration(created, checkpoint_hash, hash, checksum) VALUES(?, ?, ?, '')");
    const Result<void> inserted =
        insert.bind(created).bind(std::string_view(checkpointHash)).bind(std::string_view(hash)).run();
    if (!inserted.ok()) {
        return inserted.error();
    }
    const std::int64_t id = database.lastInsertId();
    SliceWriter writer(database, id);
    const Result<void> written =
        writeCalibrationBytes(snapshot, [&](std::span<const std::byte> bytes) { return writer.add(bytes); });
    if (!written.ok()) {
        return written.error();
    }
    const Result<std::string> checksum = writer.finish();
    if (!checksum.ok()) {
        return checksum.error();
    }
    Statement update = database.prepare("UPDATE calibration SET checksum = ? WHERE id = ?");
    const Result<void> updated = update.bind(std::string_view(checksum.value())).bind(id).run();
    return updated.ok() ? Result<std::int64_t>(id) : updated.error();
}

} // namespace mambascope::store
