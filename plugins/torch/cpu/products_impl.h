// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Products in bf16 and int8 without tile registers, compiled once per instruction set (see simd.h for what may be
// used here). MAMBASCOPE_DOT: the instruction set multiplies and adds pairs of bf16 and quadruples of bytes.

#include "plugins/torch/cpu/products.h"
#include "plugins/torch/cpu/simd.h"

namespace mambascope::MAMBASCOPE_ISA_NAMESPACE {

// --- what differs between instruction sets: one vector of outputs, `unit` inputs at a time

#if defined(MAMBASCOPE_DOT)

inline constexpr int kProductRows = 14;

struct Bf16Dot {
    using Sum = __m512;
    using Value = float;
    using Weight = __m512bh;
    static constexpr int kUnit = 2, kWidth = 16, kWeightBytes = 2, kInputBytes = 2, kParts = 1;
    static Sum none() { return _mm512_setzero_ps(); }
    template <int>
    static Weight load(const std::byte* p) { return reinterpret_cast<Weight>(_mm512_loadu_si512(p)); }
    template <int>
    static Sum add(Sum sum, Weight w, const std::byte* x) {
        std::int32_t pair;
        __builtin_memcpy(&pair, x, sizeof(pair));
        return _mm512_dpbf16_ps(sum, reinterpret_cast<Weight>(_mm512_set1_epi32(pair)), w);
    }
    static void store(Sum sum, float* out) { _mm512_storeu_ps(out, sum); }
};

struct Int8Dot {
    using Sum = __m512i;
    using Value = std::int32_t;
    using Weight = __m512i;
    static constexpr int kUnit = 4, kWidth = 16, kWeightBytes = 1, kInputBytes = 1, kParts = 1;
    static constexpr bool kBiased = true;
    static Sum none() { return _mm512_setzero_si512(); }
    template <int>
    static Weight load(const std::byte* p) { return _mm512_loadu_si512(p); }
    template <int>
    static Sum add(Sum sum, Weight w, const std::byte* x) {
        std::int32_t four;
        __builtin_memcpy(&four, x, sizeof(four));
        return _mm512_dpbusd_epi32(sum, _mm512_set1_epi32(four), w);
    }
    static void store(Sum sum, std::int32_t* out) { _mm512_storeu_si512(out, sum); }
};

#elif defined(MAMBASCOPE_AVX2)

inline constexpr int kProductRows = 6;

struct Bf16Dot {
    using Sum = __m256;
    using Value = float;
    using Weight = __m256;
    static constexpr int kUnit = 2, kWidth = 8, kWeightBytes = 2, kInputBytes = 4, kParts = 2;
    static Sum none() { return _mm256_setzero_ps(); }
    /// The first or second of every pair of inputs.
    template <int Part>
    static Weight load(const std::byte* p) {
        const __m256i pairs = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
        return _mm256_castsi256_ps(
            Part == 0 ? _mm256_slli_epi32(pairs, 16)
                      : _mm256_and_si256(pairs, _mm256_set1_epi32(static_cast<int>(0xffff0000u))));
    }
    template <int Part>
    static Sum add(Sum sum, Weight w, const std::byte* x) {
        return _mm256_fmadd_ps(_mm256_broadcast_ss(reinterpret_cast<const float*>(x) + Part), w, sum);
    }
    static void store(Sum sum, float* out) { _mm256_storeu_ps(out, sum); }
};

struct Int8Dot {
    using Sum = __m256i;
    using Value = std::int32_t;
    using Weight = __m256i;
    static constexpr int kUnit = 2, kWidth = 8, kWeightBytes = 1, kInputBytes = 2, kParts = 1;
    static constexpr bool kBiased = false;
    static Sum none() { return _mm256_setzero_si256(); }
    template <int>
    static Weight load(const std::byte* p) {
        return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
    template <int>
    static Sum add(Sum sum, Weight w, const std::byte* x) {
        std::int32_t pair;
        __builtin_memcpy(&pair, x, sizeof(pair));
        return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_set1_epi32(pair), w));
    }
    static void store(Sum sum, std::int32_t* out) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), sum);
    }
};

#else

inline constexpr int kProductRows = 4;

template <class Element, class Input, class Number>
struct PlainDot {
    using Value = Number;
    struct Sum {
        Value v[8];
    };
    using Weight = const std::byte*;
    static constexpr int kUnit = 2, kWidth = 8, kWeightBytes = sizeof(Element), kInputBytes = sizeof(Input), kParts = 1;
    static constexpr bool kBiased = false;
    static Sum none() { return {}; }
    template <int>
    static Weight load(const std::byte* p) { return p; }
    static Value value(std::int8_t q) { return q; }
    static Value value(std::uint16_t bits) {
        const std::uint32_t word = std::uint32_t{bits} << 16;
        float x;
        __builtin_memcpy(&x, &word, sizeof(x));
        return static_cast<Value>(x);
    }
    template <int>
    static Sum add(Sum sum, Weight w, const std::byte* x) {
        Element weights[2 * kWidth];
        Input pair[2];
        __builtin_memcpy(weights, w, sizeof(weights));
        __builtin_memcpy(pair, x, sizeof(pair));
        for (int i = 0; i < kWidth; ++i) {
            sum.v[i] += static_cast<Value>(pair[0]) * value(weights[2 * i]);
            sum.v[i] += static_cast<Value>(pair[1]) * value(weights[2 * i + 1]);
        }
        return sum;
    }
    static void store(Sum sum, Value* out) { __builtin_memcpy(out, sum.v, sizeof(sum.v)); }
};
using Bf16Dot = PlainDot<std::uint16_t, float, float>;
using Int8Dot = PlainDot<std::int8_t, std::int16_t, std::int32_t>;

