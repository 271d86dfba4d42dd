// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Functions that the kernels share.

#include "plugins/torch/cuda/kernels.h"

#include <cuda_bf16.h>

#include <cfloat>
#include <cmath>

namespace mambascope::cuda {

constexpr int kThreads = 256;
constexpr unsigned kAllLanes = 0xffffffffu;

using BFloat16 = __nv_bfloat16;

__host__ __device__ inline unsigned blocksFor(std::int64_t count, std::int64_t size) {
    return static_cast<unsigned>((count + size - 1) / size);
}

/// A Matrix whose elements are known.
template <class T>
struct Rows {
    T* data = nullptr;
    std::int64_t rows = 0, columns = 0, stride = 0;

    Rows() = default;
    __host__ __device__ explicit Rows(const Matrix& m)
        : data(reinterpret_cast<T*>(m.data))
        , rows(m.rows)
        , columns(m.columns)
        , stride(m.stride) {}
    __device__ T* at(std::int64_t row) const { return data + row * stride; }
};

/// Calls `f` with a value of the matrix' element type.
template <class F>
void withElement(const Matrix& m, F f) {
    if (m.element == Element::BF16) {
        f(BFloat16());
    } else {
        f(float());
    }
}

__device__ inline float toFloat(float x) {
    return x;
}
__device__ inline float toFloat(BFloat16 x) {
    return __bfloat162float(x);
}
template <class T>
__device__ T fromFloat(float x);
template <>
__device__ inline float fromFloat<float>(float x) {
    return x;
}
template <>
__device__ inline BFloat16 fromFloat<BFloat16>(float x) {
    return __float2bfloat16_rn(x);
}

/// N neighbours that are loaded and stored in one access.
template <class T, int N>
struct alignas(sizeof(T) * N > 16 ? 16 : sizeof(T) * N) Pack {
    T values[N];

    __device__ float operator[](int i) const { return toFloat(values[i]); }
    __device__ void set(const float (&x)[N]) {
#pragma unroll
        for (int i = 0; i < N; ++i) {
            values[i] = fromFloat<T>(x[i]);
        }
    }
};

/// Two in a register, which is all that the compiler moves about.
template <int N>
struct PackOfPairs {
    unsigned pairs[N / 2];

