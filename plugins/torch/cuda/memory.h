// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Memory of the current CUDA device, and what it reports.

#include "plugins/torch/operands.h"

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstring>
#include <span>

namespace mambascope::cuda {

/// Throws DeviceOutOfMemory or a runtime_error that quotes the device.
void check(cudaError_t status);

/// Never null; throws.
void* allocateBytes(std::size_t count);

/// Device memory that grows as it is needed; what it held is lost then.
template <class T>
class Buffer {
public:
    Buffer() = default;
    explicit Buffer(std::size_t count) { reserve(count); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { cudaFree(m_data); }

    T* reserve(std::size_t count) {
        if (count > m_capacity) {
            cudaFree(m_data); // waits for the kernels that use it
            m_data = nullptr;
            m_capacity = 0;
            m_data = static_cast<T*>(allocateBytes(count * sizeof(T)));
            m_capacity = count;
        }
        return m_data;
    }
    T* data() const { return m_data; }

private:
    std::size_t m_capacity = 0;
    T* m_data = nullptr;
};

/// A device array that is filled from the host in the order of a stream, without waiting for the stream.
template <class T>
class Upload {
public:
    Upload() = default;
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;
    ~Upload() {
        if (m_copied != nullptr) {
            cudaEventSynchronize(m_copied);
            cudaEventDestroy(m_copied);
        }
        cudaFreeHost(m_host);
    }

    T* assign(std::span<const T> values, cudaStream_t stream) {
        if (m_copied == nullptr) {
            check(cudaEventCreateWithFlags(&m_copied, cudaEventDisableTiming));
        }
        check(cudaEventSynchronize(m_copied)); // of the copy before this one, at the beginning of its pass
        if (values.size() > m_capacity) {
            cudaFreeHost(m_host);
            m_host = nullptr;
            m_capacity = 0;
            check(cudaMallocHost(reinterpret_cast<void**>(&m_host), values.size_bytes()));
            m_capacity = values.size();
        }
        T* device = m_device.reserve(values.size());
        std::memcpy(m_host, values.data(), values.size_bytes());
        check(cudaMemcpyAsync(device, m_host, values.size_bytes(), cudaMemcpyHostToDevice, stream));
        check(cudaEventRecord(m_copied, stream));
        return device;
    }
    T* data() const { return m_device.data(); }

private:
    Buffer<T> m_device;
    T* m_host = nullptr;
    std::size_t m_capacity = 0;
    cudaEvent_t m_copied = nullptr;
};

} // namespace mambascope::cuda
