// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>

namespace mambascope {

/// A folder that is filled under a temporary name beside its final place and appears there complete or not at
/// all.
class StagedFolder {
public:
    /// Usage if `target` exists and may not be overwritten, or its parent folder does not exist; ReadOnly if
    /// nothing can be written there. With `overwrite` an existing folder is replaced only if it is empty or
    /// holds `marker`, a file that says it was made by this program: never somebody's home by a slip.
    static Result<StagedFolder>
    create(const std::filesystem::path& target, bool overwrite, const std::string& marker);
    ~StagedFolder(); ///< removes the temporary folder unless commit() succeeded
    StagedFolder(StagedFolder&& other) noexcept;
    StagedFolder& operator=(StagedFolder&&) = delete;

    const std::filesystem::path& path() const { return m_temporary; }
    Result<void> commit();

private:
    StagedFolder(std::filesystem::path target, std::filesystem::path temporary, bool overwrite);
    std::filesystem::path m_target, m_temporary;
    bool m_overwrite = false;
};

} // namespace mambascope
