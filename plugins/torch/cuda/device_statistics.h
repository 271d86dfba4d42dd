// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plugins/torch/backend.h"
#include "plugins/torch/cuda/kernels.h"
#include "plugins/torch/cuda/memory.h"

#include <functional>
#include <vector>

namespace mambascope::cuda {

/// Calibration statistics in the memory of a CUDA device; fetched in one copy at the end. They are collected
/// in a stream of their own beside the pass; who overwrites a matrix asks beforeWrite() first.
class Statistics final : public DeviceStatistics {
public:
    /// `stream`: where the matrices come from. `forget` is told when this object ends.
    Statistics(
        std::span<const int> channels, cudaStream_t stream, std::function<void(const Statistics*)> forget);
    ~Statistics() override;

    /// Lets the pass' stream wait until nothing reads `y` any more.
    void beforeWrite(Matrix y);
    /// The same for anything; recorded work cannot wait in its middle.
    void beforeAnyWrite();

    /// Until everything that was added is collected.
    void wait();

    void reserve(std::int64_t rows) override;
    void add(std::size_t index, Matrix x) override;
    std::vector<ChannelStatistics> finish() override;

private:
    struct Stream {
        int channels = 0;
        std::int64_t tokens = 0;
        std::size_t offset = 0;        ///< of its arrays in the memory
        std::size_t arrivalOffset = 0; ///< of its arrivals
    };
    /// The arrays of a stream in a copy of the memory that begins at `base`.
    static StatisticsArrays arraysOf(const Stream& stream, std::byte* base);

    /// Matrices that are being read, and the event that ends it.
    struct Reading {
        std::vector<StatisticsJob> jobs;
        cudaEvent_t done = nullptr;
    };
    /// Starts the collection of m_pending.
    void start();
    /// The pass' stream waits for a reading, which is then over.
    void waitFor(std::size_t reading);

    cudaStream_t m_stream, m_own = nullptr;
    std::function<void(const Statistics*)> m_forget;
    cudaEvent_t m_ready = nullptr;
    std::vector<cudaEvent_t> m_free;
    /// Small matrices wait until there are enough of them to fill a GPU.
    std::vector<StatisticsJob> m_pending;
    std::int64_t m_pendingValues = 0;
    std::size_t m_pendingPartials = 0;
    std::vector<Reading> m_readings; ///< the oldest first
    std::vector<Stream> m_streams;
    int m_mostChannels = 0;
    std::size_t m_bytes = 0;
    Buffer<std::byte> m_memory;
    Buffer<StatisticsPartial> m_partials;
    Buffer<unsigned> m_arrivals;
};

} // namespace mambascope::cuda
