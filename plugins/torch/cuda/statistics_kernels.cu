// SPDX-License-Identifier: GPL-3.0-or-later
// Calibration statistics of activations where they are, in one pass.
#include "core/calibration/histogram.h"
#include "plugins/torch/cuda/device_math.cuh"

#include <cuda_runtime.h>

#include <type_traits>

namespace mambascope::cuda {

namespace {

constexpr int kStatisticsPack = 2; ///< channels of a thread
constexpr int kStatisticsThreads = 128;
constexpr int kWarps = kStatisticsThreads / 32;
constexpr int kBlocks = 4; ///< at a time on a multiprocessor
constexpr int kGroup = 16; ///< rows that a thread loads at once, and whose sums it takes in fp32
static_assert(kStatisticsChannels == 32 * kStatisticsPack);
static_assert(kStatisticsRows % (kWarps * kGroup) == 0);

__device__ int magnitudeBits(float x) {
    return __float_as_int(x) & 0x7fffffff;
}

/// One channel in one thread.
struct Channel {
    float min = INFINITY, max = -INFINITY, shift = 0;
    double sum = 0, squares = 0;
    std::uint32_t above6 = 0, nonfinite = 0;
};

/// A warp's counters of the histogram: for each bin and lane a word, whose bytes are counters of their own.
/// Thus a count is a load, an addition and a store that meet no other thread's and no bank twice, and four
/// are under way at once. (Atomic counters, one for each bin and lane, took 8 times as long on an H100.)
constexpr int kCounters = 4;
constexpr int kBinBytes = 32 * kCounters;
using Bins = unsigned char[kHistogramBins * kBinBytes];
static_assert(kStatisticsRows / kWarps <= 255, "a thread's values of one channel fit a byte");

/// A thread's counters: the address in shared memory of its warp's Bins, from its lane's word on.
struct Counters {
    unsigned begin;

    __device__ explicit Counters(Bins& bins)
        : begin(static_cast<unsigned>(__cvta_generic_to_shared(bins)) + threadIdx.x % 32 * kCounters) {}

