// SPDX-License-Identifier: GPL-3.0-or-later
// The selective scan with a state that is quantized after every token: one thread a channel, which has all states of
// it. Less quick than scan(), whose lanes would have to meet at every token.
#include "plugins/torch/cuda/device_math.cuh"

#include <cuda_runtime.h>

namespace mambascope::cuda {

namespace {

constexpr int kRoundedThreads = 64;

template <class T, int States>
__global__ void __launch_bounds__(kRoundedThreads) roundedScanKernel(
    ScanArguments a, Rows<T> dt, Rows<T> u, Rows<T> z, Rows<T> b, Rows<T> c, Rows<T> y, Sequences sequences) {
    const Segment segment = sequences.segments[blockIdx.x];
    const std::int64_t inner = u.columns;
    const std::int64_t channel = static_cast<std::int64_t>(blockIdx.y) * kRoundedThreads + threadIdx.x;
    if (channel >= inner) {
        return;
    }
    float h[States], decay[States];
#pragma unroll
    for (int n = 0; n < States; ++n) {
        const bool is = n < a.state;
        decay[n] = is ? a.decay[n * inner + channel] : 0.0f;
        h[n] = is && segment.state != nullptr ? segment.state[a.stateOffset + n * inner + channel] : 0.0f;
    }
    const float bias = a.dtBias[channel], skip = a.d[channel];
    for (std::int64_t row = segment.begin; row < segment.begin + segment.length; ++row) {
        const float delta = Functions<T>::softplus(toFloat(dt.at(row)[channel]) + bias);
        const float uHere = toFloat(u.at(row)[channel]);
        const float deltaU = delta * uHere;
        float sum = 0;
#pragma unroll
        for (int n = 0; n < States; ++n) {
            if (n < a.state) {
                h[n] = fmaf(exp2Quick(delta * decay[n]), h[n], deltaU * toFloat(b.at(row)[n]));
                sum = fmaf(h[n], toFloat(c.at(row)[n]), sum);
            }
        }
        const float gate = Functions<T>::silu(toFloat(z.at(row)[channel]));
        y.at(row)[channel] = fromFloat<T>(fmaf(skip, uHere, sum) * gate);
        roundStates(h, finiteAbsmax(h), a.stateLimit);
    }
#pragma unroll
    for (int n = 0; n < States; ++n) {
        if (n < a.state && segment.finalState != nullptr) {
            segment.finalState[a.stateOffset + n * inner + channel] = h[n];
        }
    }
}

} // namespace

void roundedScan(const ScanArguments& a, const Sequences& sequences, Stream stream) {
    const dim3 grid(blocksFor(sequences.count, 1), blocksFor(a.u.columns, kRoundedThreads));
    withElement(a.u, [&](auto type) {
        using T = decltype(type);
        const auto kernel = a.state <= 16 ? roundedScanKernel<T, 16> : roundedScanKernel<T, kMostScanStates>;
        kernel<<<grid, kRoundedThreads, 0, stream>>>(
            a, Rows<T>(a.dt), Rows<T>(a.u), Rows<T>(a.z), Rows<T>(a.b), Rows<T>(a.c), Rows<T>(a.y), sequences);
    });
}

} // namespace mambascope::cuda
