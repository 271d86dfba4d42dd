// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plugins/torch/backend.h"
#include "plugins/torch/cpu/kernels.h"

namespace mambascope {

/// The operations on host memory, with OpenMP threads (the same runtime that libtorch uses). Results depend
/// neither on the number of threads nor on what else is in the batch, bit for bit.
///
/// Linears use the own matrix kernel (gemm_impl.h) and not oneDNN's fp32 one. Measured with libtorch 1.13 and
/// oneDNN 2.6 on a Zen 4 core, GFLOP/s by thread time: in_proj 3072 × 768 at 512 rows 100 against 75–98, at
/// 64 rows 92 against 58 (at::mkldnn_linear packs the weight again on every call; 1.13 has no operator that
/// keeps a packed one), head 101 against 68, x_proj 94 against 88–98, dt_proj 72–98 against 103–106. A row of
/// oneDNN's result did not depend on the number of rows on that machine, but nothing promises it on another;
/// here the order of summation is fixed by design.
class CpuBackend final : public Backend {
public:
    CpuBackend(const Kernels& kernels, int threads)
        : m_kernels(kernels)
        , m_threads(threads) {}

    const Kernels& kernels() const { return m_kernels; }
    int threads() const { return m_threads; }

    bool isHostMemory() const override { return true; }
    float* allocate(std::int64_t count) override;
    void release(float* memory) override;
    void upload(const float* host, std::int64_t count, float* device) override;
    void download(const float* device, std::int64_t count, float* host) override;
    std::unique_ptr<LinearWeight>
    prepare(std::span<const float> weight, std::int64_t outputs, std::int64_t inputs) override;
    void linear(const LinearWeight& weight, Matrix x, Matrix y) override;
    void embed(const float* table, std::span<const std::int32_t> ids, Matrix out) override;
    void addNorm(
        const Matrix* add, Matrix residual, const float* weight, float epsilon, const Matrix* out) override;
    void normRows(
        Matrix x, std::span<const std::int64_t> rows, const float* weight, float epsilon,
        Matrix out) override;
    void addBias(Matrix x, const float* bias) override;
    void convSilu(const ConvArguments& arguments, std::span<const Segment> segments) override;
    void scan(const ScanArguments& arguments, std::span<const Segment> segments) override;
    void headScan(const HeadScanArguments& arguments, std::span<const Segment> segments) override;
    void gatedNorm(const GatedNormArguments& arguments) override;
    void unitNorm(Matrix x, float epsilon) override;
    void transform(Matrix x, const Transform& how, std::span<const Segment> segments, Matrix out) override;
    std::vector<RowScore>
    scoreRows(const LinearWeight& head, Matrix x, std::span<const std::int32_t> targets) override;

private:
    /// Columns [first, first + width) of x · Wᵀ on the calling thread; `first` is a multiple of the panel
    /// width.
    void linearBlock(
        const LinearWeight& weight, Matrix x, std::int64_t first, std::int64_t width, float* out,
        std::int64_t outStride) const;

    const Kernels& m_kernels;
    int m_threads;
};

} // namespace mambascope
