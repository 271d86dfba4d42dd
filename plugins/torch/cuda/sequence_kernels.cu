// SPDX-License-Identifier: GPL-3.0-or-later
// The causal convolution.
#include "plugins/torch/cuda/device_math.cuh"

#include <cuda_runtime.h>

namespace mambascope::cuda {

namespace {

/// ConvArguments with elements known.
template <class T>
struct Conv {
    Rows<T> x, out;
    const float *weight, *bias;
    int kernel;
    std::int64_t stateOffset;

    explicit Conv(const ConvArguments& a)
        : x(a.x)
        , out(a.out)
        , weight(a.weight)
        , bias(a.bias)
        , kernel(a.kernel)
        , stateOffset(a.stateOffset) {}

    /// What the state of a segment holds of the token `t` < 0.
    __device__ const float* stateAt(const Segment& s, std::int64_t t) const {
        return s.state + stateOffset + (kernel - 1 + t) * x.columns;
    }
    /// Input `t` of a segment; the tokens before its first one are in its state, or zeros.
    __device__ float input(const Segment& s, std::int64_t t, std::int64_t channel) const {
        if (t >= 0) {
            return toFloat(x.at(s.begin + t)[channel]);
        }
        return s.state != nullptr ? stateAt(s, t)[channel] : 0.0f;
    }
};

template <class T>
__global__ void convSiluKernel(Conv<T> a, Sequences sequences) {
    const std::int64_t row = blockIdx.x;
    const std::int64_t channel = static_cast<std::int64_t>(blockIdx.y) * kThreads + threadIdx.x;
    if (channel >= a.x.columns) {
        return;
    }
    const Segment segment = sequences.segments[sequences.ofRow[row]];
    float sum = a.bias != nullptr ? a.bias[channel] : 0.0f;
    for (int k = 0; k < a.kernel; ++k) {
        const std::int64_t t = row - segment.begin - (a.kernel - 1) + k;
        sum = fmaf(a.weight[k * a.x.columns + channel], a.input(segment, t, channel), sum);
    }
    a.out.at(row)[channel] = fromFloat<T>(Functions<T>::silu(sum));
}

constexpr int kTaps = 4;     ///< of every published Mamba
constexpr int kConvRows = 8; ///< that a thread computes one after the other
constexpr int kConvPack = 4; ///< channels of a thread
constexpr int kConvThreads = 128;

/// Four taps; a thread computes one pack of channels of kConvRows rows, so that it reads each input once.
template <class T>
__global__ void __launch_bounds__(kConvThreads) convSiluPacksKernel(Conv<T> a, Sequences sequences) {
    constexpr int N = kConvPack;
    const std::int64_t firstRow = static_cast<std::int64_t>(blockIdx.y) * kConvRows;
    const std::int64_t channel = (static_cast<std::int64_t>(blockIdx.x) * kConvThreads + threadIdx.x) * N;
    if (channel >= a.x.columns) {
        return;
    }
    const int rows = static_cast<int>(min(static_cast<std::int64_t>(kConvRows), a.x.rows - firstRow));
    Pack<T, N> inputs[kConvRows];
#pragma unroll
    for (int r = 0; r < kConvRows; ++r) {
        if (r < rows) {
            inputs[r] = loadPack<T, N>(a.x.at(firstRow + r) + channel);
        }
    }
    Segment segment = sequences.segments[sequences.ofRow[firstRow]];
    float window[kTaps][N]; // the oldest first
    float weight[kTaps][N], bias[N];
#pragma unroll
    for (int k = 0; k < kTaps; ++k) {
        const auto taps = loadPack<float, N>(a.weight + k * a.x.columns + channel);
#pragma unroll
        for (int j = 0; j < N; ++j) {
            weight[k][j] = taps[j];
        }
    }
#pragma unroll
    for (int j = 0; j < N; ++j) {
        bias[j] = a.bias != nullptr ? a.bias[channel + j] : 0.0f;
    }
#pragma unroll
    for (int k = 0; k < kTaps - 1; ++k) {
        const std::int64_t t = firstRow - segment.begin - (kTaps - 1) + k;
        if (t >= 0) {
            const auto before = loadPack<T, N>(a.x.at(segment.begin + t) + channel);
#pragma unroll
            for (int j = 0; j < N; ++j) {
                window[k + 1][j] = before[j];
            }
        } else {
#pragma unroll
            for (int j = 0; j < N; ++j) {
                window[k + 1][j] = a.input(segment, t, channel + j);
            }
        }
    }
#pragma unroll
    for (int r = 0; r < kConvRows; ++r) {
        if (r >= rows) {
            break;
        }
        if (firstRow + r == segment.begin + segment.length) { // the next sequence begins
            segment = sequences.segments[sequences.ofRow[firstRow + r]];
#pragma unroll
            for (int k = 0; k < kTaps - 1; ++k) {
#pragma unroll
                for (int j = 0; j < N; ++j) {
                    window[k + 1][j] = a.input(segment, k - (kTaps - 1), channel + j);
                }
            }
        }
        float results[N];
#pragma unroll
        for (int j = 0; j < N; ++j) {
            float sum = bias[j];
#pragma unroll
            for (int k = 0; k < kTaps - 1; ++k) {
                window[k][j] = window[k + 1][j];
                sum = fmaf(weight[k][j], window[k][j], sum);
            }
            window[kTaps - 1][j] = inputs[r][j];
            sum = fmaf(weight[kTaps - 1][j], window[kTaps - 1][j], sum);
            results[j] = Functions<T>::silu(sum);
        }
        Pack<T, N> out;
        out.set(results);
        storePack(a.out.at(firstRow + r) + channel, out);
    }
}

/// Ascending, because `finalState` may be `state`.
template <class T>
__global__ void saveConvStateKernel(Conv<T> a, Sequences sequences) {
    const Segment segment = sequences.segments[blockIdx.x];
    const std::int64_t channel = static_cast<std::int64_t>(blockIdx.y) * kThreads + threadIdx.x;
    if (channel >= a.x.columns || segment.finalState == nullptr) {
        return;
    }
    for (int k = 0; k < a.kernel - 1; ++k) {
        segment.finalState[a.stateOffset + k * a.x.columns + channel] =
            a.input(segment, segment.length - (a.kernel - 1) + k, channel);
    }
}

} // namespace

void convSilu(const ConvArguments& a, const Sequences& sequences, Stream stream) {
    withElement(a.x, [&](auto type) {
        using T = decltype(type);
        if (a.kernel == kTaps && hasPacks(a.x, kConvPack) && hasPacks(a.out, kConvPack)) {
            const dim3 grid(blocksFor(a.x.columns, kConvThreads * kConvPack), blocksFor(a.x.rows, kConvRows));
            convSiluPacksKernel<T><<<grid, kConvThreads, 0, stream>>>(Conv<T>(a), sequences);
            return;
        }
        const dim3 grid(blocksFor(a.x.rows, 1), blocksFor(a.x.columns, kThreads));
        convSiluKernel<T><<<grid, kThreads, 0, stream>>>(Conv<T>(a), sequences);
    });
}

void saveConvState(const ConvArguments& a, const Sequences& sequences, Stream stream) {
    const dim3 grid(blocksFor(sequences.count, 1), blocksFor(a.x.columns, kThreads));
    withElement(a.x, [&](auto type) {
        using T = decltype(type);
        saveConvStateKernel<T><<<grid, kThreads, 0, stream>>>(Conv<T>(a), sequences);
    });
}

} // namespace mambascope::cuda
