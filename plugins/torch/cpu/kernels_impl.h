// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Everything but the matrix kernel, compiled once per instruction set (see simd.h for what may be used here).

#include "plugins/torch/cpu/gemm_impl.h"

namespace mambascope::MAMBASCOPE_ISA_NAMESPACE {

/// Calls f(first, lanes) for every vector of [0, count).
template <class F>
inline void forEachVector(std::int64_t count, F f) {
    std::int64_t i = 0;
    for (; i + Vec::kWidth <= count; i += Vec::kWidth) {
        f(i, AllLanes{});
    }
    if (i < count) {
        f(i, FirstLanes{static_cast<int>(count - i)});
    }
}

// --- selective scan
// ------------------------------------------------------------------------------------------------

/// Quantizes the states of a vector of channels: h(n) reads a state, keep(n, x) replaces it.
template <class Read, class Keep>
void roundStates(int states, float most, Read h, Keep keep) {
    Vec largest = zero();
    for (int n = 0; n < states; ++n) {
        const Vec magnitude = abs(h(n));
        largest = max(selectGreater(magnitude, splat(__FLT_MAX__), zero(), magnitude), largest); // a NaN loses
    }
    // A scale that is no normal number makes every q 0.
    const Vec scale = largest / splat(most), normal = splat(__FLT_MIN__);
    const Vec divisor = selectGreater(normal, scale, splat(1.0f), scale);
    const Vec step = selectGreater(normal, scale, zero(), scale);
    for (int n = 0; n < states; ++n) {
        // The order of the operands of max and min lets a NaN through.
        keep(n, max(splat(-most), min(splat(most), roundEven(h(n) / divisor))) * step);
    }
}

/// Tokens that a vector of channels goes through at once.
inline constexpr std::int64_t kScanTokens = 16;

/// What the steps of up to kScanTokens tokens need for one vector of channels besides the states. Of all tokens at once, because a
/// softplus and a sigmoid are long chains of operations: those of one token leave most of the processor idle.
template <class Lanes>
struct ScanSteps {
    Vec delta[kScanTokens], deltaU[kScanTokens], y[kScanTokens];

    ScanSteps(const ScanTile& s, std::int64_t c, Lanes lanes) {
        const Vec dtBias = load(s.dtBias + c, lanes);
        for (std::int64_t t = 0; t < s.tokens; ++t) {
            delta[t] = softplus(load(s.dt + t * s.dtStride + c, lanes) + dtBias);
            deltaU[t] = delta[t] * load(s.u + t * s.uStride + c, lanes);
        }
    }
    /// Adds the skip, multiplies by the gate and stores.
    void finish(const ScanTile& s, std::int64_t c, Lanes lanes) const {
        const Vec d = load(s.d + c, lanes);
        for (std::int64_t t = 0; t < s.tokens; ++t) {
            const Vec u = load(s.u + t * s.uStride + c, lanes), z = load(s.z + t * s.zStride + c, lanes);
            store(s.y + t * s.yStride + c, fma(d, u, y[t]) * silu(z), lanes);
        }
    }
};

/// Whether no state decays below 2^−126 in any token.
template <class Lanes>
bool decaysMildly(const ScanTile& s, std::int64_t c, Lanes lanes, const Vec* delta) {
    Vec rate = zero(), longest = zero();
    for (int n = 0; n < s.state; ++n) {
        rate = min(load(s.decay + n * s.inner + c, lanes), rate);
    }
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        longest = max(delta[t], longest);
    }
    return sum(selectGreater(longest * rate, splat(-126.0f), zero(), splat(1.0f))) == 0; // false for a NaN
}

template <int State, bool Mild, class Lanes>
inline void scanStates(const ScanTile& s, std::int64_t c, Lanes lanes, ScanSteps<Lanes>& steps, Vec (&h)[State]) {
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        const float* b = s.b + t * s.bcStride;
        const float* w = s.c + t * s.bcStride;
        const Vec delta = steps.delta[t], deltaU = steps.deltaU[t];
        Vec y[4] = {zero(), zero(), zero(), zero()};
#pragma GCC unroll 16
        for (int n = 0; n < State; ++n) {
            const Vec decay = exp2OfNegative<Mild>(delta * load(s.decay + n * s.inner + c, lanes));
            h[n] = fma(decay, h[n], deltaU * splat(b[n]));
            y[n % 4] = fma(h[n], splat(w[n]), y[n % 4]);
        }
        steps.y[t] = (y[0] + y[1]) + (y[2] + y[3]);
        if (s.stateLimit > 0) {
            roundStates(
                State, s.stateLimit, [&](int n) { return h[n]; }, [&](int n, Vec x) { h[n] = x; });
        }
    }
}

