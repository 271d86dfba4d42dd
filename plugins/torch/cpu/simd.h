// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// One vector type for three instruction sets, chosen by the macro that the including file defines:
// MAMBASCOPE_AVX512 (16 lanes), MAMBASCOPE_AVX2 (8 lanes, FMA), or neither (8 lanes, plain C++).
// Only intrinsics and built-ins are used here: a function of the standard library that is compiled with
// -mavx512f in one file may be the copy that the linker keeps for all, and would crash on an older processor.

#include <cstdint>
#if defined(MAMBASCOPE_AVX512) || defined(MAMBASCOPE_AVX2)
#include <immintrin.h>
#endif

// A file that is compiled with further options has to name a namespace of its own, for the same reason.
#if defined(MAMBASCOPE_ISA_NAMESPACE)
#elif defined(MAMBASCOPE_AVX512)
#define MAMBASCOPE_ISA_NAMESPACE avx512
#elif defined(MAMBASCOPE_AVX2)
#define MAMBASCOPE_ISA_NAMESPACE avx2
#else
#define MAMBASCOPE_ISA_NAMESPACE portable
#endif

namespace mambascope::MAMBASCOPE_ISA_NAMESPACE {

/// All lanes of a vector.
struct AllLanes {};
/// The first `count` lanes; the others are read as 0 and not written.
struct FirstLanes {
    int count;
};

#if defined(MAMBASCOPE_AVX512)

struct Vec {
    static constexpr int kWidth = 16;
    __m512 v;
};
inline __mmask16 laneMask(FirstLanes lanes) {
    return static_cast<__mmask16>((1u << lanes.count) - 1u);
}
inline Vec splat(float x) {
    return {_mm512_set1_ps(x)};
}
inline Vec load(const float* p, AllLanes) {
    return {_mm512_loadu_ps(p)};
}
inline Vec load(const float* p, FirstLanes lanes) {
    return {_mm512_maskz_loadu_ps(laneMask(lanes), p)};
}
inline void store(float* p, Vec x, AllLanes) {
    _mm512_storeu_ps(p, x.v);
}
inline void store(float* p, Vec x, FirstLanes lanes) {
    _mm512_mask_storeu_ps(p, laneMask(lanes), x.v);
}
inline Vec loadMasked(const float* p, const std::uint32_t* keep, AllLanes) {
    return {_mm512_castsi512_ps(
        _mm512_and_si512(_mm512_castps_si512(_mm512_loadu_ps(p)), _mm512_loadu_si512(keep)))};
}
inline Vec loadMasked(const float* p, const std::uint32_t* keep, FirstLanes lanes) {
    return {_mm512_castsi512_ps(_mm512_and_si512(
        _mm512_castps_si512(load(p, lanes).v), _mm512_maskz_loadu_epi32(laneMask(lanes), keep)))};
}
inline Vec operator+(Vec a, Vec b) {
    return {_mm512_add_ps(a.v, b.v)};
}
inline Vec operator-(Vec a, Vec b) {
    return {_mm512_sub_ps(a.v, b.v)};
}
inline Vec operator*(Vec a, Vec b) {
    return {_mm512_mul_ps(a.v, b.v)};
}
inline Vec operator/(Vec a, Vec b) {
    return {_mm512_div_ps(a.v, b.v)};
}
inline Vec fma(Vec a, Vec b, Vec c) {
    return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
/// Largest and smallest of both; `b` if one of them is NaN.
inline Vec max(Vec a, Vec b) {
    return {_mm512_max_ps(a.v, b.v)};
}
inline Vec min(Vec a, Vec b) {
    return {_mm512_min_ps(a.v, b.v)};
}
inline Vec abs(Vec a) {
    return {_mm512_abs_ps(a.v)};
}
inline Vec roundEven(Vec a) {
    return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
inline Vec floor(Vec a) {
    return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)};
}
/// x − floor(x)
inline Vec fraction(Vec a) {
    return {_mm512_reduce_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)};
}
/// a · 2^floor(e)
inline Vec scaleByPower(Vec a, Vec e) {
    return {_mm512_scalef_ps(a.v, e.v)};
}
/// a where x > limit, else b
inline Vec selectGreater(Vec x, Vec limit, Vec a, Vec b) {
    return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.v, limit.v, _CMP_GT_OQ), b.v, a.v)};
}
inline float sum(Vec a) {
    return _mm512_reduce_add_ps(a.v);
}

