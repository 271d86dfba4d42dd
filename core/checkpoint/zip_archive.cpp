// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/zip_archive.h"

#include "core/checkpoint/file_kind.h"
#include "core/checkpoint/safetensors_header.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace mambascope {
namespace {

// Record sizes, signatures and field positions: .ZIP File Format Specification (APPNOTE) 4.3 to 4.5.
constexpr std::size_t kEndSize = 22, kLocatorSize = 20, kEnd64Size = 56, kDirectorySize = 46, kLocalSize = 30;
constexpr std::string_view kEndMark = "PK\5\6", kLocatorMark = "PK\6\7", kEnd64Mark = "PK\6\6",
                           kDirectoryMark = "PK\1\2", kLocalMark = "PK\3\4";
constexpr std::uint32_t kInZip64 = 0xffffffffu;
constexpr std::uint16_t kCountInZip64 = 0xffffu;
constexpr std::size_t kLongestName = 4096;
constexpr std::uint64_t kMostEntries = 100'000;

/// A little-endian number; the caller has checked that it lies inside.
template <class T>
T at(std::span<const std::byte> bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

/// Where the central directory lies.
struct Directory {
    std::uint64_t offset = 0, size = 0, count = 0;
    std::uint64_t limit = 0; ///< where the records that describe it begin
};

/// One entry as the directory describes it.
struct Entry {
    std::string name;
    std::uint64_t size = 0, header = 0;
    std::uint64_t begin = 0, end = 0; ///< of its data
};

/// A name that stays inside the archive wherever it might be unpacked.
bool staysInside(std::string_view name) {
    if (name.empty() || name.size() > kLongestName || name.front() == '/' ||
        name.find_first_of(std::string_view("\\:\0", 3)) != std::string_view::npos) {
        return false;
    }
    while (!name.empty()) {
        const std::size_t slash = std::min(name.find('/'), name.size());
        if (name.substr(0, slash) == "..") {
            return false;
        }
        name.remove_prefix(std::min(slash + 1, name.size()));
    }
    return true;
}

class Reader {
public:
    Reader(std::span<const std::byte> file, std::string_view what)
        : m_file(file)
        , m_what(what) {}

    Result<std::vector<Entry>> read() {
        const std::optional<std::size_t> end = findEnd();
        if (!end) {
            return truncatedFile(m_what, "the directory that a zip archive has at its end is missing");
        }
        const Result<Directory> directory = readEnd(*end);
        if (!directory.ok()) {
            return directory.error();
        }
        Result<std::vector<Entry>> entries = readDirectory(directory.value());
        if (!entries.ok()) {
            return entries;
        }
        for (Entry& entry : entries.value()) {
            if (Result<void> placed = place(entry, directory.value().offset); !placed.ok()) {
                return placed.error();
            }
        }
        const Result<void> apart = checkOverlap(entries.value());
        return apart.ok() ? std::move(entries) : apart.error();
    }

private:
    Error damaged(const std::string& sentence) const {
        return damagedFile(m_what, "is damaged: " + sentence);
    }

    bool markedAt(std::uint64_t offset, std::string_view mark) const {
        return offset <= m_file.size() && startsWith(m_file.subspan(offset), mark);
    }

    /// The end record may be followed by a comment of up to 64 kB.
    std::optional<std::size_t> findEnd() const {
        if (m_file.size() < kEndSize) {
            return std::nullopt;
        }
        const std::size_t last = m_file.size() - kEndSize;
        for (std::size_t back = 0; back <= std::min<std::size_t>(last, 0xffff); ++back) {
            if (markedAt(last - back, kEndMark) && at<std::uint16_t>(m_file, last - back + 20) == back) {
                return last - back;
            }
        }
        return std::nullopt;
    }

    Result<Directory> readEnd(std::size_t end) const {
        Directory directory;
        directory.count = at<std::uint16_t>(m_file, end + 10);
        directory.size = at<std::uint32_t>(m_file, end + 12);
        directory.offset = at<std::uint32_t>(m_file, end + 16);
        directory.limit = end;
        if (end >= kLocatorSize && markedAt(end - kLocatorSize, kLocatorMark)) {
            const auto end64 = at<std::uint64_t>(m_file, end - kLocatorSize + 8);
            const std::uint64_t limit = end - kLocatorSize;
            if (limit < kEnd64Size || end64 > limit - kEnd64Size || !markedAt(end64, kEnd64Mark)) {
                return damaged("the zip64 record is not where its locator says");
            }
            directory = {
                .offset = at<std::uint64_t>(m_file, end64 + 48),
                .size = at<std::uint64_t>(m_file, end64 + 40),
                .count = at<std::uint64_t>(m_file, end64 + 32),
                .limit = end64};
        } else if (directory.offset == kInZip64 || directory.count == kCountInZip64) {
            return damaged("its zip64 record is missing");
        }
        if (at<std::uint16_t>(m_file, end + 4) != at<std::uint16_t>(m_file, end + 6)) {
            return damaged("it is one part of an archive in several files");
        }
        if (directory.offset > directory.limit || directory.size > directory.limit - directory.offset) {
            return truncatedFile(
                m_what, "its directory of " + std::to_string(directory.size) + " bytes at byte " +
                            std::to_string(directory.offset) + " does not fit");
        }
        if (directory.count > directory.size / kDirectorySize) {
            return damaged(
                "its directory of " + std::to_string(directory.size) + " bytes cannot hold " +
                std::to_string(directory.count) + " entries");
        }
        if (directory.count > kMostEntries) {
            return damagedFile(
                m_what, "was refused: it would have " + std::to_string(directory.count) +
                            " entries, more than " + std::to_string(kMostEntries));
        }
        return directory;
    }

    Result<std::vector<Entry>> readDirectory(const Directory& directory) const {
        std::span<const std::byte> rest = m_file.subspan(directory.offset, directory.size);
        std::vector<Entry> entries;
        entries.reserve(directory.count);
        for (std::uint64_t i = 0; i < directory.count; ++i) {
            if (rest.size() < kDirectorySize || !startsWith(rest, kDirectoryMark)) {
                return damaged("entry " + std::to_string(i) + " of its directory is missing");
            }
            const std::size_t nameSize = at<std::uint16_t>(rest, 28), extraSize = at<std::uint16_t>(rest, 30);
            const std::size_t whole = kDirectorySize + nameSize + extraSize + at<std::uint16_t>(rest, 32);
            if (whole > rest.size()) {
                return damaged("entry " + std::to_string(i) + " of its directory is cut off");
            }
            Result<Entry> entry = readEntry(rest.first(kDirectorySize + nameSize + extraSize), nameSize);
            if (!entry.ok()) {
                return entry.error();
            }
            entries.push_back(std::move(entry).value());
            rest = rest.subspan(whole);
        }
        return entries;
    }

    Result<Entry> readEntry(std::span<const std::byte> record, std::size_t nameSize) const {
        Entry entry;
        entry.name.assign(reinterpret_cast<const char*>(record.data()) + kDirectorySize, nameSize);
        if (!staysInside(entry.name)) {
            return Error::unreadable(
                std::string(m_what) + " was refused: the name of its entry " + quotedName(entry.name) +
                    " leads out of the archive.",
                "No program for checkpoints writes such a file; do not trust where it comes from.");
        }
        const std::string name = "its entry " + quotedName(entry.name);
        if ((at<std::uint16_t>(record, 8) & 1u) != 0) {
            return damagedFile(m_what, "cannot be read: " + name + " is encrypted");
        }
        if (at<std::uint16_t>(record, 10) != 0) {
            return Error::unreadable(
                std::string(m_what) + " was refused: " + name +
                    " is compressed, which torch.save never does.",
                "Unpack the archive and pack it again without compression, or save the weights again.");
        }
        std::uint64_t packed = at<std::uint32_t>(record, 20);
        entry.size = at<std::uint32_t>(record, 24);
        entry.header = at<std::uint32_t>(record, 42);
        if (!readExtra(record.subspan(kDirectorySize + nameSize), entry.size, packed, entry.header)) {
            return damaged("the zip64 field of " + name + " is missing or too short");
        }
        if (packed != entry.size) {
            return damaged(
                name + " is stored in " + std::to_string(packed) + " bytes but would have " +
                std::to_string(entry.size));
        }
        return entry;
    }

    /// Replaces those of the three numbers that a zip64 field holds.
    static bool readExtra(
        std::span<const std::byte> extra, std::uint64_t& size, std::uint64_t& packed, std::uint64_t& header) {
        std::vector<std::uint64_t*> wanted;
        for (std::uint64_t* number : {&size, &packed, &header}) {
            if (*number == kInZip64) {
                wanted.push_back(number);
            }
        }
        while (!wanted.empty() && extra.size() >= 4) {
            const std::size_t length = at<std::uint16_t>(extra, 2);
            if (length > extra.size() - 4) {
                return false;
            }
            if (at<std::uint16_t>(extra, 0) == 1) {
                for (std::size_t i = 0; i < wanted.size() && (i + 1) * 8 <= length; ++i) {
                    *wanted[i] = at<std::uint64_t>(extra, 4 + i * 8);
                }
                return length >= wanted.size() * 8;
            }
            extra = extra.subspan(4 + length);
        }
        return wanted.empty();
    }

    /// Finds an entry's data behind its local header.
    Result<void> place(Entry& entry, std::uint64_t limit) const {
        const std::string name = "its entry " + quotedName(entry.name);
        if (limit < kLocalSize || entry.header > limit - kLocalSize || !markedAt(entry.header, kLocalMark)) {
            return damaged(name + " is not where the directory says");
        }
        const std::size_t nameSize = at<std::uint16_t>(m_file, entry.header + 26);
        entry.begin = entry.header + kLocalSize + nameSize + at<std::uint16_t>(m_file, entry.header + 28);
        if (entry.begin > limit || entry.size > limit - entry.begin) {
            return damaged(
                name + " would have " + std::to_string(entry.size) +
                " bytes, which reach beyond the archive's data");
        }
        entry.end = entry.begin + entry.size;
        if (nameSize != entry.name.size() ||
            !startsWith(m_file.subspan(entry.header + kLocalSize), entry.name) ||
            at<std::uint16_t>(m_file, entry.header + 8) != 0) {
            return damaged("the two headers of " + name + " differ");
        }
        return {};
    }

    Result<void> checkOverlap(std::vector<Entry>& entries) const {
        std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
            return a.header < b.header;
        });
        for (std::size_t i = 1; i < entries.size(); ++i) {
            if (entries[i].header < entries[i - 1].end) {
                return Error::unreadable(
                    std::string(m_what) + " was refused: its entries " + quotedName(entries[i - 1].name) +
                        " and " + quotedName(entries[i].name) + " overlap.",
                    "The file is damaged, or made to unpack to more than it holds.");
            }
        }
        return {};
    }

    std::span<const std::byte> m_file;
    std::string_view m_what;
};

} // namespace

const std::span<const std::byte>* ZipArchive::find(std::string_view name) const {
    const auto found = m_entries.find(name);
    return found == m_entries.end() ? nullptr : &found->second;
}

Result<ZipArchive> ZipArchive::parse(std::span<const std::byte> archive, std::string_view what) {
    Result<std::vector<Entry>> entries = Reader(archive, what).read();
    if (!entries.ok()) {
        return entries.error();
    }
    ZipArchive result;
    for (Entry& entry : entries.value()) {
        const auto data = archive.subspan(entry.begin, entry.size);
        if (const auto [at, added] = result.m_entries.emplace(std::move(entry.name), data); !added) {
            return damagedFile(what, "is damaged: it has two entries of the name " + quotedName(at->first));
        }
    }
    return result;
}

} // namespace mambascope
