// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/accumulator.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace mambascope {
namespace {

constexpr int kTileChannels = 512; // the partial sums of a tile stay in the first-level cache
constexpr int kBlockRows = 64;     // short enough that fp32 sums lose nothing that matters
/// Below this magnitude neither x − shift nor a block's sum of squares can overflow fp32: 64 · (2 · 2^50)² =
/// 2^108.
constexpr float kQuickLimit = 0x1p50f;
constexpr int kPatterns = 512; // exponent and first mantissa bit
constexpr float kLlmInt8Threshold = 6.0f;

/// Partial results of one block of rows for one tile of channels.
struct Tile {
    alignas(64) std::array<float, kTileChannels> min, max, sum, squares;
    alignas(64) std::array<std::int32_t, kTileChannels> above;

    void clear() {
        min.fill(std::numeric_limits<float>::infinity());
        max.fill(-std::numeric_limits<float>::infinity());
        sum.fill(0);
        squares.fill(0);
        above.fill(0);
    }
};

struct Block {
    const float* x;
    std::int64_t rows, stride;
    int width;
};

[[gnu::always_inline]] inline float smaller(float a, float b) {
    return a < b ? a : b;
}
[[gnu::always_inline]] inline float larger(float a, float b) {
    return a > b ? a : b;
}
[[gnu::always_inline]] inline std::int32_t magnitudeBits(float x) {
    return std::bit_cast<std::int32_t>(x) & 0x7fffffff;
}

/// Largest magnitude of a block as a bit pattern: integers compare like magnitudes, with infinity and NaN on
/// top.
[[gnu::always_inline]] inline std::int32_t largestPatternKernel(const Block& block) {
    std::int32_t largest = 0;
    for (std::int64_t r = 0; r < block.rows; ++r) {
        const float* x = block.x + r * block.stride;
        for (int c = 0; c < block.width; ++c) {
            const std::int32_t bits = magnitudeBits(x[c]);
            largest = bits > largest ? bits : largest;
        }
    }
    return largest;
}

/// Four rows at a time, so that the partial results are loaded and stored a quarter as often.
[[gnu::always_inline]] inline void
reduceKernel(const Block& block, const float* __restrict shift, Tile& tile) {
    float* __restrict lo = tile.min.data();
    float* __restrict hi = tile.max.data();
    float* __restrict sum = tile.sum.data();
    float* __restrict squares = tile.squares.data();
    std::int32_t* __restrict above = tile.above.data();
    std::int64_t r = 0;
    for (; r + 4 <= block.rows; r += 4) {
        const float* __restrict x0 = block.x + r * block.stride;
        const float* __restrict x1 = x0 + block.stride;
        const float* __restrict x2 = x1 + block.stride;
        const float* __restrict x3 = x2 + block.stride;
        for (int c = 0; c < block.width; ++c) {
            const float a = x0[c], b = x1[c], d = x2[c], e = x3[c];
            lo[c] = smaller(smaller(smaller(a, b), smaller(d, e)), lo[c]);
            hi[c] = larger(larger(larger(a, b), larger(d, e)), hi[c]);
            above[c] +=
                (std::fabs(a) >= kLlmInt8Threshold ? 1 : 0) + (std::fabs(b) >= kLlmInt8Threshold ? 1 : 0) +
                (std::fabs(d) >= kLlmInt8Threshold ? 1 : 0) + (std::fabs(e) >= kLlmInt8Threshold ? 1 : 0);
            const float s = shift[c];
            const float va = a - s, vb = b - s, vd = d - s, ve = e - s;
            sum[c] += (va + vb) + (vd + ve);
            squares[c] += (va * va + vb * vb) + (vd * vd + ve * ve);
        }
    }
    for (; r < block.rows; ++r) {
        const float* __restrict x = block.x + r * block.stride;
        for (int c = 0; c < block.width; ++c) {
            lo[c] = smaller(x[c], lo[c]);
            hi[c] = larger(x[c], hi[c]);
            above[c] += std::fabs(x[c]) >= kLlmInt8Threshold ? 1 : 0;
            const float v = x[c] - shift[c];
            sum[c] += v;
            squares[c] += v * v;
        }
    }
}

/// Every operation is per channel and nothing is contracted, so all widths give the same numbers.
struct Kernels {
    std::int32_t (*largestPattern)(const Block&);
    void (*reduce)(const Block&, const float*, Tile&);
};

std::int32_t largestPatternPortable(const Block& block) {
    return largestPatternKernel(block);
}
void reducePortable(const Block& block, const float* shift, Tile& tile) {
    reduceKernel(block, shift, tile);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] std::int32_t largestPatternAvx2(const Block& block) {
    return largestPatternKernel(block);
}
[[gnu::target("avx2")]] void reduceAvx2(const Block& block, const float* shift, Tile& tile) {
    reduceKernel(block, shift, tile);
}
#endif

Kernels kernels() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        return {largestPatternAvx2, reduceAvx2};
    }
#endif
    return {largestPatternPortable, reducePortable};
}

/// Counts magnitudes by bit pattern. Four tables, because equal patterns in a row would wait for each other's
/// store.
void countPatterns(const Block& block, std::array<std::array<std::uint32_t, kPatterns>, 4>& tables) {
    for (std::int64_t r = 0; r < block.rows; ++r) {
        const float* x = block.x + r * block.stride;
        int c = 0;
        for (; c + 4 <= block.width; c += 4) {
            ++tables[0][static_cast<std::size_t>(magnitudeBits(x[c]) >> 22)];
            ++tables[1][static_cast<std::size_t>(magnitudeBits(x[c + 1]) >> 22)];
            ++tables[2][static_cast<std::size_t>(magnitudeBits(x[c + 2]) >> 22)];
            ++tables[3][static_cast<std::size_t>(magnitudeBits(x[c + 3]) >> 22)];
        }
        for (; c < block.width; ++c) {
            ++tables[0][static_cast<std::size_t>(magnitudeBits(x[c]) >> 22)];
        }
    }
}

