// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cuda/cuda_backend.h"

#include "core/quantization/quantizer.h"
#include "core/quantization/rotation.h"
#include "plugins/torch/cuda/device_statistics.h"
#include "plugins/torch/device.h"
#include "plugins/torch/integers.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace mambascope {

using cuda::allocateBytes;
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

bool same(const Segment& a, const Segment& b) {
    return a.begin == b.begin && a.length == b.length && a.state == b.state && a.finalState == b.finalState;
}

bool anyFinalState(std::span<const Segment> segments) {
    return std::any_of(
        segments.begin(), segments.end(), [](const Segment& s) { return s.finalState != nullptr; });
}

/// Of a matrix product's result: few enough that its logits stay in the L2 cache of a large GPU.
constexpr std::int64_t kHeadRows = 1024, kHeadColumns = 8192;

/// More tokens in a pass do not make one faster, measured on an H100.
constexpr std::int64_t kMostPassTokens = 16384;

} // namespace

std::vector<DeviceInfo> cudaDevices() {
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess) {
        cudaGetLastError();
        return {};
    }
    std::vector<DeviceInfo> devices;
    for (int i = 0; i < count; ++i) {
        cudaDeviceProp properties{};
        if (cudaGetDeviceProperties(&properties, i) == cudaSuccess) {
            devices.push_back(
                {"cuda:" + std::to_string(i), properties.name,
                 static_cast<std::int64_t>(properties.totalGlobalMem)});
        }
    }
    return devices;
}

std::string whyNoCudaDevice() {
    int count = 0;
    const cudaError_t status = cudaGetDeviceCount(&count);
    cudaGetLastError();
    return cudaGetErrorString(status == cudaSuccess ? cudaErrorNoDevice : status);
}

// --- memory

namespace cuda {

void check(cudaError_t status) {
    if (status == cudaSuccess) {
        return;
    }
    cudaGetLastError(); // a full memory is no lasting error
    if (status == cudaErrorMemoryAllocation) {
        throw DeviceOutOfMemory();
    }
    throw std::runtime_error(std::string("CUDA reports \"") + cudaGetErrorString(status) + "\".");
}

void* allocateBytes(std::size_t count) {
    void* memory = nullptr;
    check(cudaMalloc(&memory, std::max<std::size_t>(count, 1)));
    return memory;
}

} // namespace cuda

CudaBackend::OwnStream::OwnStream(int device) {
    check(cudaSetDevice(device));
    if (!cuda::haveCode()) {
        throw std::runtime_error("This build has no code for the GPU cuda:" + std::to_string(device) + ".");
    }
    check(cudaStreamCreateWithFlags(&m_stream, cudaStreamNonBlocking));
}

CudaBackend::OwnStream::~OwnStream() {
    cudaStreamDestroy(m_stream);
}

CudaBackend::CudaBackend(int index, Precision precision)
    : m_index(index)
    , m_precision(precision)
    , m_stream(index)
    , m_products(m_stream, precision == Precision::TF32 || precision == Precision::INT8)
    , m_recorder(m_stream) {
}

CudaBackend::~CudaBackend() {
    cudaSetDevice(m_index);
    cudaStreamSynchronize(m_stream);
}

void CudaBackend::use() const {
    check(cudaSetDevice(m_index));
}

void CudaBackend::useFor(Matrix written) {
    use();
    for (cuda::Statistics* statistics : m_statistics) {
        statistics->beforeWrite(written);
    }
}

float* CudaBackend::allocate(std::int64_t count) {
    use();
    forgetRepeated();
    return static_cast<float*>(allocateBytes(static_cast<std::size_t>(count) * sizeof(float)));
}

void CudaBackend::release(float* memory) {
    cudaFree(memory); // waits for the kernels that use it
}

void CudaBackend::upload(const float* host, std::int64_t count, float* device) {
    use();
    check(cudaMemcpyAsync(
        device, host, static_cast<std::size_t>(count) * sizeof(float), cudaMemcpyHostToDevice, m_stream));
    check(cudaStreamSynchronize(m_stream)); // `host` is the caller's
}

void CudaBackend::download(const float* device, std::int64_t count, float* host) {
    use();
    check(cudaMemcpyAsync(
        host, device, static_cast<std::size_t>(count) * sizeof(float), cudaMemcpyDeviceToHost, m_stream));
    check(cudaStreamSynchronize(m_stream));
}

void CudaBackend::copy(const float* from, std::int64_t count, float* to) {
    use();
    for (cuda::Statistics* statistics : m_statistics) {
        statistics->beforeAnyWrite();
    }
    check(cudaMemcpyAsync(
        to, from, static_cast<std::size_t>(count) * sizeof(float), cudaMemcpyDeviceToDevice, m_stream));
}

