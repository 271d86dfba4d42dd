// SPDX-License-Identifier: GPL-3.0-or-later
// The kernels of Mamba-2 and FalconMamba: the scan with a scalar decay a head, and the norms inside a block.
#include "plugins/torch/cuda/device_math.cuh"

#include <cuda_runtime.h>

namespace mambascope::cuda {

namespace {

/// Lanes that share a channel: each holds every fourth state.
constexpr int kLanes = 4;
constexpr int kHeadThreads = 256;
constexpr int kHeadChannels = kHeadThreads / kLanes;
/// Tokens whose B and C lie in shared memory at a time.
constexpr int kHeadTokens = 8;

/// HeadScanArguments with elements known.
template <class T>
struct HeadScan {
    Rows<T> dt, u, y, b, c;
    const float *dtBias, *decay, *d;
    float dtMin, dtMax;
    int heads, groups, state;
    std::int64_t stateOffset;
    float stateLimit;

    explicit HeadScan(const HeadScanArguments& a)
        : dt(a.dt)
        , u(a.u)
        , y(a.y)
        , b(a.b)
        , c(a.c)
        , dtBias(a.dtBias)
        , decay(a.decay)
        , d(a.d)
        , dtMin(a.dtMin)
        , dtMax(a.dtMax)
        , heads(a.heads)
        , groups(a.groups)
        , state(a.state)
        , stateOffset(a.stateOffset)
        , stateLimit(a.stateLimit) {}
};

/// One sequence, one head and kHeadChannels of its channels a block.
template <class T, int PerLane>
__global__ void __launch_bounds__(kHeadThreads) headScanKernel(HeadScan<T> a, Sequences sequences) {
    __shared__ float b[kHeadTokens][PerLane * kLanes], c[kHeadTokens][PerLane * kLanes];
    __shared__ float delta[kHeadTokens], decay[kHeadTokens];
    const Segment segment = sequences.segments[blockIdx.x];
    const int head = blockIdx.y;
    const std::int64_t inner = a.u.columns, width = inner / a.heads;
    const int lane = threadIdx.x % kLanes;
    const std::int64_t wanted = static_cast<std::int64_t>(blockIdx.z) * kHeadChannels + threadIdx.x / kLanes;
    const bool isChannel = wanted < width; // the others stay, because lanes exchange values
    const std::int64_t channel = head * width + (isChannel ? wanted : width - 1);
    const std::int64_t firstState = static_cast<std::int64_t>(head / (a.heads / a.groups)) * a.state;

    float h[PerLane];
#pragma unroll
    for (int i = 0; i < PerLane; ++i) {
        const int n = lane + kLanes * i;
        const bool known = n < a.state && segment.state != nullptr;
        h[i] = known ? segment.state[a.stateOffset + n * inner + channel] : 0.0f;
    }
    const float rate = a.decay[head], bias = a.dtBias[head], skip = a.d[head];
    for (std::int64_t first = 0; first < segment.length; first += kHeadTokens) {
        const int count =
            static_cast<int>(min(static_cast<std::int64_t>(kHeadTokens), segment.length - first));
        __syncthreads(); // the last tokens' values may still be read
        for (int i = threadIdx.x; i < count * PerLane * kLanes; i += kHeadThreads) {
            const int t = i / (PerLane * kLanes), n = i % (PerLane * kLanes);
            const std::int64_t row = segment.begin + first + t;
            b[t][n] = n < a.state ? toFloat(a.b.at(row)[firstState + n]) : 0.0f;
            c[t][n] = n < a.state ? toFloat(a.c.at(row)[firstState + n]) : 0.0f;
        }
        if (threadIdx.x < count) {
            float step =
                Functions<T>::softplus(toFloat(a.dt.at(segment.begin + first + threadIdx.x)[head]) + bias);
            step = step < a.dtMin ? a.dtMin : step; // a NaN stays
            step = step > a.dtMax ? a.dtMax : step;
            delta[threadIdx.x] = step;
            decay[threadIdx.x] = exp2f(step * rate);
        }
        __syncthreads();
        for (int t = 0; t < count; ++t) {
            const std::int64_t row = segment.begin + first + t;
            const float u = toFloat(a.u.at(row)[channel]);
            const float deltaU = delta[t] * u, keep = decay[t];
            float sum = 0;
#pragma unroll
            for (int i = 0; i < PerLane; ++i) {
                const int n = lane + kLanes * i;
                h[i] = fmaf(keep, h[i], deltaU * b[t][n]);
                sum = fmaf(h[i], c[t][n], sum);
            }
            sum += __shfl_xor_sync(kAllLanes, sum, 1, kLanes);
            sum += __shfl_xor_sync(kAllLanes, sum, 2, kLanes);
            __syncwarp(); // y may be u's memory
            if (isChannel && lane == 0) {
                a.y.at(row)[channel] = fromFloat<T>(fmaf(skip, u, sum));
            }
            if (a.stateLimit > 0) {
                float absmax = finiteAbsmax(h);
                absmax = fmaxf(absmax, __shfl_xor_sync(kAllLanes, absmax, 1, kLanes));
                absmax = fmaxf(absmax, __shfl_xor_sync(kAllLanes, absmax, 2, kLanes));
                roundStates(h, absmax, a.stateLimit);
            }
        }
    }
    if (isChannel && segment.finalState != nullptr) {
#pragma unroll
        for (int i = 0; i < PerLane; ++i) {
            const int n = lane + kLanes * i;
            if (n < a.state) {
                segment.finalState[a.stateOffset + n * inner + channel] = h[i];
            }
        }
    }
}

/// Sets each of a row's values to f(i) / rms(f) · weight, by one block; without a norm to f(i).
template <class T, class F>
__device__ void normInPlace(T* x, std::int64_t columns, bool norm, const float* weight, float epsilon, F f) {
    float scale = 1.0f;
    if (norm) {
        float squares = 0;
        for (std::int64_t i = threadIdx.x; i < columns; i += kThreads) {
            squares = fmaf(f(i), f(i), squares);
        }
        scale = 1.0f / sqrtf(reduceBlock(squares, Sum()) / static_cast<float>(columns) + epsilon);
    }
    for (std::int64_t i = threadIdx.x; i < columns; i += kThreads) {
        const float value = norm ? f(i) * scale : f(i);
        x[i] = fromFloat<T>(weight != nullptr ? weight[i] * value : value);
    }
}

template <class T>
__global__ void gatedNormKernel(Rows<T> rows, Rows<T> gates, const float* weight, int groups, float epsilon) {
    const std::int64_t width = rows.columns / groups, first = blockIdx.y * width;
    T* x = rows.at(blockIdx.x) + first;
    const T* gate = gates.at(blockIdx.x) + first;
    normInPlace(
        x, width, weight != nullptr, weight != nullptr ? weight + first : nullptr, epsilon,
        [&](std::int64_t i) { return toFloat(x[i]) * Functions<T>::silu(toFloat(gate[i])); });
}

template <class T>
__global__ void unitNormKernel(Rows<T> rows, float epsilon) {
    T* x = rows.at(blockIdx.x);
    normInPlace(x, rows.columns, true, nullptr, epsilon, [&](std::int64_t i) { return toFloat(x[i]); });
}

} // namespace

void headScan(const HeadScanArguments& a, const Sequences& sequences, Stream stream) {
    const dim3 grid(
        blocksFor(sequences.count, 1), static_cast<unsigned>(a.heads),
        blocksFor(a.u.columns / a.heads, kHeadChannels));
    withElement(a.u, [&](auto type) {
        using T = decltype(type);
        const auto kernel = a.state <= 16    ? headScanKernel<T, 4>
                            : a.state <= 64  ? headScanKernel<T, 16>
                            : a.state <= 128 ? headScanKernel<T, 32>
                                             : headScanKernel<T, kMostStates / kLanes>;
        kernel<<<grid, kHeadThreads, 0, stream>>>(HeadScan<T>(a), sequences);
    });
}

void gatedNorm(const GatedNormArguments& a, Stream stream) {
    withElement(a.x, [&](auto type) {
        using T = decltype(type);
        gatedNormKernel<<<
            dim3(blocksFor(a.x.rows, 1), static_cast<unsigned>(a.groups)), kThreads, 0, stream>>>(
            Rows<T>(a.x), Rows<T>(a.gate), a.weight, a.groups, a.epsilon);
    });
}

void unitNorm(Matrix x, float epsilon, Stream stream) {
    withElement(x, [&](auto type) {
        unitNormKernel<<<blocksFor(x.rows, 1), kThreads, 0, stream>>>(Rows<decltype(type)>(x), epsilon);
    });
}

} // namespace mambascope::cuda
