// SPDX-License-Identifier: GPL-3.0-or-later
// The linears of CudaBackend, and the head.
#include "plugins/torch/cuda/cuda_backend.h"

#include "core/quantization/quantizer.h"
#include "plugins/torch/device.h"
#include "plugins/torch/integers.h"
#include "plugins/torch/weight_rows.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>

namespace mambascope {

using cuda::check;

namespace {

/// cuBLAS wants rows of 2-byte elements, and of bytes, to begin at multiples of 16 bytes.
std::int64_t paddedTo(std::int64_t unit, std::int64_t count) {
    return (count + unit - 1) / unit * unit;
}

struct CudaWeight final : LinearWeight {
    CudaWeight(std::int64_t rows, std::int64_t columns, Element type)
        : stride(type == Element::F32 ? columns : paddedTo(8, columns))
        , element(type)
        , data(static_cast<std::size_t>(rows * stride * (type == Element::F32 ? 4 : 2))) {
        outputs = rows;
        inputs = columns;
        bytes = rows * stride * (type == Element::F32 ? 4 : 2);
    }
    /// Of integers: both dimensions padded with zeros to multiples of 16.
    CudaWeight(std::int64_t rows, std::int64_t columns)
        : stride(paddedTo(16, columns))
        , data(static_cast<std::size_t>(paddedTo(16, rows) * stride))
        , scales(static_cast<std::size_t>(rows)) {
        outputs = rows;
        inputs = columns;
        bytes = rows * stride;
        integers = true;
    }

    std::int64_t stride;
    Element element = Element::F32;
    cuda::Buffer<std::byte> data; ///< [outputs, inputs]
    cuda::Buffer<float> scales;   ///< of integers: [outputs]

