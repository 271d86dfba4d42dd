// SPDX-License-Identifier: GPL-3.0-or-later
// The selective scan. A block runs kScanChannels channels of one sequence, kLanes lanes a channel, each with
// PerLane states in registers. It goes through the sequence in tiles of tokens:
//   1. each thread takes a few (token, channel) pairs out of global memory (asked for one tile ahead),
//   computes
//      Δ = softplus(dt + bias) and Δ·u once for all lanes, and leaves them in shared memory, as B and C;
//   2. each lane runs its states over the tile; the sums over states of four tokens are exchanged between the
//      four lanes so that each ends with one token's (3 shuffles instead of 8);
//   3. each thread takes its pairs' sums back, adds D·u, multiplies with the gate and stores.
// Thus every operand passes global memory once, in its own layout, and a special function of a pair is
// evaluated once. What is left is one exp2 and four fp32 operations per state: on an H100 the special
// function units' 16 results a clock and multiprocessor are the limit.
#include "plugins/torch/cuda/device_math.cuh"

#include <cuda_runtime.h>

namespace mambascope::cuda {

namespace {

constexpr int kLanes = 4;
constexpr int kScanThreads = 128;
constexpr int kScanChannels = kScanThreads / kLanes;
constexpr int kSumStride = 40; ///< of a token's sums: lanes that store four tokens' meet no bank twice

/// ScanArguments with elements known.
template <class T>
struct Scan {
    Rows<T> dt, u, z, b, c, y;
    const float *dtBias, *decay, *d;
    int state;
    std::int64_t stateOffset;

    explicit Scan(const ScanArguments& a)
        : dt(a.dt)
        , u(a.u)
        , z(a.z)
        , b(a.b)
        , c(a.c)
        , y(a.y)
        , dtBias(a.dtBias)
        , decay(a.decay)
        , d(a.d)
        , state(a.state)
        , stateOffset(a.stateOffset) {}
};

/// How the (token, channel) pairs of a tile are dealt out to the threads: packs of N channels.
template <class T, int N, int Tokens>
struct Deal {
    static constexpr int kPacksPerRow = kScanChannels / N;
    static constexpr int kRowsAtOnce = kScanThreads / kPacksPerRow;
    static constexpr int kPacks = (Tokens + kRowsAtOnce - 1) / kRowsAtOnce; ///< a thread's

    static __device__ int channel() { return static_cast<int>(threadIdx.x) % kPacksPerRow * N; }
    static __device__ int token(int pack) {
        return static_cast<int>(threadIdx.x) / kPacksPerRow + pack * kRowsAtOnce;
    }
};

template <int PerLane, int Tokens>
struct Shared {
    float2 delta[Tokens][kScanChannels]; ///< Δ, Δ·u
    float sum[Tokens][kSumStride];       ///< Σ C·h
    float b[Tokens][kLanes * PerLane], c[Tokens][kLanes * PerLane];
};

/// A thread's share of B and C of a tile, on the way from global to shared memory.
template <class T, int PerLane, int Tokens>
struct Projections {
    static constexpr int kWidth = kLanes * PerLane;
    static constexpr int kCount = (Tokens * kWidth + kScanThreads - 1) / kScanThreads;
    T b[kCount], c[kCount];

