// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mambascope {

/// The orthonormal matrix R [n, n] that spreads a few large channels over all of them before they are quantized
/// (as QuaRot, arXiv 2404.00456, and Quamba, arXiv 2410.13229, do with Hadamard matrices). For n = 2^k · m with m odd,
/// R = H ⊗ D: H the Walsh–Hadamard matrix of 2^k rows over √2^k, D the cosine transform of m rows (DCT-II,
/// orthonormal; 1 for m = 1). So it exists for every n, costs n · (k + m), and (x R)(w R)ᵀ = x wᵀ.
class Rotation {
public:
    explicit Rotation(std::int64_t size);

    std::int64_t size() const { return m_size; }
    int oddFactor() const { return m_odd; }                      ///< m
    int powerOfTwo() const { return m_power; }                   ///< 2^k
    std::span<const float> cosines() const { return m_cosines; } ///< D [m, m], row-major

    /// Every row of `rows`, a multiple of size(), becomes row · R. Results are the same on every device, bit for bit:
    /// D first, its sums in ascending order, then H from the nearest neighbours on, then one multiplication.
    void apply(std::span<float> rows) const;
    /// Every row becomes row · Rᵀ.
    void applyInverse(std::span<float> rows) const;

private:
    void mix(float* row, bool transposed, std::vector<float>& scratch) const;
    void hadamard(float* row) const;

    std::int64_t m_size;
    int m_odd, m_power;
    std::vector<float> m_cosines;
};

} // namespace mambascope