    /// Of two values: where the counters of their bins (histogramBin() of the core) begin, each in a half.
    /// `upper`: the upper halves of the two floats.
    __device__ unsigned find(unsigned upper) const {
        constexpr unsigned kBoth = 0x10001u, kUnit = 1u << 6; // of histogramBin()'s pattern in an upper half
        static_assert(kBinBytes == 2 * kUnit);
        // max(min(pattern − first, last), 0)
        const unsigned bins = __viaddmin_s16x2_relu(
            upper & 0x7fc0u * kBoth, (0x10000u - kHistogramFirstPattern * kUnit) * kBoth,
            (kHistogramBins - 1) * kUnit * kBoth);
        return bins * 2 + begin * kBoth;
    }
    static __device__ unsigned load(unsigned address) {
        unsigned value;
        asm volatile("ld.shared.u8 %0, [%1];" : "=r"(value) : "r"(address));
        return value;
    }
    static __device__ void store(unsigned address, unsigned value) {
        asm volatile("st.shared.u8 [%0], %1;" ::"r"(address), "r"(value));
    }
    /// Counts two pairs of values.
    __device__ void count(unsigned first, unsigned second) const {
        const unsigned found[2] = {find(first), find(second)};
        unsigned at[kCounters], counts[kCounters];
#pragma unroll
        for (int i = 0; i < kCounters; ++i) {
            at[i] = (i % 2 == 0 ? found[i / 2] & 0xffffu : found[i / 2] >> 16) + i;
            counts[i] = load(at[i]);
        }
#pragma unroll
        for (int i = 0; i < kCounters; ++i) {
            store(at[i], counts[i] + 1);
        }
    }
    /// Counts one, with the counter `which`.
    __device__ void count(float x, int which) const {
        const unsigned at = (find(__float_as_uint(x) >> 16) & 0xffffu) + which;
        store(at, load(at) + 1);
    }
};

template <class T>
__device__ unsigned upperHalves(const Pack<T, 2>& pair) {
    if constexpr (sizeof(T) == 2) {
        return pair.pairs[0];
    } else {
        return __byte_perm(__float_as_uint(pair.values[0]), __float_as_uint(pair.values[1]), 0x7632);
    }
}

template <class T>
__device__ void
addRow(Channel (&channels)[kStatisticsPack], const Pack<T, kStatisticsPack>& row, Counters counters) {
#pragma unroll
    for (int j = 0; j < kStatisticsPack; ++j) {
        Channel& to = channels[j];
        const float x = row[j];
        if (magnitudeBits(x) >= 0x7f800000) {
            ++to.nonfinite;
            continue;
        }
        const double v = static_cast<double>(x) - static_cast<double>(to.shift);
        to.min = fminf(to.min, x);
        to.max = fmaxf(to.max, x);
        to.sum += v;
        to.squares += v * v;
        to.above6 += fabsf(x) >= 6.0f ? 1 : 0;
        counters.count(x, j);
    }
}

/// What kGroup values of a channel say; sums in fp32.
struct Group {
    float low, high, sum = 0, squares = 0;
};

template <class T>
__device__ Group groupOf(const Pack<T, kStatisticsPack> (&rows)[kGroup], int j, float shift) {
    Group group{rows[0][j], rows[0][j]};
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
        const float x = rows[i][j], v = x - shift;
        group.low = fminf(group.low, x);
        group.high = fmaxf(group.high, x);
        group.sum += v;
        group.squares = fmaf(v, v, group.squares);
    }
    return group;
}

/// kGroup rows of the thread's channels. False, and nothing is added, if a value is not finite, or so large
/// that sums could overflow.
template <class T>
__device__ bool addRows(
    Channel (&channels)[kStatisticsPack], const Pack<T, kStatisticsPack> (&rows)[kGroup], Counters counters) {
    Group groups[kStatisticsPack];
    float squares = 0;
#pragma unroll
    for (int j = 0; j < kStatisticsPack; ++j) {
        groups[j] = groupOf(rows, j, channels[j].shift);
        squares += groups[j].squares;
    }
    if (!(squares < 0x1p100f)) { // a NaN is not
        return false;
    }
#pragma unroll
    for (int j = 0; j < kStatisticsPack; ++j) {
        Channel& to = channels[j];
        to.min = fminf(to.min, groups[j].low);
        to.max = fmaxf(to.max, groups[j].high);
        to.sum += static_cast<double>(groups[j].sum);
        to.squares += static_cast<double>(groups[j].squares);
        if (fmaxf(-groups[j].low, groups[j].high) >= 6.0f) {
#pragma unroll
            for (int i = 0; i < kGroup; ++i) {
                to.above6 += fabsf(rows[i][j]) >= 6.0f ? 1 : 0;
            }
        }
    }
#pragma unroll
    for (int i = 0; i < kGroup; i += 2) {
        counters.count(upperHalves(rows[i]), upperHalves(rows[i + 1]));
    }
    return true;
}

/// shiftFor() of the core: the first row, except where differences from it could overflow.
__device__ float shiftFor(float x) {
    return fabsf(x) < 0x1p50f ? x : 0.0f;
}

__device__ void join(StatisticsPartial& to, const StatisticsPartial& from) {
    to.sum += from.sum;
    to.squares += from.squares;
    to.min = fminf(to.min, from.min);
    to.max = fmaxf(to.max, from.max);
    to.above6 += from.above6;
    to.nonfinite += from.nonfinite;
}

/// The last block of a channel's rows adds all their partials to the totals, in the order of the rows.
__device__ void addToTotals(const StatisticsJob& job, std::int64_t c, unsigned rowBlocks) {
    const StatisticsArrays& to = job.to;
    double sum = job.begins ? 0.0 : to.sum[c], squares = job.begins ? 0.0 : to.squares[c];
    float low = job.begins ? INFINITY : to.min[c], high = job.begins ? -INFINITY : to.max[c];
    unsigned long long above6 = job.begins ? 0 : to.above6[c], nonfinite = job.begins ? 0 : to.nonfinite[c];
#pragma unroll 8 // loads in flight
    for (unsigned i = 0; i < rowBlocks; ++i) {
        const StatisticsPartial part = job.partials[i * job.x.columns + c];
        sum += part.sum;
        squares += part.squares;
        low = fminf(low, part.min);
        high = fmaxf(high, part.max);
        above6 += part.above6;
        nonfinite += part.nonfinite;
    }
    to.sum[c] = sum, to.squares[c] = squares;
    to.min[c] = low, to.max[c] = high;
    to.above6[c] = above6, to.nonfinite[c] = nonfinite;
}

/// Adds all threads' counts to the histogram.
__device__ void addBins(const Bins (&bins)[kWarps], unsigned long long* histogram) {
    const unsigned lane = threadIdx.x % 32;
    for (int bin = threadIdx.x / 32; bin < kHistogramBins; bin += kWarps) {
        unsigned sum = 0;
#pragma unroll
        for (const Bins& warp : bins) {
            const unsigned four =
                *reinterpret_cast<const unsigned*>(&warp[bin * kBinBytes + lane * kCounters]);
            sum = __dp4a(four, 0x01010101u, sum);
        }
        sum = __reduce_add_sync(kAllLanes, sum);
        if (lane == 0 && sum != 0) {
            atomicAdd(&histogram[bin], static_cast<unsigned long long>(sum));
        }
    }
}

/// The warps' partial results become those of warp 0, in pairs; `memory` holds those of half the warps.
__device__ void joinWarps(StatisticsPartial (&mine)[kStatisticsPack], StatisticsPartial* memory) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    for (int half = kWarps / 2; half > 0; half /= 2) {
        __syncthreads();
        if (warp >= half && warp < 2 * half) {
#pragma unroll
            for (int j = 0; j < kStatisticsPack; ++j) {
                memory[((warp - half) * kStatisticsPack + j) * 32 + lane] = mine[j];
            }
        }
        __syncthreads();
        if (warp < half) {
#pragma unroll
            for (int j = 0; j < kStatisticsPack; ++j) {
                join(mine[j], memory[(warp * kStatisticsPack + j) * 32 + lane]);
            }
        }
    }
}

