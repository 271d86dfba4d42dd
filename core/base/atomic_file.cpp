// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"
#include "core/base/file_error.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

fs::path folderOf(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// A hidden name in the same folder that nobody else has; a long name is cut so that the result is still a
/// valid one.
fs::path temporaryName(const fs::path& target) {
    std::uint64_t random = 0;
    if (::getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
        random = static_cast<std::uint64_t>(::getpid());
    }
    char suffix[32];
    std::snprintf(suffix, sizeof suffix, ".%016llx.tmp", static_cast<unsigned long long>(random));
    std::string name(1, '.');
    name += target.filename().string().substr(0, 200);
    return folderOf(target) / (name + suffix);
}

/// What stands at the target already: nothing is fine, a file only with `overwrite`, anything else never.
Result<void> checkTarget(const fs::path& target, bool overwrite, mode_t& mode) {
    struct stat status {};
    if (::stat(target.c_str(), &status) != 0) {
        if (errno != ENOENT) {
            return writeError(target, errno);
        }
        return {};
    }
    if (S_ISDIR(status.st_mode)) {
        return writeError(target, EISDIR);
    }
    if (!overwrite) {
        return writeError(target, EEXIST);
    }
    if (!S_ISREG(status.st_mode)) {
        return Error::usage(target.string() + " is not a regular file.", "Name a file.");
    }
    // rename() would happily replace a file that says it must not be written.
    if ((status.st_mode & 0222) == 0 || ::access(target.c_str(), W_OK) != 0) {
        return writeError(target, EACCES);
    }
    mode = status.st_mode & 0777;
    return {};
}

/// Renames and fails with EEXIST if the target appeared meanwhile.
int renameNoReplace(const fs::path& from, const fs::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    // Some network file systems know only the older way.
    if (::link(from.c_str(), to.c_str()) != 0) {
        return errno;
    }
    ::unlink(from.c_str());
    return 0;
}

void syncFolder(const fs::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        ::fsync(fd); // not every file system can; the file itself is safe by now
        ::close(fd);
    }
}

} // namespace

Result<AtomicFile> AtomicFile::create(const fs::path& path, bool overwrite) {
    if (!path.has_filename()) {
        return Error::usage(
            std::string("\"").append(path.string()).append("\" is not a file name."),
            "Name the file to write.");
    }
    AtomicFile file;
    file.m_overwrite = overwrite;
    file.m_target = path;
    std::error_code ignored;
    if (overwrite && fs::is_symlink(path, ignored)) {
        // The file behind the link is meant, not the link.
        const fs::path real = fs::weakly_canonical(path, ignored);
        file.m_target = ignored ? path : real;
    }
    mode_t mode = 0;
    if (Result<void> checked = checkTarget(file.m_target, overwrite, mode); !checked.ok()) {
        return checked.error();
    }
    for (int attempt = 0; attempt < 16 && file.m_fd < 0; ++attempt) {
        file.m_temporary = temporaryName(file.m_target);
        file.m_fd = ::open(file.m_temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file.m_fd < 0 && errno != EEXIST) {
            break;
        }
    }
    if (file.m_fd < 0) {
        file.m_temporary.clear();
        return writeError(path, errno);
    }
    if (mode != 0) {
        ::fchmod(file.m_fd, mode);
    }
    return file;
}

AtomicFile::~AtomicFile() {
    discard();
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept {
    *this = std::move(other);
}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
    if (this != &other) {
        discard();
        m_target = std::move(other.m_target);
        m_temporary = std::exchange(other.m_temporary, {});
        m_fd = std::exchange(other.m_fd, -1);
        m_overwrite = other.m_overwrite;
        m_errno = other.m_errno;
    }
    return *this;
}

void AtomicFile::discard() {
    if (m_fd >= 0) {
        ::close(std::exchange(m_fd, -1));
    }
    if (!m_temporary.empty()) {
        ::unlink(m_temporary.c_str());
        m_temporary.clear();
    }
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty() && m_errno == 0) {
        const ssize_t written = ::write(m_fd, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            m_errno = errno;
        }
    }
    if (m_errno != 0) {
        return writeError(m_target, m_errno);
    }
    return {};
}

Result<void> AtomicFile::write(std::string_view text) {
    return write(std::as_bytes(std::span(text)));
}

Result<void> AtomicFile::commit() {
    // After a failed write the content has a hole: it must not take the target's name.
    if (m_errno == 0 && ::fsync(m_fd) != 0 && errno != EINVAL) {
        m_errno = errno;
    }
    if (::close(std::exchange(m_fd, -1)) != 0 && m_errno == 0) {
        m_errno = errno;
    }
    if (m_errno == 0) {
        if (!m_overwrite) {
            m_errno = renameNoReplace(m_temporary, m_target);
        } else if (::rename(m_temporary.c_str(), m_target.c_str()) != 0) {
            m_errno = errno;
        }
    }
    if (m_errno != 0) {
        discard();
        return writeError(m_target, m_errno);
    }
    m_temporary.clear();
    syncFolder(folderOf(m_target));
    return {};
}

Result<void> writeFile(const fs::path& path, std::string_view text, bool overwrite) {
    Result<AtomicFile> file = AtomicFile::create(path, overwrite);
    if (!file.ok()) {
        return file.error();
    }
    if (Result<void> written = file.value().write(text); !written.ok()) {
        return written;
    }
    return file.value().commit();
}

} // namespace mambascope
