// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mambascope {

/// Words that were merged before, with their ids. Bounded: starts afresh when it is full. Not thread-safe.
class WordCache {
public:
    WordCache();
    /// Where the ids of a known word are, or nothing.
    const std::int32_t* find(std::string_view word, std::uint64_t hash, std::size_t& count) const;
    void insert(std::string_view word, std::uint64_t hash, const std::int32_t* ids, std::size_t count);
    static std::uint64_t hash(std::string_view word);
    static constexpr std::size_t kMaxWordBytes = 48;

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t key = 0, ids = 0;
        std::uint16_t keyLength = 0, idCount = 0; ///< keyLength 0: free
    };
    void clear();
    std::vector<Slot> m_slots;
    std::string m_keys;
    std::vector<std::int32_t> m_ids;
    std::size_t m_used = 0;
};

/// Byte-pair merges by rank (Sennrich et al. 2016, on bytes).
class Bpe {
public:
    struct Merge {
        std::int32_t left = 0, right = 0, result = 0;
    };
    /// `byteIds[b]` is the token of byte b, −1 if there is none (such bytes are dropped, as in the
    /// reference). The rank of a merge is its position; of equal pairs the last one counts.
    Bpe(const std::array<std::int32_t, 256>& byteIds, const std::vector<Merge>& merges);

    /// Appends the ids of one word (bytes).
    void encode(std::string_view word, WordCache& cache, std::vector<std::int32_t>& ids) const;

private:
    struct Rule {
        std::uint64_t pair = kFree;
        std::uint32_t rank = 0;
        std::int32_t result = 0;
    };
    static constexpr std::uint64_t kFree = ~std::uint64_t{0};
    const Rule* find(std::int32_t left, std::int32_t right) const;
    void insert(const Merge& merge, std::uint32_t rank);
    void mergeShort(std::vector<std::int32_t>& ids, std::size_t first) const;
    void mergeLong(std::vector<std::int32_t>& ids, std::size_t first) const;

    std::array<std::int32_t, 256> m_byteIds;
    std::vector<Rule> m_rules; ///< open addressing, a power of two
    int m_shift = 0;
};

} // namespace mambascope
