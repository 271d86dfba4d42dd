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
constexpr int kDeltaStride = kScanChannels + 2; ///< of a token's Δ: rows begin in different banks

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

/// How the values of a tile, kTokens rows of kWidth, are dealt out to the threads: packs of N neighbours.
template <class T, int N, int Tokens, int Width>
struct Deal {
    static constexpr int kPacksPerRow = Width / N;
    static constexpr int kRowsAtOnce = kScanThreads / kPacksPerRow;
    static constexpr int kPacks = (Tokens + kRowsAtOnce - 1) / kRowsAtOnce; ///< a thread's

    static __device__ int column() { return static_cast<int>(threadIdx.x) % kPacksPerRow * N; }
    /// Of the thread's first pack; the others follow every kRowsAtOnce rows.
    static __device__ int row() { return static_cast<int>(threadIdx.x) / kPacksPerRow; }
    static __device__ bool isRow(int pack) { return row() + pack * kRowsAtOnce < Tokens; }
};

/// A thread's packs of one operand, one tile after the other; asked for ahead of their use.
template <class T, int N, int Tokens, int Width>
struct Operand {
    using Dealt = Deal<T, N, Tokens, Width>;
    const T* from;
    std::int64_t stride;
    Pack<T, N> packs[Dealt::kPacks];

