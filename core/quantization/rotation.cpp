// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/rotation.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace mambascope {

Rotation::Rotation(std::int64_t size)
    : m_size(size)
    , m_odd(static_cast<int>(size))
    , m_power(1) {
    assert(size > 0);
    while (m_odd % 2 == 0) {
        m_odd /= 2;
        m_power *= 2;
    }
    m_cosines.reserve(static_cast<std::size_t>(m_odd) * static_cast<std::size_t>(m_odd));
    for (int b = 0; b < m_odd; ++b) {
        for (int frequency = 0; frequency < m_odd; ++frequency) {
            const double norm = std::sqrt((frequency == 0 ? 1.0 : 2.0) / m_odd);
            m_cosines.push_back(
                static_cast<float>(norm * std::cos(std::numbers::pi * (2 * b + 1) * frequency / (2.0 * m_odd))));
        }
    }
}

void Rotation::mix(float* row, bool transposed, std::vector<float>& scratch) const {
    const auto m = static_cast<std::size_t>(m_odd);
    if (m == 1) {
        return;
    }
    scratch.resize(m);
    for (std::int64_t first = 0; first < m_size; first += m_odd) {
        for (std::size_t to = 0; to < m; ++to) {
            float sum = 0;
            for (std::size_t from = 0; from < m; ++from) {
                sum += row[static_cast<std::size_t>(first) + from] * m_cosines[transposed ? to * m + from : from * m + to];
            }
            scratch[to] = sum;
        }
        std::copy(scratch.begin(), scratch.end(), row + first);
    }
}

void Rotation::hadamard(float* row) const {
    for (std::int64_t half = m_odd; half < m_size; half *= 2) {
        for (std::int64_t first = 0; first < m_size; first += 2 * half) {
            float* __restrict low = row + first;
            float* __restrict high = low + half;
            for (std::int64_t i = 0; i < half; ++i) {
                const float sum = low[i] + high[i], difference = low[i] - high[i];
                low[i] = sum;
                high[i] = difference;
            }
        }
    }
    const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(m_power)));
    for (std::int64_t i = 0; i < m_size; ++i) {
        row[i] *= scale;
    }
}

void Rotation::apply(std::span<float> rows) const {
    std::vector<float> scratch;
    for (std::size_t at = 0; at < rows.size(); at += static_cast<std::size_t>(m_size)) {
        mix(rows.data() + at, false, scratch);
        hadamard(rows.data() + at);
    }
}

void Rotation::applyInverse(std::span<float> rows) const {
    // H is its own inverse, and commutes with D, which works on other indices.
    std::vector<float> scratch;
    for (std::size_t at = 0; at < rows.size(); at += static_cast<std::size_t>(m_size)) {
        mix(rows.data() + at, true, scratch);
        hadamard(rows.data() + at);
    }
}

} // namespace mambascope
