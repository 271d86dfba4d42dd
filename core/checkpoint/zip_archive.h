// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace mambascope {

/// The entries of a zip archive (with or without zip64), as pieces of the archive's own memory: only entries
/// that are stored without compression are known, so nothing is ever unpacked or copied.
class ZipArchive {
public:
    /// Reads the central directory. Unreadable, each with its own sentence, if the archive is truncated, has
    /// several parts, is encrypted or compressed, names an entry twice or with a path that leads out of the
    /// archive, if entries overlap or exceed the file, or if a local header contradicts the directory.
    /// `archive` has to outlive the result; `what` names it.
    static Result<ZipArchive> parse(std::span<const std::byte> archive, std::string_view what);

    /// Null if there is no such entry.
    const std::span<const std::byte>* find(std::string_view name) const;
    const std::map<std::string, std::span<const std::byte>, std::less<>>& entries() const {
        return m_entries;
    }

private:
    std::map<std::string, std::span<const std::byte>, std::less<>> m_entries;
};

} // namespace mambascope
