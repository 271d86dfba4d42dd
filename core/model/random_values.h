// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstdint>

namespace mambascope {

/// Random numbers by index instead of by state: value i of stream s is a function of (seed, s, i) alone, and
/// the same on every machine, since it needs only integers and exact conversions. (The mixing function is
/// SplitMix64's, Steele, Lea and Flood 2014.)
class RandomValues {
public:
    RandomValues(std::uint64_t seed, std::uint64_t stream)
        : m_key(mix(mix(seed) + kGamma * (stream + 1))) {}

    std::uint64_t bits(std::uint64_t index) const { return mix(m_key + kGamma * (index + 1)); }

    /// Uniform in [-1, 1), multiples of 2^-23.
    float symmetric(std::uint64_t index) const {
        const auto number = static_cast<std::int32_t>(bits(index) >> 40);
        return static_cast<float>(number - (1 << 23)) * 0x1p-23f;
    }

    /// Mean 0, deviation 1: the number of ones among 48 bits (binomial, indistinguishable from a normal
    /// distribution within 5 sigma for weights), smoothed by a uniform of width one from the other 16.
    float normal(std::uint64_t index) const {
        const std::uint64_t random = bits(index);
        const int ones = std::popcount(random >> 16) - 24;
        const int fraction = static_cast<int>(random & 0xffff) - 0x8000;
        constexpr float kDeviation = 3.4761089357690347f; // sqrt(48 / 4 + 1 / 12)
        return static_cast<float>(ones * 0x10000 + fraction) * (0x1p-16f / kDeviation);
    }

private:
    static constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15u;

    static std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    std::uint64_t m_key;
};

} // namespace mambascope
