// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace mambascope {

/// What one call of the matrix kernel computes: c[rows, columns of the panels] = a · wᵀ.
struct GemmTile {
    const float* a = nullptr; ///< [rows, inputs], row stride lda
    std::int64_t lda = 0;
    const float* panels = nullptr; ///< whole packed weight, see packPanels
    std::int64_t inputs = 0;
    std::int64_t outputs = 0;                   ///< of the whole weight: the last panel may be partly empty
    std::int64_t firstPanel = 0, lastPanel = 0; ///< half open
    std::int64_t rows = 0;
    float* c = nullptr; ///< c[row · ldc + column]: column 0 is the first column of panel 0
    std::int64_t ldc = 0;
};

/// One piece of a selective scan: tokens of one sequence, a block of channels (arXiv 2312.00752, algorithm
/// 2).
struct ScanTile {
    const float *dt = nullptr, *u = nullptr, *z = nullptr; ///< [tokens, inner] with the row strides below
    std::int64_t dtStride = 0, uStride = 0, zStride = 0;
    const float *b = nullptr, *c = nullptr; ///< [tokens, state]
    std::int64_t bcStride = 0;
    float* y = nullptr;
    std::int64_t yStride = 0;
    const float* dtBias = nullptr; ///< [inner]
    const float* decay = nullptr;  ///< [state, inner]: −exp(A_log) · log2(e)
    const float* d = nullptr;      ///< [inner]
    std::int64_t inner = 0;        ///< row stride of decay
    float* h = nullptr;            ///< [state, lastChannel − firstChannel], read and written
    std::int64_t hStride = 0;
    int state = 0;
    std::int64_t tokens = 0;
    std::int64_t firstChannel = 0, lastChannel = 0; ///< half open
    float stateLimit = 0;                           ///< see ScanArguments
};

/// One piece of a Mamba-2 scan: tokens of one sequence, some channels of one head. Pointers are to the head's
/// time step, the piece's first channel, and the group's states.
struct HeadScanTile {
    const float* dt = nullptr; ///< [tokens], one a row
    std::int64_t dtStride = 0;
    const float* u = nullptr; ///< [tokens, channels]
    std::int64_t uStride = 0;
    const float *b = nullptr, *c = nullptr; ///< [tokens, state]
    std::int64_t bcStride = 0;
    float* y = nullptr; ///< [tokens, channels], may be u
    std::int64_t yStride = 0;
    float dtBias = 0, decay = 0, d = 0; ///< of the head; decay is A · log2(e)
    float dtMin = 0, dtMax = 0;
    float* h = nullptr; ///< [state, channels], read and written
    std::int64_t hStride = 0;
    int state = 0;
    std::int64_t tokens = 0, channels = 0;
    float stateLimit = 0; ///< see ScanArguments
};

/// How one token's row is quantized: q = clamp(roundEven(x / scale), ±limit), x̂ = q · scale; scale 0 gives 0.
struct QuantizeRow {
    float scale = 0;
    float limit = 0;
};

/// The vectorised kernels of one instruction set. None of them uses threads or keeps state; every result
/// depends on its own row (or channel) alone, with an order of operations that the shapes fix.
struct Kernels {
    const char* name;
    int panelWidth; ///< columns of a packed panel
    int tileRows;   ///< rows that gemm() multiplies at a time

    /// Packs panels [first, last) of a weight [outputs, inputs] into their places of `packed`
    /// (⌈outputs / panelWidth⌉ · inputs · panelWidth floats).
    void (*packPanels)(
        const float* weight, std::int64_t outputs, std::int64_t inputs, std::int64_t first, std::int64_t last,
        float* packed);
    void (*gemm)(const GemmTile& tile);
    void (*scan)(const ScanTile& tile);
    void (*headScan)(const HeadScanTile& tile);
    /// out[c] = silu(bias[c] + Σ_k weight[k, c] · taps[k][c]); a tap that is null counts as zeros, bias may
    /// be null.
    void (*convSilu)(
        const float* const* taps, int kernel, const float* weight, const float* bias, std::int64_t channels,
        float* out);
    /// residual += add (unless null); out = residual / rms(residual) · weight (unless out is null; weight
    /// null: ones). out may be residual.
    void (*addNorm)(
        const float* add, float* residual, const float* weight, float epsilon, std::int64_t channels,
        float* out);
    /// out = (x with channels zeroed where keep is 0) / smoothing; both may be null.
    void (*prepareInput)(
        const float* x, const std::uint32_t* keep, const float* smoothing, std::int64_t channels, float* out);
    void (*quantize)(const float* x, QuantizeRow how, std::int64_t channels, float* out);
    float (*absmax)(const float* x, std::int64_t count);                 ///< of the finite values
    void (*addRow)(const float* add, std::int64_t channels, float* x);   ///< x += add
    void (*gateRow)(const float* gate, std::int64_t channels, float* x); ///< x *= silu(gate)
    /// Largest of x, and Σ exp(x − largest); NaN in x makes the sum NaN.
    void (*maxAndSumExp)(const float* x, std::int64_t count, float* largest, double* sumExp);

    // For tests of the mathematical functions.
    void (*expArray)(const float* x, std::int64_t count, float* out);
    void (*decayArray)(const float* x, std::int64_t count, float* out); ///< 2^x of x ≤ 0
    void (*softplusArray)(const float* x, std::int64_t count, float* out);
};

/// The best kernels that this processor can run, or the ones that MAMBASCOPE_ISA (portable, avx2, avx512)
/// asks for if it can run them.
const Kernels& selectKernels();
/// By name, null if the processor cannot run them or this build does not have them.
const Kernels* findKernels(const char* name);

} // namespace mambascope
