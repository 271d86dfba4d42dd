// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cuda/cuda_backend.h"

#include "core/quantization/quantizer.h"
#include "plugins/torch/torch_runtime.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace mambascope {

namespace {

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

void checkLaunch() {
    check(cudaGetLastError());
}

void* allocateBytes(std::size_t count) {
    void* memory = nullptr;
    check(cudaMalloc(&memory, std::max<std::size_t>(count, 1)));
    return memory;
}

struct CudaWeight final : LinearWeight {
    explicit CudaWeight(std::span<const float> values)
        : data(static_cast<float*>(allocateBytes(values.size_bytes()))) {}
    ~CudaWeight() override { cudaFree(data); }
    CudaWeight(const CudaWeight&) = delete;
    CudaWeight& operator=(const CudaWeight&) = delete;

    float* data; ///< [outputs, inputs]
};

const float* weightOf(const LinearWeight& weight) {
    return static_cast<const CudaWeight&>(weight).data;
}

bool same(const Segment& a, const Segment& b) {
    return a.begin == b.begin && a.length == b.length && a.state == b.state && a.finalState == b.finalState;
}

/// Of a matrix product's result: few enough that the logits of a long text fit beside a model.
constexpr std::int64_t kHeadRows = 2048, kHeadColumns = 8192;

} // namespace

