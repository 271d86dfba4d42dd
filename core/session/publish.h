// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>

namespace mambascope {

/// A database that is made under a temporary name in the target's folder and appears under its own name
/// complete or not at all. (AtomicFile does this for bytes; SQLite wants to write its files itself.)
class Publication {
public:
    /// Usage if the target exists and `overwrite` is false, or is a folder; Failed if it is a session that is
    /// open.
    static Result<Publication> begin(const std::filesystem::path& target, bool overwrite);
    ~Publication(); ///< removes the temporary file unless commit() succeeded
    Publication(Publication&& other) noexcept;
    Publication& operator=(Publication&&) = delete;

    const std::filesystem::path& temporary() const { return m_temporary; }
    Result<void> commit();
    /// The same error, said of the target instead of the temporary file.
    Error inTermsOfTarget(Error error) const;

private:
    Publication() = default;
    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
    bool m_overwrite = false;
};

} // namespace mambascope
