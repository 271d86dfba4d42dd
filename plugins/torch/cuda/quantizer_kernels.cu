// SPDX-License-Identifier: GPL-3.0-or-later
// What a plan does to a linear's input and output. Divisions and roundings are those of the core, bit for
// bit: this file must not be compiled with --use_fast_math. Of a BF16 matrix every value is converted to
// fp32, transformed exactly like an fp32 one, and rounded to bf16 when it is stored.
#include "plugins/torch/cuda/device_math.cuh"

#include <cuda_runtime.h>

namespace mambascope::cuda {

namespace {

template <class T>
__global__ void prepareKernel(Rows<T> x, Preparation how, Rows<T> out) {
    const T* from = x.at(blockIdx.x);
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        out.at(blockIdx.x)[c] = fromFloat<T>(prepared(from, how, c));
    }
}

template <class T>
__global__ void multiplyColumnsKernel(Rows<T> x, const float* factors, Rows<float> out) {
    const T* from = x.at(blockIdx.x);
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        const float value = toFloat(from[c]);
        out.at(blockIdx.x)[c] = factors != nullptr ? __fmul_rn(value, factors[c]) : value;
    }
}

template <class T>
__global__ void rowAbsmaxKernel(Rows<T> x, Preparation how, float* absmax) {
    const T* from = x.at(blockIdx.x);
    float largest = 0;
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        const bool counts = how.exempt == nullptr || how.exempt[c] == 0;
        const float magnitude = counts ? fabsf(prepared(from, how, c)) : 0.0f;
        if (magnitude <= FLT_MAX) { // false for a NaN
            largest = fmaxf(largest, magnitude);
        }
    }
    largest = reduceBlock(largest, Largest());
    if (threadIdx.x == 0) {
        absmax[blockIdx.x] = largest;
    }
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

template <class T>
__global__ void
quantizeKernel(Rows<T> x, Preparation how, const float* rowScales, float scale, float limit, Rows<T> out) {
    const T* from = x.at(blockIdx.x);
    const float by = rowScales != nullptr ? rowScales[blockIdx.x] : scale;
    for (std::int64_t c = threadIdx.x; c < x.columns; c += kThreads) {
        const float value = prepared(from, how, c);
        const bool exempt = how.exempt != nullptr && how.exempt[c] != 0;
        out.at(blockIdx.x)[c] = fromFloat<T>(exempt ? value : quantized(value, by, limit));
    }
}

/// The steps of Rotation::apply() in the same order, so that the results are the same. Two rows of shared memory, one
/// if there are no cosines.
template <class T>
__global__ void rotateKernel(Rows<T> x, Preparation how, const float* cosines, int odd, Rows<T> out) {
    extern __shared__ float shared[];
    const int n = static_cast<int>(x.columns);
    const T* from = x.at(blockIdx.x);
    float* row = shared;
    for (int c = threadIdx.x; c < n; c += kThreads) {
        row[c] = prepared(from, how, c);
    }
    __syncthreads();
    if (odd > 1) {
        float* mixed = shared + n;
        for (int c = threadIdx.x; c < n; c += kThreads) {
            const int to = c % odd, first = c - to;
            float sum = 0;
            for (int i = 0; i < odd; ++i) {
                sum = __fadd_rn(sum, __fmul_rn(row[first + i], cosines[i * odd + to]));
            }
            mixed[c] = sum;
        }
        row = mixed;
        __syncthreads();
    }
    for (int half = odd; half < n; half *= 2) {
        for (int i = threadIdx.x; i < n / 2; i += kThreads) {
            const int low = i / half * 2 * half + i % half, high = low + half;
            const float a = row[low], b = row[high];
            row[low] = __fadd_rn(a, b);
            row[high] = __fsub_rn(a, b);
        }
        __syncthreads();
    }
    const auto scale = static_cast<float>(1.0 / sqrt(static_cast<double>(n / odd)));
    for (int c = threadIdx.x; c < n; c += kThreads) {
        out.at(blockIdx.x)[c] = fromFloat<T>(__fmul_rn(row[c], scale));
    }
}

