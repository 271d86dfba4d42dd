// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The matrix kernel, compiled once per instruction set. A weight [outputs, inputs] is packed into panels of
// kPanel outputs, inputs-major, so that the inner loop reads it in order. Every element of the product is one
// chain of multiply-adds over the inputs in ascending order, cut every kDepth inputs: the number of rows,
// their grouping into register tiles and the threads do not enter.

#include "plugins/torch/cpu/kernels.h"
#include "plugins/torch/cpu/simd.h"

namespace mambascope::MAMBASCOPE_ISA_NAMESPACE {

inline constexpr int kPanel = 2 * Vec::kWidth;
/// Inputs between two visits of the output: a panel's slice (kDepth · kPanel floats) stays in the
/// second-level cache and the rows of a tile (kTileRows · kDepth) in the first.
inline constexpr std::int64_t kDepth = 384;
#if defined(MAMBASCOPE_AVX512)
inline constexpr int kTileRows = 14;
inline constexpr int kAhead = 8; ///< inputs
#elif defined(MAMBASCOPE_AVX2)
inline constexpr int kTileRows = 6;
#else
inline constexpr int kTileRows = 4;
#endif

inline constexpr std::int64_t kPackedInputs = 16;

inline void packPanels(
    const float* weight, std::int64_t outputs, std::int64_t inputs, std::int64_t first, std::int64_t last,
    float* packed) {
    for (std::int64_t p = first; p < last; ++p) {
        float* out = packed + p * inputs * kPanel;
        // A few inputs at a time: neither side's cache lines are met twice.
        for (std::int64_t begin = 0; begin < inputs; begin += kPackedInputs) {
            const std::int64_t end = begin + kPackedInputs < inputs ? begin + kPackedInputs : inputs;
            for (int j = 0; j < kPanel; ++j) {
                const std::int64_t row = p * kPanel + j;
                for (std::int64_t k = begin; k < end; ++k) {
                    out[k * kPanel + j] = row < outputs ? weight[row * inputs + k] : 0.0f;
                }
            }
        }
    }
}

/// Rows × one panel over `depth` inputs, added to c unless `first`.
template <int Rows>
void tile(
    const float* a, std::int64_t lda, const float* panel, std::int64_t depth, float* c, std::int64_t ldc,
    int columns, bool first) {
    Vec sum[Rows][2];
    const auto lanes = [&](int v) {
        return FirstLanes{columns - v * Vec::kWidth};
    };
    for (int r = 0; r < Rows; ++r) {
        for (int v = 0; v < 2; ++v) {
            float* at = c + r * ldc + v * Vec::kWidth;
            sum[r][v] = first                              ? zero()
                        : columns >= (v + 1) * Vec::kWidth ? load(at, AllLanes{})
                        : columns > v * Vec::kWidth        ? load(at, lanes(v))
                                                           : zero();
        }
    }
    for (std::int64_t k = 0; k < depth; ++k) {
#if defined(MAMBASCOPE_AVX512)
        __builtin_prefetch(panel + (k + kAhead) * kPanel); // from the second-level cache, a line a vector
        __builtin_prefetch(panel + (k + kAhead) * kPanel + Vec::kWidth);
#endif
        const Vec w0 = load(panel + k * kPanel, AllLanes{});
        const Vec w1 = load(panel + k * kPanel + Vec::kWidth, AllLanes{});
#pragma GCC unroll 14
        for (int r = 0; r < Rows; ++r) {
            const Vec x = splat(a[r * lda + k]);
            sum[r][0] = fma(x, w0, sum[r][0]);
            sum[r][1] = fma(x, w1, sum[r][1]);
        }
    }
    for (int r = 0; r < Rows; ++r) {
        for (int v = 0; v < 2; ++v) {
            float* at = c + r * ldc + v * Vec::kWidth;
            if (columns >= (v + 1) * Vec::kWidth) {
                store(at, sum[r][v], AllLanes{});
            } else if (columns > v * Vec::kWidth) {
                store(at, sum[r][v], lanes(v));
            }
        }
    }
}

using TileFunction =
    void (*)(const float*, std::int64_t, const float*, std::int64_t, float*, std::int64_t, int, bool);

template <int Rows>
TileFunction tileFor(std::int64_t rows) {
    if constexpr (Rows == 1) {
        return tile<1>;
    } else {
        return rows >= Rows ? tile<Rows> : tileFor<Rows - 1>(rows);
    }
}

inline void gemm(const GemmTile& t) {
    for (std::int64_t k0 = 0; k0 < t.inputs; k0 += kDepth) {
        const std::int64_t depth = t.inputs - k0 < kDepth ? t.inputs - k0 : kDepth;
        for (std::int64_t p = t.firstPanel; p < t.lastPanel; ++p) {
            const float* panel = t.panels + p * t.inputs * kPanel + k0 * kPanel;
            const std::int64_t left = t.outputs - p * kPanel;
            const int columns = left < kPanel ? static_cast<int>(left) : kPanel;
            for (std::int64_t r = 0; r < t.rows;) {
                const std::int64_t n = t.rows - r < kTileRows ? t.rows - r : kTileRows;
                tileFor<kTileRows>(n)(
                    t.a + r * t.lda + k0, t.lda, panel, depth, t.c + r * t.ldc + p * kPanel, t.ldc, columns,
                    k0 == 0);
                r += n;
            }
        }
    }
}

} // namespace mambascope::MAMBASCOPE_ISA_NAMESPACE
