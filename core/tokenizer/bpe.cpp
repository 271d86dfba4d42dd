// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/bpe.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <queue>
#include <tuple>

namespace mambascope {
namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;
constexpr std::size_t kCacheSlots = std::size_t{1} << 16;
constexpr std::size_t kShortWord = 40;

std::uint64_t pairKey(std::int32_t left, std::int32_t right) {
    return (std::uint64_t{static_cast<std::uint32_t>(left)} << 32) | static_cast<std::uint32_t>(right);
}

} // namespace

WordCache::WordCache()
    : m_slots(kCacheSlots) {
}

std::uint64_t WordCache::hash(std::string_view word) {
    std::uint64_t h = word.size() * kGolden;
    for (std::size_t i = 0; i < word.size(); i += 8) {
        std::uint64_t part = 0;
        std::memcpy(&part, word.data() + i, std::min<std::size_t>(8, word.size() - i));
        h = (h ^ part) * kGolden;
        h ^= h >> 29;
    }
    return h * kGolden;
}

const std::int32_t* WordCache::find(std::string_view word, std::uint64_t hash, std::size_t& count) const {
    for (std::size_t i = hash >> 48;; i = (i + 1) % kCacheSlots) {
        const Slot& slot = m_slots[i];
        if (slot.keyLength == 0) {
            return nullptr;
        }
        if (slot.hash == hash && slot.keyLength == word.size() &&
            std::memcmp(m_keys.data() + slot.key, word.data(), word.size()) == 0) {
            count = slot.idCount;
            return m_ids.data() + slot.ids;
        }
    }
}

void WordCache::insert(
    std::string_view word, std::uint64_t hash, const std::int32_t* ids, std::size_t count) {
    if (m_used * 2 >= kCacheSlots) {
        clear();
    }
    std::size_t i = hash >> 48;
    while (m_slots[i].keyLength != 0) {
        i = (i + 1) % kCacheSlots;
    }
    m_slots[i] = {
        hash, static_cast<std::uint32_t>(m_keys.size()), static_cast<std::uint32_t>(m_ids.size()),
        static_cast<std::uint16_t>(word.size()), static_cast<std::uint16_t>(count)};
    m_keys += word;
    m_ids.insert(m_ids.end(), ids, ids + count);
    ++m_used;
}

void WordCache::clear() {
    std::fill(m_slots.begin(), m_slots.end(), Slot{});
    m_keys.clear();
    m_ids.clear();
    m_used = 0;
}

Bpe::Bpe(const std::array<std::int32_t, 256>& byteIds, const std::vector<Merge>& merges)
    : m_byteIds(byteIds) {
    const std::size_t size = std::bit_ceil(std::max<std::size_t>(16, merges.size() * 2 + 1));
    m_rules.resize(size);
    m_shift = 64 - std::countr_zero(size);
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
        insert(merges[rank], static_cast<std::uint32_t>(rank));
    }
}

void Bpe::insert(const Merge& merge, std::uint32_t rank) {
    const std::uint64_t key = pairKey(merge.left, merge.right);
    std::size_t i = (key * kGolden) >> m_shift;
    while (m_rules[i].pair != kFree && m_rules[i].pair != key) {
        i = (i + 1) & (m_rules.size() - 1);
    }
    m_rules[i] = {key, rank, merge.result};
}

const Bpe::Rule* Bpe::find(std::int32_t left, std::int32_t right) const {
    const std::uint64_t key = pairKey(left, right);
    for (std::size_t i = (key * kGolden) >> m_shift;; i = (i + 1) & (m_rules.size() - 1)) {
        if (m_rules[i].pair == key) {
            return &m_rules[i];
        }
        if (m_rules[i].pair == kFree) {
            return nullptr;
        }
    }
}