Element CudaBackend::activationElement() const {
    return m_precision == Precision::BF16 ? Element::BF16 : Element::F32;
}

void CudaBackend::downloadMatrix(Matrix x, float* host) {
    if (x.element == Element::F32 && x.stride == x.columns) {
        download(x.data, x.rows * x.columns, host);
        return;
    }
    use();
    float* converted = m_converted.reserve(static_cast<std::size_t>(x.rows * x.columns));
    cuda::convert(x, {converted, x.rows, x.columns, x.columns}, m_stream);
    check(cudaGetLastError());
    download(converted, x.rows * x.columns, host);
}

std::int64_t CudaBackend::passTokens(std::int64_t bytesPerToken, std::int64_t standard) {
    use();
    std::size_t available = 0, total = 0;
    check(cudaMemGetInfo(&available, &total));
    // A quarter: states of shared contexts, quantized weights of a plan and other programs want some too.
    const std::int64_t fitting =
        static_cast<std::int64_t>(available / 4) / std::max<std::int64_t>(bytesPerToken, 1);
    return std::clamp(fitting, std::min(standard, kMostPassTokens), kMostPassTokens);
}

std::unique_ptr<DeviceStatistics> CudaBackend::makeStatistics(std::span<const int> channels) {
    use();
    auto statistics = std::make_unique<cuda::Statistics>(
        channels, m_stream, [this](const cuda::Statistics* ended) { std::erase(m_statistics, ended); });
    m_statistics.push_back(statistics.get());
    return statistics;
}

void CudaBackend::finish() {
    use();
    for (const cuda::Statistics* statistics : m_statistics) {
        statistics->wait();
    }
    check(cudaStreamSynchronize(m_stream));
}

cuda::Sequences CudaBackend::useSegments(std::span<const Segment> segments) {
    const auto count = static_cast<int>(segments.size());
    if (std::equal(segments.begin(), segments.end(), m_segments.begin(), m_segments.end(), same)) {
        return {m_deviceSegments.data(), count, m_segmentOfRow.data()};
    }
    m_segments.clear();
    std::vector<std::int32_t> ofRow;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        ofRow.resize(static_cast<std::size_t>(segments[i].begin + segments[i].length));
        std::fill(ofRow.begin() + segments[i].begin, ofRow.end(), static_cast<std::int32_t>(i));
    }
    m_deviceSegments.assign(segments, m_stream);
    m_segmentOfRow.assign(ofRow, m_stream);
    m_segments.assign(segments.begin(), segments.end());
    return {m_deviceSegments.data(), count, m_segmentOfRow.data()};
}

bool CudaBackend::repeated(
    const PassShape& shape, std::span<const Segment> segments, const std::function<bool()>& work) {
    use();
    for (cuda::Statistics* statistics : m_statistics) {
        statistics->beforeAnyWrite();
    }
    const cuda::Sequences sequences = useSegments(segments);
    const auto address = [](const void* p) {
        return reinterpret_cast<std::uint64_t>(p);
    };
    return m_recorder.run(
        {address(shape.weights), static_cast<std::uint64_t>(shape.rows), segments.size(),
         anyFinalState(segments) ? 1u : 0u, address(sequences.segments), address(sequences.ofRow),
         address(m_scales.data()), address(m_sums.data()), address(m_quantized.data()),
         static_cast<std::uint64_t>(shape.firstLayer)},
        work);
}

void CudaBackend::forgetRepeated() {
    m_recorder.clear();
}

// --- operations

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

void CudaBackend::embed(const float* table, std::span<const std::int32_t> ids, Matrix out) {
    useFor(out);
    cuda::embed(table, m_ids.assign(ids, m_stream), out, m_stream);
    check(cudaGetLastError());
}

void CudaBackend::addNorm(
    const Matrix* add, Matrix residual, const float* weight, float epsilon, const Matrix* out) {
    useFor(residual);
    if (out != nullptr) {
        useFor(*out);
    }
    cuda::addNorm(
        add != nullptr ? *add : Matrix(), residual, weight, epsilon, out != nullptr ? *out : Matrix(),
        m_stream);
    check(cudaGetLastError());
}

void CudaBackend::normRows(
    Matrix x, std::span<const std::int64_t> rows, const float* weight, float epsilon, Matrix out) {
    useFor(out);
    cuda::normRows(x, m_rows.assign(rows, m_stream), weight, epsilon, out, m_stream);
    check(cudaGetLastError());
}

void CudaBackend::addBias(Matrix x, const float* bias) {
    useFor(x);
    cuda::addBias(x, bias, m_stream);
    check(cudaGetLastError());
}

