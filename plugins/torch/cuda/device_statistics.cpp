// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/cuda/device_statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mambascope::cuda {

namespace {

constexpr std::size_t kMostReadings = 16;
/// Values whose collection fills a GPU.
constexpr std::int64_t kManyValues = std::int64_t{8} << 20;

std::int64_t divideUp(std::int64_t a, std::int64_t b) {
    return (a + b - 1) / b;
}

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
    return 8 * (4 * count + kHistogramCopies * kHistogramBins) + 4 * (3 * count + (count & 1));
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
    result.histogram.assign(kHistogramBins, 0);
    for (std::size_t i = 0; i < kHistogramCopies * kHistogramBins; ++i) {
        result.histogram[i % kHistogramBins] += static_cast<std::int64_t>(sums.histogram[i]);
    }
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
    check(cudaStreamCreateWithFlags(&m_own, cudaStreamNonBlocking));
    check(cudaEventCreateWithFlags(&m_ready, cudaEventDisableTiming));
    m_free.resize(kMostReadings);
    for (cudaEvent_t& event : m_free) {
        check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    }
    std::size_t arrivals = 0;
    for (const int count : channels) {
        m_streams.push_back({count, 0, m_bytes, arrivals});
        m_bytes += bytesFor(count);
        arrivals += static_cast<std::size_t>(divideUp(count, kStatisticsChannels));
        m_mostChannels = std::max(m_mostChannels, count);
    }
    check(cudaMemset(m_memory.reserve(m_bytes), 0, m_bytes));
    check(cudaMemset(m_arrivals.reserve(arrivals), 0, arrivals * sizeof(unsigned)));
    check(cudaDeviceSynchronize()); // m_own does not wait for the default stream
}

Statistics::~Statistics() {
    m_forget(this);
    cudaStreamSynchronize(m_own);
    cudaStreamDestroy(m_own);
    for (const Reading& reading : m_readings) {
        cudaEventDestroy(reading.done);
    }
    for (const cudaEvent_t event : m_free) {
        cudaEventDestroy(event);
    }
    cudaEventDestroy(m_ready);
}

void Statistics::wait() {
    start();
    check(cudaStreamSynchronize(m_own));
}

void Statistics::waitFor(std::size_t reading) {
    check(cudaStreamWaitEvent(m_stream, m_readings[reading].done, 0));
    m_free.push_back(m_readings[reading].done);
    m_readings.erase(m_readings.begin() + static_cast<std::ptrdiff_t>(reading));
}

void Statistics::beforeWrite(Matrix y) {
    const auto reads = [&](const std::vector<StatisticsJob>& jobs) {
        return std::any_of(
            jobs.begin(), jobs.end(), [&](const StatisticsJob& job) { return overlap(job.x, y); });
    };
    if (reads(m_pending)) {
        start();
    }
    for (std::size_t i = m_readings.size(); i > 0; --i) {
        if (reads(m_readings[i - 1].jobs)) {
            waitFor(i - 1);
        }
    }
}

void Statistics::beforeAnyWrite() {
    start();
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
    arrays.histogram = take<unsigned long long>(at, kHistogramCopies * kHistogramBins);
    arrays.min = take<float>(at, count);
    arrays.max = take<float>(at, count);
    arrays.shift = take<float>(at, count);
    return arrays;
}

void Statistics::reserve(std::int64_t rows) {
    // What waits together is at most kManyValues and one matrix more.
    const std::int64_t most = m_mostChannels;
    const std::int64_t channels = std::min(
        static_cast<std::int64_t>(kMostStatisticsJobs) * most,
        kManyValues / std::max<std::int64_t>(rows, 1) + most);
    m_partials.reserve(static_cast<std::size_t>(divideUp(rows, kStatisticsRows) * channels));
}

void Statistics::add(std::size_t index, Matrix x) {
    if (x.rows == 0) {
        return;
    }
    Stream& stream = m_streams[index];
    const StatisticsArrays to = arraysOf(stream, m_memory.data());
    const bool joins = std::all_of(m_pending.begin(), m_pending.end(), [&](const StatisticsJob& job) {
        return job.to.sum != to.sum && job.x.rows == x.rows && job.x.element == x.element &&
               statisticsPacks(job.x) == statisticsPacks(x);
    });
    if (!joins) {
        start();
    }
    if (m_pending.empty()) {
        reserve(x.rows);
    }
    m_pending.push_back(
        {x, to, stream.tokens == 0, m_partials.data() + m_pendingPartials,
         m_arrivals.data() + stream.arrivalOffset});
    m_pendingPartials += static_cast<std::size_t>(divideUp(x.rows, kStatisticsRows) * x.columns);
    m_pendingValues += x.rows * x.columns;
    stream.tokens += x.rows;
    if (m_pending.size() == kMostStatisticsJobs || m_pendingValues >= kManyValues) {
        start();
    }
}

void Statistics::start() {
    if (m_pending.empty()) {
        return;
    }
    if (m_free.empty()) {
        waitFor(0);
    }
    check(cudaEventRecord(m_ready, m_stream));
    check(cudaStreamWaitEvent(m_own, m_ready, 0));
    addStatistics(m_pending.data(), static_cast<int>(m_pending.size()), m_own);
    check(cudaGetLastError());
    check(cudaEventRecord(m_free.back(), m_own));
    m_readings.push_back({std::exchange(m_pending, {}), m_free.back()});
    m_free.pop_back();
    m_pendingValues = 0;
    m_pendingPartials = 0;
}

std::vector<ChannelStatistics> Statistics::finish() {
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