std::vector<DeviceInfo> cudaDevices() {
    int count = 0;
    if (!torchruntime::hasCuda() || cudaGetDeviceCount(&count) != cudaSuccess) {
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

template <class T>
CudaBackend::Buffer<T>::~Buffer() {
    cudaFree(m_data);
}

template <class T>
T* CudaBackend::Buffer<T>::reserve(std::size_t count) {
    if (count > m_capacity) {
        cudaFree(m_data); // waits for the kernels that use it
        m_data = nullptr;
        m_capacity = 0;
        m_data = static_cast<T*>(allocateBytes(count * sizeof(T)));
        m_capacity = count;
    }
    return m_data;
}

template <class T>
T* CudaBackend::Buffer<T>::assign(std::span<const T> values) {
    reserve(values.size());
    check(cudaMemcpy(m_data, values.data(), values.size_bytes(), cudaMemcpyHostToDevice));
    return m_data;
}

CudaBackend::CudaBackend(int index)
    : m_index(index) {
    check(cudaSetDevice(m_index));
    if (!cuda::haveCode()) {
        throw std::runtime_error("This build has no code for the GPU cuda:" + std::to_string(index) + ".");
    }
    torchruntime::openCuda(m_index);
}

CudaBackend::~CudaBackend() = default;

float* CudaBackend::allocate(std::int64_t count) {
    check(cudaSetDevice(m_index));
    return static_cast<float*>(allocateBytes(static_cast<std::size_t>(count) * sizeof(float)));
}

void CudaBackend::release(float* memory) {
    cudaFree(memory);
}

void CudaBackend::upload(const float* host, std::int64_t count, float* device) {
    check(cudaMemcpy(device, host, static_cast<std::size_t>(count) * sizeof(float), cudaMemcpyHostToDevice));
}

void CudaBackend::download(const float* device, std::int64_t count, float* host) {
    check(cudaSetDevice(m_index)); // the copy waits for this device's default stream
    check(cudaMemcpy(host, device, static_cast<std::size_t>(count) * sizeof(float), cudaMemcpyDeviceToHost));
}

void CudaBackend::finish() {
    check(cudaSetDevice(m_index));
    check(cudaDeviceSynchronize());
}

void CudaBackend::useSegments(std::span<const Segment> segments) {
    if (std::equal(segments.begin(), segments.end(), m_segments.begin(), m_segments.end(), same)) {
        return;
    }
    m_segments.clear();
    std::vector<std::int32_t> ofRow;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        ofRow.resize(static_cast<std::size_t>(segments[i].begin + segments[i].length));
        std::fill(ofRow.begin() + segments[i].begin, ofRow.end(), static_cast<std::int32_t>(i));
    }
    m_deviceSegments.assign(segments);
    m_segmentOfRow.assign(ofRow);
    m_segments.assign(segments.begin(), segments.end());
}

// --- operations

std::unique_ptr<LinearWeight>
CudaBackend::prepare(std::span<const float> weight, std::int64_t outputs, std::int64_t inputs) {
    check(cudaSetDevice(m_index));
    auto prepared = std::make_unique<CudaWeight>(weight);
    prepared->outputs = outputs;
    prepared->inputs = inputs;
    upload(weight.data(), static_cast<std::int64_t>(weight.size()), prepared->data);
    return prepared;
}

void CudaBackend::linear(const LinearWeight& weight, Matrix x, Matrix y) {
    torchruntime::cudaProduct(m_index, x, weightOf(weight), y);
}

void CudaBackend::embed(const float* table, std::span<const std::int32_t> ids, Matrix out) {
    check(cudaSetDevice(m_index));
    cuda::embed(table, m_ids.assign(ids), out);
    checkLaunch();
}

void CudaBackend::addNorm(
    const Matrix* add, Matrix residual, const float* weight, float epsilon, const Matrix* out) {
    check(cudaSetDevice(m_index));
    cuda::addNorm(
        add != nullptr ? *add : Matrix(), residual, weight, epsilon, out != nullptr ? *out : Matrix());
    checkLaunch();
}

void CudaBackend::normRows(
    Matrix x, std::span<const std::int64_t> rows, const float* weight, float epsilon, Matrix out) {
    check(cudaSetDevice(m_index));
    cuda::normRows(x, m_rows.assign(rows), weight, epsilon, out);
    checkLaunch();
}

void CudaBackend::addBias(Matrix x, const float* bias) {
    check(cudaSetDevice(m_index));
    cuda::addBias(x, bias);
    checkLaunch();
}

void CudaBackend::convSilu(const ConvArguments& arguments, std::span<const Segment> segments) {
    check(cudaSetDevice(m_index));
    useSegments(segments);
    const cuda::Sequences sequences{
        m_deviceSegments.data(), static_cast<int>(segments.size()), m_segmentOfRow.data()};
    cuda::convSilu(arguments, sequences);
    if (std::any_of(segments.begin(), segments.end(), [](const Segment& s) { return s.finalState; })) {
        cuda::saveConvState(arguments, sequences);
    }
    checkLaunch();
}

namespace {

void checkStates(int states) {
    if (states > cuda::kMostStates) {
        throw std::runtime_error(
            "The model has " + std::to_string(states) + " states a channel, and the GPU computes " +
            std::to_string(cuda::kMostStates) + " at most; device cpu has no limit.");
    }
}

} // namespace

void CudaBackend::headScan(const HeadScanArguments& arguments, std::span<const Segment> segments) {
    checkStates(arguments.state);
    check(cudaSetDevice(m_index));
    useSegments(segments);
    cuda::headScan(
        arguments, {m_deviceSegments.data(), static_cast<int>(segments.size()), m_segmentOfRow.data()});
    checkLaunch();
}

void CudaBackend::gatedNorm(const GatedNormArguments& arguments) {
    check(cudaSetDevice(m_index));
    cuda::gatedNorm(arguments);
    checkLaunch();
}

void CudaBackend::unitNorm(Matrix x, float epsilon) {
    check(cudaSetDevice(m_index));
    cuda::unitNorm(x, epsilon);
    checkLaunch();
}

void CudaBackend::scan(const ScanArguments& arguments, std::span<const Segment> segments) {
    checkStates(arguments.state);
    check(cudaSetDevice(m_index));
    useSegments(segments);
    cuda::scan(
        arguments, {m_deviceSegments.data(), static_cast<int>(segments.size()), m_segmentOfRow.data()});
    checkLaunch();
}

void CudaBackend::transform(Matrix x, const Transform& how, std::span<const Segment> segments, Matrix out) {
    check(cudaSetDevice(m_index));
    const cuda::Preparation preparation{how.keep, how.smoothing};
    const ResolvedActivation& quantizer = how.quantizer;
    if (!quantizer.active()) {
        if (how.active()) {
            cuda::prepareInput(x, preparation, out);
            checkLaunch();
        }
        return;
    }
    const float limit = static_cast<float>(quantizerMax(quantizer.bits));
    float* scales = nullptr;
    if (quantizer.scaling != ActivationScale::Static) {
        scales = m_scales.reserve(static_cast<std::size_t>(x.rows));
        cuda::rowAbsmax(x, preparation, scales);
        if (quantizer.scaling == ActivationScale::Dynamic) {
            useSegments(segments);
            cuda::sequenceScales(
                {m_deviceSegments.data(), static_cast<int>(segments.size()), m_segmentOfRow.data()}, limit,
                scales);
        } else {
            cuda::rowScales(x.rows, limit, scales);
        }
    }
    cuda::quantize(x, preparation, scales, quantizer.scale, limit, out);
    checkLaunch();
}

std::vector<RowScore>
CudaBackend::scoreRows(const LinearWeight& head, Matrix x, std::span<const std::int32_t> targets) {
    check(cudaSetDevice(m_index));
    const std::int64_t rowsAtOnce = std::min(kHeadRows, x.rows);
    const std::int64_t columnsAtOnce = std::min(kHeadColumns, head.outputs);
    float* logits = m_logits.reserve(static_cast<std::size_t>(rowsAtOnce * columnsAtOnce));
    const std::int32_t* deviceTargets = m_ids.assign(targets);
    cuda::HeadScore* scores = m_headScores.reserve(targets.size());
    for (std::int64_t row = 0; row < x.rows; row += rowsAtOnce) {
        const std::int64_t rows = std::min(rowsAtOnce, x.rows - row);
        for (std::int64_t first = 0; first < head.outputs; first += columnsAtOnce) {
            const std::int64_t columns = std::min(columnsAtOnce, head.outputs - first);
            const Matrix block{logits, rows, columns, columns};
            torchruntime::cudaProduct(
                m_index, {x.data + row * x.stride, rows, x.columns, x.stride},
                weightOf(head) + first * head.inputs, block);
            cuda::scoreLogits(block, first, deviceTargets + row, scores + row);
            checkLaunch();
        }
    }
    std::vector<cuda::HeadScore> host(targets.size());
    check(cudaMemcpy(host.data(), scores, host.size() * sizeof(cuda::HeadScore), cudaMemcpyDeviceToHost));
    std::vector<RowScore> result;
    for (const cuda::HeadScore& score : host) {
        const double logSum = static_cast<double>(score.largest) + std::log(score.sumExp);
        result.push_back(
            {static_cast<double>(score.target) - logSum, score.argmax, !std::isnan(score.sumExp)});
    }
    return result;
}

} // namespace mambascope