/// The usual state size, with h and the decay rates in registers (as far as there are any).
template <int State, class Lanes>
void scanVector(const ScanTile& s, std::int64_t c, Lanes lanes) {
    Vec h[State];
    for (int n = 0; n < State; ++n) {
        h[n] = load(s.h + n * s.hStride + c - s.firstChannel, lanes);
    }
    ScanSteps<Lanes> steps(s, c, lanes);
#if defined(MAMBASCOPE_AVX512)
    scanStates<State, false>(s, c, lanes, steps, h); // whose powers have no bound to leave out
#else
    decaysMildly(s, c, lanes, steps.delta) ? scanStates<State, true>(s, c, lanes, steps, h)
                                           : scanStates<State, false>(s, c, lanes, steps, h);
#endif
    steps.finish(s, c, lanes);
    for (int n = 0; n < State; ++n) {
        store(s.h + n * s.hStride + c - s.firstChannel, h[n], lanes);
    }
}

/// The same for states in memory, `stride` apart.
template <class Lanes>
void roundStatesAt(float* h, std::int64_t stride, int states, float most, Lanes lanes) {
    roundStates(
        states, most, [&](int n) { return load(h + n * stride, lanes); },
        [&](int n, Vec x) { store(h + n * stride, x, lanes); });
}

/// Any state size, h in memory; the same order of operations.
template <class Lanes>
void scanVectorAny(const ScanTile& s, std::int64_t c, Lanes lanes) {
    ScanSteps<Lanes> steps(s, c, lanes);
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        const float* b = s.b + t * s.bcStride;
        const float* w = s.c + t * s.bcStride;
        Vec y[4] = {zero(), zero(), zero(), zero()};
        for (int n = 0; n < s.state; ++n) {
            float* at = s.h + n * s.hStride + c - s.firstChannel;
            const Vec decay = exp2OfNegative(steps.delta[t] * load(s.decay + n * s.inner + c, lanes));
            const Vec h = fma(decay, load(at, lanes), steps.deltaU[t] * splat(b[n]));
            store(at, h, lanes);
            y[n % 4] = fma(h, splat(w[n]), y[n % 4]);
        }
        steps.y[t] = (y[0] + y[1]) + (y[2] + y[3]);
        if (s.stateLimit > 0) {
            roundStatesAt(s.h + c - s.firstChannel, s.hStride, s.state, s.stateLimit, lanes);
        }
    }
    steps.finish(s, c, lanes);
}

inline void scan(const ScanTile& tile) {
    // A few tokens at a time over all channels of the tile: rows are far apart, so their cache lines are used
    // whole.
    for (std::int64_t t = 0; t < tile.tokens; t += kScanTokens) {
        ScanTile s = tile;
        s.dt += t * s.dtStride;
        s.u += t * s.uStride;
        s.z += t * s.zStride;
        s.b += t * s.bcStride;
        s.c += t * s.bcStride;
        s.y += t * s.yStride;
        s.tokens = tile.tokens - t < kScanTokens ? tile.tokens - t : kScanTokens;
        forEachVector(s.lastChannel - s.firstChannel, [&](std::int64_t i, auto lanes) {
            if (s.state == 16) {
                scanVector<16>(s, s.firstChannel + i, lanes);
            } else {
                scanVectorAny(s, s.firstChannel + i, lanes);
            }
        });
    }
}

// --- scan with a scalar decay a head

/// What all channels of a head share in the step of one token.
struct HeadStep {
    float delta, decay;
};

inline float firstLane(Vec x) {
    float lane[Vec::kWidth];
    store(lane, x, AllLanes{});
    return lane[0];
}

