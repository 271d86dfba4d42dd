// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>

namespace mambascope {

/// Several files that appear together or not at all: they are written into a hidden folder beside the target,
/// which takes the target's name at the end.
class AtomicFolder {
public:
    /// Usage if `path` exists already or its parent does not exist, ReadOnly if the parent may not be
    /// written.
    static Result<AtomicFolder> create(const std::filesystem::path& path);
    ~AtomicFolder(); ///< removes everything written unless commit() succeeded
    AtomicFolder(AtomicFolder&&) noexcept;
    AtomicFolder& operator=(AtomicFolder&&) noexcept;

    /// Where to write until commit().
    const std::filesystem::path& path() const { return m_temporary; }
    Result<void> commit();

private:
    AtomicFolder() = default;
    void discard();

    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
};

} // namespace mambascope