float shiftFor(float x) {
    return std::fabs(x) < kQuickLimit ? x : 0.0f; // also for NaN
}

} // namespace

StatisticsAccumulator::StatisticsAccumulator(int channels)
    : m_channels(channels)
    , m_min(static_cast<std::size_t>(channels), std::numeric_limits<float>::infinity())
    , m_max(static_cast<std::size_t>(channels), -std::numeric_limits<float>::infinity())
    , m_sum(static_cast<std::size_t>(channels))
    , m_sumOfSquares(static_cast<std::size_t>(channels))
    , m_shift(static_cast<std::size_t>(channels))
    , m_finite(static_cast<std::size_t>(channels))
    , m_above6(static_cast<std::size_t>(channels))
    , m_histogram(kHistogramBins) {
}

void StatisticsAccumulator::add(const float* x, std::int64_t rows, std::int64_t stride) {
    if (rows <= 0) {
        return;
    }
    if (m_tokens == 0) {
        std::transform(x, x + m_channels, m_shift.begin(), shiftFor);
    }
    m_tokens += rows;
    for (std::int64_t row = 0; row < rows; row += kBlockRows) {
        const std::int64_t count = std::min<std::int64_t>(kBlockRows, rows - row);
        for (int channel = 0; channel < m_channels; channel += kTileChannels) {
            addTile(x + row * stride + channel, count, stride, channel);
        }
    }
}

void StatisticsAccumulator::addTile(const float* x, std::int64_t rows, std::int64_t stride, int channel) {
    static const Kernels run = kernels();
    const Block block{x, rows, stride, std::min(kTileChannels, m_channels - channel)};
    if (run.largestPattern(block) >= std::bit_cast<std::int32_t>(kQuickLimit)) {
        addCarefully(x, rows, stride, channel, block.width);
        return;
    }
    const auto first = static_cast<std::size_t>(channel);
    Tile tile;
    tile.clear();
    run.reduce(block, m_shift.data() + first, tile);
    for (std::size_t c = 0; c < static_cast<std::size_t>(block.width); ++c) {
        m_min[first + c] = std::min(m_min[first + c], tile.min[c]);
        m_max[first + c] = std::max(m_max[first + c], tile.max[c]);
        m_sum[first + c] += static_cast<double>(tile.sum[c]);
        m_sumOfSquares[first + c] += static_cast<double>(tile.squares[c]);
        m_above6[first + c] += tile.above[c];
        m_finite[first + c] += rows;
    }
    std::array<std::array<std::uint32_t, kPatterns>, 4> tables{};
    countPatterns(block, tables);
    for (std::size_t p = 0; p < kPatterns; ++p) {
        const std::int64_t count = std::int64_t{tables[0][p]} + tables[1][p] + tables[2][p] + tables[3][p];
        if (count > 0) {
            const float magnitude = std::bit_cast<float>(static_cast<std::uint32_t>(p) << 22);
            m_histogram[static_cast<std::size_t>(histogramBin(magnitude))] += count;
        }
    }
}

void StatisticsAccumulator::addCarefully(
    const float* x, std::int64_t rows, std::int64_t stride, int channel, int width) {
    for (std::int64_t r = 0; r < rows; ++r) {
        for (int c = 0; c < width; ++c) {
            const float value = x[r * stride + c];
            if (!std::isfinite(value)) {
                ++m_nonfinite;
                continue;
            }
            const auto at = static_cast<std::size_t>(channel + c);
            const double v = static_cast<double>(value) - static_cast<double>(m_shift[at]);
            m_min[at] = std::min(m_min[at], value);
            m_max[at] = std::max(m_max[at], value);
            m_sum[at] += v;
            m_sumOfSquares[at] += v * v;
            m_above6[at] += std::fabs(value) >= kLlmInt8Threshold ? 1 : 0;
            ++m_finite[at];
            ++m_histogram[static_cast<std::size_t>(histogramBin(std::fabs(value)))];
        }
    }
}

ChannelStatistics StatisticsAccumulator::finish() const {
    const auto channels = static_cast<std::size_t>(m_channels);
    ChannelStatistics result;
    result.absmax.resize(channels);
    result.min.resize(channels);
    result.max.resize(channels);
    result.mean.resize(channels);
    result.m2.resize(channels);
    for (std::size_t c = 0; c < channels; ++c) {
        if (m_finite[c] == 0) {
            continue;
        }
        const double n = static_cast<double>(m_finite[c]);
        const double offset = m_sum[c] / n;
        result.min[c] = m_min[c];
        result.max[c] = m_max[c];
        result.absmax[c] = std::max(std::fabs(m_min[c]), std::fabs(m_max[c]));
        result.mean[c] = static_cast<float>(static_cast<double>(m_shift[c]) + offset);
        result.m2[c] = static_cast<float>(std::max(0.0, m_sumOfSquares[c] / n - offset * offset));
    }
    result.above6 = m_above6;
    result.histogram = m_histogram;
    result.nonfinite = m_nonfinite;
    return result;
}

} // namespace mambascope