inline HeadStep headStep(const HeadScanTile& s, std::int64_t t) {
    float delta = firstLane(softplus(splat(s.dt[t * s.dtStride] + s.dtBias)));
    delta = delta < s.dtMin ? s.dtMin : delta; // a NaN stays
    delta = delta > s.dtMax ? s.dtMax : delta;
    return {delta, firstLane(exp2OfNegative(splat(delta * s.decay)))};
}

/// The states of one vector of channels, `count` tokens.
template <class Lanes>
void headScanVector(
    const HeadScanTile& s, const HeadStep* steps, std::int64_t first, std::int64_t count, std::int64_t c,
    Lanes lanes) {
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t t = first + i;
        const float* b = s.b + t * s.bcStride;
        const float* w = s.c + t * s.bcStride;
        const Vec u = load(s.u + t * s.uStride + c, lanes);
        const Vec deltaU = splat(steps[i].delta) * u;
        const Vec decay = splat(steps[i].decay);
        Vec y[4] = {zero(), zero(), zero(), zero()};
        float* h = s.h + c;
        int n = 0;
        for (; n + 4 <= s.state; n += 4, h += 4 * s.hStride) {
            for (int k = 0; k < 4; ++k) {
                const Vec next = fma(decay, load(h + k * s.hStride, lanes), deltaU * splat(b[n + k]));
                store(h + k * s.hStride, next, lanes);
                y[k] = fma(next, splat(w[n + k]), y[k]);
            }
        }
        for (; n < s.state; ++n, h += s.hStride) {
            const Vec next = fma(decay, load(h, lanes), deltaU * splat(b[n]));
            store(h, next, lanes);
            y[n % 4] = fma(next, splat(w[n]), y[n % 4]);
        }
        const Vec sum = (y[0] + y[1]) + (y[2] + y[3]);
        store(s.y + t * s.yStride + c, fma(splat(s.d), u, sum), lanes);
        if (s.stateLimit > 0) {
            roundStatesAt(s.h + c, s.hStride, s.state, s.stateLimit, lanes);
        }
    }
}

inline void headScan(const HeadScanTile& s) {
    // A few tokens at a time: their steps are computed once for all channels, and the states of a vector of
    // channels stay in the nearest cache meanwhile.
    constexpr std::int64_t kTokens = 16;
    for (std::int64_t first = 0; first < s.tokens; first += kTokens) {
        const std::int64_t count = s.tokens - first < kTokens ? s.tokens - first : kTokens;
        HeadStep steps[kTokens];
        for (std::int64_t i = 0; i < count; ++i) {
            steps[i] = headStep(s, first + i);
        }
        forEachVector(s.channels, [&](std::int64_t c, auto lanes) {
            headScanVector(s, steps, first, count, c, lanes);
        });
    }
}

// --- rows
// ----------------------------------------------------------------------------------------------------------

inline void convSilu(
    const float* const* taps, int kernel, const float* weight, const float* bias, std::int64_t channels,
    float* out) {
    forEachVector(channels, [&](std::int64_t c, auto lanes) {
        Vec sum = bias != nullptr ? load(bias + c, lanes) : zero();
        for (int k = 0; k < kernel; ++k) {
            if (taps[k] != nullptr) {
                sum = fma(load(weight + k * channels + c, lanes), load(taps[k] + c, lanes), sum);
            }
        }
        store(out + c, silu(sum), lanes);
    });
}

inline void addNorm(
    const float* add, float* residual, const float* weight, float epsilon, std::int64_t channels,
    float* out) {
    Vec squares = zero();
    forEachVector(channels, [&](std::int64_t c, auto lanes) {
        Vec x = load(residual + c, lanes);
        if (add != nullptr) {
            x = x + load(add + c, lanes);
            store(residual + c, x, lanes);
        }
        squares = fma(x, x, squares);
    });
    if (out == nullptr) {
        return;
    }
    const float mean = sum(squares) / static_cast<float>(channels);
    const Vec scale = splat(1.0f / __builtin_sqrtf(mean + epsilon));
    forEachVector(channels, [&](std::int64_t c, auto lanes) {
        const Vec unit = load(residual + c, lanes) * scale;
        store(out + c, weight != nullptr ? load(weight + c, lanes) * unit : unit, lanes);
    });
}

