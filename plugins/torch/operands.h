// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the operations of a Backend take. Plain structs, because kernels' compilers read this header too.

#include <cstdint>
#include <new>

namespace mambascope {

/// What a matrix consists of.
enum class Element : std::uint8_t { F32, BF16 };

/// A row-major matrix in device memory.
struct Matrix {
    float* data = nullptr; ///< BF16: really 2-byte elements, which only the backend looks at
    std::int64_t rows = 0, columns = 0, stride = 0; ///< in elements
    Element element = Element::F32;

    Matrix columnRange(std::int64_t first, std::int64_t count) const {
        return {at(first), rows, count, stride, element};
    }
    Matrix rowRange(std::int64_t first, std::int64_t count) const {
        return {at(first * stride), count, columns, stride, element};
    }

private:
    float* at(std::int64_t index) const {
        const std::int64_t size = element == Element::F32 ? 4 : 2;
        return reinterpret_cast<float*>(reinterpret_cast<char*>(data) + index * size);
    }
};

/// One sequence of a packed batch: its rows, and the states it starts from and leaves behind. A layer's state
/// is [kernel − 1, channels] inputs of the convolution, oldest first, and [state, inner] of the scan.
struct Segment {
    std::int64_t begin = 0, length = 0;
    const float* state = nullptr; ///< null: zeros
    float* finalState = nullptr;  ///< null: not wanted; may be the same memory as `state`
};

/// Convolution, bias and SiLU of one layer. `stateOffset`: where the layer's convolution state lies in a
/// sequence's state.
struct ConvArguments {
    Matrix x, out;
    const float* weight = nullptr; ///< [kernel, channels]
    const float* bias = nullptr;   ///< [channels] or null
    int kernel = 0;
    std::int64_t stateOffset = 0;
};

/// Scan of one Mamba-2 layer (arXiv 2405.21060), per head: Δ = clamp(softplus(dt + bias)); h ← exp(Δ·A)·h +
/// Δ·u·B; y = C·h + D·u. Heads of one group share B and C: group g has columns [g · state, (g + 1) · state).
struct HeadScanArguments {
    Matrix dt;                     ///< [rows, heads]
    Matrix u, y;                   ///< [rows, inner], a head's channels side by side; y may be u's memory
    Matrix b, c;                   ///< [rows, groups · state]
    const float* dtBias = nullptr; ///< [heads], as decay and d
    const float* decay = nullptr;  ///< A · log2(e)
    const float* d = nullptr;
    float dtMin = 0, dtMax = 0;
    int heads = 0, groups = 0, state = 0;
    std::int64_t stateOffset = 0; ///< of [state, inner]
    float stateLimit = 0;         ///< as in ScanArguments
};

/// Gate and norm of Mamba-2: x ← x · silu(gate), and where there is a norm x ← x / rms(x) · weight, the root
/// mean square taken over each of `groups` equal pieces of a row.
struct GatedNormArguments {
    Matrix x, gate;
    const float* weight = nullptr; ///< null: no norm
    int groups = 1;
    float epsilon = 0;
};

/// Selective scan and gate of one layer (arXiv 2312.00752, algorithm 2):
/// Δ = softplus(dt + bias); h ← exp(Δ·A)·h + Δ·u·B; y = (C·h + D·u)·silu(z).
struct ScanArguments {
    Matrix dt, u, z, b, c, y; ///< y may be dt's memory
    const float* dtBias = nullptr;
    const float* decay = nullptr; ///< [state, inner]: A · log2(e)
    const float* d = nullptr;
    int state = 0;
    std::int64_t stateOffset = 0;
    /// Above 0: after every token's y, h of each channel ← clamp(roundEven(h / s), ±stateLimit) · s with
    /// s = absmax(h) / stateLimit over that channel's states.
    float stateLimit = 0;
};

/// The memory of an accelerator is full.
struct DeviceOutOfMemory : std::bad_alloc {
    const char* what() const noexcept override { return "out of device memory"; }
};

} // namespace mambascope
