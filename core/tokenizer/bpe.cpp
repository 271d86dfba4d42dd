// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/bpe.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <functional>
#include <limits>

namespace mambascope {
namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;
constexpr int kCacheBits = 15;
constexpr std::size_t kWays = 4;
constexpr std::size_t kShortWord = 40;

std::uint64_t pairKey(std::int32_t left, std::int32_t right) {
    return (std::uint64_t{static_cast<std::uint32_t>(left)} << 32) | static_cast<std::uint32_t>(right);
}

template <class T>
T load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

} // namespace

WordCache::Key::Key(std::string_view w)
    : word(w) {
    const char* start = w.data();
    const std::size_t n = w.size();
    const char* end = start + n;
    if (n >= 8) {
        low = load<std::uint64_t>(start);
        high = load<std::uint64_t>(end - 8);
    } else if (n >= 4) {
        low = load<std::uint32_t>(start);
        high = load<std::uint32_t>(end - 4);
    } else {
        low = static_cast<std::uint8_t>(start[0]) | std::uint64_t{static_cast<std::uint8_t>(start[n / 2])}
                                                        << 8;
        high = static_cast<std::uint8_t>(end[-1]);
    }
    std::uint64_t hash = (low + n) * kGolden;
    hash = (hash ^ (hash >> 32) ^ high) * kGolden;
    hash ^= hash >> 32;
    place = (hash * kGolden >> (64 - kCacheBits)) & ~(kWays - 1);
}

WordCache::WordCache()
    : m_slots(std::size_t{1} << kCacheBits) {
}

std::span<const std::int32_t> WordCache::find(const Key& key) const {
    const std::size_t length = key.word.size();
    for (const Slot* slot = m_slots.data() + key.place; slot != m_slots.data() + key.place + kWays; ++slot) {
        if (slot->low == key.low && slot->high == key.high && slot->length == length &&
            (length <= 16 || std::memcmp(slot->middle.data(), key.word.data() + 8, length - 16) == 0)) {
            return {slot->ids.data(), slot->count};
        }
    }
    return {};
}

void WordCache::insert(const Key& key, std::span<const std::int32_t> ids) {
    Slot* slot = m_slots.data() + key.place;
    Slot* const end = slot + kWays;
    while (slot != end && slot->length != 0) {
        ++slot;
    }
    if (slot == end) {
        slot = m_slots.data() + key.place + m_victim++ % kWays;
    }
    slot->low = key.low;
    slot->high = key.high;
    slot->length = static_cast<std::uint8_t>(key.word.size());
    slot->count = static_cast<std::uint8_t>(ids.size());
    std::copy(ids.begin(), ids.end(), slot->ids.begin());
    if (key.word.size() > 16) {
        std::copy(key.word.begin() + 8, key.word.end() - 8, slot->middle.begin());
    }
}

Bpe::Bpe(const std::array<std::int32_t, 256>& byteIds, const std::vector<Merge>& merges)
    : m_byteIds(byteIds) {
    const std::size_t size = std::bit_ceil(std::max<std::size_t>(16, merges.size() * 2 + 1));
    m_rules.resize(size);
    m_results.reserve(merges.size());
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
    m_results.push_back(merge.result);
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
    if (word.empty() || word.size() > WordCache::kMaxWordBytes) {
        merge(word, ids);
        return;
    }
    const WordCache::Key key(word);
    if (const std::span<const std::int32_t> known = cache.find(key); !known.empty()) {
        for (const std::int32_t id : known) {
            ids.push_back(id);
        }
        return;
    }
    const std::size_t first = ids.size();
    merge(word, ids);
    const std::size_t count = ids.size() - first;
    if (count > 0 && count <= WordCache::kMaxIds) {
        cache.insert(key, std::span(ids).subspan(first));
    }
}

void Bpe::merge(std::string_view word, std::vector<std::int32_t>& ids) const {
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
    // A linked list of tokens and a queue of candidates, each a rank and a position in one number. A
    // candidate is stale if the pair at its position has another rank by now.
    constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
    const std::size_t n = ids.size() - first;
    assert(n < kNone);
    std::int32_t* tokens = ids.data() + first;
    std::vector<std::uint32_t> next(n), previous(n), ranks(n, kNone);
    std::vector<std::uint64_t> queue;
    const auto rankAt = [&](std::uint32_t i) {
        const Rule* rule = next[i] != kNone ? find(tokens[i], tokens[next[i]]) : nullptr;
        return rule != nullptr ? rule->rank : kNone;
    };
    const auto candidate = [&](std::uint32_t i) {
        return (std::uint64_t{ranks[i]} << 32) | i;
    };
    for (std::uint32_t i = 0; i < n; ++i) {
        next[i] = i + 1 < n ? i + 1 : kNone;
        previous[i] = i > 0 ? i - 1 : kNone;
        if (ranks[i] = rankAt(i); ranks[i] != kNone) {
            queue.push_back(candidate(i));
        }
    }
    std::make_heap(queue.begin(), queue.end(), std::greater<>());
    const auto offer = [&](std::uint32_t i) {
        if (ranks[i] = rankAt(i); ranks[i] != kNone) {
            queue.push_back(candidate(i));
            std::push_heap(queue.begin(), queue.end(), std::greater<>());
        }
    };
    while (!queue.empty()) {
        std::pop_heap(queue.begin(), queue.end(), std::greater<>());
        const auto rank = static_cast<std::uint32_t>(queue.back() >> 32);
        const auto i = static_cast<std::uint32_t>(queue.back());
        queue.pop_back();
        if (ranks[i] != rank) {
            continue;
        }
        const std::uint32_t gone = next[i];
        tokens[i] = m_results[rank];
        tokens[gone] = -1;
        ranks[gone] = kNone;
        next[i] = next[gone];
        if (next[i] != kNone) {
            previous[next[i]] = i;
        }
        offer(i);
        if (previous[i] != kNone) {
            offer(previous[i]);
        }
    }
    ids.erase(std::remove(ids.begin() + static_cast<std::ptrdiff_t>(first), ids.end(), -1), ids.end());
}

} // namespace mambascope
