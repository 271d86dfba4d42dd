// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_folder.h"

#include "core/base/atomic_rename.h"
#include "core/base/file_error.h"

#include <cerrno>
#include <sys/stat.h>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

Error existsAlready(const fs::path& path) {
    return Error::usage(path.string() + " exists already.", "Choose another name, or remove it first.");
}

} // namespace

Result<AtomicFolder> AtomicFolder::create(const fs::path& path) {
    AtomicFolder folder;
    folder.m_target = path.has_filename() ? path : path.parent_path(); // "out/" means "out"
    std::error_code ignored;
    if (!folder.m_target.has_filename()) {
        return Error::usage(
            "The name of a folder to write is expected.", "Name a folder that does not exist yet.");
    }
    if (fs::exists(fs::symlink_status(folder.m_target, ignored))) {
        return existsAlready(folder.m_target);
    }
    const fs::path temporary = temporarySibling(folder.m_target);
    if (::mkdir(temporary.c_str(), 0777) != 0) {
        return writeError(folder.m_target, errno);
    }
    folder.m_temporary = temporary;
    return folder;
}

AtomicFolder::~AtomicFolder() {
    discard();
}

AtomicFolder::AtomicFolder(AtomicFolder&& other) noexcept
    : m_target(std::move(other.m_target))
    , m_temporary(std::exchange(other.m_temporary, {})) {
}

AtomicFolder& AtomicFolder::operator=(AtomicFolder&& other) noexcept {
    if (this != &other) {
        discard();
        m_target = std::move(other.m_target);
        m_temporary = std::exchange(other.m_temporary, {});
    }
    return *this;
}

void AtomicFolder::discard() {
    if (!m_temporary.empty()) {
        std::error_code ignored;
        fs::remove_all(m_temporary, ignored);
        m_temporary.clear();
    }
}

Result<void> AtomicFolder::commit() {
    syncFolder(m_temporary);
    const int error = atomicRename(m_temporary, m_target, false);
    if (error != 0) {
        discard();
        return error == EEXIST || error == ENOTEMPTY ? existsAlready(m_target) : writeError(m_target, error);
    }
    m_temporary.clear();
    syncFolder(folderOf(m_target));
    return {};
}

} // namespace mambascope