#elif defined(MAMBASCOPE_AVX2)

struct Vec {
    static constexpr int kWidth = 8;
    __m256 v;
};
inline __m256i laneMask(FirstLanes lanes) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes.count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline Vec splat(float x) {
    return {_mm256_set1_ps(x)};
}
inline Vec load(const float* p, AllLanes) {
    return {_mm256_loadu_ps(p)};
}
inline Vec load(const float* p, FirstLanes lanes) {
    return {_mm256_maskload_ps(p, laneMask(lanes))};
}
inline void store(float* p, Vec x, AllLanes) {
    _mm256_storeu_ps(p, x.v);
}
inline void store(float* p, Vec x, FirstLanes lanes) {
    _mm256_maskstore_ps(p, laneMask(lanes), x.v);
}
inline Vec loadMasked(const float* p, const std::uint32_t* keep, AllLanes) {
    return {_mm256_and_ps(
        _mm256_loadu_ps(p), _mm256_castsi256_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(keep))))};
}
inline Vec loadMasked(const float* p, const std::uint32_t* keep, FirstLanes lanes) {
    return {_mm256_and_ps(
        load(p, lanes).v,
        _mm256_castsi256_ps(_mm256_maskload_epi32(reinterpret_cast<const int*>(keep), laneMask(lanes))))};
}
inline Vec operator+(Vec a, Vec b) {
    return {_mm256_add_ps(a.v, b.v)};
}
inline Vec operator-(Vec a, Vec b) {
    return {_mm256_sub_ps(a.v, b.v)};
}
inline Vec operator*(Vec a, Vec b) {
    return {_mm256_mul_ps(a.v, b.v)};
}
inline Vec operator/(Vec a, Vec b) {
    return {_mm256_div_ps(a.v, b.v)};
}
inline Vec fma(Vec a, Vec b, Vec c) {
    return {_mm256_fmadd_ps(a.v, b.v, c.v)};
}
inline Vec max(Vec a, Vec b) {
    return {_mm256_max_ps(a.v, b.v)};
}
inline Vec min(Vec a, Vec b) {
    return {_mm256_min_ps(a.v, b.v)};
}
inline Vec abs(Vec a) {
    return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)};
}
inline Vec roundEven(Vec a) {
    return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
inline Vec selectGreater(Vec x, Vec limit, Vec a, Vec b) {
    return {_mm256_blendv_ps(b.v, a.v, _mm256_cmp_ps(x.v, limit.v, _CMP_GT_OQ))};
}
/// a · 2^n for a in [0.5, 2) and a whole n in [−126, 127], given as n + rounder(). Of the NaNs of a, those that a processor makes
/// stay NaN; others may become any number.
inline Vec raiseExponent(Vec a, Vec rounded) {
    const __m256i power = _mm256_slli_epi32(_mm256_castps_si256(rounded.v), 23);
    return {_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a.v), power))};
}
inline float sum(Vec a) {
    const __m128 half = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    const __m128 quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
}

#else

