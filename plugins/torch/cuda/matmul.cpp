// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cuda/matmul.h"

#include <cublasLt.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace mambascope::cuda {

namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20; ///< what cuBLAS recommends for Hopper
constexpr std::size_t kMostPlans = 512;                        ///< batches of texts differ in their rows

void check(cublasStatus_t status) {
    if (status == CUBLAS_STATUS_ALLOC_FAILED) {
        throw DeviceOutOfMemory();
    }
    if (status != CUBLAS_STATUS_SUCCESS) {
        throw std::runtime_error(std::string("cuBLAS reports \"") + cublasLtGetStatusString(status) + "\".");
    }
}

/// The largest power of two up to 16 that divides all of them.
unsigned alignmentOf(const void* a, const void* b, const void* c) {
    const auto bits = reinterpret_cast<std::uintptr_t>(a) | reinterpret_cast<std::uintptr_t>(b) |
                      reinterpret_cast<std::uintptr_t>(c);
    unsigned alignment = 16;
    while (bits % alignment != 0) {
        alignment /= 2;
    }
    return alignment;
}

} // namespace

/// Column-major words for row-major matrices: yᵀ [columns, rows] = w [columns, inputs] · xᵀ.
struct Products::Plan {
    cublasLtMatmulDesc_t operation = nullptr;
    cublasLtMatrixLayout_t w = nullptr, x = nullptr, y = nullptr;
    cublasLtMatmulAlgo_t algorithm{};

    Plan() = default;
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
    ~Plan() {
        cublasLtMatrixLayoutDestroy(w);
        cublasLtMatrixLayoutDestroy(x);
        cublasLtMatrixLayoutDestroy(y);
        cublasLtMatmulDescDestroy(operation);
    }
};

Products::Products(cudaStream_t stream, bool tf32)
    : m_stream(stream)
    , m_tf32(tf32)
    , m_workspace(kWorkspaceBytes) {
    check(cublasLtCreate(reinterpret_cast<cublasLtHandle_t*>(&m_handle)));
}

Products::~Products() {
    m_plans.clear();
    cublasLtDestroy(static_cast<cublasLtHandle_t>(m_handle));
}

int Products::typeOf(Kind kind) {
    switch (kind) {
    case Kind::F32:
        return CUDA_R_32F;
    case Kind::BF16:
        return CUDA_R_16BF;
    case Kind::Bytes:
        return CUDA_R_8I;
    case Kind::Sums:
        break;
    }
    return CUDA_R_32I;
}

const Products::Plan& Products::planFor(const Shape& shape) {
    if (const auto found = m_plans.find(shape); found != m_plans.end()) {
        return *found->second;
    }
    const auto& [rows, columns, inputs, xStride, wStride, yStride, element, result, alignment] = shape;
    auto plan = std::make_unique<Plan>();
    const bool integers = element == Kind::Bytes, tf32 = m_tf32 && element == Kind::F32;
    const cublasComputeType_t floats = tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    check(cublasLtMatmulDescCreate(
        &plan->operation, integers ? CUBLAS_COMPUTE_32I : floats, integers ? CUDA_R_32I : CUDA_R_32F));
    const cublasOperation_t transposed = CUBLAS_OP_T;
    check(cublasLtMatmulDescSetAttribute(
        plan->operation, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof(transposed)));
    const auto layout = [](cublasLtMatrixLayout_t& to, Kind kind, auto r, auto c, auto stride) {
        check(cublasLtMatrixLayoutCreate(
            &to, static_cast<cudaDataType_t>(typeOf(kind)), static_cast<std::uint64_t>(r),
            static_cast<std::uint64_t>(c), stride));
    };
    layout(plan->w, element, inputs, columns, wStride);
    layout(plan->x, element, inputs, rows, xStride);
    layout(plan->y, result, columns, rows, yStride);
    cublasLtMatmulPreference_t preference = nullptr;
    check(cublasLtMatmulPreferenceCreate(&preference));
    const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t what, const auto& value) {
        check(cublasLtMatmulPreferenceSetAttribute(preference, what, &value, sizeof(value)));
    };
    prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes);
    for (const auto operand :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES}) {
        prefer(operand, std::uint32_t{alignment});
    }
    cublasLtMatmulHeuristicResult_t best{};
    int found = 0;
    const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(
        static_cast<cublasLtHandle_t>(m_handle), plan->operation, plan->w, plan->x, plan->y, plan->y,
        preference, 1, &best, &found);
    cublasLtMatmulPreferenceDestroy(preference);
    check(status);
    if (found == 0) {
        throw std::runtime_error("cuBLAS has no matrix product for this model's shape.");
    }
    plan->algorithm = best.algo;
    if (m_plans.size() >= kMostPlans) {
        m_plans.clear();
    }
    return *m_plans.emplace(shape, std::move(plan)).first->second;
}

void Products::run(const Shape& shape, const void* x, const void* w, void* y) {
    const Plan& plan = planFor(shape);
    const bool integers = std::get<6>(shape) == Kind::Bytes;
    const float one = 1.0f, zero = 0.0f;
    const std::int32_t integerOne = 1, integerZero = 0;
    const void* alpha = integers ? static_cast<const void*>(&integerOne) : &one;
    const void* beta = integers ? static_cast<const void*>(&integerZero) : &zero;
    check(cublasLtMatmul(
        static_cast<cublasLtHandle_t>(m_handle), plan.operation, alpha, w, plan.w, x, plan.x, beta, y, plan.y,
        y, plan.y, &plan.algorithm, m_workspace.data(), kWorkspaceBytes, m_stream));
}

void Products::multiply(Matrix x, const void* w, std::int64_t stride, Matrix y) {
    run({y.rows, y.columns, x.columns, x.stride, stride, y.stride, kindOf(x.element), kindOf(y.element),
         alignmentOf(x.data, w, y.data)},
        x.data, w, y.data);
}

void Products::multiply(Bytes x, const std::int8_t* w, Sums sums) {
    run({sums.rows, sums.columns, x.columns, x.columns, x.columns, sums.columns, Kind::Bytes, Kind::Sums,
         alignmentOf(x.data, w, sums.data)},
        x.data, w, sums.data);
}

} // namespace mambascope::cuda
