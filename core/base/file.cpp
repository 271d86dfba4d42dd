// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"

#include "core/base/file_error.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mambascope {
namespace fs = std::filesystem;
namespace {

/// Closes a descriptor at the end of a scope.
struct Descriptor {
    int fd = -1;
    explicit Descriptor(int opened)
        : fd(opened) {}
    ~Descriptor() {
        if (fd >= 0) {
            ::close(fd);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

Error tooLarge(const fs::path& path, std::size_t maxBytes) {
    return Error::unreadable(
        path.string() + " is larger than the " + std::to_string(maxBytes) + " bytes that are read at most.",
        "Use a smaller file.");
}

} // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const fs::path& path) {
    // O_NONBLOCK: a pipe without a writer must be refused, not waited for.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (file.fd < 0 || ::fstat(file.fd, &status) != 0) {
        return readError(path, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        return readError(path, EISDIR);
    }
    if (!S_ISREG(status.st_mode)) {
        return Error::unreadable(
            path.string() + " is not a regular file.", "Copy its content to a file first.");
    }
    std::shared_ptr<MappedFile> mapped(new MappedFile);
    mapped->m_path = path;
    if (const auto size = static_cast<std::size_t>(status.st_size); size > 0) {
        void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
        if (start == MAP_FAILED) {
            return readError(path, errno);
        }
        mapped->m_bytes = {static_cast<const std::byte*>(start), size};
    }
    return std::shared_ptr<const MappedFile>(std::move(mapped));
}

void MappedFile::release(std::span<const std::byte> part) const {
    static const auto kPage = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = (reinterpret_cast<std::uintptr_t>(part.data()) + kPage - 1) / kPage * kPage;
    const auto end = reinterpret_cast<std::uintptr_t>(part.data() + part.size()) / kPage * kPage;
    if (begin < end) {
        // A read-only mapping of a file has nothing to lose.
        ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
}

MappedFile::~MappedFile() {
    if (!m_bytes.empty()) {
        ::munmap(const_cast<std::byte*>(m_bytes.data()), m_bytes.size());
    }
}

Result<std::string> readFile(const fs::path& path, std::size_t maxBytes) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (file.fd < 0 || ::fstat(file.fd, &status) != 0) {
        return readError(path, errno);
    }
    if (S_ISDIR(status.st_mode)) {
        return readError(path, EISDIR);
    }
    const auto expected = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
    if (expected > maxBytes) {
        return tooLarge(path, maxBytes);
    }
    // A pipe or a growing file may hold more than fstat said: read until the end, but never beyond the cap.
    std::string text;
    std::size_t used = 0;
    while (true) {
        if (used == text.size()) {
            text.resize(std::max<std::size_t>({expected + 1, used + used / 2, 1 << 16}));
        }
        const ssize_t got = ::read(file.fd, text.data() + used, text.size() - used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return readError(path, errno);
        }
        if (got == 0) {
            break;
        }
        used += static_cast<std::size_t>(got);
        if (used > maxBytes) {
            return tooLarge(path, maxBytes);
        }
    }
    text.resize(used);
    return text;
}

} // namespace mambascope
