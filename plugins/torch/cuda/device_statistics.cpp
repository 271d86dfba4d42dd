// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cuda/device_statistics.h"

#include <algorithm>
#include <cmath>

namespace mambascope::cuda {

namespace {

/// Bytes of a stream's arrays: the 8-byte ones first, then the 4-byte ones.
std::size_t bytesFor(int channels) {
    const auto count = static_cast<std::size_t>(channels);
    return 8 * (4 * count + kHistogramBins) + 4 * (3 * count + (count & 1));
}

template <class T>
T* take(std::byte*& from, std::size_t count) {
    T* here = reinterpret_cast<T*>(from);
    from += count * sizeof(T);
    return here;
}

/// What StatisticsAccumulator::finish() makes of the same sums.
ChannelStatistics statisticsOf(const StatisticsArrays& sums, int channels, std::int64_t tokens) {
    const auto count = static_cast<std::size_t>(channels);
    ChannelStatistics result;
    for (std::vector<float>* values : {&result.absmax, &result.min, &result.max, &result.mean, &result.m2}) {
        values->resize(count);
    }
    result.above6.resize(count);
    result.histogram.assign(sums.histogram, sums.histogram + kHistogramBins);
    for (std::size_t c = 0; c < count && tokens > 0; ++c) {
        const auto nonfinite = static_cast<std::int64_t>(sums.nonfinite[c]);
        result.nonfinite += nonfinite;
        if (nonfinite == tokens) {
            continue;
        }
        const auto n = static_cast<double>(tokens - nonfinite);
        const double offset = sums.sum[c] / n;
        result.min[c] = sums.min[c];
        result.max[c] = sums.max[c];
        result.absmax[c] = std::max(std::fabs(sums.min[c]), std::fabs(sums.max[c]));
        result.mean[c] = static_cast<float>(static_cast<double>(sums.shift[c]) + offset);
        result.m2[c] = static_cast<float>(std::max(0.0, sums.squares[c] / n - offset * offset));
        result.above6[c] = static_cast<std::int64_t>(sums.above6[c]);
    }
    return result;
}

} // namespace

Statistics::Statistics(std::span<const int> channels, cudaStream_t stream)
    : m_stream(stream) {
    for (const int count : channels) {
        m_streams.push_back({count, 0, m_bytes});
        m_bytes += bytesFor(count);
        m_mostChannels = std::max(m_mostChannels, count);
    }
    m_memory.reserve(m_bytes);
    check(cudaMemsetAsync(m_memory.data(), 0, m_bytes, m_stream));
    const std::size_t groups = static_cast<std::size_t>(m_mostChannels / kStatisticsChannels + 1);
    check(cudaMemsetAsync(m_arrivals.reserve(groups), 0, groups * sizeof(unsigned), m_stream));
}

StatisticsArrays Statistics::arraysOf(const Stream& stream, std::byte* base) {
    std::byte* at = base + stream.offset;
    const auto count = static_cast<std::size_t>(stream.channels);
    StatisticsArrays arrays;
    arrays.sum = take<double>(at, count);
    arrays.squares = take<double>(at, count);
    arrays.above6 = take<unsigned long long>(at, count);
    arrays.nonfinite = take<unsigned long long>(at, count);
    arrays.histogram = take<unsigned long long>(at, kHistogramBins);
    arrays.min = take<float>(at, count);
    arrays.max = take<float>(at, count);
    arrays.shift = take<float>(at, count);
    return arrays;
}

void Statistics::reserve(std::int64_t rows) {
    const std::int64_t blocks = (rows + kStatisticsRows - 1) / kStatisticsRows;
    m_partials.reserve(static_cast<std::size_t>(blocks * m_mostChannels));
}

void Statistics::add(std::size_t index, Matrix x) {
    if (x.rows == 0) {
        return;
    }
    reserve(x.rows);
    Stream& stream = m_streams[index];
    addStatistics(
        x, arraysOf(stream, m_memory.data()), stream.tokens == 0, m_partials.data(), m_arrivals.data(),
        m_stream);
    check(cudaGetLastError());
    stream.tokens += x.rows;
}

std::vector<ChannelStatistics> Statistics::finish() const {
    std::vector<std::byte> host(m_bytes);
    check(cudaMemcpyAsync(host.data(), m_memory.data(), m_bytes, cudaMemcpyDeviceToHost, m_stream));
    check(cudaStreamSynchronize(m_stream));
    std::vector<ChannelStatistics> result;
    for (const Stream& stream : m_streams) {
        result.push_back(statisticsOf(arraysOf(stream, host.data()), stream.channels, stream.tokens));
    }
    return result;
}

} // namespace mambascope::cuda