#endif

// --- what is the same

/// One row after the other: gcc would load every row's x first, and run out of registers.
template <class Sum>
[[gnu::always_inline]] inline void keepInOrder(Sum& a, Sum& b) {
#if defined(MAMBASCOPE_AVX2) || defined(MAMBASCOPE_AVX512)
    __asm__ volatile("" : "+v"(a), "+v"(b));
#else
    (void)a, (void)b;
#endif
}

template <class Dot>
inline constexpr ProductShape kShape{
    2 * Dot::kWidth, 2 * Dot::kWidth, Dot::kUnit, Dot::kUnit, Dot::kWeightBytes, Dot::kInputBytes, 1};

/// Writes one row's sums of a panel, of which the first `columns` exist.
inline void finishRow(const ProductTile&, std::int64_t, std::int64_t, int columns, const float* sums, float* c) {
    for (int j = 0; j < columns; ++j) {
        c[j] = sums[j];
    }
}

inline void finishRow(
    const ProductTile& t, std::int64_t row, std::int64_t firstColumn, int columns, const std::int32_t* sums,
    float* c) {
    const float* scale = t.outputScale + firstColumn;
    const float rowScale = t.rowScale[row];
    if (t.outputOffset != nullptr) {
        const std::int32_t* offset = t.outputOffset + firstColumn;
        for (int j = 0; j < columns; ++j) {
            c[j] = (static_cast<float>(sums[j] - offset[j]) * scale[j]) * rowScale;
        }
        return;
    }
    for (int j = 0; j < columns; ++j) {
        c[j] = (static_cast<float>(sums[j]) * scale[j]) * rowScale;
    }
}

/// The sums of one row and the rest of them: no array, which gcc would keep in memory.
template <class Dot, int Rows>
struct RowSums {
    typename Dot::Sum first = Dot::none(), second = Dot::none();
    RowSums<Dot, Rows - 1> rest;

    template <int Part>
    [[gnu::always_inline]] void
    add(typename Dot::Weight w0, typename Dot::Weight w1, const std::byte* x, std::int64_t lda) {
        first = Dot::template add<Part>(first, w0, x);
        second = Dot::template add<Part>(second, w1, x);
        keepInOrder(first, second);
        rest.template add<Part>(w0, w1, x + lda, lda);
    }
    [[gnu::always_inline]] void store(typename Dot::Value* out) const {
        Dot::store(first, out);
        Dot::store(second, out + Dot::kWidth);
        rest.store(out + 2 * Dot::kWidth);
    }
};
template <class Dot>
struct RowSums<Dot, 0> {
    template <int Part>
    void add(typename Dot::Weight, typename Dot::Weight, const std::byte*, std::int64_t) {}
    void store(typename Dot::Value*) const {}
};

template <class Dot, int Rows>
void multiplyRows(const ProductTile& t, std::int64_t firstRow, std::int64_t panel) {
    constexpr int kWide = 2 * Dot::kWidth;
    constexpr std::int64_t kStep = std::int64_t{kWide} * Dot::kUnit * Dot::kWeightBytes;
    const std::byte* w = t.panels + panel * t.depth * kWide * Dot::kWeightBytes;
    const std::byte* x = t.a + firstRow * t.lda;
    const std::int64_t lda = t.lda;
    RowSums<Dot, Rows> sums;
    for (std::int64_t steps = t.depth / Dot::kUnit; steps > 0; --steps) {
        sums.template add<0>(Dot::template load<0>(w), Dot::template load<0>(w + kStep / 2), x, lda);
        if constexpr (Dot::kParts > 1) {
            sums.template add<1>(Dot::template load<1>(w), Dot::template load<1>(w + kStep / 2), x, lda);
        }
        w += kStep;
        x += Dot::kUnit * Dot::kInputBytes;
    }
    const std::int64_t first = panel * kWide;
    const int columns = static_cast<int>(t.outputs - first < kWide ? t.outputs - first : kWide);
    typename Dot::Value values[Rows * kWide];
    sums.store(values);
    for (std::int64_t r = 0; r < Rows; ++r) {
        const std::int64_t row = firstRow + r;
        finishRow(t, row, first, columns, values + r * kWide, t.c + row * t.ldc + first);
    }
}

template <class Dot, int Rows>
void multiplyUpTo(const ProductTile& t, std::int64_t row, std::int64_t rows, std::int64_t panel) {
    if constexpr (Rows == 1) {
        multiplyRows<Dot, 1>(t, row, panel);
    } else if (rows >= Rows) {
        multiplyRows<Dot, Rows>(t, row, panel);
    } else {
        multiplyUpTo<Dot, Rows - 1>(t, row, rows, panel);
    }
}

template <class Dot>
void multiply(const ProductTile& t) {
    for (std::int64_t panel = t.firstPanel; panel < t.lastPanel; ++panel) {
        for (std::int64_t row = 0; row < t.rows; row += kProductRows) {
            multiplyUpTo<Dot, kProductRows>(t, row, t.rows - row, panel);
        }
    }
}

} // namespace mambascope::MAMBASCOPE_ISA_NAMESPACE
