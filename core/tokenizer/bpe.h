// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// Words that were merged before, with their ids: 32 768 places of 64 bytes, four for every hash. A new word
/// takes the place of an older one, so that neither memory nor the time of a search grows. Not thread-safe.
class WordCache {
public:
    static constexpr std::size_t kMaxWordBytes = 28, kMaxIds = 8;

    /// A word of 1 to kMaxWordBytes bytes as it is compared: its ends, which overlap where it is short.
    struct Key {
        explicit Key(std::string_view word);
        std::string_view word;
        std::uint64_t low = 0, high = 0;
        std::size_t place = 0; ///< of the first of the four slots
    };

    WordCache();
    /// The ids of a known word; empty if it is not known.
    std::span<const std::int32_t> find(const Key& key) const;
    void insert(const Key& key, std::span<const std::int32_t> ids); ///< 1 to kMaxIds ids

private:
    struct alignas(64) Slot {
        std::uint64_t low = 0, high = 0;
        std::array<char, kMaxWordBytes - 16> middle{}; ///< of words longer than both ends
        std::uint8_t length = 0;                       ///< 0: free
        std::uint8_t count = 0;
        std::array<std::int32_t, kMaxIds> ids{};
    };
    std::vector<Slot> m_slots;
    std::size_t m_victim = 0;
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

    /// Appends the ids of one word (less than 2^32 bytes). The pair of the lowest rank is merged first, of
    /// equal ones the leftmost; the time grows with n log n.
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
    void merge(std::string_view word, std::vector<std::int32_t>& ids) const;
    void mergeShort(std::vector<std::int32_t>& ids, std::size_t first) const;
    void mergeLong(std::vector<std::int32_t>& ids, std::size_t first) const;

    std::array<std::int32_t, 256> m_byteIds;
    std::vector<Rule> m_rules;           ///< open addressing, a power of two
    std::vector<std::int32_t> m_results; ///< by rank
    int m_shift = 0;
};

} // namespace mambascope
