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

[[gnu::always_inline]] inline std::int32_t reaches6(float x) {
    return magnitudeBits(x) >= std::bit_cast<std::int32_t>(kLlmInt8Threshold) ? 1 : 0;
}

/// Largest magnitude of a block as a bit pattern: integers compare like magnitudes, with infinity and NaN on
/// top.
[[gnu::always_inline]] inline std::int32_t largestPatternKernel(Block block) {
    const int width = block.width; // a local, so that no store can be thought to change it
    std::int32_t largest = 0;
    for (std::int64_t r = 0; r < block.rows; ++r) {
        const float* x = block.x + r * block.stride;
        for (int c = 0; c < width; ++c) {
            const std::int32_t bits = magnitudeBits(x[c]);
            largest = bits > largest ? bits : largest;
        }
    }
    return largest;
}

/// Partial results by channel.
struct Sums {
    float* __restrict lo;
    float* __restrict hi;
    float* __restrict sum;
    float* __restrict squares;
    std::int32_t* __restrict above;
};

/// Four rows at a time, so that the partial results are loaded and stored a quarter as often.
[[gnu::always_inline]] inline void reduceFourRows(
    const float* __restrict x, std::int64_t stride, int width, const float* __restrict shift, Sums to) {
    for (int c = 0; c < width; ++c) {
        const float a = x[c], b = x[c + stride], d = x[c + 2 * stride], e = x[c + 3 * stride];
        to.lo[c] = smaller(smaller(smaller(a, b), smaller(d, e)), to.lo[c]);
        to.hi[c] = larger(larger(larger(a, b), larger(d, e)), to.hi[c]);
        to.above[c] += reaches6(a) + reaches6(b) + reaches6(d) + reaches6(e);
        const float va = a - shift[c], vb = b - shift[c], vd = d - shift[c], ve = e - shift[c];
        to.sum[c] += (va + vb) + (vd + ve);
        to.squares[c] += (va * va + vb * vb) + (vd * vd + ve * ve);
    }
}

[[gnu::always_inline]] inline void
reduceRow(const float* __restrict x, int width, const float* __restrict shift, Sums to) {
    for (int c = 0; c < width; ++c) {
        to.lo[c] = smaller(x[c], to.lo[c]);
        to.hi[c] = larger(x[c], to.hi[c]);
        to.above[c] += reaches6(x[c]);
        const float v = x[c] - shift[c];
        to.sum[c] += v;
        to.squares[c] += v * v;
    }
}

[[gnu::always_inline]] inline void reduceKernel(Block block, const float* shift, Tile& tile) {
    const Sums to{tile.min.data(), tile.max.data(), tile.sum.data(), tile.squares.data(), tile.above.data()};
    std::int64_t r = 0;
    for (; r + 4 <= block.rows; r += 4) {
        reduceFourRows(block.x + r * block.stride, block.stride, block.width, shift, to);
    }
    for (; r < block.rows; ++r) {
        reduceRow(block.x + r * block.stride, block.width, shift, to);
    }
}

/// histogramBin() of a row of magnitudes.
[[gnu::always_inline]] inline void
binsKernel(const float* __restrict x, int width, std::uint8_t* __restrict bins) {
    for (int c = 0; c < width; ++c) {
        const std::int32_t bin = (magnitudeBits(x[c]) >> 22) - kHistogramFirstPattern;
        const std::int32_t low = bin < 0 ? 0 : bin;
        bins[c] = static_cast<std::uint8_t>(low < kHistogramBins ? low : kHistogramBins - 1);
    }
}

/// Every operation is per channel and nothing is contracted, so all widths give the same numbers.
struct Kernels {
    std::int32_t (*largestPattern)(Block);
    void (*reduce)(Block, const float*, Tile&);
    void (*bins)(const float*, int, std::uint8_t*);
};

std::int32_t largestPatternPortable(Block block) {
    return largestPatternKernel(block);
}
void reducePortable(Block block, const float* shift, Tile& tile) {
    reduceKernel(block, shift, tile);
}
void binsPortable(const float* x, int width, std::uint8_t* bins) {
    binsKernel(x, width, bins);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] std::int32_t largestPatternAvx2(Block block) {
    return largestPatternKernel(block);
}
[[gnu::target("avx2")]] void reduceAvx2(Block block, const float* shift, Tile& tile) {
    reduceKernel(block, shift, tile);
}
[[gnu::target("avx2")]] void binsAvx2(const float* x, int width, std::uint8_t* bins) {
    binsKernel(x, width, bins);
}
#endif

Kernels kernels() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        return {largestPatternAvx2, reduceAvx2, binsAvx2};
    }
#endif
    return {largestPatternPortable, reducePortable, binsPortable};
}

/// Counts magnitudes by bin. Four tables, because equal bins in a row would wait for each other's store.
void countBins(
    Block block, void (*bins)(const float*, int, std::uint8_t*), std::vector<std::int64_t>& histogram) {
    std::array<std::array<std::uint32_t, kHistogramBins>, 4> tables{};
    std::array<std::uint8_t, kTileChannels> row;
    for (std::int64_t r = 0; r < block.rows; ++r) {
        bins(block.x + r * block.stride, block.width, row.data());
        std::size_t c = 0;
        const auto width = static_cast<std::size_t>(block.width);
        for (; c + 4 <= width; c += 4) {
            ++tables[0][row[c]];
            ++tables[1][row[c + 1]];
            ++tables[2][row[c + 2]];
            ++tables[3][row[c + 3]];
        }
        for (; c < width; ++c) {
            ++tables[0][row[c]];
        }
    }
    for (std::size_t b = 0; b < kHistogramBins; ++b) {
        histogram[b] += std::int64_t{tables[0][b]} + tables[1][b] + tables[2][b] + tables[3][b];
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
    countBins(block, run.bins, m_histogram);
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
            m_above6[at] += reaches6(value);
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
