// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_rename.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/random.h>
#include <unistd.h>

namespace mambascope {
namespace fs = std::filesystem;

fs::path folderOf(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

fs::path temporarySibling(const fs::path& target) {
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

int atomicRename(const fs::path& from, const fs::path& to, bool replace) {
    if (replace) {
        return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
    }
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    // Some network file systems know only the older ways: link() for a file; a folder replaces at most an
    // empty one.
    std::error_code ignored;
    if (fs::is_directory(from, ignored)) {
        return fs::exists(to, ignored) ? EEXIST : atomicRename(from, to, true);
    }
    if (::link(from.c_str(), to.c_str()) != 0) {
        return errno;
    }
    ::unlink(from.c_str());
    return 0;
}

void syncFolder(const fs::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        ::fsync(fd);
        ::close(fd);
    }
}

} // namespace mambascope