    Matrix matrix() const {
        return {reinterpret_cast<float*>(data.data()), outputs, inputs, stride, element};
    }
    const std::int8_t* integerData() const { return reinterpret_cast<const std::int8_t*>(data.data()); }
};

/// Of a matrix product's result: few enough that its logits stay in the L2 cache of a large GPU.
constexpr std::int64_t kHeadRows = 1024, kHeadColumns = 8192;

} // namespace

bool CudaBackend::multipliesIntegers(const ResolvedSite& site, Linear linear) const {
    return m_precision == Precision::INT8 && mambascope::multipliesIntegers(site, linear);
}

std::unique_ptr<LinearWeight> CudaBackend::prepare(
    std::span<const float> weight, std::int64_t outputs, std::int64_t inputs, const WeightUse& how) {
    use();
    forgetRepeated();
    if (how.site != nullptr && inputs <= kMostIntegerInputs && multipliesIntegers(*how.site, how.linear)) {
        const IntegerWeight converted = toIntegers(weight, outputs, *how.site, resolveThreads(0));
        auto prepared = std::make_unique<CudaWeight>(outputs, inputs);
        const std::size_t bytes = static_cast<std::size_t>(paddedTo(16, outputs) * prepared->stride);
        check(cudaMemsetAsync(prepared->data.data(), 0, bytes, m_stream));
        check(cudaMemcpy2DAsync(
            prepared->data.data(), static_cast<std::size_t>(prepared->stride), converted.q.data(),
            static_cast<std::size_t>(inputs), static_cast<std::size_t>(inputs),
            static_cast<std::size_t>(outputs), cudaMemcpyHostToDevice, m_stream));
        upload(converted.scales.data(), outputs, prepared->scales.data()); // waits for all of it
        return prepared;
    }
    auto prepared = std::make_unique<CudaWeight>(outputs, inputs, activationElement());
    const Matrix to = prepared->matrix();
    if (to.element == Element::F32) {
        upload(weight.data(), static_cast<std::int64_t>(weight.size()), to.data);
        return prepared;
    }
    cuda::Buffer<float> given(weight.size());
    upload(weight.data(), static_cast<std::int64_t>(weight.size()), given.data());
    cuda::convert({given.data(), outputs, inputs, inputs}, to, m_stream);
    check(cudaGetLastError());
    return prepared;
}

std::unique_ptr<LinearWeight> CudaBackend::prepareRows(SiteWeight& weight, const WeightUse& use) {
    return prepare(allRows(weight, resolveThreads(0)), weight.outputs(), weight.inputs(), use);
}

bool CudaBackend::keepsFloats() const {
    use();
    std::size_t available = 0, total = 0;
    check(cudaMemGetInfo(&available, &total));
    return available >= total / 4;
}

std::unique_ptr<LinearWeight>
CudaBackend::exactFloats(std::span<const float> weight, std::int64_t outputs, std::int64_t inputs) {
    use();
    auto exact = std::make_unique<CudaWeight>(outputs, inputs, Element::F32);
    upload(weight.data(), static_cast<std::int64_t>(weight.size()), exact->matrix().data);
    return exact;
}

std::unique_ptr<LinearWeight> CudaBackend::quantized(
    const LinearWeight& plain, const WeightUse& how, const float* smoothing, const std::uint32_t* exempt) {
    const ResolvedSite& site = *how.site;
    const Granularity granularity =
        blockSize(site.weight.format) > 0 ? Granularity{} : site.weight.granularity;
    const bool groups = granularity.kind == GranularityKind::Group;
    const std::int64_t outputs = plain.outputs, inputs = plain.inputs;
    if (plain.integers || multipliesIntegers(site, how.linear) || (site.rotate && inputs > cuda::kMostRotated) ||
        (groups && (exempt != nullptr || inputs % granularity.groupSize != 0))) {
        return nullptr;
    }
    use();
    forgetRepeated();
    auto prepared = std::make_unique<CudaWeight>(outputs, inputs, activationElement());
    const Matrix to = prepared->matrix();
    cuda::Buffer<float> own(to.element == Element::F32 ? 0 : static_cast<std::size_t>(outputs * inputs));
    const Matrix work{to.element == Element::F32 ? to.data : own.data(), outputs, inputs, inputs};
    cuda::multiplyColumns(static_cast<const CudaWeight&>(plain).matrix(), smoothing, work, m_stream);
    check(cudaGetLastError());
    if (site.rotate) {
        transform(work, {nullptr, nullptr, {}, true, nullptr}, {}, work);
    }
    // A weight is quantized like an activation of one sequence: with a scale for all of its rows, or one a row.
    const Matrix runs = groups ? Matrix{work.data, outputs * inputs / granularity.groupSize, granularity.groupSize,
                                        granularity.groupSize}
                               : work;
    const bool oneScale = granularity.kind == GranularityKind::Tensor && site.weight.format != NumberFormat::MxFp4;
    const ResolvedActivation quantizer{
        site.weight.bits, oneScale ? ActivationScale::Dynamic : ActivationScale::Token, 0.0f, site.weight.format};
    const std::vector<Segment> all{{0, runs.rows}};
    transform(runs, {nullptr, nullptr, quantizer, false, exempt}, all, runs);
    if (to.element != Element::F32) {
        cuda::convert(work, to, m_stream);
        check(cudaGetLastError());
        check(cudaStreamSynchronize(m_stream)); // `own` goes
    }
    return prepared;
}

void CudaBackend::linear(const LinearWeight& weight, Matrix x, Matrix y) {
    if (weight.integers) {
        integerLinear(weight, x, {}, {}, y);
        return;
    }
    useFor(y);
    const Matrix w = static_cast<const CudaWeight&>(weight).matrix();
    m_products.multiply(x, w.data, w.stride, y);
}

void CudaBackend::integerLinear(
    const LinearWeight& weight, Matrix x, const ResolvedActivation& quantizer,
    std::span<const Segment> segments, Matrix y) {
    useFor(y);
    const auto& w = static_cast<const CudaWeight&>(weight);
    const ResolvedActivation how = integerInput(quantizer);
    const auto limit = static_cast<float>(quantizerMax(how.bits));
    float* scales = runTimeScales(x, {}, how, limit, segments);
    const bool given = scales != nullptr;
    if (!given) {
        scales = m_scales.reserve(static_cast<std::size_t>(x.rows));
    }
    const auto size = [](std::int64_t rows, std::int64_t columns) {
        return static_cast<std::size_t>(rows * columns);
    };
    const std::int64_t columns = paddedTo(16, w.outputs);
    const cuda::Bytes q{m_quantized.reserve(size(x.rows, w.stride)), x.rows, w.stride};
    const cuda::Sums sums{m_sums.reserve(size(x.rows, columns)), x.rows, columns};
    cuda::quantizeIntegers(x, given, how.scale, limit, scales, q, m_stream);
    m_products.multiply(q, w.integerData(), sums);
    cuda::scaleSums(sums, scales, w.scales.data(), y, m_stream);
    check(cudaGetLastError());
}

std::vector<RowScore>
CudaBackend::scoreRows(const LinearWeight& head, Matrix x, std::span<const std::int32_t> targets) {
    use();
    const Matrix weight = static_cast<const CudaWeight&>(head).matrix();
    const std::int64_t rowsAtOnce = std::min(kHeadRows, x.rows);
    const std::int64_t columnsAtOnce = std::min(kHeadColumns, head.outputs);
    float* logits = m_logits.reserve(static_cast<std::size_t>(rowsAtOnce * columnsAtOnce));
    const std::int32_t* deviceTargets = m_targets.assign(targets, m_stream);
    cuda::HeadScore* scores = m_headScores.reserve(targets.size());
    for (std::int64_t row = 0; row < x.rows; row += rowsAtOnce) {
        const std::int64_t rows = std::min(rowsAtOnce, x.rows - row);
        for (std::int64_t first = 0; first < head.outputs; first += columnsAtOnce) {
            const std::int64_t columns = std::min(columnsAtOnce, head.outputs - first);
            const Matrix block{logits, rows, columns, columns};
            m_products.multiply(
                x.rowRange(row, rows), weight.rowRange(first, columns).data, weight.stride, block);
            cuda::scoreLogits(block, first, deviceTargets + row, scores + row, m_stream);
            check(cudaGetLastError());
        }
    }
    std::vector<cuda::HeadScore> host(targets.size());
    check(cudaMemcpyAsync(
        host.data(), scores, host.size() * sizeof(cuda::HeadScore), cudaMemcpyDeviceToHost, m_stream));
    check(cudaStreamSynchronize(m_stream));
    std::vector<RowScore> result;
    for (const cuda::HeadScore& score : host) {
        const double logSum = static_cast<double>(score.largest) + std::log(score.sumExp);
        result.push_back(
            {static_cast<double>(score.target) - logSum, score.argmax, !std::isnan(score.sumExp)});
    }
    return result;
}

} // namespace mambascope
