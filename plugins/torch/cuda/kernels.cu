// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels that treat each row by itself. The quantizer's divisions and roundings are those of the core, bit
// for bit: this file must not be compiled with --use_fast_math.
#include "plugins/torch/cuda/device_math.cuh"

#include <cuda_runtime.h>

#include <climits>

namespace mambascope::cuda {

namespace {

__global__ void embedKernel(const float* table, const std::int32_t* ids, Matrix out) {
    const std::int64_t row = blockIdx.x;
    const float* from = table + static_cast<std::int64_t>(ids[row]) * out.columns;
    for (std::int64_t c = threadIdx.x; c < out.columns; c += kThreads) {
        rowOf(out, row)[c] = from[c];
    }
}

/// out = x / rms(x) · weight, by one block.
__device__ void
normRow(const float* x, float squares, const float* weight, float epsilon, std::int64_t columns, float* out) {
    const float mean = reduceBlock(squares, Sum()) / static_cast<float>(columns);
    const float scale = 1.0f / sqrtf(mean + epsilon);
    for (std::int64_t c = threadIdx.x; c < columns; c += kThreads) {
        out[c] = weight[c] * (x[c] * scale);
    }
}

__global__ void addNormKernel(Matrix add, Matrix residual, const float* weight, float epsilon, Matrix out) {
    const std::int64_t row = blockIdx.x;
    float* x = rowOf(residual, row);
    float squares = 0;
    for (std::int64_t c = threadIdx.x; c < residual.columns; c += kThreads) {
        float value = x[c];
        if (add.data != nullptr) {
            value += rowOf(add, row)[c];
            x[c] = value;
        }
        squares = fmaf(value, value, squares);
    }
    if (out.data != nullptr) {
        normRow(x, squares, weight, epsilon, residual.columns, rowOf(out, row));
    }
}

__global__ void
normRowsKernel(Matrix x, const std::int64_t* rows, const float* weight, float epsilon, Matrix out) {
    const float* from = rowOf(x, rows[blockIdx.x]);
    float squares = 0;
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        squares = fmaf(from[c], from[c], squares);
    }
    normRow(from, squares, weight, epsilon, x.columns, rowOf(out, blockIdx.x));
}

__global__ void addBiasKernel(Matrix x, const float* bias) {
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        rowOf(x, blockIdx.x)[c] += bias[c];
    }
}

__device__ float prepared(const float* x, const Preparation& how, std::int64_t channel) {
    const bool kept = how.keep == nullptr || how.keep[channel] != 0;
    const float value = kept ? x[channel] : 0.0f;
    return how.smoothing == nullptr ? value : __fdiv_rn(value, how.smoothing[channel]);
}

__global__ void prepareKernel(Matrix x, Preparation how, Matrix out) {
    const float* from = rowOf(x, blockIdx.x);
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        rowOf(out, blockIdx.x)[c] = prepared(from, how, c);
    }
}

__global__ void rowAbsmaxKernel(Matrix x, Preparation how, float* absmax) {
    const float* from = rowOf(x, blockIdx.x);
    float largest = 0;
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        const float magnitude = fabsf(prepared(from, how, c));
        if (magnitude <= FLT_MAX) { // false for a NaN
            largest = fmaxf(largest, magnitude);
        }
    }
    largest = reduceBlock(largest, Largest());
    if (threadIdx.x == 0) {
        absmax[blockIdx.x] = largest;
    }
}

/// 0 stands for "every q is 0".
__device__ float quantizerScale(float absmax, float limit) {
    const float scale = __fdiv_rn(absmax, limit);
    return scale >= FLT_MIN && scale <= FLT_MAX ? scale : 0.0f;
}

__global__ void rowScalesKernel(std::int64_t rows, float limit, float* scales) {
    const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (row < rows) {
        scales[row] = quantizerScale(scales[row], limit);
    }
}

__global__ void sequenceScalesKernel(Sequences sequences, float limit, float* scales) {
    const Segment segment = sequences.segments[blockIdx.x];
    float largest = 0;
    for (std::int64_t t = threadIdx.x; t < segment.length; t += kThreads) {
        largest = fmaxf(largest, scales[segment.begin + t]);
    }
    const float scale = quantizerScale(reduceBlock(largest, Largest()), limit);
    for (std::int64_t t = threadIdx.x; t < segment.length; t += kThreads) {
        scales[segment.begin + t] = scale;
    }
}

/// clamp(roundEven(x / scale), ±limit) · scale; infinities saturate, a NaN fails the comparisons and stays.
__device__ float quantized(float x, float scale, float limit) {
    if (scale == 0.0f) {
        return x == x ? 0.0f : x;
    }
    float q = rintf(__fdiv_rn(x, scale));
    q = q > limit ? limit : q;
    q = q < -limit ? -limit : q;
    return q * scale;
}

