// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/accumulator.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace mambascope {
namespace {

constexpr int kTileChannels = 256; // a tile's partial sums and bins stay in the first-level cache
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

// Eight channels at a time. Vectors of the compiler, which it makes of whatever the processor has.
constexpr int kLanes = 8;
constexpr int kLineFloats = 16; ///< of a cache line
using Floats = float __attribute__((vector_size(32)));
using Integers = std::int32_t __attribute__((vector_size(32)));

template <class Vector, class T>
[[gnu::always_inline]] inline Vector load(const T* from) {
    Vector v;
    std::memcpy(&v, from, sizeof(v));
    return v;
}
template <class Vector, class T>
[[gnu::always_inline]] inline void store(T* to, Vector v) {
    std::memcpy(to, &v, sizeof(v));
}

[[gnu::always_inline]] inline Floats smaller(Floats a, Floats b) {
    return a < b ? a : b;
}
[[gnu::always_inline]] inline Floats larger(Floats a, Floats b) {
    return a > b ? a : b;
}
[[gnu::always_inline]] inline Integers magnitudeBits(Floats x) {
    return std::bit_cast<Integers>(x) & 0x7fffffff;
}
/// −1 where a magnitude is 6 or more.
[[gnu::always_inline]] inline Integers reaches6(Floats x) {
    return magnitudeBits(x) >= std::bit_cast<std::int32_t>(kLlmInt8Threshold);
}
/// histogramBin()
[[gnu::always_inline]] inline Integers binsOf(Floats x) {
    const Integers bin = (magnitudeBits(x) >> 22) - kHistogramFirstPattern;
    const Integers low = bin < 0 ? Integers{} : bin;
    return low < kHistogramBins ? low : Integers{} + (kHistogramBins - 1);
}

/// How often two magnitudes, one below the other, fell into two bins. Half as many counters have to be found as for
/// single ones, and equal ones in a row, which would wait for each other's store, are rare.
struct PairCounts {
    /// [bin of the first · kHistogramBins + bin of the second]
    std::array<std::uint32_t, kHistogramBins * kHistogramBins> pairs{};
    std::array<std::uint32_t, kHistogramBins> single{};
    std::int64_t added = 0; ///< pairs; no counter holds more