/// Jobs of one launch, with the first block of each; the last one counts the blocks.
struct Jobs {
    StatisticsJob jobs[kMostStatisticsJobs];
    unsigned firstBlocks[kMostStatisticsJobs + 1];
};

template <class T, bool Packs>
__global__ void __launch_bounds__(kStatisticsThreads, kBlocks)
    addStatisticsKernel(const __grid_constant__ Jobs all) {
    alignas(16) __shared__ Bins bins[kWarps]; // afterwards the memory of joinWarps()
    __shared__ bool isLast;
    static_assert(sizeof(bins) >= sizeof(StatisticsPartial) * kWarps / 2 * 32 * kStatisticsPack);
    static_assert(sizeof(bins) % sizeof(uint4) == 0);
    int index = 0;
    while (blockIdx.x >= all.firstBlocks[index + 1]) {
        ++index;
    }
    const StatisticsJob& job = all.jobs[index];
    const Rows<T> x(job.x);
    const unsigned rowBlocks = blocksFor(x.rows, kStatisticsRows);
    const unsigned block = blockIdx.x - all.firstBlocks[index];
    const unsigned rowBlock = block % rowBlocks, channelBlock = block / rowBlocks;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const std::int64_t first = static_cast<std::int64_t>(channelBlock) * kStatisticsChannels +
                               (Packs ? lane * kStatisticsPack : lane);
    constexpr int kStep = Packs ? 1 : 32; // between a thread's channels
    using Loaded = Pack<std::conditional_t<Packs, T, float>, kStatisticsPack>;
    const auto load = [&](const T* from) {
        if constexpr (Packs) {
            return loadPack<T, kStatisticsPack>(from);
        } else {
            Loaded pack;
#pragma unroll
            for (int j = 0; j < kStatisticsPack; ++j) {
                // A channel that is not there is not counted.
                pack.values[j] = first + j * kStep < x.columns ? toFloat(from[j * kStep]) : NAN;
            }
            return pack;
        }
    };
    const std::int64_t begin = static_cast<std::int64_t>(rowBlock) * kStatisticsRows;
    // Rows from the thread's next one to the end of the block's.
    int left = static_cast<int>(min(x.rows - begin, static_cast<std::int64_t>(kStatisticsRows))) - warp;
    left = first < x.columns ? left : 0;
    const std::int64_t stride = kWarps * x.stride;
    const T* from = x.at(begin + warp) + first;
    Loaded ahead[kGroup];
    const auto loadGroup = [&] { // ahead of its use
        if (left > (kGroup - 1) * kWarps) {
#pragma unroll
            for (int i = 0; i < kGroup; ++i) {
                ahead[i] = load(from + i * stride);
            }
        }
    };
    loadGroup();
    Channel channels[kStatisticsPack];
#pragma unroll
    for (int j = 0; j < kStatisticsPack; ++j) {
        const std::int64_t c = first + j * kStep;
        if (c < x.columns) {
            channels[j].shift = job.begins ? shiftFor(toFloat(x.at(0)[c])) : job.to.shift[c];
            if (job.begins && rowBlock == 0 && warp == 0) {
                job.to.shift[c] = channels[j].shift;
            }
        }
    }
    for (unsigned i = threadIdx.x; i < sizeof(bins) / sizeof(uint4); i += kStatisticsThreads) {
        reinterpret_cast<uint4*>(bins)[i] = {};
    }
    __syncthreads();
    const Counters counters(bins[warp]);
    while (left > (kGroup - 1) * kWarps) {
        Loaded rows[kGroup];
#pragma unroll
        for (int i = 0; i < kGroup; ++i) {
            rows[i] = ahead[i];
        }
        const T* const here = from;
        from += kGroup * stride;
        left -= kGroup * kWarps;
        loadGroup();
        if (!addRows(channels, rows, counters)) {
#pragma unroll 1
            for (int i = 0; i < kGroup; ++i) {
                addRow(channels, load(here + i * stride), counters);
            }
        }
    }
    for (; left > 0; left -= kWarps) {
        addRow(channels, load(from), counters);
        from += stride;
    }
    __syncthreads();
    addBins(bins, job.to.histogram + block % kHistogramCopies * kHistogramBins);
    StatisticsPartial mine[kStatisticsPack];
#pragma unroll
    for (int j = 0; j < kStatisticsPack; ++j) {
        const Channel& c = channels[j];
        mine[j] = {c.sum, c.squares, c.min, c.max, c.above6, c.nonfinite};
    }
    joinWarps(mine, reinterpret_cast<StatisticsPartial*>(&bins));
    if (warp == 0) {
#pragma unroll
        for (int j = 0; j < kStatisticsPack; ++j) {
            if (first + j * kStep < x.columns) {
                job.partials[rowBlock * x.columns + first + j * kStep] = mine[j];
            }
        }
        __threadfence();
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        unsigned& arrived = job.arrivals[channelBlock];
        isLast = atomicAdd(&arrived, 1u) == rowBlocks - 1;
        if (isLast) {
            arrived = 0;
            __threadfence();
        }
    }
    __syncthreads();
    const std::int64_t c = static_cast<std::int64_t>(channelBlock) * kStatisticsChannels + threadIdx.x;
    if (isLast && threadIdx.x < kStatisticsChannels && c < x.columns) {
        addToTotals(job, c, rowBlocks);
    }
}

} // namespace

bool statisticsPacks(const Matrix& x) {
    return hasPacks(x, kStatisticsPack);
}

void addStatistics(const StatisticsJob* jobs, int count, Stream stream) {
    Jobs all{};
    unsigned blocks = 0;
    for (int i = 0; i < count; ++i) {
        const Matrix& x = jobs[i].x;
        all.jobs[i] = jobs[i];
        blocks += blocksFor(x.columns, kStatisticsChannels) * blocksFor(x.rows, kStatisticsRows);
        all.firstBlocks[i + 1] = blocks;
    }
    const Matrix& x = jobs[0].x;
    withElement(x, [&](auto type) {
        using T = decltype(type);
        const auto kernel = statisticsPacks(x) ? addStatisticsKernel<T, true> : addStatisticsKernel<T, false>;
        kernel<<<blocks, kStatisticsThreads, 0, stream>>>(all);
    });
}

} // namespace mambascope::cuda
