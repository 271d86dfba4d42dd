// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/publish.h"

#include "core/session/database.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

Error existsAlready(const fs::path& target) {
    return Error::usage(
        target.string() + " exists already.", "Choose another name, or overwrite it with --force.");
}

/// A session's log may only be thrown away if nobody has the session open.
Result<void> dropSidecars(const fs::path& target) {
    std::error_code error;
    const fs::path log = target.string() + "-wal";
    if (!fs::exists(log, error)) {
        return {};
    }
    Result<Database> database = Database::open(target, Database::Mode::ReadWrite);
    if (database.ok()) {
        database.value().setCheckpointOnClose(false);
        const Result<void> locked = database.value().execute("BEGIN IMMEDIATE");
        if (!locked.ok() && isBusy(locked.error())) {
            return locked;
        }
        database.value().close();
    }
    fs::remove(log, error);
    fs::remove(target.string() + "-shm", error);
    return {};
}

int renameWithoutReplacing(const fs::path& from, const fs::path& to) {
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return -1;
    }
    if (access(to.c_str(), F_OK) == 0) { // a file system without the atomic form
        errno = EEXIST;
        return -1;
    }
    return std::rename(from.c_str(), to.c_str());
}

/// False if the system could not bring a file or folder to the disk.
bool sync(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const bool synced = fsync(fd) == 0;
    (void)::close(fd);
    return synced;
}

} // namespace

Result<Publication> Publication::begin(const fs::path& target, bool overwrite) {
    std::error_code error;
    const fs::path absolute = fs::absolute(target, error);
    fs::path resolved = fs::weakly_canonical(absolute, error); // replaces what a link points to, not the link
    if (error || resolved.filename().empty()) {
        resolved = absolute;
    }
    if (fs::is_directory(resolved, error)) {
        return Error::usage(resolved.string() + " is a folder.", "Give the name of a file in it.");
    }
    if (!overwrite && fs::exists(resolved, error)) {
        return existsAlready(resolved);
    }
    if (!fs::is_directory(resolved.parent_path(), error)) {
        return Error::failed(
            "The folder " + resolved.parent_path().string() + " does not exist.", "Make it first.");
    }
    if (access(resolved.parent_path().c_str(), W_OK) != 0) {
        return Error{
            ErrorCode::ReadOnly, "The folder " + resolved.parent_path().string() + " may not be written.",
            "Choose another folder.", std::strerror(errno)};
    }
    std::random_device random;
    Publication publication;
    publication.m_target = resolved;
    publication.m_temporary =
        resolved.parent_path() / ("." + resolved.filename().string() + "." + std::to_string(getpid()) + "-" +
                                  std::to_string(random()) + ".tmp");
    publication.m_overwrite = overwrite;
    return publication;
}

Publication::Publication(Publication&& other) noexcept
    : m_target(std::move(other.m_target))
    , m_temporary(std::exchange(other.m_temporary, fs::path()))
    , m_overwrite(other.m_overwrite) {
}

Publication::~Publication() {
    if (m_temporary.empty()) {
        return;
    }
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
        fs::remove(m_temporary.string() + suffix, ignored);
    }
}

Result<void> Publication::commit() {
    if (m_overwrite) {
        const Result<void> free = dropSidecars(m_target);
        if (!free.ok()) {
            return free;
        }
    }
    // Its maker did not wait for the disk; nobody has the file open any more, so that this breaks no lock of
    // SQLite's.
    if (!sync(m_temporary)) {
        return Error{
            ErrorCode::Failed, m_target.string() + " could not be written.",
            "Check the disk and its free space, and try again.", std::strerror(errno)};
    }
    const int renamed = m_overwrite ? std::rename(m_temporary.c_str(), m_target.c_str())
                                    : renameWithoutReplacing(m_temporary, m_target);
    if (renamed != 0) {
        if (errno == EEXIST) {
            return existsAlready(m_target);
        }
        return Error{
            ErrorCode::Failed, m_target.string() + " could not be written.", "Choose another name or folder.",
            std::strerror(errno)};
    }
    m_temporary.clear();
    (void)sync(
        m_target.parent_path()); // some file systems cannot sync a folder; the file is complete either way
    return {};
}

Error Publication::inTermsOfTarget(Error error) const {
    const std::size_t at = error.message.find(m_temporary.string());
    if (at != std::string::npos) {
        error.message.replace(at, m_temporary.string().size(), m_target.string());
    }
    return error;
}

} // namespace mambascope
