// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Rows of fp32 as bf16 and as integers, compiled once per instruction set (see simd.h for what may be used here).

#include "plugins/torch/cpu/products.h"
#include "plugins/torch/cpu/simd.h"

namespace mambascope::MAMBASCOPE_ISA_NAMESPACE {

/// Bits of x rounded to bf16 in the upper half of a word; the lower half is 0.
inline std::uint32_t bf16Word(float x) {
    std::uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof(bits));
    const std::uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
    return (x == x ? rounded : bits | 0x400000) & 0xffff0000u;
}

/// As bf16, or (4 bytes) as the fp32 numbers that bf16 can hold.
template <int Bytes>
void convertBf16(const float* x, std::int64_t inputs, std::int64_t depth, std::byte* out) {
    if constexpr (Bytes == 2) {
        auto* to = reinterpret_cast<std::uint16_t*>(out);
        for (std::int64_t i = 0; i < inputs; ++i) {
            to[i] = static_cast<std::uint16_t>(bf16Word(x[i]) >> 16);
        }
    } else {
        auto* to = reinterpret_cast<std::uint32_t*>(out);
        for (std::int64_t i = 0; i < inputs; ++i) {
            to[i] = bf16Word(x[i]);
        }
    }
    __builtin_memset(out + inputs * Bytes, 0, static_cast<std::size_t>((depth - inputs) * Bytes));
}

/// q + bias of every element.
template <class Integer, int Bias>
bool convertInt8(const float* x, QuantizeRow how, std::int64_t inputs, std::int64_t depth, std::byte* out) {
    auto* to = reinterpret_cast<Integer*>(out);
    constexpr std::int64_t kPiece = 256;
    float q[kPiece];
    bool numbers = true;
    for (std::int64_t first = 0; first < inputs; first += kPiece) {
        const std::int64_t count = inputs - first < kPiece ? inputs - first : kPiece;
        int nans = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            nans += x[first + i] == x[first + i] ? 0 : 1;
        }
        numbers = numbers && nans == 0;
        if (how.scale == 0.0f) {
            __builtin_memset(q, 0, sizeof(q));
        } else {
            const Vec scale = splat(how.scale), limit = splat(how.limit), low = splat(-how.limit);
            std::int64_t i = 0;
            for (; i + Vec::kWidth <= count; i += Vec::kWidth) {
                store(q + i, max(low, min(limit, roundEven(load(x + first + i, AllLanes{}) / scale))), AllLanes{});
            }
            if (i < count) {
                const FirstLanes lanes{static_cast<int>(count - i)};
                store(q + i, max(low, min(limit, roundEven(load(x + first + i, lanes) / scale))), lanes);
            }
        }
        for (std::int64_t i = 0; i < count; ++i) {
            to[first + i] = static_cast<Integer>(static_cast<std::int32_t>(q[i] == q[i] ? q[i] : 0.0f) + Bias);
        }
    }
    for (std::int64_t i = inputs; i < depth; ++i) {
        to[i] = 0; // meets weights that are 0
    }
    return numbers;
}

} // namespace mambascope::MAMBASCOPE_ISA_NAMESPACE
