// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plugins/torch/cpu/kernels.h"

#include <cstddef>
#include <cstdint>

namespace mambascope {

// Matrix products in fewer bits than fp32. Rows of x are converted once, then multiplied with a packed weight:
// panels of so many outputs, and in a panel, blocks of `block` outputs with `unit` consecutive inputs of one
// output side by side: [panel][block][depth / unit][output][unit]. Inputs are padded with zeros to `depth`, a
// multiple of `depthUnit`. A row's result depends on that row and the weight alone.

/// How one set of kernels wants its operands.
struct ProductShape {
    int panel = 0;       ///< outputs of a panel
    int block = 0;       ///< outputs of a block, divides `panel`
    int unit = 0;        ///< inputs side by side
    int depthUnit = 0;   ///< a multiple of `unit`
    int weightBytes = 0; ///< of a packed element
    int inputBytes = 0;  ///< of a converted element of x
    int rowUnit = 1;     ///< converted rows are read in groups of so many: there must be memory for them

    std::int64_t depth(std::int64_t inputs) const { return (inputs + depthUnit - 1) / depthUnit * depthUnit; }
    std::int64_t panels(std::int64_t outputs) const { return (outputs + panel - 1) / panel; }
    std::int64_t panelBytes(std::int64_t inputs) const { return depth(inputs) * panel * weightBytes; }
};

/// What one call computes: c[rows, columns of the panels] = a · wᵀ.
struct ProductTile {
    const std::byte* a = nullptr; ///< converted rows
    std::int64_t lda = 0;         ///< in bytes
    const std::byte* panels = nullptr;
    std::int64_t depth = 0;
    std::int64_t outputs = 0;
    std::int64_t firstPanel = 0, lastPanel = 0; ///< half open
    std::int64_t rows = 0;
    float* c = nullptr; ///< c[row · ldc + column]
    std::int64_t ldc = 0;
    // Of integers only: c = (sum · outputScale[column]) · rowScale[row], each step rounded to fp32.
    const float* rowScale = nullptr;
    const float* outputScale = nullptr;         ///< [panels · panel]
    const std::int32_t* outputOffset = nullptr; ///< [panels · panel], subtracted from the sum of unsigned inputs
};

/// bf16 operands (fp32 rounded to nearest even), fp32 sums.
struct Bf16Products {
    const char* name;
    ProductShape shape;
    /// One row of x, padded with zeros.
    void (*convert)(const float* x, std::int64_t inputs, std::int64_t depth, std::byte* out);
    void (*multiply)(const ProductTile& tile);
};

/// 8-bit operands, sums in 32-bit integers: exact, so every instruction set gives the same result, bit for bit. Up to kMostIntegerInputs inputs.
struct Int8Products {
    const char* name;
    ProductShape shape;
    bool biased; ///< converted inputs are q + 128, and a product wants outputOffset
    /// One row of x, quantized (QuantizeRow; |q| ≤ 127), padded. False if the row holds a NaN, whose q is 0.
    bool (*convert)(
        const float* x, QuantizeRow how, std::int64_t inputs, std::int64_t depth, std::byte* out);
    void (*multiply)(const ProductTile& tile);
};

/// The best that this processor can run within what `kernels` (or MAMBASCOPE_ISA) stands for.
const Bf16Products& selectBf16Products(const Kernels& kernels);
const Int8Products& selectInt8Products(const Kernels& kernels);
/// By name: portable, avx2, avx512, amx. Null if the processor cannot run them or this build does not have them.
const Bf16Products* findBf16Products(const char* name);
const Int8Products* findInt8Products(const char* name);

/// fp32 rounded to bf16, to nearest, ties to even; NaN stays NaN.
std::uint16_t toBf16(float x);

/// Packs one panel of a weight [outputs, inputs].
void packPanel(
    const ProductShape& shape, const float* weight, std::int64_t outputs, std::int64_t inputs,
    std::int64_t panel, std::uint16_t* packed);
void packPanel(
    const ProductShape& shape, const std::int8_t* weight, std::int64_t outputs, std::int64_t inputs,
    std::int64_t panel, std::int8_t* packed);

} // namespace mambascope
