// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plugins/torch/cuda/memory.h"

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>

namespace mambascope::cuda {

/// Matrix products by cuBLASLt, in one stream. Plans are kept by shape.
class Products {
public:
    /// `tf32`: fp32 operands may be cut to 10 bits of mantissa.
    Products(cudaStream_t stream, bool tf32);
    ~Products();
    Products(const Products&) = delete;
    Products& operator=(const Products&) = delete;

    /// y = x · wᵀ; `w` [y.columns, x.columns] of x's element, rows `stride` elements apart. Sums are fp32; y
    /// may be fp32 or x's element and is rounded once. Throws if the library has no such product.
    void multiply(Matrix x, const void* w, std::int64_t stride, Matrix y);

private:
    struct Plan;
    /// rows, columns, inputs; strides of x, w and y; elements of x and y; alignment in bytes.
    using Shape = std::tuple<
        std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, Element, Element,
        unsigned>;
    const Plan& planFor(const Shape& shape);

    cudaStream_t m_stream;
    bool m_tf32;
    void* m_handle = nullptr;
    Buffer<std::byte> m_workspace;
    std::map<Shape, std::unique_ptr<Plan>> m_plans;
};

} // namespace mambascope::cuda
