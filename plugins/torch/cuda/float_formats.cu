// SPDX-License-Identifier: GPL-3.0-or-later
// Fake quantization to small floats, bit for bit that of core/quantization/number_format.cpp: this file must not be
// compiled with --use_fast_math. Of a BF16 matrix every value is converted to fp32, quantized exactly like an fp32 one,
// and rounded to bf16 when it is stored.
#include "core/quantization/small_float.h"
#include "plugins/torch/cuda/device_math.cuh"

#include <cuda_runtime.h>

namespace mambascope::cuda {

namespace {

__device__ float powerOfTwo(int exponent) {
    return __int_as_float((exponent + 127) << 23);
}

__device__ int exponentOf(float x) {
    return (__float_as_int(x) >> 23 & 0xff) - 127;
}

__device__ float roundTo(float x, SmallFloat format) {
    const float magnitude = fabsf(x);
    if (!(magnitude < format.largest)) {
        return isnan(x) ? x : copysignf(format.largest, x);
    }
    const int step = max(exponentOf(magnitude), format.minExponent) - format.mantissaBits;
    const float rounder = 1.5f * powerOfTwo(23 + step);
    return copysignf(__fsub_rn(__fadd_rn(magnitude, rounder), rounder), x);
}

__device__ float quantized(float x, float scale, SmallFloat element) {
    if (scale == 0.0f) {
        return isnan(x) ? x : 0.0f;
    }
    return roundTo(__fdiv_rn(x, scale), element) * scale;
}

template <class T>
__global__ void quantizeFloatKernel(
    Rows<T> x, Preparation how, const float* rowScales, float scale, SmallFloat element, Rows<T> out) {
    const T* from = x.at(blockIdx.x);
    const float by = rowScales != nullptr ? rowScales[blockIdx.x] : scale;
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        out.at(blockIdx.x)[c] = fromFloat<T>(quantized(prepared(from, how, c), by, element));
    }
}

/// 0 if the block's values all become 0.
__device__ float blockScale(float absmax, float scale, bool powers) {
    if (absmax == 0.0f) {
        return 1.0f;
    }
    if (powers) {
        return powerOfTwo(min(max(exponentOf(absmax) - 2, -126), 127));
    }
    if (scale == 0.0f) {
        return 0.0f;
    }
    const float block = scale * roundTo(__fdiv_rn(__fdiv_rn(absmax, 6.0f), scale), kE4M3);
    return block >= FLT_MIN && block <= FLT_MAX ? block : 0.0f;
}

/// A thread a block of values; `powers`: mxfp4, else nvfp4.
template <class T>
__global__ void quantizeBlocksKernel(
    Rows<T> x, Preparation how, const float* rowScales, float scale, int size, bool powers, Rows<T> out) {
    const T* from = x.at(blockIdx.x);
    T* to = out.at(blockIdx.x);
    const float by = rowScales != nullptr ? rowScales[blockIdx.x] : scale;
    for (std::int64_t first = static_cast<std::int64_t>(threadIdx.x) * size; first < x.columns;
         first += static_cast<std::int64_t>(kThreads) * size) {
        const std::int64_t last = min(first + size, x.columns);
        float absmax = 0;
        for (std::int64_t c = first; c < last; ++c) {
            const float magnitude = fabsf(prepared(from, how, c));
            absmax = magnitude <= FLT_MAX ? fmaxf(absmax, magnitude) : absmax;
        }
        const float block = blockScale(absmax, by, powers);
        for (std::int64_t c = first; c < last; ++c) {
            to[c] = fromFloat<T>(quantized(prepared(from, how, c), block, kE2M1));
        }
    }
}

} // namespace

void quantizeFloat(
    Matrix x, Preparation how, const float* rowScales, float scale, NumberFormat format, Matrix out,
    Stream stream) {
    const unsigned rows = blocksFor(x.rows, 1);
    withElement(x, [&](auto type) {
        using T = decltype(type);
        if (format == NumberFormat::MxFp4 || format == NumberFormat::NvFp4) {
            const bool powers = format == NumberFormat::MxFp4;
            quantizeBlocksKernel<<<rows, kThreads, 0, stream>>>(
                Rows<T>(x), how, rowScales, scale, powers ? 32 : 16, powers, Rows<T>(out));
        } else {
            quantizeFloatKernel<<<rows, kThreads, 0, stream>>>(
                Rows<T>(x), how, rowScales, scale, format == NumberFormat::Fp8E4M3 ? kE4M3 : kE5M2, Rows<T>(out));
        }
    });
}

} // namespace mambascope::cuda
