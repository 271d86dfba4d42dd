// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels that treat each row by itself.
#include "plugins/torch/cuda/device_math.cuh"

#include <cuda_runtime.h>

#include <climits>

namespace mambascope::cuda {

namespace {

__global__ void embedKernel(const float* table, const std::int32_t* ids, Rows<float> out) {
    const std::int64_t row = blockIdx.x;
    const float* from = table + static_cast<std::int64_t>(ids[row]) * out.columns;
    for (std::int64_t c = threadIdx.x; c < out.columns; c += kThreads) {
        out.at(row)[c] = from[c];
    }
}

__device__ float normScale(float squares, std::int64_t columns, float epsilon) {
    return 1.0f / sqrtf(reduceBlock(squares, Sum()) / static_cast<float>(columns) + epsilon);
}

/// out = x / rms(x) · weight, by one block.
template <class T>
__device__ void
normRow(const float* x, float squares, const float* weight, float epsilon, std::int64_t columns, T* out) {
    const float scale = normScale(squares, columns, epsilon);
    for (std::int64_t c = threadIdx.x; c < columns; c += blockDim.x) {
        out[c] = fromFloat<T>(weight[c] * (x[c] * scale));
    }
}

template <class T>
__global__ void
addNormKernel(Rows<T> add, Rows<float> residual, const float* weight, float epsilon, Rows<T> out) {
    const std::int64_t row = blockIdx.x;
    float* x = residual.at(row);
    float squares = 0;
    for (std::int64_t c = threadIdx.x; c < residual.columns; c += kThreads) {
        float value = x[c];
        if (add.data != nullptr) {
            value += toFloat(add.at(row)[c]);
            x[c] = value;
        }
        squares = fmaf(value, value, squares);
    }
    if (out.data != nullptr) {
        normRow(x, squares, weight, epsilon, residual.columns, out.at(row));
    }
}

constexpr int kNormPack = 4, kNormPacks = 2; ///< a thread keeps so many packs of a row in registers

/// The same for rows of whole packs that fit a block; the block is as wide as the row needs.
template <class T>
__global__ void
addNormPacksKernel(Rows<T> add, Rows<float> residual, const float* weight, float epsilon, Rows<T> out) {
    const std::int64_t row = blockIdx.x;
    float* x = residual.at(row);
    Pack<float, kNormPack> values[kNormPacks];
    float squares = 0;
#pragma unroll
    for (int i = 0; i < kNormPacks; ++i) {
        const std::int64_t c = (i * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x)) * kNormPack;
        if (c < residual.columns) {
            values[i] = loadPack<float, kNormPack>(x + c);
            if (add.data != nullptr) {
                const auto more = loadPack<T, kNormPack>(add.at(row) + c);
#pragma unroll
                for (int j = 0; j < kNormPack; ++j) {
                    values[i].values[j] += more[j];
                }
                storePack(x + c, values[i]);
            }
#pragma unroll
            for (int j = 0; j < kNormPack; ++j) {
                squares = fmaf(values[i][j], values[i][j], squares);
            }
        }
    }
    if (out.data == nullptr) {
        return;
    }
    const float scale = normScale(squares, residual.columns, epsilon);
#pragma unroll
    for (int i = 0; i < kNormPacks; ++i) {
        const std::int64_t c = (i * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x)) * kNormPack;
        if (c < residual.columns) {
            const auto w = loadPack<float, kNormPack>(weight + c);
            float scaled[kNormPack];
#pragma unroll
            for (int j = 0; j < kNormPack; ++j) {
                scaled[j] = w[j] * (values[i][j] * scale);
            }
            Pack<T, kNormPack> normed;
            normed.set(scaled);
            storePack(out.at(row) + c, normed);
        }
    }
}

template <class T>
__global__ void
normRowsKernel(Rows<float> x, const std::int64_t* rows, const float* weight, float epsilon, Rows<T> out) {
    const float* from = x.at(rows[blockIdx.x]);
    float squares = 0;
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        squares = fmaf(from[c], from[c], squares);
    }
    normRow(from, squares, weight, epsilon, x.columns, out.at(blockIdx.x));
}

template <class T>
__global__ void addBiasKernel(Rows<T> x, const float* bias) {
    T* row = x.at(blockIdx.x);
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        row[c] = fromFloat<T>(toFloat(row[c]) + bias[c]);
    }
}

