// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plugins/torch/cuda/kernels.h"
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
    /// sums = x · wᵀ, exactly; `w` [sums.columns, x.columns]. Both widths are multiples of 16.
    void multiply(Bytes x, const std::int8_t* w, Sums sums);

private:
    struct Plan;
    enum class Kind { F32, BF16, Bytes, Sums };
    static Kind kindOf(Element element) { return element == Element::BF16 ? Kind::BF16 : Kind::F32; }
    static int typeOf(Kind kind); ///< cudaDataType_t
    /// rows, columns, inputs; strides of x, w and y; elements of x and y; alignment in bytes.
    using Shape = std::tuple<
        std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, Kind, Kind,
        unsigned>;
    void run(const Shape& shape, const void* x, const void* w, void* y);
    const Plan& planFor(const Shape& shape);

    cudaStream_t m_stream;
    bool m_tf32;
    void* m_handle = nullptr;
    Buffer<std::byte> m_workspace;
    std::map<Shape, std::unique_ptr<Plan>> m_plans;
};

} // namespace mambascope::cuda
