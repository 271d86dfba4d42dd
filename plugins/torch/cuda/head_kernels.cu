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

/// One sequence, one head and kHeadChannels of its channels a block.
template <int PerLane>
__global__ void __launch_bounds__(kHeadThreads) headScanKernel(HeadScanArguments a, Sequences sequences) {
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
        const int count = static_cast<int>(min(static_cast<std::int64_t>(kHeadTokens), segment.length - first));
        __syncthreads(); // the last tokens' values may still be read
        for (int i = threadIdx.x; i < count * PerLane * kLanes; i += kHeadThreads) {
            const int t = i / (PerLane * kLanes), n = i % (PerLane * kLanes);
            const std::int64_t row = segment.begin + first + t;
            b[t][n] = n < a.state ? rowOf(a.b, row)[firstState + n] : 0.0f;
            c[t][n] = n < a.state ? rowOf(a.c, row)[firstState + n] : 0.0f;
        }
        if (threadIdx.x < count) {
            float step = softplus(rowOf(a.dt, segment.begin + first + threadIdx.x)[head] + bias);
            step = step < a.dtMin ? a.dtMin : step; // a NaN stays
            step = step > a.dtMax ? a.dtMax : step;
            delta[threadIdx.x] = step;
            decay[threadIdx.x] = exp2f(step * rate);
        }
        __syncthreads();
        for (int t = 0; t < count; ++t) {
            const std::int64_t row = segment.begin + first + t;
            const float u = rowOf(a.u, row)[channel];
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
                rowOf(a.y, row)[channel] = fmaf(skip, u, sum);
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

/// x ← x / rms(x) · weight over one row's piece, by one block.
__device__ void normInPlace(float* x, const float* weight, float epsilon, std::int64_t columns, float squares) {
    const float mean = reduceBlock(squares, Sum()) / static_cast<float>(columns);
    const float scale = 1.0f / sqrtf(mean + epsilon);
    for (std::int64_t i = threadIdx.x; i < columns; i += kThreads) {
        x[i] = weight != nullptr ? weight[i] * (x[i] * scale) : x[i] * scale;
    }
}

__global__ void gatedNormKernel(GatedNormArguments a) {
    const std::int64_t width = a.x.columns / a.groups, first = blockIdx.y * width;
    float* x = rowOf(a.x, blockIdx.x) + first;
    const float* gate = rowOf(a.gate, blockIdx.x) + first;
    float squares = 0;
    for (std::int64_t i = threadIdx.x; i < width; i += kThreads) {
        x[i] *= silu(gate[i]);
        squares = fmaf(x[i], x[i], squares);
    }
    if (a.weight != nullptr) {
        normInPlace(x, a.weight + first, a.epsilon, width, squares);
    }
}

__global__ void unitNormKernel(Matrix x, float epsilon) {
    float* row = rowOf(x, blockIdx.x);
    float squares = 0;
    for (std::int64_t i = threadIdx.x; i < x.columns; i += kThreads) {
        squares = fmaf(row[i], row[i], squares);
    }
    normInPlace(row, nullptr, epsilon, x.columns, squares);
}

} // namespace

void headScan(const HeadScanArguments& a, const Sequences& sequences) {
    const dim3 grid(
        blocksFor(sequences.count, 1), static_cast<unsigned>(a.heads),
        blocksFor(a.u.columns / a.heads, kHeadChannels));
    if (a.state <= 16) {
        headScanKernel<4><<<grid, kHeadThreads>>>(a, sequences);
    } else if (a.state <= 64) {
        headScanKernel<16><<<grid, kHeadThreads>>>(a, sequences);
    } else if (a.state <= 128) {
        headScanKernel<32><<<grid, kHeadThreads>>>(a, sequences);
    } else {
        headScanKernel<kMostStates / kLanes><<<grid, kHeadThreads>>>(a, sequences);
    }
}

void gatedNorm(const GatedNormArguments& a) {
    gatedNormKernel<<<dim3(blocksFor(a.x.rows, 1), static_cast<unsigned>(a.groups)), kThreads>>>(a);
}

void unitNorm(Matrix x, float epsilon) {
    unitNormKernel<<<blocksFor(x.rows, 1), kThreads>>>(x, epsilon);
}

} // namespace mambascope::cuda