template <class From, class To>
__global__ void convertKernel(Rows<From> from, Rows<To> to) {
    for (std::int64_t c = threadIdx.x; c < from.columns; c += kThreads) {
        to.at(blockIdx.x)[c] = fromFloat<To>(toFloat(from.at(blockIdx.x)[c]));
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

constexpr int kHeadPack = 4;

/// Calls `f(value, column)` for the thread's part of a row.
template <bool Packs, class F>
__device__ void eachLogit(const float* x, std::int64_t columns, F f) {
    if constexpr (Packs) {
#pragma unroll 4
        for (std::int64_t c = threadIdx.x * kHeadPack; c < columns; c += kThreads * kHeadPack) {
            const auto pack = loadPack<float, kHeadPack>(x + c);
#pragma unroll
            for (int j = 0; j < kHeadPack; ++j) {
                f(pack[j], static_cast<std::int32_t>(c + j));
            }
        }
    } else {
        for (std::int64_t c = threadIdx.x; c < columns; c += kThreads) {
            f(x[c], static_cast<std::int32_t>(c));
        }
    }
}

template <bool Packs>
__global__ void __launch_bounds__(kThreads) scoreLogitsKernel(
    Rows<float> logits, std::int64_t first, const std::int32_t* targets, HeadScore* scores) {
    const float* x = logits.at(blockIdx.x);
    Best best{-INFINITY, INT_MAX};
    eachLogit<Packs>(x, logits.columns, [&](float value, std::int32_t c) {
        if (value > best.value) { // never for a NaN, which makes the sum NaN instead
            best = {value, c};
        }
    });
    best = bestOfBlock(best);
    best.at = best.at == INT_MAX ? INT_MAX : best.at + static_cast<std::int32_t>(first);
    // A thread's few terms in fp32, all else in double. The row is in the cache now.
    float few = 0;
    eachLogit<Packs>(
        x, logits.columns, [&](float value, std::int32_t) { few += exp2f((value - best.value) * kLog2e); });
    const double sum = reduceBlock(static_cast<double>(few), Sum());
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

void embed(const float* table, const std::int32_t* ids, Matrix out, Stream stream) {
    embedKernel<<<blocksFor(out.rows, 1), kThreads, 0, stream>>>(table, ids, Rows<float>(out));
}

void addNorm(Matrix add, Matrix residual, const float* weight, float epsilon, Matrix out, Stream stream) {
    const Matrix& typed = out.data != nullptr ? out : add;
    const bool packs = hasPacks(residual, kNormPack) && (add.data == nullptr || hasPacks(add, kNormPack)) &&
                       (out.data == nullptr || hasPacks(out, kNormPack));
    const unsigned threads = (blocksFor(residual.columns, kNormPack * kNormPacks) + 31) / 32 * 32;
    withElement(typed, [&](auto type) {
        using T = decltype(type);
        const auto kernel = packs && threads <= 1024 ? addNormPacksKernel<T> : addNormKernel<T>;
        kernel<<<blocksFor(residual.rows, 1), packs && threads <= 1024 ? threads : kThreads, 0, stream>>>(
            Rows<T>(add), Rows<float>(residual), weight, epsilon, Rows<T>(out));
    });
}

void normRows(
    Matrix x, const std::int64_t* rows, const float* weight, float epsilon, Matrix out, Stream stream) {
    withElement(out, [&](auto type) {
        using T = decltype(type);
        normRowsKernel<<<blocksFor(out.rows, 1), kThreads, 0, stream>>>(
            Rows<float>(x), rows, weight, epsilon, Rows<T>(out));
    });
}

void addBias(Matrix x, const float* bias, Stream stream) {
    withElement(x, [&](auto type) {
        addBiasKernel<<<blocksFor(x.rows, 1), kThreads, 0, stream>>>(Rows<decltype(type)>(x), bias);
    });
}

void convert(Matrix from, Matrix to, Stream stream) {
    withElement(from, [&](auto source) {
        withElement(to, [&](auto target) {
            convertKernel<<<blocksFor(from.rows, 1), kThreads, 0, stream>>>(
                Rows<decltype(source)>(from), Rows<decltype(target)>(to));
        });
    });
}

void scoreLogits(
    Matrix logits, std::int64_t first, const std::int32_t* targets, HeadScore* scores, Stream stream) {
    const auto kernel = hasPacks(logits, kHeadPack) ? scoreLogitsKernel<true> : scoreLogitsKernel<false>;
    kernel<<<blocksFor(logits.rows, 1), kThreads, 0, stream>>>(Rows<float>(logits), first, targets, scores);
}

} // namespace mambascope::cuda
