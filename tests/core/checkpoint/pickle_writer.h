// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>

#include <cstdint>
#include <span>

/// Writes what torch.save writes, and what nobody should: pickles instruction by instruction, archives entry
/// by entry.
namespace mambascope::test {

inline QByteArray number(std::uint64_t value, int bytes) {
    QByteArray digits(bytes, '\0');
    for (int i = 0; i < bytes && i < 8; ++i) {
        digits[i] = static_cast<char>((value >> (8 * i)) & 0xffu);
    }
    return digits;
}

inline std::span<const std::byte> bytesOf(const QByteArray& array) {
    return {reinterpret_cast<const std::byte*>(array.constData()), static_cast<std::size_t>(array.size())};
}

inline QByteArray text(const QByteArray& value) {
    return "X" + number(static_cast<std::uint64_t>(value.size()), 4) + value;
}

inline QByteArray integer(std::int64_t value) {
    return "\x8a\x08" + number(static_cast<std::uint64_t>(value), 8);
}

inline QByteArray global(const QByteArray& module, const QByteArray& name) {
    return "c" + module + "\n" + name + "\n";
}

inline QByteArray tuple(const QList<QByteArray>& values) {
    return "(" + values.join() + "t";
}

inline QByteArray integers(const QList<std::int64_t>& values) {
    QList<QByteArray> items;
    for (const std::int64_t value : values) {
        items.push_back(integer(value));
    }
    return tuple(items);
}

/// Keys and values by turns.
inline QByteArray dict(const QList<QByteArray>& items) {
    return "}(" + items.join() + "u";
}

inline QByteArray storage(const QByteArray& key, const QByteArray& type, std::int64_t count) {
    return tuple({text("storage"), global("torch", type), text(key), text("cpu"), integer(count)}) + "Q";
}

inline QByteArray tensor(
    const QByteArray& storage, std::int64_t offset, const QList<std::int64_t>& shape,
    const QList<std::int64_t>& strides) {
    const QByteArray hooks = global("collections", "OrderedDict") + ")R";
    return global("torch._utils", "_rebuild_tensor_v2") +
           tuple({storage, integer(offset), integers(shape), integers(strides), "\x89", hooks}) + "R";
}

inline QByteArray pickle(const QByteArray& value) {
    return "\x80\x02" + value + ".";
}

struct ZipEntry {
    QByteArray name, data;
    int method = 0;
    int flags = 0;
    qint64 size = -1;          ///< -1: that of the data
    qint64 packed = -1;        ///< the same
    qint64 header = -1;        ///< where the directory says that the entry begins; -1: where it does
    QByteArray localName = {}; ///< empty: the same
};

inline QByteArray zip(const QList<ZipEntry>& entries) {
    QByteArray file, directory;
    for (const ZipEntry& entry : entries) {
        const auto size = static_cast<std::uint64_t>(entry.size < 0 ? entry.data.size() : entry.size);
        const auto packed = static_cast<std::uint64_t>(entry.packed < 0 ? entry.data.size() : entry.packed);
        const auto begin = static_cast<std::uint64_t>(entry.header < 0 ? file.size() : entry.header);
        const QByteArray localName = entry.localName.isEmpty() ? entry.name : entry.localName;
        const QByteArray common = number(static_cast<std::uint64_t>(entry.flags), 2) +
                                  number(static_cast<std::uint64_t>(entry.method), 2) + number(0, 8) +
                                  number(packed, 4) + number(size, 4);
        file += "PK\3\4" + number(20, 2) + common + number(static_cast<std::uint64_t>(localName.size()), 2) +
                number(0, 2) + localName + entry.data;
        directory += "PK\1\2" + number(20, 4) + common +
                     number(static_cast<std::uint64_t>(entry.name.size()), 2) + number(0, 12) +
                     number(begin, 4) + entry.name;
    }
    const auto count = static_cast<std::uint64_t>(entries.size());
    return file + directory + "PK\5\6" + number(0, 4) + number(count, 2) + number(count, 2) +
           number(static_cast<std::uint64_t>(directory.size()), 4) +
           number(static_cast<std::uint64_t>(file.size()), 4) + number(0, 2);
}

/// An archive as torch.save writes it, with one storage "0".
inline QByteArray
archive(const QByteArray& pickle, const QByteArray& data = {}, const QByteArray& byteOrder = "little") {
    return zip(
        {{"a/data.pkl", pickle}, {"a/byteorder", byteOrder}, {"a/data/0", data}, {"a/version", "3\n"}});
}

/// The format before PyTorch 1.6; `storages` as they lie in the file, each with its count.
inline QByteArray legacy(const QByteArray& object, const QByteArray& keys, const QByteArray& storages) {
    const QByteArray magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
    return pickle(magic) + pickle(integer(1001)) + pickle(dict({text("little_endian"), "\x88"})) +
           pickle(object) + pickle("](" + keys + "e") + storages;
}

} // namespace mambascope::test
