// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/rotation.h"
#include "plugins/torch/backend.h"
#include "plugins/torch/cpu/kernels.h"
#include "plugins/torch/cpu/products.h"

#include <cstddef>
#include <map>
#include <vector>

namespace mambascope {

/// What linears compute in on a processor. Everything else is fp32.
///
/// BF16: operands of linears and of the head are rounded to bf16, sums are fp32. How far the logits may be from
/// F32's: as cuda_backend.h counts it, but only products' operands are rounded, two of them each: in_proj 2, x_proj
/// 2 and dt_proj 2 more each, so y = C·h·silu(z) carries 4 + 6 + 2 + 4 + 2 = 18, and out_proj 2: 20 a layer; 2 for
/// the head. ‖logits − logits(F32)‖ ≤ (20 · layers + 2) · 2^-9 · ‖logits(F32)‖.
///
/// Int8: see integers.h; linears that are not integers are BF16. A value is then off by half a step at most, absmax / 254, and absmax is √C times the root mean
/// square of a row of C values at most: e(C) = √C / 254 of the row, for inputs and for weights. Along a layer as
/// above, u and z carry 2·e(hidden), as do B, C and Δ through u, so y 10·e(hidden), and out_proj adds 2·e(inner): beyond
/// the error of its input, a layer is off by (10·√hidden + 2·√inner) / 254 and what BF16 adds, 20 · 2^-9.
enum class CpuPrecision { F32, BF16, Int8 };

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
    CpuBackend(const Kernels& kernels, int threads, CpuPrecision precision = CpuPrecision::F32)
        : m_kernels(kernels)
        , m_threads(threads)
        , m_precision(precision)
        , m_bf16(selectBf16Products(kernels))
        , m_int8(selectInt8Products(kernels)) {}
    /// With products of the caller's choice.
    CpuBackend(
        const Kernels& kernels, int threads, CpuPrecision precision, const Bf16Products& bf16,
        const Int8Products& int8)
        : m_kernels(kernels)
        , m_threads(threads)
        , m_precision(precision)
        , m_bf16(bf16)
        , m_int8(int8) {}

    const Kernels& kernels() const { return m_kernels; }
    int threads() const { return m_threads; }

    bool isHostMemory() const override { return true; }
    float* allocate(std::int64_t count) override;
    void release(float* memory) override;
    void upload(const float* host, std::int64_t count, float* device) override;
    void download(const float* device, std::int64_t count, float* host) override;
    bool multipliesIntegers(const ResolvedSite& site, Linear linear) const override;
    std::unique_ptr<LinearWeight> prepare(
        std::span<const float> weight, std::int64_t outputs, std::int64_t inputs,
        const WeightUse& use) override;
    std::unique_ptr<LinearWeight> prepareRows(SiteWeight& weight, const WeightUse& use) override;
    void linear(const LinearWeight& weight, Matrix x, Matrix y) override;
    void integerLinear(
        const LinearWeight& weight, Matrix x, const ResolvedActivation& quantizer,
        std::span<const Segment> segments, Matrix y) override;
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
    /// A row of x, or a converted one, and what belongs to it.
    struct Rows {
        Matrix x;                           ///< of fp32 weights
        const std::byte* converted = nullptr; ///< of the others
        std::int64_t bytes = 0;             ///< of a converted row
        std::vector<float> scales;          ///< of integers
    };
    /// Δ of every row; `exempt` may be null.
    std::vector<float> rowScales(
        Matrix x, const ResolvedActivation& quantizer, const std::uint32_t* exempt,
        std::span<const Segment> segments) const;
    const Rotation& rotation(std::int64_t size);
    /// What multiplyBlock() takes, for any weight; valid until the next call.
    Rows convertRows(
        const LinearWeight& weight, Matrix x, const ResolvedActivation& quantizer,
        std::span<const Segment> segments);
    /// Rows [first, first + count) times panels [firstPanel, lastPanel), on the calling thread; column 0 of `out` is
    /// the first one of them.
    void multiplyBlock(
        const LinearWeight& weight, const Rows& rows, std::int64_t first, std::int64_t count,
        std::int64_t firstPanel, std::int64_t lastPanel, float* out, std::int64_t outStride) const;
    void multiply(const LinearWeight& weight, const Rows& rows, Matrix y) const;
    /// Outputs of a panel of such a weight.
    static std::int64_t panelWidth(const LinearWeight& weight);

    const Kernels& m_kernels;
    int m_threads;
    CpuPrecision m_precision;
    const Bf16Products& m_bf16;
    const Int8Products& m_int8;
    std::vector<std::byte> m_converted;
    std::map<std::int64_t, Rotation> m_rotations; ///< by size
};

/// Memory for free(), at a cache line. Large pieces lie in pages of 2 MiB where the system has them: touching a
/// model's weights for the first time costs a tenth then, and the processor finds them sooner. Throws
/// std::bad_alloc.
void* allocateAligned(std::size_t bytes);

} // namespace mambascope