    __device__ Operand(const Rows<T>& rows, std::int64_t firstRow, std::int64_t firstColumn)
        : from(rows.at(firstRow + Dealt::row()) + firstColumn + Dealt::column())
        , stride(rows.stride) {}
    /// Loads the packs of the next tile, of which `rows` rows are there.
    __device__ void next(bool isColumn, int rows) {
#pragma unroll
        for (int i = 0; i < Dealt::kPacks; ++i) {
            if (isColumn && Dealt::isRow(i) && Dealt::row() + i * Dealt::kRowsAtOnce < rows) {
                packs[i] = loadPack<T, N>(from + i * Dealt::kRowsAtOnce * stride);
            }
        }
        from += Tokens * stride;
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

/// `M`: packs of B and C, which have kLanes · PerLane columns then; 1: any number of columns.
template <class T, int N, int M, int PerLane, int Tokens>
__global__ void __launch_bounds__(kScanThreads) scanKernel(Scan<T> a, Sequences sequences) {
    constexpr int kStates = kLanes * PerLane;
    using Pairs = Deal<T, N, Tokens, kScanChannels>;
    using Projected = Deal<T, M, Tokens, kStates>;
    alignas(16) __shared__ float2 sharedDelta[Tokens][kDeltaStride]; // Δ, Δ·u
    __shared__ float sharedSum[Tokens][kSumStride];                  // Σ C·h
    alignas(16) __shared__ float sharedB[Tokens][kStates];
    alignas(16) __shared__ float sharedC[Tokens][kStates];
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

    const std::int64_t packChannel = firstChannel + Pairs::column();
    const bool isPack = packChannel < inner; // whole packs only: N divides inner
    const bool isState = Projected::column() < a.state;
    float bias[N], skip[N];
#pragma unroll
    for (int j = 0; j < N; ++j) {
        bias[j] = isPack ? a.dtBias[packChannel + j] : 0.0f;
        skip[j] = isPack ? a.d[packChannel + j] : 0.0f;
    }
    Operand<T, N, Tokens, kScanChannels> dt(a.dt, segment.begin, firstChannel);
    Operand<T, N, Tokens, kScanChannels> u(a.u, segment.begin, firstChannel);
    Operand<T, N, Tokens, kScanChannels> z(a.z, segment.begin, firstChannel);
    Operand<T, M, Tokens, kStates> b(a.b, segment.begin, 0), c(a.c, segment.begin, 0);
    T* to = a.y.at(segment.begin + Pairs::row()) + packChannel;
    int left = static_cast<int>(segment.length); // rows from this tile on
    const auto next = [&](int rows) {
        dt.next(isPack, rows), u.next(isPack, rows), z.next(isPack, rows);
        b.next(isState, rows), c.next(isState, rows);
    };
    const auto isPair = [&](int i) {
        return isPack && Pairs::isRow(i) && Pairs::row() + i * Pairs::kRowsAtOnce < left;
    };
    next(left);
    for (; left > 0; left -= Tokens) {
        Pack<T, N> uHere[Pairs::kPacks], zHere[Pairs::kPacks];
#pragma unroll
        for (int i = 0; i < Pairs::kPacks; ++i) {
            const int row = Pairs::row() + i * Pairs::kRowsAtOnce;
            const bool is = isPair(i);
            uHere[i] = u.packs[i], zHere[i] = z.packs[i];
            if (Pairs::isRow(i)) {
                Pack<float, 2 * N> deltas;
#pragma unroll
                for (int j = 0; j < N; ++j) {
                    // A token after the last one leaves the state as it is: Δ = 0.
                    const float delta = Functions<T>::softplus(dt.packs[i][j] + bias[j]);
                    deltas.values[2 * j] = is ? delta : 0.0f;
                    deltas.values[2 * j + 1] = is ? delta * u.packs[i][j] : 0.0f;
                }
                storePack(&sharedDelta[row][Pairs::column()].x, deltas);
            }
        }
#pragma unroll
        for (int i = 0; i < Projected::kPacks; ++i) {
            const int row = Projected::row() + i * Projected::kRowsAtOnce;
            const bool is = isState && row < left;
            if (Projected::isRow(i)) {
#pragma unroll
                for (int j = 0; j < M; ++j) {
                    sharedB[row][Projected::column() + j] = is ? b.packs[i][j] : 0.0f;
                    sharedC[row][Projected::column() + j] = is ? c.packs[i][j] : 0.0f;
                }
            }
        }
        __syncthreads();
        next(left - Tokens);
        // The sums wait in registers: a store among the loads of shared memory would hold them up.
        float sums[Tokens / kLanes];
#pragma unroll
        for (int t = 0; t < Tokens; t += kLanes) {
            float parts[kLanes];
#pragma unroll
            for (int j = 0; j < kLanes; ++j) {
                const float2 delta = sharedDelta[t + j][local];
                const auto bHere = loadPack<float, PerLane>(&sharedB[t + j][lane * PerLane]);
                const auto cHere = loadPack<float, PerLane>(&sharedC[t + j][lane * PerLane]);
                parts[j] = 0;
#pragma unroll
                for (int i = 0; i < PerLane; ++i) {
                    h[i] = fmaf(exp2Quick(delta.x * decay[i]), h[i], delta.y * bHere[i]);
                    parts[j] = fmaf(h[i], cHere[i], parts[j]);
                }
            }
            sums[t / kLanes] = sumForLane(parts, lane);
        }
#pragma unroll
        for (int t = 0; t < Tokens; t += kLanes) {
            sharedSum[t + lane][local] = sums[t / kLanes];
        }
        __syncthreads();
#pragma unroll
        for (int i = 0; i < Pairs::kPacks; ++i) {
            if (isPair(i)) {
                float y[N];
#pragma unroll
                for (int j = 0; j < N; ++j) {
                    const float sum = sharedSum[Pairs::row() + i * Pairs::kRowsAtOnce][Pairs::column() + j];
                    y[j] = fmaf(skip[j], uHere[i][j], sum) * Functions<T>::silu(zHere[i][j]);
                }
                Pack<T, N> packed;
                packed.set(y);
                storePack(to + i * Pairs::kRowsAtOnce * a.y.stride, packed);
            }
        }
        to += Tokens * a.y.stride;
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
        const bool packs = a.state == 16 && hasPacks(a.dt, N) && hasPacks(a.u, N) && hasPacks(a.z, N) &&
                           hasPacks(a.y, N) && hasPacks(a.b, N) && hasPacks(a.c, N);
        // Published models have 16 states; the others need not be quick.
        const auto kernel = a.state > 64   ? scanKernel<T, 1, 1, kMostScanStates / kLanes, 8>
                            : a.state > 16 ? scanKernel<T, 1, 1, 16, 8>
                            : packs        ? scanKernel<T, N, N, 4, 32>
                                           : scanKernel<T, 1, 1, 4, 32>;
        kernel<<<grid, kScanThreads, 0, stream>>>(Scan<T>(a), sequences);
    });
}

} // namespace mambascope::cuda