    __device__ float operator[](int i) const {
        return __uint_as_float(i % 2 == 0 ? pairs[i / 2] << 16 : pairs[i / 2] & 0xffff0000u);
    }
    __device__ void set(const float (&x)[N]) {
#pragma unroll
        for (int i = 0; i < N; i += 2) {
            const __nv_bfloat162 pair = __floats2bfloat162_rn(x[i], x[i + 1]);
            pairs[i / 2] = *reinterpret_cast<const unsigned*>(&pair);
        }
    }
};
template <>
struct alignas(4) Pack<BFloat16, 2> : PackOfPairs<2> {};
template <>
struct alignas(8) Pack<BFloat16, 4> : PackOfPairs<4> {};
template <>
struct alignas(16) Pack<BFloat16, 8> : PackOfPairs<8> {};

template <class T, int N>
__device__ Pack<T, N> loadPack(const T* from) {
    return *reinterpret_cast<const Pack<T, N>*>(from);
}
template <class T, int N>
__device__ void storePack(T* to, const Pack<T, N>& pack) {
    *reinterpret_cast<Pack<T, N>*>(to) = pack;
}

/// Rows begin at, and consist of, whole packs of N elements.
inline bool hasPacks(const Matrix& m, int n) {
    const std::size_t bytes = (m.element == Element::BF16 ? 2u : 4u) * static_cast<unsigned>(n);
    return m.columns % n == 0 && m.stride % n == 0 && reinterpret_cast<std::uintptr_t>(m.data) % bytes == 0;
}

/// A value of a linear's input, zeroed and smoothed.
template <class T>
__device__ float prepared(const T* x, const Preparation& how, std::int64_t channel) {
    const bool kept = how.keep == nullptr || how.keep[channel] != 0;
    const float value = kept ? toFloat(x[channel]) : 0.0f;
    return how.smoothing == nullptr ? value : __fdiv_rn(value, how.smoothing[channel]);
}

/// 0 stands for "every q is 0".
__device__ inline float quantizerScale(float absmax, float limit) {
    const float scale = __fdiv_rn(absmax, limit);
    return scale >= FLT_MIN && scale <= FLT_MAX ? scale : 0.0f;
}

/// clamp(roundEven(x / scale), ±limit) · scale; infinities saturate, a NaN fails the comparisons and stays.
__device__ inline float quantized(float x, float scale, float limit) {
    if (scale == 0.0f) {
        return x == x ? 0.0f : x;
    }
    float q = rintf(__fdiv_rn(x, scale));
    q = q > limit ? limit : q;
    q = q < -limit ? -limit : q;
    return q * scale;
}

/// Largest magnitude of the finite values.
template <int N>
__device__ float finiteAbsmax(const float (&x)[N]) {
    float largest = 0;
#pragma unroll
    for (int i = 0; i < N; ++i) {
        const float magnitude = fabsf(x[i]);
        largest = magnitude <= FLT_MAX ? fmaxf(largest, magnitude) : largest; // false for a NaN
    }
    return largest;
}

/// Quantizes states of one channel, of which the largest magnitude is `absmax`.
template <int N>
__device__ void roundStates(float (&h)[N], float absmax, float limit) {
    const float scale = quantizerScale(absmax, limit);
#pragma unroll
    for (int i = 0; i < N; ++i) {
        h[i] = quantized(h[i], scale, limit);
    }
}

struct Sum {
    __device__ double operator()(double a, double b) const { return a + b; }
    __device__ float operator()(float a, float b) const { return a + b; }
};

struct Largest {
    __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

/// Combines the values of a block of whole warps in a fixed order; every thread gets the result.
template <class T, class F>
__device__ T reduceBlock(T value, F combine) {
    __shared__ T warps[32];
    for (int offset = 16; offset > 0; offset /= 2) {
        value = combine(value, __shfl_xor_sync(kAllLanes, value, offset));
    }
    __syncthreads(); // an earlier call may still be read
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = value;
    }
    __syncthreads();
    value = warps[0];
    for (int i = 1; i < static_cast<int>(blockDim.x) / 32; ++i) {
        value = combine(value, warps[i]);
    }
    return value;
}

/// 2^x: within 2 units in the last place, like exp2f(), but a result below 2^-126 is 0.
__device__ inline float exp2Quick(float x) {
    float result;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
}

constexpr float kLog2e = 1.44269504088896340736f;

/// The functions as precisely as fp32 allows, and, for bf16 results, with an error far below their rounding.
template <class T>
struct Functions;

template <>
struct Functions<float> {
    static __device__ float softplus(float x) { return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x))); }
    static __device__ float silu(float x) { return x / (1.0f + expf(-x)); }
};

template <>
struct Functions<BFloat16> {
    /// 1 + e rounds e off where it is small, so there it is ln(1 + e) = e − e²/2 + e³/3: relative error
    /// 2^-18.
    static __device__ float softplus(float x) {
        const float e = exp2Quick(-fabsf(x) * kLog2e);
        const float series = e * fmaf(e, fmaf(e, 1.0f / 3.0f, -0.5f), 1.0f);
        float result; // chosen without a branch, which the compiler would make of ?:
        asm("{ .reg .pred p; setp.lt.f32 p, %1, 0f3C800000; selp.f32 %0, %2, %3, p; }" // 2^-6
            : "=f"(result)
            : "f"(e), "f"(series), "f"(__logf(1.0f + e)));
        return fmaxf(x, 0.0f) + result;
    }
    static __device__ float silu(float x) { return __fdividef(x, 1.0f + exp2Quick(-x * kLog2e)); }
};

} // namespace mambascope::cuda
