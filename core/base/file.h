// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mambascope {

/// A file mapped read-only into memory; unmapped when the last owner goes.
class MappedFile {
public:
    /// Unreadable if the file does not exist, is a directory or cannot be mapped. An empty file maps to an
    /// empty span.
    static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return m_bytes; }
    const std::filesystem::path& path() const { return m_path; }

    /// Whole pages of `part` (of bytes()) no longer count as memory of this process. They can still be read,
    /// which brings them back, most likely from the system's cache.
    void release(std::span<const std::byte> part) const;

private:
    MappedFile() = default;
    std::span<const std::byte> m_bytes;
    std::filesystem::path m_path;
};

/// The whole file as a string. Refuses files larger than `maxBytes` (Unreadable) before it allocates.
Result<std::string> readFile(const std::filesystem::path& path, std::size_t maxBytes = std::size_t{1} << 30);

/// Writes to a temporary name in the same folder, syncs and renames, so that nobody ever sees half a file and
/// a failure leaves the old one intact. With `overwrite` false an existing file is refused (Usage, hint:
/// --force).
class AtomicFile {
public:
    static Result<AtomicFile> create(const std::filesystem::path& path, bool overwrite);
    ~AtomicFile(); ///< removes the temporary file unless commit() succeeded
    AtomicFile(AtomicFile&&) noexcept;
    AtomicFile& operator=(AtomicFile&&) noexcept;

    Result<void> write(std::span<const std::byte> bytes);
    Result<void> write(std::string_view text);
    Result<void> commit();

private:
    AtomicFile() = default;
    void discard();

    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
    int m_fd = -1;
    int m_errno = 0; ///< of the first write that failed
    bool m_overwrite = false;
};

/// AtomicFile in one call.
Result<void> writeFile(const std::filesystem::path& path, std::string_view text, bool overwrite);

} // namespace mambascope