    /// Adds what was counted, and forgets it.
    void flush(std::vector<std::int64_t>& histogram) {
        std::array<std::uint32_t, kHistogramBins> second{};
        for (std::size_t b = 0; b < kHistogramBins; ++b) {
            const std::uint32_t* row = pairs.data() + b * kHistogramBins;
            std::uint32_t first = 0;
            for (std::size_t k = 0; k < kHistogramBins; ++k) {
                first += row[k];
                second[k] += row[k];
            }
            histogram[b] += std::int64_t{first} + std::int64_t{single[b]};
        }
        for (std::size_t b = 0; b < kHistogramBins; ++b) {
            histogram[b] += std::int64_t{second[b]};
        }
        *this = {};
    }
};

/// One row below the other, or (Step −1) takes that back.
template <int Step>
[[gnu::always_inline]] inline void countPairs(Floats first, Floats second, PairCounts& counts) {
    std::array<std::uint64_t, kLanes / 2> twoPlaces; // half as many loads as places
    store(twoPlaces.data(), binsOf(first) * kHistogramBins + binsOf(second));
    for (const std::uint64_t places : twoPlaces) {
        counts.pairs[static_cast<std::uint32_t>(places)] += static_cast<std::uint32_t>(Step);
        counts.pairs[places >> 32] += static_cast<std::uint32_t>(Step);
    }
}
template <int Step>
[[gnu::always_inline]] inline void countSingles(Floats x, int lanes, PairCounts& counts) {
    std::array<std::int32_t, kLanes> bins;
    store(bins.data(), binsOf(x));
    for (int i = 0; i < lanes; ++i) {
        counts.single[static_cast<std::size_t>(bins[static_cast<std::size_t>(i)])] +=
            static_cast<std::uint32_t>(Step);
    }
}

/// Four rows, so that the partial results are loaded and stored a quarter as often. Arithmetic and counting, which
/// waits for memory, overlap.
[[gnu::always_inline]] inline void
reduceFourRows(const float* x, std::int64_t stride, const float* shift, Tile& tile, std::size_t at, PairCounts& counts) {
    const Floats a = load<Floats>(x), b = load<Floats>(x + stride), c = load<Floats>(x + 2 * stride),
                 d = load<Floats>(x + 3 * stride);
    float *lo = &tile.min[at], *hi = &tile.max[at], *sum = &tile.sum[at], *squares = &tile.squares[at];
    store(lo, smaller(smaller(smaller(a, b), smaller(c, d)), load<Floats>(lo)));
    store(hi, larger(larger(larger(a, b), larger(c, d)), load<Floats>(hi)));
    std::int32_t* above = &tile.above[at];
    store(above, load<Integers>(above) - reaches6(a) - reaches6(b) - reaches6(c) - reaches6(d));
    const Floats origin = load<Floats>(shift);
    const Floats va = a - origin, vb = b - origin, vc = c - origin, vd = d - origin;
    store(sum, load<Floats>(sum) + ((va + vb) + (vc + vd)));
    store(squares, load<Floats>(squares) + ((va * va + vb * vb) + (vc * vc + vd * vd)));
    countPairs<1>(a, b, counts);
    countPairs<1>(c, d, counts);
}

/// One row, of which `lanes` channels are wanted; the others' partial results are not read by anybody.
[[gnu::always_inline]] inline void reduceRow(
    Floats x, const float* shift, Tile& tile, std::size_t at, int lanes, PairCounts& counts) {
    store(&tile.min[at], smaller(x, load<Floats>(&tile.min[at])));
    store(&tile.max[at], larger(x, load<Floats>(&tile.max[at])));
    store(&tile.above[at], load<Integers>(&tile.above[at]) - reaches6(x));
    const Floats v = x - load<Floats>(shift);
    store(&tile.sum[at], load<Floats>(&tile.sum[at]) + v);
    store(&tile.squares[at], load<Floats>(&tile.squares[at]) + v * v);
    countSingles<1>(x, lanes, counts);
}

/// The first lanes of a row.
inline Floats firstLanes(const float* x, int lanes) {
    Floats v{};
    std::memcpy(&v, x, static_cast<std::size_t>(lanes) * sizeof(float));
    return v;
}

/// All of a tile, reading the values once. `shift` is as long as a tile is wide, `counts` has room.
[[gnu::always_inline]] inline void
reduceKernel(Block block, const float* shift, Tile& tile, PairCounts& counts) {
    const int whole = block.width / kLanes * kLanes, left = block.width - whole;
    std::int64_t r = 0;
    for (; r + 4 <= block.rows; r += 4) {
        const float* rows = block.x + r * block.stride;
        for (int c = 0; c < whole; c += kLanes) {
            if (c % kLineFloats == 0) { // rows lie far apart: the processor does not guess the next ones
                for (std::int64_t next = 4; next < 8 && r + next < block.rows; ++next) {
                    __builtin_prefetch(rows + next * block.stride + c);
                }
            }
            reduceFourRows(rows + c, block.stride, shift + c, tile, static_cast<std::size_t>(c), counts);
        }
    }
    counts.added += r / 2 * whole;
    for (std::int64_t row = 0; row < block.rows; ++row) {
        const float* x = block.x + row * block.stride;
        for (int c = 0; row >= r && c < whole; c += kLanes) {
            reduceRow(load<Floats>(x + c), shift + c, tile, static_cast<std::size_t>(c), kLanes, counts);
        }
        if (left > 0) {
            const auto at = static_cast<std::size_t>(whole);
            reduceRow(firstLanes(x + whole, left), shift + whole, tile, at, left, counts);
        }
    }
}

/// Takes back what reduceKernel() counted.
void takeBack(Block block, PairCounts& counts) {
    const int whole = block.width / kLanes * kLanes, left = block.width - whole;
    std::int64_t r = 0;
    for (; r + 4 <= block.rows; r += 4) {
        const float* x = block.x + r * block.stride;
        for (int c = 0; c < whole; c += kLanes) {
            countPairs<-1>(load<Floats>(x + c), load<Floats>(x + c + block.stride), counts);
            countPairs<-1>(
                load<Floats>(x + c + 2 * block.stride), load<Floats>(x + c + 3 * block.stride), counts);
        }
    }
    counts.added -= r / 2 * whole;
    for (std::int64_t row = 0; row < block.rows; ++row) {
        const float* x = block.x + row * block.stride;
        for (int c = 0; row >= r && c < whole; c += kLanes) {
            countSingles<-1>(load<Floats>(x + c), kLanes, counts);
        }
        if (left > 0) {
            countSingles<-1>(firstLanes(x + whole, left), left, counts);
        }
    }
}

/// Whether all values were finite and below kQuickLimit in magnitude. A NaN or an infinity leaves no finite sum of
/// squares behind.
[[gnu::always_inline]] inline bool isQuickKernel(const Tile& tile, int width) {
    int outside = 0;
    for (int c = 0; c < width; ++c) {
        const auto at = static_cast<std::size_t>(c);
        outside += tile.squares[at] <= std::numeric_limits<float>::max() ? 0 : 1;
        outside += tile.min[at] > -kQuickLimit ? 0 : 1;
        outside += tile.max[at] < kQuickLimit ? 0 : 1;
    }
    return outside == 0;
}

/// Every operation is per channel and nothing is contracted, so all widths give the same numbers.
struct Kernels {
    void (*reduce)(Block, const float*, Tile&, PairCounts&);
    bool (*isQuick)(const Tile&, int);
};

void reducePortable(Block block, const float* shift, Tile& tile, PairCounts& counts) {
    reduceKernel(block, shift, tile, counts);
}
bool isQuickPortable(const Tile& tile, int width) {
    return isQuickKernel(tile, width);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void reduceAvx2(Block block, const float* shift, Tile& tile, PairCounts& counts) {
    reduceKernel(block, shift, tile, counts);
}
[[gnu::target("avx2")]] bool isQuickAvx2(const Tile& tile, int width) {
    return isQuickKernel(tile, width);
}
#endif

Kernels kernels() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        return {reduceAvx2, isQuickAvx2};
    }
#endif
    return {reducePortable, isQuickPortable};
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

struct StatisticsAccumulator::Work {
    Tile tile;
    std::array<float, kTileChannels> shift;
    PairCounts counts;
};

void StatisticsAccumulator::add(const float* x, std::int64_t rows, std::int64_t stride) {
    if (rows <= 0) {
        return;
    }
    if (m_tokens == 0) {
        std::transform(x, x + m_channels, m_shift.begin(), shiftFor);
    }
    m_tokens += rows;
    Work work;
    for (std::int64_t row = 0; row < rows; row += kBlockRows) {
        const std::int64_t count = std::min<std::int64_t>(kBlockRows, rows - row);
        for (int channel = 0; channel < m_channels; channel += kTileChannels) {
            addTile(x + row * stride + channel, count, stride, channel, work);
        }
    }
    work.counts.flush(m_histogram);
}

void StatisticsAccumulator::addTile(
    const float* x, std::int64_t rows, std::int64_t stride, int channel, Work& work) {
    static const Kernels run = kernels();
    const Block block{x, rows, stride, std::min(kTileChannels, m_channels - channel)};
    const auto first = static_cast<std::size_t>(channel);
    Tile& tile = work.tile;
    tile.clear();
    if (work.counts.added + kBlockRows * kTileChannels / 2 > std::numeric_limits<std::uint32_t>::max()) {
        work.counts.flush(m_histogram);
    }
    work.shift.fill(0);
    std::copy_n(m_shift.begin() + channel, block.width, work.shift.begin());
    run.reduce(block, work.shift.data(), tile, work.counts);
    if (!run.isQuick(tile, block.width)) {
        takeBack(block, work.counts);
        addCarefully(x, rows, stride, channel, block.width);
        return;
    }
    for (std::size_t c = 0; c < static_cast<std::size_t>(block.width); ++c) {
        m_min[first + c] = std::min(m_min[first + c], tile.min[c]);
        m_max[first + c] = std::max(m_max[first + c], tile.max[c]);
        m_sum[first + c] += static_cast<double>(tile.sum[c]);
        m_sumOfSquares[first + c] += static_cast<double>(tile.squares[c]);
        m_above6[first + c] += tile.above[c];
        m_finite[first + c] += rows;
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
