// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cuda/device_statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mambascope::cuda {

namespace {

constexpr std::size_t kMostReadings = 16;

bool overlap(const Matrix& a, const Matrix& b) {
    const auto begin = [](const Matrix& m) {
        return reinterpret_cast<const char*>(m.data);
    };
    const auto end = [&](const Matrix& m) {
        return reinterpret_cast<const char*>(m.rowRange(m.rows, 0).data);
    };
    return begin(a) < end(b) && begin(b) < end(a);
}

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

Statistics::Statistics(
    std::span<const int> channels, cudaStream_t stream, std::function<void(const Statistics*)> forget)
    : m_stream(stream)
    , m_forget(std::move(forget)) {
    check(cudaEventCreateWithFlags(&m_ready, cudaEventDisableTiming));
    m_free.resize(kMostReadings);
    for (cudaEvent_t& event : m_free) {
        check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    }
    for (const int count : channels) {
        m_streams.push_back({count, 0, m_bytes});
        m_bytes += bytesFor(count);
        m_mostChannels = std::max(m_mostChannels, count);
    }
    check(cudaMemset(m_memory.reserve(m_bytes), 0, m_bytes));
    const std::size_t groups = static_cast<std::size_t>(m_mostChannels / kStatisticsChannels + 1);
    for (Lane& lane : m_lanes) {
        check(cudaStreamCreateWithFlags(&lane.stream, cudaStreamNonBlocking));
        check(cudaMemset(lane.arrivals.reserve(groups), 0, groups * sizeof(unsigned)));
    }
    check(cudaDeviceSynchronize()); // the lanes' streams do not wait for the default one
}

Statistics::~Statistics() {
    m_forget(this);
    for (const Lane& lane : m_lanes) {
        cudaStreamSynchronize(lane.stream);
        cudaStreamDestroy(lane.stream);
    }
    for (const Reading& reading : m_readings) {
        cudaEventDestroy(reading.done);
    }
    for (const cudaEvent_t event : m_free) {
        cudaEventDestroy(event);
    }
    cudaEventDestroy(m_ready);
}

void Statistics::wait() const {
    for (const Lane& lane : m_lanes) {
        check(cudaStreamSynchronize(lane.stream));
    }
}

void Statistics::waitFor(std::size_t reading) {
    check(cudaStreamWaitEvent(m_stream, m_readings[reading].done, 0));
    m_free.push_back(m_readings[reading].done);
    m_readings.erase(m_readings.begin() + static_cast<std::ptrdiff_t>(reading));
}

void Statistics::beforeWrite(Matrix y) {
    for (std::size_t i = m_readings.size(); i > 0; --i) {
        if (overlap(m_readings[i - 1].x, y)) {
            waitFor(i - 1);
        }
    }
}

void Statistics::beforeAnyWrite() {
    while (!m_readings.empty()) {
        waitFor(0);
    }
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
    for (Lane& lane : m_lanes) {
        lane.partials.reserve(static_cast<std::size_t>(blocks * m_mostChannels));
    }
}

void Statistics::add(std::size_t index, Matrix x) {
    if (x.rows == 0) {
        return;
    }
    reserve(x.rows);
    if (m_free.empty()) {
        waitFor(0);
    }
    const Lane& lane = m_lanes[index % m_lanes.size()];
    Stream& stream = m_streams[index];
    check(cudaEventRecord(m_ready, m_stream));
    check(cudaStreamWaitEvent(lane.stream, m_ready, 0));
    addStatistics(
        x, arraysOf(stream, m_memory.data()), stream.tokens == 0, lane.partials.data(), lane.arrivals.data(),
        lane.stream);
    check(cudaGetLastError());
    check(cudaEventRecord(m_free.back(), lane.stream));
    m_readings.push_back({x, m_free.back()});
    m_free.pop_back();
    stream.tokens += x.rows;
}

std::vector<ChannelStatistics> Statistics::finish() const {
    std::vector<std::byte> host(m_bytes);
    wait();
    check(cudaMemcpy(host.data(), m_memory.data(), m_bytes, cudaMemcpyDeviceToHost));
    std::vector<ChannelStatistics> result;
    for (const Stream& stream : m_streams) {
        result.push_back(statisticsOf(arraysOf(stream, host.data()), stream.channels, stream.tokens));
    }
    return result;
}

} // namespace mambascope::cuda