struct Vec {
    static constexpr int kWidth = 8;
    float v[8];
};
template <class F>
inline Vec eachLane(F f) {
    Vec r;
    for (int i = 0; i < 8; ++i) {
        r.v[i] = f(i);
    }
    return r;
}
inline Vec splat(float x) {
    return eachLane([&](int) { return x; });
}
inline Vec load(const float* p, AllLanes) {
    return eachLane([&](int i) { return p[i]; });
}
inline Vec load(const float* p, FirstLanes lanes) {
    return eachLane([&](int i) { return i < lanes.count ? p[i] : 0.0f; });
}
inline void store(float* p, Vec x, AllLanes) {
    for (int i = 0; i < 8; ++i) {
        p[i] = x.v[i];
    }
}
inline void store(float* p, Vec x, FirstLanes lanes) {
    for (int i = 0; i < lanes.count; ++i) {
        p[i] = x.v[i];
    }
}
inline Vec loadMasked(const float* p, const std::uint32_t* keep, AllLanes) {
    return eachLane([&](int i) { return keep[i] != 0 ? p[i] : 0.0f; });
}
inline Vec loadMasked(const float* p, const std::uint32_t* keep, FirstLanes lanes) {
    return eachLane([&](int i) { return i < lanes.count && keep[i] != 0 ? p[i] : 0.0f; });
}
inline Vec operator+(Vec a, Vec b) {
    return eachLane([&](int i) { return a.v[i] + b.v[i]; });
}
inline Vec operator-(Vec a, Vec b) {
    return eachLane([&](int i) { return a.v[i] - b.v[i]; });
}
inline Vec operator*(Vec a, Vec b) {
    return eachLane([&](int i) { return a.v[i] * b.v[i]; });
}
inline Vec operator/(Vec a, Vec b) {
    return eachLane([&](int i) { return a.v[i] / b.v[i]; });
}
/// Not fused: two roundings.
inline Vec fma(Vec a, Vec b, Vec c) {
    return eachLane([&](int i) { return a.v[i] * b.v[i] + c.v[i]; });
}
inline Vec max(Vec a, Vec b) {
    return eachLane([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
}
inline Vec min(Vec a, Vec b) {
    return eachLane([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
}
inline Vec abs(Vec a) {
    return eachLane([&](int i) { return __builtin_fabsf(a.v[i]); });
}
inline Vec roundEven(Vec a) {
    return eachLane([&](int i) { return __builtin_nearbyintf(a.v[i]); });
}
inline Vec selectGreater(Vec x, Vec limit, Vec a, Vec b) {
    return eachLane([&](int i) { return x.v[i] > limit.v[i] ? a.v[i] : b.v[i]; });
}
inline Vec raiseExponent(Vec a, Vec rounded) {
    return eachLane([&](int i) {
        std::uint32_t value, power;
        __builtin_memcpy(&value, &a.v[i], sizeof(value));
        __builtin_memcpy(&power, &rounded.v[i], sizeof(power));
        value += power << 23;
        float result;
        __builtin_memcpy(&result, &value, sizeof(result));
        return result;
    });
}
inline float sum(Vec a) {
    return ((a.v[0] + a.v[4]) + (a.v[2] + a.v[6])) + ((a.v[1] + a.v[5]) + (a.v[3] + a.v[7]));
}

#endif

inline Vec zero() {
    return splat(0.0f);
}

/// Added to a number within ±2^21, it leaves the nearest whole number in the low bits of the sum.
inline Vec rounder() {
    return splat(12582912.0f); // 1.5 · 2^23
}

/// 2^x for x ≤ 0, the decay of a state: relative error below 1.2e−7 where the result is a normal number, 0 or about
/// 1e−38 below. A NaN that a processor made stays one. `Mild`: x > −126, or NaN, is known.
template <bool Mild = false>
inline Vec exp2OfNegative(Vec x) {
#if defined(MAMBASCOPE_AVX512)
    // 1 + r·p(r) on [0, 1], minimax, relative error 2e−9.
    const Vec r = fraction(x);
    Vec p = splat(2.1612914943099345e-4f);
    p = fma(p, r, splat(1.246784644922683e-3f));
    p = fma(p, r, splat(9.675451566599751e-3f));
    p = fma(p, r, splat(5.548528061879916e-2f));
    p = fma(p, r, splat(2.4022930555219543e-1f));
    p = fma(p, r, splat(6.931470444433281e-1f));
    p = fma(p, r, splat(1.0f));
    return scaleByPower(p, x);
#else
    if constexpr (!Mild) {
        x = max(splat(-126.0f), x); // in this order a NaN gets through
    }
    const Vec rounded = x + rounder();
    const Vec r = x - (rounded - rounder());
    // 1 + r·p(r) on [−1/2, 1/2], minimax, relative error 2e−9. A degree less (9e−8) is within fp32's own error, but plans that
    // round activations then come out further from other implementations: 0.40 points a task of the demo instead of 0.26.
    Vec p = splat(1.5353361979607478e-4f);
    p = fma(p, r, splat(1.3398874403559354e-3f));
    p = fma(p, r, splat(9.618437357309884e-3f));
    p = fma(p, r, splat(5.55033247115912e-2f));
    p = fma(p, r, splat(2.4022647913633371e-1f));
    p = fma(p, r, splat(6.93147202855047e-1f));
    p = fma(p, r, splat(1.0f));
    return raiseExponent(p, rounded);
#endif
}

/// e^x. Relative error below 2 ulp where the result is a normal number below 2e38; 0 or about 1e−38 below it, about 2e38 or infinity
/// beyond. A NaN stays one.
inline Vec exp(Vec x) {
#if defined(MAMBASCOPE_AVX512)
    // Beyond ±200 the result is 0 or infinite anyway; the bound keeps the reduction below free of ∞ − ∞.
    x = max(splat(-200.0f), min(splat(200.0f), x));
    const Vec n = roundEven(x * splat(1.44269504f));
#else
    x = max(splat(-87.3f), min(splat(88.3f), x));
    const Vec rounded = fma(x, splat(1.44269504f), rounder());
    const Vec n = rounded - rounder();
#endif
    Vec r = fma(
        n, splat(-0.693145752f), x); // ln 2 in two parts: the first has few enough bits to be exact times n
    r = fma(n, splat(-1.42860677e-6f), r);
    // 1 + r + r²·q(r) on [−ln2/2, ln2/2], minimax.
    Vec q = splat(1.3901285057070637e-3f);
    q = fma(q, r, splat(8.36314038015403e-3f));
    q = fma(q, r, splat(4.166685334556399e-2f));
    q = fma(q, r, splat(1.6666577319915324e-1f));
    q = fma(q, r, splat(4.999999955286072e-1f));
    const Vec p = splat(1.0f) + fma(q, r * r, r);
#if defined(MAMBASCOPE_AVX512)
    return scaleByPower(p, n);
#else
    return p * raiseExponent(splat(1.0f), rounded); // a product, so that every NaN stays one
#endif
}

/// log(1 + e^x); relative error below 4 ulp. Never overflows.
inline Vec softplus(Vec x) {
    const Vec e = exp(zero() - abs(x));
    // log1p(e) = 2·atanh(s), s = e / (2 + e) in (0, 1/3]; atanh(s)/s = 1 + w·p(w) with w = s², minimax.
    const Vec s = e / (e + splat(2.0f));
    const Vec w = s * s;
    Vec p = splat(1.1616782160700273e-1f);
    p = fma(p, w, splat(1.0852266008925104e-1f));
    p = fma(p, w, splat(1.429624955400271e-1f));
    p = fma(p, w, splat(1.9999851611436897e-1f));
    p = fma(p, w, splat(3.333333366558615e-1f));
    const Vec s2 = s + s;
    return max(zero(), x) + fma(p * w, s2, s2);
}

/// x · sigmoid(x)
inline Vec silu(Vec x) {
    return x / (splat(1.0f) + exp(zero() - x));
}

} // namespace mambascope::MAMBASCOPE_ISA_NAMESPACE