template <class T>
__global__ void
quantizeIntegersKernel(Rows<T> x, bool given, float scale, float limit, float* scales, Bytes out) {
    const T* from = x.at(blockIdx.x);
    std::int8_t* to = out.data + static_cast<std::int64_t>(blockIdx.x) * out.columns;
    const float by = given ? scales[blockIdx.x] : scale;
    float nans = 0;
    for (std::int64_t c = threadIdx.x; c < out.columns; c += kThreads) {
        const float value = c < x.columns ? toFloat(from[c]) : 0.0f;
        nans += value == value ? 0.0f : 1.0f;
        float q = by == 0.0f || value != value ? 0.0f : rintf(__fdiv_rn(value, by));
        q = q > limit ? limit : q;
        q = q < -limit ? -limit : q;
        to[c] = static_cast<std::int8_t>(q);
    }
    nans = reduceBlock(nans, Largest());
    if (threadIdx.x == 0 && (!given || nans > 0)) {
        scales[blockIdx.x] = nans > 0 ? nanf("") : by;
    }
}

template <class T>
__global__ void scaleSumsKernel(Sums sums, const float* rowScales, const float* outputScales, Rows<T> y) {
    const std::int32_t* from = sums.data + static_cast<std::int64_t>(blockIdx.x) * sums.columns;
    const float rowScale = rowScales[blockIdx.x];
    for (std::int64_t c = threadIdx.x; c < y.columns; c += kThreads) {
        const float scaled = __fmul_rn(static_cast<float>(from[c]), outputScales[c]);
        y.at(blockIdx.x)[c] = fromFloat<T>(__fmul_rn(scaled, rowScale));
    }
}

} // namespace

void rotate(Matrix x, Preparation how, const float* cosines, int odd, Matrix out, Stream stream) {
    withElement(x, [&](auto type) {
        using T = decltype(type);
        const std::size_t bytes = static_cast<std::size_t>(x.columns) * sizeof(float) * (odd > 1 ? 2 : 1);
        cudaFuncSetAttribute(
            rotateKernel<T>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
        rotateKernel<<<blocksFor(x.rows, 1), kThreads, bytes, stream>>>(
            Rows<T>(x), how, cosines, odd, Rows<T>(out));
    });
}

void quantizeIntegers(
    Matrix x, bool given, float scale, float limit, float* scales, Bytes out, Stream stream) {
    withElement(x, [&](auto type) {
        quantizeIntegersKernel<<<blocksFor(x.rows, 1), kThreads, 0, stream>>>(
            Rows<decltype(type)>(x), given, scale, limit, scales, out);
    });
}

void scaleSums(Sums sums, const float* rowScales, const float* outputScales, Matrix y, Stream stream) {
    withElement(y, [&](auto type) {
        scaleSumsKernel<<<blocksFor(y.rows, 1), kThreads, 0, stream>>>(
            sums, rowScales, outputScales, Rows<decltype(type)>(y));
    });
}

void multiplyColumns(Matrix x, const float* factors, Matrix out, Stream stream) {
    withElement(x, [&](auto type) {
        multiplyColumnsKernel<<<blocksFor(x.rows, 1), kThreads, 0, stream>>>(
            Rows<decltype(type)>(x), factors, Rows<float>(out));
    });
}

void prepareInput(Matrix x, Preparation how, Matrix out, Stream stream) {
    withElement(x, [&](auto type) {
        using T = decltype(type);
        prepareKernel<<<blocksFor(x.rows, 1), kThreads, 0, stream>>>(Rows<T>(x), how, Rows<T>(out));
    });
}

void rowAbsmax(Matrix x, Preparation how, float* absmax, Stream stream) {
    withElement(x, [&](auto type) {
        rowAbsmaxKernel<<<blocksFor(x.rows, 1), kThreads, 0, stream>>>(Rows<decltype(type)>(x), how, absmax);
    });
}

void rowScales(std::int64_t rows, float limit, float* scales, Stream stream) {
    rowScalesKernel<<<blocksFor(rows, kThreads), kThreads, 0, stream>>>(rows, limit, scales);
}

void sequenceScales(const Sequences& sequences, float limit, float* scales, Stream stream) {
    sequenceScalesKernel<<<blocksFor(sequences.count, 1), kThreads, 0, stream>>>(sequences, limit, scales);
}

void quantize(
    Matrix x, Preparation how, const float* rowScales, float scale, float limit, Matrix out, Stream stream) {
    withElement(x, [&](auto type) {
        using T = decltype(type);
        quantizeKernel<<<blocksFor(x.rows, 1), kThreads, 0, stream>>>(
            Rows<T>(x), how, rowScales, scale, limit, Rows<T>(out));
    });
}

} // namespace mambascope::cuda