void Bpe::encode(std::string_view word, WordCache& cache, std::vector<std::int32_t>& ids) const {
    const bool cacheable = word.size() <= WordCache::kMaxWordBytes && !word.empty();
    const std::uint64_t hash = cacheable ? WordCache::hash(word) : 0;
    if (cacheable) {
        std::size_t count = 0;
        if (const std::int32_t* known = cache.find(word, hash, count)) {
            ids.insert(ids.end(), known, known + count);
            return;
        }
    }
    const std::size_t first = ids.size();
    for (const char c : word) {
        if (const std::int32_t id = m_byteIds[static_cast<std::uint8_t>(c)]; id >= 0) {
            ids.push_back(id);
        }
    }
    if (ids.size() - first <= kShortWord) {
        mergeShort(ids, first);
    } else {
        mergeLong(ids, first);
    }
    if (cacheable) {
        cache.insert(word, hash, ids.data() + first, ids.size() - first);
    }
}

void Bpe::mergeShort(std::vector<std::int32_t>& ids, std::size_t first) const {
    std::array<const Rule*, kShortWord> rules;
    std::int32_t* tokens = ids.data() + first;
    std::size_t n = ids.size() - first;
    for (std::size_t i = 0; i + 1 < n; ++i) {
        rules[i] = find(tokens[i], tokens[i + 1]);
    }
    while (n > 1) {
        std::size_t best = n;
        std::uint32_t bestRank = std::numeric_limits<std::uint32_t>::max();
        for (std::size_t i = 0; i + 1 < n; ++i) {
            if (rules[i] != nullptr && rules[i]->rank < bestRank) {
                best = i;
                bestRank = rules[i]->rank;
            }
        }
        if (best == n) {
            break;
        }
        tokens[best] = rules[best]->result;
        std::copy(tokens + best + 2, tokens + n, tokens + best + 1);
        std::copy(rules.data() + best + 1, rules.data() + n - 1, rules.data() + best);
        --n;
        if (best + 1 < n) {
            rules[best] = find(tokens[best], tokens[best + 1]);
        }
        if (best > 0) {
            rules[best - 1] = find(tokens[best - 1], tokens[best]);
        }
    }
    ids.resize(first + n);
}

void Bpe::mergeLong(std::vector<std::int32_t>& ids, std::size_t first) const {
    // A linked list of tokens and a queue of candidate merges; a candidate is stale if its tokens changed
    // meanwhile.
    const std::size_t n = ids.size() - first;
    constexpr std::size_t kEnd = std::numeric_limits<std::size_t>::max();
    std::int32_t* tokens = ids.data() + first;
    std::vector<std::size_t> next(n), previous(n);
    for (std::size_t i = 0; i < n; ++i) {
        next[i] = i + 1 < n ? i + 1 : kEnd;
        previous[i] = i > 0 ? i - 1 : kEnd;
    }
    struct Candidate {
        std::uint32_t rank;
        std::size_t position;
        std::uint64_t pair;
        std::int32_t result;
        bool operator>(const Candidate& other) const {
            return std::tie(rank, position) > std::tie(other.rank, other.position);
        }
    };
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
    const auto offer = [&](std::size_t i) {
        if (i == kEnd || next[i] == kEnd) {
            return;
        }
        if (const Rule* rule = find(tokens[i], tokens[next[i]])) {
            queue.push({rule->rank, i, rule->pair, rule->result});
        }
    };
    for (std::size_t i = 0; i < n; ++i) {
        offer(i);
    }
    while (!queue.empty()) {
        const Candidate c = queue.top();
        queue.pop();
        const std::size_t i = c.position;
        if (tokens[i] < 0 || next[i] == kEnd || pairKey(tokens[i], tokens[next[i]]) != c.pair) {
            continue;
        }
        const std::size_t gone = next[i];
        tokens[i] = c.result;
        tokens[gone] = -1;
        next[i] = next[gone];
        if (next[i] != kEnd) {
            previous[next[i]] = i;
        }
        offer(i);
        offer(previous[i]);
    }
    ids.erase(std::remove(ids.begin() + static_cast<std::ptrdiff_t>(first), ids.end(), -1), ids.end());
}

} // namespace mambascope
