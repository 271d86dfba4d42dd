// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_rename.h"
#include "core/base/file.h"
#include "core/base/file_error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

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
        file.m_temporary = temporarySibling(file.m_target);
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
        m_errno = atomicRename(m_temporary, m_target, m_overwrite);
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
