// SPDX-License-Identifier: GPL-3.0-or-later
// Calibration statistics of activations where they are, in one pass.
#include "core/calibration/histogram.h"
#include "plugins/torch/cuda/device_math.cuh"

#include <cuda_runtime.h>

#include <type_traits>

namespace mambascope::cuda {

namespace {

constexpr int kStatisticsPack = 4; ///< channels of a thread
constexpr int kRowsAtOnce = kThreads / 32;
constexpr int kGroup = 4; ///< rows whose sums a thread takes in fp32
static_assert(kStatisticsChannels == 32 * kStatisticsPack);
static_assert(kStatisticsRows % (kRowsAtOnce * kGroup) == 0);

__device__ int magnitudeBits(float x) {
    return __float_as_int(x) & 0x7fffffff;
}

/// histogramBin() of the core.
__device__ int binOf(float x) {
    // max(min(pattern − first, last), 0)
    return __viaddmin_s32_relu(magnitudeBits(x) >> 22, -kHistogramFirstPattern, kHistogramBins - 1);
}

/// One channel in one thread.
struct Channel {
    float min = INFINITY, max = -INFINITY, shift = 0;
    double sum = 0, squares = 0;
    std::uint32_t above6 = 0, nonfinite = 0;
};

/// Each thread counts in bytes of its own, four bins a word, words of a warp side by side: a count is a load,
/// an addition and a store that meet no other thread's and no bank twice. (Atomic counters, one for each bin
/// and lane, took 8 times as long on an H100.)
constexpr int kBinWords = kHistogramBins / 4;
static_assert(kHistogramBins % 4 == 0);
static_assert(kStatisticsRows / kRowsAtOnce * kStatisticsPack <= 255, "a thread's values fit a byte");
using Bins = unsigned[kBinWords][kThreads];
/// Two tables: the counts of one need not wait for those of the other.
struct Counters {
    Bins& even;
    Bins& odd;
};

__device__ void countBin(Bins& bins, float x) {
    const int bin = binOf(x);
    bins[bin / 4][threadIdx.x] += 1u << (bin % 4 * 8);
}

__device__ void addCarefully(Channel& to, float x, Counters bins) {
    if (magnitudeBits(x) >= 0x7f800000) {
        ++to.nonfinite;
        return;
    }
    const double v = static_cast<double>(x) - static_cast<double>(to.shift);
    to.min = fminf(to.min, x);
    to.max = fmaxf(to.max, x);
    to.sum += v;
    to.squares += v * v;
    to.above6 += fabsf(x) >= 6.0f ? 1 : 0;
    countBin(bins.even, x);
}

/// kGroup values of one channel. Sums are fp32, unless a value is not finite or so large that they could
/// overflow: then the sum of squares is not below 2^100.
__device__ void addGroup(Channel& to, const float (&x)[kGroup], int count, Counters bins) {
    if (count == kGroup) {
        float low = x[0], high = x[0], sum = 0, squares = 0;
#pragma unroll
        for (int i = 0; i < kGroup; ++i) {
            low = fminf(low, x[i]);
            high = fmaxf(high, x[i]);
            const float v = x[i] - to.shift;
            sum += v;
            squares = fmaf(v, v, squares);
        }
        if (squares < 0x1p100f) { // not for a NaN
            to.min = fminf(to.min, low);
            to.max = fmaxf(to.max, high);
            to.sum += static_cast<double>(sum);
            to.squares += static_cast<double>(squares);
            if (fmaxf(-low, high) >= 6.0f) {
#pragma unroll
                for (int i = 0; i < kGroup; ++i) {
                    to.above6 += fabsf(x[i]) >= 6.0f ? 1 : 0;
                }
            }
#pragma unroll
            for (int i = 0; i < kGroup; ++i) {
                countBin(i % 2 == 0 ? bins.even : bins.odd, x[i]);
            }
            return;
        }
    }
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
        if (i < count) {
            addCarefully(to, x[i], bins);
        }
    }
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
__device__ void addToTotals(
    const StatisticsArrays& to, const StatisticsPartial* partials, std::int64_t channels, bool begins) {
    const std::int64_t c = static_cast<std::int64_t>(blockIdx.x) * kStatisticsChannels + threadIdx.x;
    if (threadIdx.x >= kStatisticsChannels || c >= channels) {
        return;
    }
    double sum = begins ? 0.0 : to.sum[c], squares = begins ? 0.0 : to.squares[c];
    float low = begins ? INFINITY : to.min[c], high = begins ? -INFINITY : to.max[c];
    unsigned long long above6 = begins ? 0 : to.above6[c], nonfinite = begins ? 0 : to.nonfinite[c];
#pragma unroll 8 // loads in flight
    for (unsigned i = 0; i < gridDim.y; ++i) {
        const StatisticsPartial part = partials[i * channels + c];
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
__device__ void addBins(Counters bins, unsigned long long* histogram) {
    constexpr unsigned kEverySecondByte = 0x00ff00ffu;
    const unsigned lane = threadIdx.x % 32;
    for (int word = threadIdx.x / 32; word < kBinWords; word += kRowsAtOnce) {
        unsigned even = 0, odd = 0; // pairs of 16-bit sums
        for (int i = 0; i < kThreads; i += 32) {
            for (const unsigned four : {bins.even[word][i + lane], bins.odd[word][i + lane]}) {
                even += four & kEverySecondByte;
                odd += four >> 8 & kEverySecondByte;
            }
        }
        for (int offset = 16; offset > 0; offset /= 2) {
            even += __shfl_xor_sync(kAllLanes, even, offset);
            odd += __shfl_xor_sync(kAllLanes, odd, offset);
        }
        const unsigned sum = (lane % 2 == 0 ? even : odd) >> (lane / 2 * 16) & 0xffffu;
        if (lane < 4 && sum != 0) {
            atomicAdd(&histogram[word * 4 + lane], static_cast<unsigned long long>(sum));
        }
    }
}

/// The warps' partial results become those of warp 0, in pairs; `memory` holds those of half the warps.
__device__ void joinWarps(StatisticsPartial (&mine)[kStatisticsPack], StatisticsPartial* memory) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    for (int half = kRowsAtOnce / 2; half > 0; half /= 2) {
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

template <class T, bool Packs>
__global__ void __launch_bounds__(kThreads, 3) addStatisticsKernel(
    Rows<T> x, StatisticsArrays to, bool begins, StatisticsPartial* partials, unsigned* arrivals) {
    alignas(16) __shared__ Bins even; // afterwards the memory of joinWarps()
    __shared__ Bins odd;
    __shared__ bool isLast;
    static_assert(sizeof(even) >= sizeof(StatisticsPartial) * kRowsAtOnce / 2 * 32 * kStatisticsPack);
    for (int word = 0; word < kBinWords; ++word) {
        even[word][threadIdx.x] = odd[word][threadIdx.x] = 0;
    }
    const Counters bins{even, odd};
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const std::int64_t first =
        static_cast<std::int64_t>(blockIdx.x) * kStatisticsChannels + (Packs ? lane * kStatisticsPack : lane);
    constexpr int kStep = Packs ? 1 : 32; // between a thread's channels
    const auto load = [&](const T* from) {
        if constexpr (Packs) {
            return loadPack<T, kStatisticsPack>(from);
        } else {
            Pack<float, kStatisticsPack> pack;
#pragma unroll
            for (int j = 0; j < kStatisticsPack; ++j) {
                pack.values[j] = first + j * kStep < x.columns ? toFloat(from[j * kStep]) : 0.0f;
            }
            return pack;
        }
    };
    Channel channels[kStatisticsPack];
#pragma unroll
    for (int j = 0; j < kStatisticsPack; ++j) {
        const std::int64_t c = first + j * kStep;
        if (c < x.columns) {
            channels[j].shift = begins ? shiftFor(toFloat(x.at(0)[c])) : to.shift[c];
            if (begins && blockIdx.y == 0 && warp == 0) {
                to.shift[c] = channels[j].shift;
            }
        }
    }
    const std::int64_t begin = static_cast<std::int64_t>(blockIdx.y) * kStatisticsRows;
    // Rows from the thread's next one to the end of the block's.
    int left = static_cast<int>(min(x.rows - begin, static_cast<std::int64_t>(kStatisticsRows))) - warp;
    if (first < x.columns && left > 0) {
        using Loaded = Pack<std::conditional_t<Packs, T, float>, kStatisticsPack>;
        const std::int64_t stride = kRowsAtOnce * x.stride;
        const T* from = x.at(begin + warp) + first;
        Loaded packs[kGroup];
        const auto loadGroup = [&](int rows) {
#pragma unroll
            for (int i = 0; i < kGroup; ++i) {
                if (i * kRowsAtOnce < rows) {
                    packs[i] = load(from + i * stride);
                }
            }
            from += kGroup * stride;
        };
        loadGroup(left);
        for (; left > 0; left -= kRowsAtOnce * kGroup) {
            Loaded here[kGroup];
#pragma unroll
            for (int i = 0; i < kGroup; ++i) {
                here[i] = packs[i];
            }
            loadGroup(left - kRowsAtOnce * kGroup); // ahead of its use
            const int count = min((left + kRowsAtOnce - 1) / kRowsAtOnce, kGroup);
#pragma unroll
            for (int j = 0; j < kStatisticsPack; ++j) {
                if (Packs || first + j * kStep < x.columns) {
                    float values[kGroup];
#pragma unroll
                    for (int i = 0; i < kGroup; ++i) {
                        values[i] = here[i][j];
                    }
                    addGroup(channels[j], values, count, bins);
                }
            }
        }
    }
    __syncthreads();
    addBins(bins, to.histogram);
    StatisticsPartial mine[kStatisticsPack];
#pragma unroll
    for (int j = 0; j < kStatisticsPack; ++j) {
        const Channel& c = channels[j];
        mine[j] = {c.sum, c.squares, c.min, c.max, c.above6, c.nonfinite};
    }
    joinWarps(mine, reinterpret_cast<StatisticsPartial*>(&even));
    if (warp == 0) {
#pragma unroll
        for (int j = 0; j < kStatisticsPack; ++j) {
            if (first + j * kStep < x.columns) {
                partials[blockIdx.y * x.columns + first + j * kStep] = mine[j];
            }
        }
        __threadfence();
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        isLast = atomicAdd(&arrivals[blockIdx.x], 1u) == gridDim.y - 1;
        if (isLast) {
            arrivals[blockIdx.x] = 0;
            __threadfence();
        }
    }
    __syncthreads();
    if (isLast) {
        addToTotals(to, partials, x.columns, begins);
    }
}

} // namespace

void addStatistics(
    Matrix x, const StatisticsArrays& to, bool begins, StatisticsPartial* partials, unsigned* arrivals,
    Stream stream) {
    const dim3 grid(blocksFor(x.columns, kStatisticsChannels), blocksFor(x.rows, kStatisticsRows));
    withElement(x, [&](auto type) {
        using T = decltype(type);
        const auto kernel =
            hasPacks(x, kStatisticsPack) ? addStatisticsKernel<T, true> : addStatisticsKernel<T, false>;
        kernel<<<grid, kThreads, 0, stream>>>(Rows<T>(x), to, begins, partials, arrivals);
    });
}

} // namespace mambascope::cuda
