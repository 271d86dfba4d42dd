// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/items.h"

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace mambascope {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kSmallestItem = 6; ///< bytes of an item without scores

void putUnsigned(std::vector<std::byte>& out, std::uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<std::byte>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<std::byte>(value));
}

void putSigned(std::vector<std::byte>& out, std::int64_t value) {
    putUnsigned(out, (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

void putDouble(std::vector<std::byte>& out, double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int shift = 0; shift < 64; shift += 8) {
        out.push_back(static_cast<std::byte>(bits >> shift));
    }
}

/// Reads until something does not fit; then every later read gives 0 and ok() is false.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes)
        : m_bytes(bytes) {}

    bool ok() const { return m_ok; }
    std::size_t left() const { return m_bytes.size(); }

    std::uint64_t unsignedNumber() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const std::uint64_t byte = next();
            value |= (byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) {
                return value;
            }
        }
        m_ok = false;
        return 0;
    }

    int signedNumber() {
        const std::uint64_t raw = unsignedNumber();
        const auto value = static_cast<std::int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
        if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
            m_ok = false;
            return 0;
        }
        return static_cast<int>(value);
    }

    double real() {
        std::uint64_t bits = 0;
        for (int shift = 0; shift < 64; shift += 8) {
            bits |= static_cast<std::uint64_t>(next()) << shift;
        }
        return std::bit_cast<double>(bits);
    }

    std::uint8_t next() {
        if (m_bytes.empty()) {
            m_ok = false;
            return 0;
        }
        const auto byte = static_cast<std::uint8_t>(m_bytes.front());
        m_bytes = m_bytes.subspan(1);
        return byte;
    }

    void fail() { m_ok = false; }

private:
    std::span<const std::byte> m_bytes;
    bool m_ok = true;
};

ItemResult readItem(Reader& reader) {
    ItemResult item;
    item.index = reader.signedNumber();
    item.gold = reader.signedNumber();
    item.predicted = reader.signedNumber();
    item.predictedNorm = reader.signedNumber();
    const std::uint8_t flags = reader.next();
    item.correct = (flags & 1) != 0;
    item.correctNorm = (flags & 2) != 0;
    item.nonfinite = (flags & 4) != 0;
    item.greedy = (flags & 8) != 0;
    const std::uint64_t scores = reader.unsignedNumber();
    if (scores > reader.left() / sizeof(double)) {
        reader.fail();
        return item;
    }
    item.scores.reserve(scores);
    for (std::uint64_t i = 0; i < scores; ++i) {
        item.scores.push_back(reader.real());
    }
    return item;
}

} // namespace

std::vector<std::byte> itemsToBytes(std::span<const ItemResult> items) {
    std::vector<std::byte> out;
    out.reserve(8 + items.size() * 32);
    out.push_back(static_cast<std::byte>(kFormat));
    putUnsigned(out, items.size());
    for (const ItemResult& item : items) {
        putSigned(out, item.index);
        putSigned(out, item.gold);
        putSigned(out, item.predicted);
        putSigned(out, item.predictedNorm);
        const int flags = (item.correct ? 1 : 0) | (item.correctNorm ? 2 : 0) | (item.nonfinite ? 4 : 0) |
                          (item.greedy ? 8 : 0);
        out.push_back(static_cast<std::byte>(flags));
        putUnsigned(out, item.scores.size());
        for (const double score : item.scores) {
            putDouble(out, score);
        }
    }
    return out;
}

Result<std::vector<ItemResult>> itemsFromBytes(std::span<const std::byte> bytes, std::string_view what) {
    const Error damaged = Error::unreadable("The item results of " + std::string(what) + " are damaged.");
    Reader reader(bytes);
    if (reader.next() != kFormat) {
        return damaged;
    }
    const std::uint64_t count = reader.unsignedNumber();
    if (!reader.ok() || count > reader.left() / kSmallestItem) {
        return damaged;
    }
    std::vector<ItemResult> items;
    items.reserve(count);
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
        items.push_back(readItem(reader));
    }
    if (!reader.ok() || reader.left() != 0) {
        return damaged;
    }
    return items;
}

} // namespace mambascope