inline void prepareInput(
    const float* x, const std::uint32_t* keep, const float* smoothing, std::int64_t channels, float* out) {
    forEachVector(channels, [&](std::int64_t c, auto lanes) {
        Vec v = keep != nullptr ? loadMasked(x + c, keep + c, lanes) : load(x + c, lanes);
        if (smoothing != nullptr) {
            v = v / load(smoothing + c, lanes);
        }
        store(out + c, v, lanes);
    });
}

inline void quantize(const float* x, QuantizeRow how, std::int64_t channels, float* out) {
    const Vec scale = splat(how.scale), limit = splat(how.limit), low = splat(-how.limit);
    if (how.scale == 0.0f) {
        // q = 0 for everything that is a number; ±∞ saturates at 0 · limit, NaN stays.
        for (std::int64_t c = 0; c < channels; ++c) {
            out[c] = x[c] == x[c] ? 0.0f : x[c];
        }
        return;
    }
    forEachVector(channels, [&](std::int64_t c, auto lanes) {
        // The order of the operands of max and min lets a NaN through.
        const Vec q = max(low, min(limit, roundEven(load(x + c, lanes) / scale)));
        store(out + c, q * scale, lanes);
    });
}

inline float absmax(const float* x, std::int64_t count) {
    Vec largest = zero();
    forEachVector(count, [&](std::int64_t i, auto lanes) {
        const Vec magnitude = abs(load(x + i, lanes));
        const Vec finite = selectGreater(magnitude, splat(__FLT_MAX__), zero(), magnitude);
        largest = max(finite, largest); // a NaN loses
    });
    float lane[Vec::kWidth];
    store(lane, largest, AllLanes{});
    float result = 0.0f;
    for (const float value : lane) {
        result = value > result ? value : result;
    }
    return result;
}

inline void addRow(const float* add, std::int64_t channels, float* x) {
    forEachVector(channels, [&](std::int64_t c, auto lanes) {
        store(x + c, load(x + c, lanes) + load(add + c, lanes), lanes);
    });
}

inline void gateRow(const float* gate, std::int64_t channels, float* x) {
    forEachVector(channels, [&](std::int64_t c, auto lanes) {
        store(x + c, load(x + c, lanes) * silu(load(gate + c, lanes)), lanes);
    });
}

inline void maxAndSumExp(const float* x, std::int64_t count, float* largest, double* sumExp) {
    float top = -__builtin_inff();
    std::int64_t i = 0;
    if (count >= Vec::kWidth) {
        Vec m = load(x, AllLanes{});
        for (i = Vec::kWidth; i + Vec::kWidth <= count; i += Vec::kWidth) {
            m = max(load(x + i, AllLanes{}), m);
        }
        float lane[Vec::kWidth];
        store(lane, m, AllLanes{});
        for (const float value : lane) {
            top = value > top ? value : top;
        }
    }
    for (; i < count; ++i) {
        top = x[i] > top ? x[i] : top;
    }
    *largest = top;
    const Vec shift = splat(top);
    Vec total = zero();
    float lane[Vec::kWidth];
    double result = 0;
    forEachVector(count, [&](std::int64_t j, auto lanes) {
        if constexpr (__is_same(decltype(lanes), AllLanes)) {
            total = total + exp(load(x + j, lanes) - shift);
        } else {
            store(lane, exp(load(x + j, lanes) - shift), AllLanes{});
            for (int k = 0; k < lanes.count; ++k) {
                result += static_cast<double>(lane[k]);
            }
        }
    });
    store(lane, total, AllLanes{});
    for (const float value : lane) {
        result += static_cast<double>(value);
    }
    *sumExp = result;
}

template <Vec (*Function)(Vec)>
void mapArray(const float* x, std::int64_t count, float* out) {
    forEachVector(
        count, [&](std::int64_t i, auto lanes) { store(out + i, Function(load(x + i, lanes)), lanes); });
}

inline constexpr Kernels kKernels {
#if defined(MAMBASCOPE_AVX512)
    "avx512",
#elif defined(MAMBASCOPE_AVX2)
    "avx2",
#else
    "portable",
#endif
        kPanel, kTileRows, packPanels, gemm, scan, headScan, convSilu, addNorm, prepareInput, quantize, absmax, addRow,
        gateRow, maxAndSumExp, mapArray<exp>, mapArray<exp2OfNegative<>>, mapArray<softplus>
};

} // namespace mambascope::MAMBASCOPE_ISA_NAMESPACE
