// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the operations of a Backend take. Plain structs, because kernels' compilers read this header too.

#include <cstdint>
#include <new>

namespace mambascope {

/// A row-major matrix in device memory.
struct Matrix {
    float* data = nullptr;
    std::int64_t rows = 0, columns = 0, stride = 0;

    Matrix columnRange(std::int64_t first, std::int64_t count) const {
        return {data + first, rows, count, stride};
    }
};

/// One sequence of a packed batch: its rows, and the states it starts from and leaves behind. A state is
/// [kernel − 1, inner] inputs of the convolution, oldest first, and [state, inner] of the scan.
struct Segment {
    std::int64_t begin = 0, length = 0;
    const float* state = nullptr; ///< null: zeros
    float* finalState = nullptr;  ///< null: not wanted; may be the same memory as `state`
};

/// Convolution, bias and SiLU of one layer. `stateOffset`: where the layer's convolution state lies in a
/// sequence's state.
struct ConvArguments {
    Matrix x, out;
    const float* weight = nullptr; ///< [kernel, inner]
    const float* bias = nullptr;   ///< [inner] or null
    int kernel = 0;
    std::int64_t stateOffset = 0;
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
};

/// The memory of an accelerator is full.
struct DeviceOutOfMemory : std::bad_alloc {
    const char* what() const noexcept override { return "out of device memory"; }
};

} // namespace mambascope
