// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plugins/torch/backend.h"
#include "plugins/torch/cuda/kernels.h"
#include "plugins/torch/cuda/memory.h"

#include <vector>

namespace mambascope::cuda {

/// Calibration statistics in the memory of a CUDA device; fetched in one copy at the end.
class Statistics final : public DeviceStatistics {
public:
    Statistics(std::span<const int> channels, cudaStream_t stream);

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

    cudaStream_t m_stream;
    std::vector<Stream> m_streams;
    int m_mostChannels = 0;
    std::size_t m_bytes = 0;
    Buffer<std::byte> m_memory;
    Buffer<StatisticsPartial> m_partials;
    Buffer<unsigned> m_arrivals;
};

} // namespace mambascope::cuda
