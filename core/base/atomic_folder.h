// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>

namespace mambascope {

/// Several files that appear together or not at all: they are written into a hidden folder beside the target,
/// which takes the target's name at the end. What a process that was killed left behind is removed by the
/// next one that writes the same target.
class AtomicFolder {
public:
    /// Usage if `path` exists already or its parent does not exist, ReadOnly if the parent may not be
    /// written.
    static Result<AtomicFolder> create(const std::filesystem::path& path);
    /// Also replaces a folder at `path`, in one step and at the end, if it is empty or holds `marker`, a file
    /// that says it was made by this program: never somebody's home by a slip (Usage).
    static Result<AtomicFolder> createOrReplace(const std::filesystem::path& path, const std::string& marker);
    ~AtomicFolder(); ///< removes everything written unless commit() succeeded
    AtomicFolder(AtomicFolder&&) noexcept;
    AtomicFolder& operator=(AtomicFolder&&) noexcept;

    /// Where to write until commit().
    const std::filesystem::path& path() const { return m_temporary; }
    Result<void> commit();

private:
    AtomicFolder() = default;
    static Result<AtomicFolder> begin(const std::filesystem::path& path, bool replace, std::string marker);
    void discard();

    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
    std::string m_marker;
    bool m_replace = false;
    int m_lock = -1; ///< the temporary folder, locked as long as this process fills it
};

} // namespace mambascope