__global__ void
quantizeKernel(Matrix x, Preparation how, const float* rowScales, float scale, float limit, Matrix out) {
    const float* from = rowOf(x, blockIdx.x);
    const float by = rowScales != nullptr ? rowScales[blockIdx.x] : scale;
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        rowOf(out, blockIdx.x)[c] = quantized(prepared(from, how, c), by, limit);
    }
}

struct Best {
    float value;
    std::int32_t at;
};

/// The larger one, the lower position on ties.
__device__ Best better(Best a, Best b) {
    return b.value > a.value || (b.value == a.value && b.at < a.at) ? b : a;
}

__device__ Best bestOfBlock(Best mine) {
    __shared__ Best warps[kThreads / 32];
    for (int offset = 16; offset > 0; offset /= 2) {
        mine = better(
            mine,
            {__shfl_xor_sync(kAllLanes, mine.value, offset), __shfl_xor_sync(kAllLanes, mine.at, offset)});
    }
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = mine;
    }
    __syncthreads();
    Best best = warps[0];
    for (int i = 1; i < kThreads / 32; ++i) {
        best = better(best, warps[i]);
    }
    return best;
}

__global__ void
scoreLogitsKernel(Matrix logits, std::int64_t first, const std::int32_t* targets, HeadScore* scores) {
    const float* x = rowOf(logits, blockIdx.x);
    Best best{-INFINITY, INT_MAX};
    for (std::int64_t c = threadIdx.x; c < logits.columns; c += kThreads) {
        if (x[c] > best.value) { // never for a NaN, which makes the sum NaN instead
            best = {x[c], static_cast<std::int32_t>(first + c)};
        }
    }
    best = bestOfBlock(best);
    double sum = 0;
    for (std::int64_t c = threadIdx.x; c < logits.columns; c += kThreads) {
        sum += static_cast<double>(expf(x[c] - best.value));
    }
    sum = reduceBlock(sum, Sum());
    if (threadIdx.x != 0) {
        return;
    }
    HeadScore score = scores[blockIdx.x];
    if (first == 0) {
        score = {sum, best.value, 0.0f, best.at == INT_MAX ? 0 : best.at};
    } else if (best.value > score.largest) {
        score.sumExp = score.sumExp * exp(static_cast<double>(score.largest) - best.value) + sum;
        score.largest = best.value;
        score.argmax = best.at;
    } else {
        score.sumExp += sum * exp(static_cast<double>(best.value) - score.largest);
    }
    const std::int64_t target = targets[blockIdx.x] - first;
    if (target >= 0 && target < logits.columns) {
        score.target = x[target];
    }
    scores[blockIdx.x] = score;
}

} // namespace

bool haveCode() {
    cudaFuncAttributes attributes;
    const bool found = cudaFuncGetAttributes(&attributes, embedKernel) == cudaSuccess;
    cudaGetLastError(); // so that a later check does not find it
    return found;
}

void embed(const float* table, const std::int32_t* ids, Matrix out) {
    embedKernel<<<blocksFor(out.rows, 1), kThreads>>>(table, ids, out);
}

void addNorm(Matrix add, Matrix residual, const float* weight, float epsilon, Matrix out) {
    addNormKernel<<<blocksFor(residual.rows, 1), kThreads>>>(add, residual, weight, epsilon, out);
}

void normRows(Matrix x, const std::int64_t* rows, const float* weight, float epsilon, Matrix out) {
    normRowsKernel<<<blocksFor(out.rows, 1), kThreads>>>(x, rows, weight, epsilon, out);
}

void addBias(Matrix x, const float* bias) {
    addBiasKernel<<<blocksFor(x.rows, 1), kThreads>>>(x, bias);
}

void prepareInput(Matrix x, Preparation how, Matrix out) {
    prepareKernel<<<blocksFor(x.rows, 1), kThreads>>>(x, how, out);
}

void rowAbsmax(Matrix x, Preparation how, float* absmax) {
    rowAbsmaxKernel<<<blocksFor(x.rows, 1), kThreads>>>(x, how, absmax);
}

void rowScales(std::int64_t rows, float limit, float* scales) {
    rowScalesKernel<<<blocksFor(rows, kThreads), kThreads>>>(rows, limit, scales);
}

void sequenceScales(const Sequences& sequences, float limit, float* scales) {
    sequenceScalesKernel<<<blocksFor(sequences.count, 1), kThreads>>>(sequences, limit, scales);
}

void quantize(Matrix x, Preparation how, const float* rowScales, float scale, float limit, Matrix out) {
    quantizeKernel<<<blocksFor(x.rows, 1), kThreads>>>(x, how, rowScales, scale, limit, out);
}

void scoreLogits(Matrix logits, std::int64_t first, const std::int32_t* targets, HeadScore* scores) {
    scoreLogitsKernel<<<blocksFor(logits.rows, 1), kThreads>>>(logits, first, targets, scores);
}

} // namespace mambascope::cuda
