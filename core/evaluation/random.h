// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace mambascope {

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
class SplitMix {
public:
    explicit SplitMix(std::uint64_t seed)
        : m_state(seed) {}
    std::uint64_t next() {
        m_state += 0x9E3779B97F4A7C15u;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    /// Uniform below `bound` (> 0), without the bias of a plain remainder.
    std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t rest = (0 - bound) % bound;
        std::uint64_t value = next();
        while (value < rest) {
            value = next();
        }
        return value % bound;
    }
    /// The same without a division, with a bias of at most bound / 2^32: for resampling.
    std::uint32_t quickBelow(std::uint32_t bound) {
        return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
    }

private:
    std::uint64_t m_state;
};

} // namespace mambascope
