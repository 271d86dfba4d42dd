// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Functions that the kernels share.

#include "plugins/torch/cuda/kernels.h"

#include <cfloat>
#include <cmath>

namespace mambascope::cuda {

constexpr int kThreads = 256;
constexpr unsigned kAllLanes = 0xffffffffu;

inline unsigned blocksFor(std::int64_t count, std::int64_t size) {
    return static_cast<unsigned>((count + size - 1) / size);
}

struct Sum {
    __device__ double operator()(double a, double b) const { return a + b; }
    __device__ float operator()(float a, float b) const { return a + b; }
};

struct Largest {
    __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

/// Combines the values of a block of kThreads threads in a fixed order; every thread gets the result.
template <class T, class F>
__device__ T reduceBlock(T value, F combine) {
    __shared__ T warps[kThreads / 32];
    for (int offset = 16; offset > 0; offset /= 2) {
        value = combine(value, __shfl_xor_sync(kAllLanes, value, offset));
    }
    __syncthreads(); // an earlier call may still be read
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = value;
    }
    __syncthreads();
    value = warps[0];
    for (int i = 1; i < kThreads / 32; ++i) {
        value = combine(value, warps[i]);
    }
    return value;
}

__device__ inline float softplus(float x) {
    return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x)));
}

__device__ inline float silu(float x) {
    return x / (1.0f + expf(-x));
}

__device__ inline float* rowOf(const Matrix& m, std::int64_t row) {
    return m.data + row * m.stride;
}

} // namespace mambascope::cuda
