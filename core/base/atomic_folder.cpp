// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_folder.h"

#include "core/base/atomic_rename.h"
#include "core/base/file_error.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

/// A temporary folder that its maker has not locked yet is younger than this.
constexpr auto kFresh = std::chrono::minutes(1);

bool stands(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(fs::symlink_status(path, ignored));
}

Error existsAlready(const fs::path& path, bool force) {
    return Error::usage(
        path.string() + " exists already.", force ? "Choose another name, or overwrite it with --force."
                                                  : "Choose another name, or remove it first.");
}

Result<void> checkReplaceable(const fs::path& target, const std::string& marker) {
    std::error_code ignored;
    const bool folder = fs::is_directory(fs::symlink_status(target, ignored));
    if (folder && (fs::is_empty(target, ignored) || stands(target / marker))) {
        return {};
    }
    return Error::usage(
        target.string() + " is not a folder that was exported before, and is not replaced.",
        "Choose another name.");
}

int openLocked(const fs::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ::close(fd);
        return -1;
    }
    return fd;
}

/// Whether `name` is one that temporarySibling() makes for `target`.
bool isTemporaryOf(const std::string& name, const std::string& target) {
    constexpr std::size_t kDigits = 16;
    const std::string prefix = std::string(1, '.').append(target, 0, 200).append(1, '.');
    return name.size() == prefix.size() + kDigits + 4 && name.starts_with(prefix) && name.ends_with(".tmp") &&
           name.find_first_not_of("0123456789abcdef", prefix.size()) == prefix.size() + kDigits;
}

/// Removes what processes that were killed left of the same target.
void removeAbandoned(const fs::path& target) {
    std::error_code code;
    for (fs::directory_iterator entry(folderOf(target), code), end; !code && entry != end;
         entry.increment(code)) {
        std::error_code ignored;
        if (!isTemporaryOf(entry->path().filename().string(), target.filename().string()) ||
            !fs::is_directory(entry->symlink_status(ignored)) ||
            fs::file_time_type::clock::now() - fs::last_write_time(entry->path(), ignored) < kFresh) {
            continue;
        }
        if (const int fd = openLocked(entry->path()); fd >= 0) {
            fs::remove_all(entry->path(), ignored);
            ::close(fd);
        }
    }
}

/// Puts `temporary` in the place of `target`, whose content is gone then. Returns errno.
int replaceFolder(const fs::path& temporary, const fs::path& target) {
    std::error_code ignored;
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
        fs::remove_all(temporary, ignored); // the old content, after the exchange
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    // Some network file systems cannot exchange two names at once.
    const fs::path old = temporarySibling(target);
    if (::rename(target.c_str(), old.c_str()) != 0) {
        return errno;
    }
    const int error = atomicRename(temporary, target, false);
    if (error != 0) {
        ::rename(old.c_str(), target.c_str());
        return error;
    }
    fs::remove_all(old, ignored);
    return 0;
}

} // namespace

Result<AtomicFolder> AtomicFolder::create(const fs::path& path) {
    return begin(path, false, {});
}

Result<AtomicFolder> AtomicFolder::createOrReplace(const fs::path& path, const std::string& marker) {
    return begin(path, true, marker);
}

Result<AtomicFolder> AtomicFolder::begin(const fs::path& path, bool replace, std::string marker) {
    AtomicFolder folder;
    folder.m_target = path.has_filename() ? path : path.parent_path(); // "out/" means "out"
    folder.m_marker = std::move(marker);
    folder.m_replace = replace;
    if (!folder.m_target.has_filename()) {
        return Error::usage(
            "The name of a folder to write is expected.", "Name a folder that does not exist yet.");
    }
    if (stands(folder.m_target)) {
        const Result<void> state = replace ? checkReplaceable(folder.m_target, folder.m_marker)
                                           : Result<void>(existsAlready(folder.m_target, false));
        if (!state.ok()) {
            return state.error();
        }
    }
    removeAbandoned(folder.m_target);
    const fs::path temporary = temporarySibling(folder.m_target);
    if (::mkdir(temporary.c_str(), 0777) != 0) {
        return writeError(folder.m_target, errno);
    }
    folder.m_temporary = temporary;
    folder.m_lock = openLocked(temporary); // where there are no locks, nothing abandoned is removed either
    return folder;
}

AtomicFolder::~AtomicFolder() {
    discard();
}

AtomicFolder::AtomicFolder(AtomicFolder&& other) noexcept {
    *this = std::move(other);
}

AtomicFolder& AtomicFolder::operator=(AtomicFolder&& other) noexcept {
    if (this != &other) {
        discard();
        m_target = std::move(other.m_target);
        m_temporary = std::exchange(other.m_temporary, {});
        m_marker = std::move(other.m_marker);
        m_replace = other.m_replace;
        m_lock = std::exchange(other.m_lock, -1);
    }
    return *this;
}

void AtomicFolder::discard() {
    if (!m_temporary.empty()) {
        std::error_code ignored;
        fs::remove_all(m_temporary, ignored);
        m_temporary.clear();
    }
    if (m_lock >= 0) {
        ::close(std::exchange(m_lock, -1));
    }
}

Result<void> AtomicFolder::commit() {
    syncFolder(m_temporary);
    int error = atomicRename(m_temporary, m_target, false);
    if (m_replace && (error == EEXIST || error == ENOTEMPTY)) {
        if (const Result<void> state = checkReplaceable(m_target, m_marker); !state.ok()) {
            discard();
            return state;
        }
        error = replaceFolder(m_temporary, m_target);
    }
    if (error != 0) {
        discard();
        return error == EEXIST || error == ENOTEMPTY ? existsAlready(m_target, m_replace)
                                                     : writeError(m_target, error);
    }
    m_temporary.clear();
    discard();
    syncFolder(folderOf(m_target));
    return {};
}

} // namespace mambascope
