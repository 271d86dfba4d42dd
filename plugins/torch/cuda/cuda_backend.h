// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/engine.h"
#include "plugins/torch/backend.h"
#include "plugins/torch/cuda/kernels.h"

namespace mambascope {

/// The CUDA devices, "cuda:0" first.
std::vector<DeviceInfo> cudaDevices();

/// Why there are none: "no CUDA-capable device is detected".
std::string whyNoCudaDevice();

/// The operations on one CUDA device, in its default stream: everything is done in the order it was asked
/// for. Linears are libtorch's fp32 products (cuBLAS without TF32), whose order of summation depends on the
/// number of rows; so scores agree between batches to rounding, not bit for bit. All else is kernels of our
/// own, in which a row or a sequence does not depend on the others.
class CudaBackend final : public Backend {
public:
    /// Throws if the device cannot be used. `index` is below the number of devices.
    explicit CudaBackend(int index);
    ~CudaBackend() override;

    bool isHostMemory() const override { return false; }
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
    void finish() override;

private:
    /// Device memory that grows as it is needed.
    template <class T>
    class Buffer {
    public:
        Buffer() = default;
        Buffer(const Buffer&) = delete;
        Buffer& operator=(const Buffer&) = delete;
        ~Buffer();
        T* reserve(std::size_t count);
        T* assign(std::span<const T> values); ///< upload
        T* data() const { return m_data; }

    private:
        std::size_t m_capacity = 0;
        T* m_data = nullptr;
    };

    /// Uploads `segments` unless they are the ones of the last call.
    void useSegments(std::span<const Segment> segments);

    int m_index;
    std::vector<Segment> m_segments; ///< what the two buffers below hold
    Buffer<Segment> m_deviceSegments;
    Buffer<std::int32_t> m_segmentOfRow;
    Buffer<std::int32_t> m_ids;
    Buffer<std::int64_t> m_rows;
    Buffer<float> m_scales, m_logits;
    Buffer<cuda::HeadScore> m_headScores;
};

} // namespace mambascope