    __device__ void load(const Scan<T>& a, const Segment& s, std::int64_t first) {
#pragma unroll
        for (int i = 0; i < kCount; ++i) {
            const int at = i * kScanThreads + static_cast<int>(threadIdx.x);
            const std::int64_t t = first + at / kWidth;
            const int n = at % kWidth;
            const bool is = t < s.length && n < a.state;
            b[i] = is ? a.b.at(s.begin + t)[n] : fromFloat<T>(0.0f);
            c[i] = is ? a.c.at(s.begin + t)[n] : fromFloat<T>(0.0f);
        }
    }
    __device__ void store(Shared<PerLane, Tokens>& shared) const {
#pragma unroll
        for (int i = 0; i < kCount; ++i) {
            const int at = i * kScanThreads + static_cast<int>(threadIdx.x);
            if (at < Tokens * kWidth) {
                (&shared.b[0][0])[at] = toFloat(b[i]);
                (&shared.c[0][0])[at] = toFloat(c[i]);
            }
        }
    }
};

/// Four values that four lanes have of each of four tokens: lane j gets the sum of the values of token j.
__device__ float sumForLane(const float (&values)[4], int lane) {
    const bool high = (lane & 2) != 0, odd = (lane & 1) != 0;
    float mine[2];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
        const float sent = high ? values[i] : values[i + 2];
        mine[i] = (high ? values[i + 2] : values[i]) + __shfl_xor_sync(kAllLanes, sent, 2);
    }
    const float sent = odd ? mine[0] : mine[1];
    return (odd ? mine[1] : mine[0]) + __shfl_xor_sync(kAllLanes, sent, 1);
}

template <class T, int N, int PerLane, int Tokens>
__global__ void __launch_bounds__(kScanThreads) scanKernel(Scan<T> a, Sequences sequences) {
    using Pairs = Deal<T, N, Tokens>;
    constexpr int kUnrolled = PerLane <= 4 ? 2 : 1;
    __shared__ Shared<PerLane, Tokens> shared;
    const Segment segment = sequences.segments[blockIdx.x];
    const int lane = threadIdx.x % kLanes;
    const int local = threadIdx.x / kLanes;
    const std::int64_t inner = a.u.columns;
    const std::int64_t firstChannel = static_cast<std::int64_t>(blockIdx.y) * kScanChannels;
    const std::int64_t channel = firstChannel + local;

    float h[PerLane], decay[PerLane];
#pragma unroll
    for (int i = 0; i < PerLane; ++i) {
        const int n = lane * PerLane + i;
        const bool is = n < a.state && channel < inner;
        decay[i] = is ? a.decay[n * inner + channel] : 0.0f;
        h[i] = is && segment.state != nullptr ? segment.state[a.stateOffset + n * inner + channel] : 0.0f;
    }

    const std::int64_t packChannel = firstChannel + Pairs::channel();
    const bool isPack = packChannel < inner; // whole packs only: N divides inner
    float bias[N], skip[N];
#pragma unroll
    for (int j = 0; j < N; ++j) {
        bias[j] = isPack ? a.dtBias[packChannel + j] : 0.0f;
        skip[j] = isPack ? a.d[packChannel + j] : 0.0f;
    }
    Pack<T, N> dt[Pairs::kPacks], u[Pairs::kPacks], z[Pairs::kPacks];
    Projections<T, PerLane, Tokens> projections;
    const auto isPair = [&](int i, std::int64_t first) {
        return isPack && Pairs::token(i) < Tokens && first + Pairs::token(i) < segment.length;
    };
    const auto loadTile = [&](std::int64_t first) {
#pragma unroll
        for (int i = 0; i < Pairs::kPacks; ++i) {
            if (isPair(i, first)) {
                const std::int64_t row = segment.begin + first + Pairs::token(i);
                dt[i] = loadPack<T, N>(a.dt.at(row) + packChannel);
                u[i] = loadPack<T, N>(a.u.at(row) + packChannel);
                z[i] = loadPack<T, N>(a.z.at(row) + packChannel);
            }
        }
        projections.load(a, segment, first);
    };
    loadTile(0);
    for (std::int64_t first = 0; first < segment.length; first += Tokens) {
        Pack<T, N> uHere[Pairs::kPacks], zHere[Pairs::kPacks];
#pragma unroll
        for (int i = 0; i < Pairs::kPacks; ++i) {
            const bool is = isPair(i, first);
            uHere[i] = u[i];
            zHere[i] = z[i];
            if (Pairs::token(i) < Tokens) {
#pragma unroll
                for (int j = 0; j < N; ++j) {
                    // A token after the last one leaves the state as it is: Δ = 0.
                    const float delta = is ? Functions<T>::softplus(dt[i][j] + bias[j]) : 0.0f;
                    shared.delta[Pairs::token(i)][Pairs::channel() + j] =
                        make_float2(delta, is ? delta * u[i][j] : 0.0f);
                }
            }
        }
        projections.store(shared);
        __syncthreads();
        if (first + Tokens < segment.length) {
            loadTile(first + Tokens);
        }
#pragma unroll kUnrolled
        for (int t = 0; t < Tokens; t += kLanes) {
            float sums[kLanes];
#pragma unroll
            for (int j = 0; j < kLanes; ++j) {
                const float2 delta = shared.delta[t + j][local];
                sums[j] = 0;
#pragma unroll
                for (int i = 0; i < PerLane; ++i) {
                    const float b = shared.b[t + j][lane * PerLane + i];
                    const float c = shared.c[t + j][lane * PerLane + i];
                    h[i] = fmaf(exp2Quick(delta.x * decay[i]), h[i], delta.y * b);
                    sums[j] = fmaf(h[i], c, sums[j]);
                }
            }
            shared.sum[t + lane][local] = sumForLane(sums, lane);
        }
        __syncthreads();
#pragma unroll
        for (int i = 0; i < Pairs::kPacks; ++i) {
            if (isPair(i, first)) {
                Pack<T, N> y;
#pragma unroll
                for (int j = 0; j < N; ++j) {
                    const float sum = shared.sum[Pairs::token(i)][Pairs::channel() + j];
                    y.set(j, fmaf(skip[j], uHere[i][j], sum) * Functions<T>::silu(zHere[i][j]));
                }
                storePack(a.y.at(segment.begin + first + Pairs::token(i)) + packChannel, y);
            }
        }
    }
    if (segment.finalState != nullptr && channel < inner) {
#pragma unroll
        for (int i = 0; i < PerLane; ++i) {
            const int n = lane * PerLane + i;
            if (n < a.state) {
                segment.finalState[a.stateOffset + n * inner + channel] = h[i];
            }
        }
    }
}

} // namespace

void scan(const ScanArguments& a, const Sequences& sequences, Stream stream) {
    const dim3 grid(blocksFor(sequences.count, 1), blocksFor(a.u.columns, kScanChannels));
    withElement(a.u, [&](auto type) {
        using T = decltype(type);
        constexpr int N = 16 / sizeof(T);
        const bool packs = hasPacks(a.dt, N) && hasPacks(a.u, N) && hasPacks(a.z, N) && hasPacks(a.y, N);
        // Published models have 16 states; the others need not be quick.
        const auto kernel = a.state > 64   ? scanKernel<T, 1, kMostStates / kLanes, 8>
                            : a.state > 16 ? scanKernel<T, 1, 16, 8>
                            : packs        ? scanKernel<T, N, 4, 32>
                                           : scanKernel<T, 1, 4, 32>;
        kernel<<<grid, kScanThreads, 0, stream>>>(Scan<T>(a), sequences);
    });
}

} // namespace mambascope::cuda
