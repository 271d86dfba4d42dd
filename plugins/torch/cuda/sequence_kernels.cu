// SPDX-License-Identifier: GPL-3.0-or-later
// The kernels that know sequences: convolution and selective scan.
#include "plugins/torch/cuda/device_math.cuh"

#include <cuda_runtime.h>

namespace mambascope::cuda {

namespace {

/// Input `t` of a segment's convolution; the tokens before its first one are in its state, or zeros.
__device__ float convInput(const ConvArguments& a, const Segment& s, std::int64_t t, std::int64_t channel) {
    if (t >= 0) {
        return rowOf(a.x, s.begin + t)[channel];
    }
    return s.state != nullptr ? s.state[a.stateOffset + (a.kernel - 1 + t) * a.x.columns + channel] : 0.0f;
}

__global__ void convSiluKernel(ConvArguments a, Sequences sequences) {
    const std::int64_t row = blockIdx.x;
    const std::int64_t channel = static_cast<std::int64_t>(blockIdx.y) * kThreads + threadIdx.x;
    if (channel >= a.x.columns) {
        return;
    }
    const Segment segment = sequences.segments[sequences.ofRow[row]];
    float sum = a.bias != nullptr ? a.bias[channel] : 0.0f;
    for (int k = 0; k < a.kernel; ++k) {
        const std::int64_t t = row - segment.begin - (a.kernel - 1) + k;
        sum = fmaf(a.weight[k * a.x.columns + channel], convInput(a, segment, t, channel), sum);
    }
    rowOf(a.out, row)[channel] = silu(sum);
}

/// Ascending, because `finalState` may be `state`.
__global__ void saveConvStateKernel(ConvArguments a, Sequences sequences) {
    const Segment segment = sequences.segments[blockIdx.x];
    const std::int64_t channel = static_cast<std::int64_t>(blockIdx.y) * kThreads + threadIdx.x;
    if (channel >= a.x.columns || segment.finalState == nullptr) {
        return;
    }
    for (int k = 0; k < a.kernel - 1; ++k) {
        segment.finalState[a.stateOffset + k * a.x.columns + channel] =
            convInput(a, segment, segment.length - (a.kernel - 1) + k, channel);
    }
}

/// Lanes that share a channel. Each holds every fourth state, and looks after every fourth token: it alone
/// computes that token's Δ and gate, and hands Δ to the others.
constexpr int kLanes = 4;
constexpr int kScanThreads = 128;
constexpr int kScanChannels = kScanThreads / kLanes;

/// What a lane knows of one of its tokens.
struct Token {
    float dt = 0, u = 0, z = 0;
};

/// One sequence and kScanChannels channels a block; a lane has PerLane states in registers.
template <int PerLane>
__global__ void __launch_bounds__(kScanThreads) scanKernel(ScanArguments a, Sequences sequences) {
    const Segment segment = sequences.segments[blockIdx.x];
    const int lane = threadIdx.x % kLanes;
    const std::int64_t inner = a.u.columns;
    const std::int64_t wanted = static_cast<std::int64_t>(blockIdx.y) * kScanChannels + threadIdx.x / kLanes;
    const bool isChannel = wanted < inner; // the others stay, because lanes exchange values
    const std::int64_t channel = isChannel ? wanted : inner - 1;

    float h[PerLane], decay[PerLane];
#pragma unroll
    for (int i = 0; i < PerLane; ++i) {
        const int n = lane + kLanes * i;
        const std::int64_t at = n * inner + channel;
        decay[i] = n < a.state ? a.decay[at] : 0.0f;
        h[i] = n < a.state && segment.state != nullptr ? segment.state[a.stateOffset + at] : 0.0f;
    }
    const float bias = a.dtBias[channel], skip = a.d[channel];
    const auto load = [&](std::int64_t t) {
        Token token;
        if (t < segment.length) {
            const std::int64_t row = segment.begin + t;
            token = {rowOf(a.dt, row)[channel], rowOf(a.u, row)[channel], rowOf(a.z, row)[channel]};
        }
        return token;
    };
    Token token = load(lane);
    for (std::int64_t t = 0; t < segment.length; t += kLanes) {
        const Token next = load(t + kLanes + lane);
        const float delta = softplus(token.dt + bias);
        const float deltaU = delta * token.u;
        float y = 0;
#pragma unroll
        for (int j = 0; j < kLanes; ++j) {
            if (t + j >= segment.length) {
                break; // for the whole block
            }
            const float step = __shfl_sync(kAllLanes, delta, j, kLanes);
            const float stepU = __shfl_sync(kAllLanes, deltaU, j, kLanes);
            const float* b = rowOf(a.b, segment.begin + t + j);
            const float* c = rowOf(a.c, segment.begin + t + j);
            float sum = 0;
#pragma unroll
            for (int i = 0; i < PerLane; ++i) {
                const int n = lane + kLanes * i;
                if (n < a.state) {
                    h[i] = fmaf(exp2f(step * decay[i]), h[i], stepU * b[n]);
                    sum = fmaf(h[i], c[n], sum);
                }
            }
            sum += __shfl_xor_sync(kAllLanes, sum, 1, kLanes);
            sum += __shfl_xor_sync(kAllLanes, sum, 2, kLanes);
            y = lane == j ? sum : y;
        }
        if (isChannel && t + lane < segment.length) {
            rowOf(a.y, segment.begin + t + lane)[channel] = fmaf(skip, token.u, y) * silu(token.z);
        }
        token = next;
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

} // namespace

void convSilu(const ConvArguments& a, const Sequences& sequences) {
    const dim3 grid(blocksFor(a.x.rows, 1), blocksFor(a.x.columns, kThreads));
    convSiluKernel<<<grid, kThreads>>>(a, sequences);
}

void saveConvState(const ConvArguments& a, const Sequences& sequences) {
    const dim3 grid(blocksFor(sequences.count, 1), blocksFor(a.x.columns, kThreads));
    saveConvStateKernel<<<grid, kThreads>>>(a, sequences);
}

void scan(const ScanArguments& a, const Sequences& sequences) {
    const dim3 grid(blocksFor(sequences.count, 1), blocksFor(a.u.columns, kScanChannels));
    if (a.state <= 16) {
        scanKernel<4><<<grid, kScanThreads>>>(a, sequences);
    } else if (a.state <= 64) {
        scanKernel<16><<<grid, kScanThreads>>>(a, sequences);
    } else {
        scanKernel<kMostStates / kLanes><<<grid, kScanThreads>>>(a, sequences);
    }
}

} // namespace mambascope::cuda
