// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plugins/torch/backend.h"
#include "plugins/torch/cuda/kernels.h"
#include "plugins/torch/cuda/memory.h"

#include <array>
#include <functional>
#include <vector>

namespace mambascope::cuda {

/// Calibration statistics in the memory of a CUDA device; fetched in one copy at the end. They are collected
/// in a streams of their own beside the pass; who overwrites a matrix asks beforeWrite() first.
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
    void wait() const;

    void reserve(std::int64_t rows) override;
    void add(std::size_t index, Matrix x) override;
    std::vector<ChannelStatistics> finish() const override;

private:
    struct Stream {
        int channels = 0;
        std::int64_t tokens = 0;
        std::size_t offset = 0; ///< of its arrays in the memory
    };
    /// The arrays of a stream in a copy of the memory that begins at `base`.
    static StatisticsArrays arraysOf(const Stream& stream, std::byte* base);

    /// A matrix that is being read, and the event that ends it.
    struct Reading {
        Matrix x;
        cudaEvent_t done = nullptr;
    };
    /// What one kernel at a time uses: several, because one does not fill a GPU. A stream of activations
    /// always has the same one, so its rows stay in order.
    struct Lane {
        cudaStream_t stream = nullptr;
        Buffer<StatisticsPartial> partials;
        Buffer<unsigned> arrivals;
    };
    /// The pass' stream waits for a reading, which is then over.
    void waitFor(std::size_t reading);

    cudaStream_t m_stream;
    std::array<Lane, 4> m_lanes;
    std::function<void(const Statistics*)> m_forget;
    cudaEvent_t m_ready = nullptr;
    std::vector<cudaEvent_t> m_free;
    std::vector<Reading> m_readings; ///< the oldest first
    std::vector<Stream> m_streams;
    int m_mostChannels = 0;
    std::size_t m_bytes = 0;
    Buffer<std::byte> m_memory;
};

} // namespace mambascope::cuda