void CudaBackend::convSilu(const ConvArguments& arguments, std::span<const Segment> segments) {
    useFor(arguments.out);
    const cuda::Sequences sequences = useSegments(segments);
    cuda::convSilu(arguments, sequences, m_stream);
    if (anyFinalState(segments)) {
        cuda::saveConvState(arguments, sequences, m_stream);
    }
    check(cudaGetLastError());
}

namespace {

void checkStates(int states, int most) {
    if (states > most) {
        throw std::runtime_error(
            "The model has " + std::to_string(states) + " states a channel, and the GPU computes " +
            std::to_string(most) + " at most; device cpu has no limit.");
    }
}

} // namespace

void CudaBackend::headScan(const HeadScanArguments& arguments, std::span<const Segment> segments) {
    checkStates(arguments.state, cuda::kMostStates);
    useFor(arguments.y);
    cuda::headScan(arguments, useSegments(segments), m_stream);
    check(cudaGetLastError());
}

void CudaBackend::gatedNorm(const GatedNormArguments& arguments) {
    useFor(arguments.x);
    cuda::gatedNorm(arguments, m_stream);
    check(cudaGetLastError());
}

void CudaBackend::unitNorm(Matrix x, float epsilon) {
    useFor(x);
    cuda::unitNorm(x, epsilon, m_stream);
    check(cudaGetLastError());
}

void CudaBackend::scan(const ScanArguments& arguments, std::span<const Segment> segments) {
    checkStates(arguments.state, cuda::kMostScanStates);
    useFor(arguments.y);
    cuda::scan(arguments, useSegments(segments), m_stream);
    check(cudaGetLastError());
}

const CudaBackend::RotationOnDevice& CudaBackend::rotationOf(std::int64_t size) {
    if (size > cuda::kMostRotated) {
        throw std::runtime_error(
            "The GPU rotates " + std::to_string(cuda::kMostRotated) + " channels at most, and there are " +
            std::to_string(size) + "; device cpu has no limit.");
    }
    std::unique_ptr<RotationOnDevice>& known = m_rotations[size];
    if (!known) {
        const Rotation rotation(size);
        known = std::make_unique<RotationOnDevice>();
        known->odd = rotation.oddFactor();
        float* cosines = known->cosines.reserve(rotation.cosines().size());
        upload(rotation.cosines().data(), static_cast<std::int64_t>(rotation.cosines().size()), cosines);
    }
    return *known;
}

float* CudaBackend::runTimeScales(
    Matrix x, const cuda::Preparation& preparation, const ResolvedActivation& quantizer, float limit,
    std::span<const Segment> segments) {
    if (quantizer.scaling == ActivationScale::Static) {
        return nullptr;
    }
    float* scales = m_scales.reserve(static_cast<std::size_t>(x.rows));
    cuda::rowAbsmax(x, preparation, scales, m_stream);
    if (quantizer.scaling == ActivationScale::Dynamic) {
        cuda::sequenceScales(useSegments(segments), limit, scales, m_stream);
    } else {
        cuda::rowScales(x.rows, limit, scales, m_stream);
    }
    return scales;
}

void CudaBackend::transform(Matrix x, const Transform& how, std::span<const Segment> segments, Matrix out) {
    useFor(out);
    cuda::Preparation preparation{how.keep, how.smoothing, how.exempt};
    const ResolvedActivation& quantizer = how.quantizer;
    if (how.rotate) {
        const RotationOnDevice& rotation = rotationOf(x.columns);
        cuda::rotate(x, preparation, rotation.cosines.data(), rotation.odd, out, m_stream);
        check(cudaGetLastError());
        x = out;
        preparation = {nullptr, nullptr, how.exempt};
    }
    if (!quantizer.active()) {
        if (!how.rotate && how.active()) {
            cuda::prepareInput(x, preparation, out, m_stream);
            check(cudaGetLastError());
        }
        return;
    }
    if (quantizer.format == NumberFormat::MxFp4) {
        cuda::quantizeFloat(x, preparation, nullptr, 1.0f, quantizer.format, out, m_stream);
        check(cudaGetLastError());
        return;
    }
    const bool integers = quantizer.format == NumberFormat::Int;
    const float limit =
        integers ? static_cast<float>(quantizerMax(quantizer.bits)) : scaleDivisor(quantizer.format);
    float* scales = runTimeScales(x, preparation, quantizer, limit, segments);
    if (integers) {
        cuda::quantize(x, preparation, scales, quantizer.scale, limit, out, m_stream);
    } else {
        cuda::quantizeFloat(x, preparation, scales, quantizer.scale, quantizer.format, out, m_stream);
    }
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
