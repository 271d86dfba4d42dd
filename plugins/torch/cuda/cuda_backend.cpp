// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cuda/cuda_backend.h"

#include "core/quantization/quantizer.h"
#include "core/quantization/rotation.h"
#include "plugins/torch/cuda/device_statistics.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <stdexcept>

namespace mambascope {

using cuda::allocateBytes;
using cuda::check;

namespace {

bool same(const Segment& a, const Segment& b) {
    return a.begin == b.begin && a.length == b.length && a.state == b.state && a.finalState == b.finalState;
}

bool anyFinalState(std::span<const Segment> segments) {
    return std::any_of(
        segments.begin(), segments.end(), [](const Segment& s) { return s.finalState != nullptr; });
}

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
    // What runs beside a pass, like the collection of statistics, does not get in its way.
    int least = 0, greatest = 0;
    check(cudaDeviceGetStreamPriorityRange(&least, &greatest));
    check(cudaStreamCreateWithPriority(&m_stream, cudaStreamNonBlocking, greatest));
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
    for (cuda::Statistics* statistics : m_statistics) {
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
    const auto scan = arguments.stateLimit > 0 ? cuda::roundedScan : cuda::scan;
    scan(arguments, useSegments(segments), m_stream);
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

} // namespace mambascope
