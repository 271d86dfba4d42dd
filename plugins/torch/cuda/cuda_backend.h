// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/engine.h"
#include "plugins/torch/backend.h"
#include "plugins/torch/cuda/device_statistics.h"
#include "plugins/torch/cuda/kernels.h"
#include "plugins/torch/cuda/matmul.h"
#include "plugins/torch/cuda/memory.h"
#include "plugins/torch/cuda/recorder.h"

#include <map>

namespace mambascope {

/// The CUDA devices, "cuda:0" first.
std::vector<DeviceInfo> cudaDevices();

/// Why there are none: "no CUDA-capable device is detected".
std::string whyNoCudaDevice();

/// What linears compute in on a GPU.
///
/// F32: fp32 throughout, products without TF32.
///
/// TF32: the same, but products may cut the mantissas of their operands to 10 bits.
///
/// BF16: every matrix between two operations, and every weight of a linear, is bf16. In fp32 are the residual
/// stream, the embedding, the states of convolution and scan, all other parameters, the arithmetic of every
/// operation, the sums of matrix products, and the logits: a value is rounded to bf16 once, when it is stored
/// for the next operation. A plan acts on these values: what it does to an activation is computed in fp32
/// from the bf16 value, with the core's divisions and roundings, so q is the very integer that the quantizer
/// has for that value; what is stored is q·Δ rounded to bf16, as are quantized weights. So the grid is exact
/// and its points are off by up to 2^-9 of themselves: linears multiply the rounded points and not integers.
///
/// How far BF16's logits may be from F32's. Rounding to nearest moves a value by u = 2^-9 of itself at most.
/// Relative errors add up along a product, so in a layer of Mamba-1, beyond the error of its input: the
/// norm's output 1, the weight and product of in_proj 2 (u and z have 3·u now), the stored u 1 (4), the
/// weight and product of x_proj 2 (B, C and the low-rank Δ: 6), those of dt_proj 2 (Δ: 8); y = C·h·silu(z), h
/// ~ Δ·u·B: 6 + 8 + 4 + 6 + 3 and the store 28, out_proj 30. FalconMamba's norm of x_proj's product makes it
/// 33; Mamba-2 has
/// 22. To first order, with functions that pass relative errors on (softplus, silu and the decay do where
/// their argument is of magnitude 1), and 2 for the final norm's output and the head's weight, ‖logits −
/// logits(F32)‖ ≤ (33 · layers + 2) · 2^-9 · ‖logits(F32)‖. TF32 rounds the operands of products alone, to
/// 2^-11: a quarter of that covers it. Roundings are independent and partly cancel, so it is usually far
/// less.
///
/// INT8: see integers.h; linears that are not integers, and the head, are TF32, everything else is F32.
enum class Precision { F32, TF32, BF16, INT8 };

/// The operations on one CUDA device, in one stream: everything is done in the order it was asked for, and
/// only download(), downloadMatrix(), scoreRows() and finish() wait. Linears are cuBLASLt's, whose order of
/// summation depends on the number of rows; so scores agree between batches to rounding, not bit for bit. All
/// else is kernels of our own, in which a row or a sequence does not depend on the others.
class CudaBackend final : public Backend {
public:
    /// Throws if the device cannot be used. `index` is below the number of devices.
    CudaBackend(int index, Precision precision);
    ~CudaBackend() override;

    bool isHostMemory() const override { return false; }
    float* allocate(std::int64_t count) override;
    void release(float* memory) override;
    void upload(const float* host, std::int64_t count, float* device) override;
    void download(const float* device, std::int64_t count, float* host) override;
    void copy(const float* from, std::int64_t count, float* to) override;
    Element activationElement() const override;
    void downloadMatrix(Matrix x, float* host) override;
    std::int64_t passTokens(std::int64_t bytesPerToken, std::int64_t standard) override;
    std::unique_ptr<DeviceStatistics> makeStatistics(std::span<const int> channels) override;
    bool repeated(
        const PassShape& shape, std::span<const Segment> segments,
        const std::function<bool()>& work) override;
    void forgetRepeated() override;
    bool multipliesIntegers(const ResolvedSite& site, Linear linear) const override;
    std::unique_ptr<LinearWeight> prepare(
        std::span<const float> weight, std::int64_t outputs, std::int64_t inputs,
        const WeightUse& use) override;
    std::unique_ptr<LinearWeight> prepareRows(SiteWeight& weight, const WeightUse& use) override;
    bool keepsFloats() const override;
    std::unique_ptr<LinearWeight>
    exactFloats(std::span<const float> weight, std::int64_t outputs, std::int64_t inputs) override;
    std::unique_ptr<LinearWeight> quantized(
        const LinearWeight& plain, const WeightUse& how, const float* smoothing,
        const std::uint32_t* exempt) override;
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
    void finish() override;

private:
    /// A stream of the device, which becomes the current one.
    class OwnStream {
    public:
        explicit OwnStream(int device);
        ~OwnStream();
        OwnStream(const OwnStream&) = delete;
        OwnStream& operator=(const OwnStream&) = delete;
        operator cudaStream_t() const { return m_stream; }

    private:
        cudaStream_t m_stream = nullptr;
    };

    /// Makes the device current, so that the next operations go there.
    void use() const;
    /// The same; and the stream waits until no statistics are being collected from what will be overwritten.
    void useFor(Matrix written);
    /// Uploads `segments` unless they are the ones of the last call.
    cuda::Sequences useSegments(std::span<const Segment> segments);
    /// Δ of every row of prepared values, in m_scales; null for a static scale.
    float* runTimeScales(
        Matrix x, const cuda::Preparation& preparation, const ResolvedActivation& quantizer, float limit,
        std::span<const Segment> segments);

    struct RotationOnDevice {
        cuda::Buffer<float> cosines;
        int odd = 1;
    };
    const RotationOnDevice& rotationOf(std::int64_t size);

    int m_index;
    Precision m_precision;
    OwnStream m_stream;
    cuda::Products m_products;
    cuda::Recorder m_recorder;
    std::vector<cuda::Statistics*> m_statistics; ///< that exist
    std::vector<Segment> m_segments;             ///< what the two arrays below hold
    cuda::Upload<Segment> m_deviceSegments;
    cuda::Upload<std::int32_t> m_segmentOfRow;
    cuda::Upload<std::int32_t> m_ids, m_targets;
    cuda::Upload<std::int64_t> m_rows;
    cuda::Buffer<float> m_scales, m_logits, m_converted;
    std::map<std::int64_t, std::unique_ptr<RotationOnDevice>> m_rotations; ///< by size
    cuda::Buffer<std::int8_t> m_quantized;
    cuda::Buffer<std::int32_t> m_sums;
    cuda::Buffer<cuda::HeadScore> m_headScores;
};

} // namespace mambascope
