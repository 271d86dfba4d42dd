// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/calibrator.h"

#include "plugins/torch/cpu/parallel.h"

#include <algorithm>

namespace mambascope {

namespace {

constexpr int kBlockChannels = 256;

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

/// The statistics of a site from those of its channel blocks.
ChannelStatistics join(const std::vector<StatisticsAccumulator>& blocks) {
    ChannelStatistics all;
    all.histogram.assign(kHistogramBins, 0);
    for (const StatisticsAccumulator& block : blocks) {
        const ChannelStatistics part = block.finish();
        append(all.absmax, part.absmax);
        append(all.min, part.min);
        append(all.max, part.max);
        append(all.mean, part.mean);
        append(all.m2, part.m2);
        append(all.above6, part.above6);
        std::transform(
            part.histogram.begin(), part.histogram.end(), all.histogram.begin(), all.histogram.begin(),
            std::plus<>());
        all.nonfinite += part.nonfinite;
    }
    return all;
}

} // namespace

Calibrator::Calibrator(const ModelSpec& spec, Backend& backend, int threads)
    : m_spec(spec)
    , m_backend(backend)
    , m_threads(threads) {
    std::vector<int> channels;
    for (int i = 0; i < spec.siteCount(); ++i) {
        for (const Side side : {Side::Input, Side::Output}) {
            channels.push_back(spec.channels(SiteId::fromIndex(i).linear, side));
        }
    }
    m_device = backend.makeStatistics(channels);
    if (m_device) {
        return;
    }
    m_blocks.resize(channels.size());
    for (std::size_t i = 0; i < channels.size(); ++i) {
        for (int left = channels[i]; left > 0; left -= kBlockChannels) {
            m_blocks[i].emplace_back(std::min(left, kBlockChannels));
        }
    }
}

void Calibrator::reserve(std::int64_t rows) {
    if (m_device) {
        m_device->reserve(rows);
    }
}

void Calibrator::observe(SiteId site, Side side, Matrix x) {
    if (m_device) {
        m_device->add(streamOf(site, side), x);
        return;
    }
    std::vector<StatisticsAccumulator>& parts = m_blocks[streamOf(site, side)];
    parallelFor(
        static_cast<std::int64_t>(parts.size()), threadsFor(x.rows * x.columns * 4, m_threads),
        [&](std::int64_t i) {
            parts[static_cast<std::size_t>(i)].add(x.data + i * kBlockChannels, x.rows, x.stride);
        });
}

std::vector<std::array<ChannelStatistics, 2>> Calibrator::finish() const {
    std::vector<std::array<ChannelStatistics, 2>> sites(static_cast<std::size_t>(m_spec.siteCount()));
    const std::vector<ChannelStatistics> collected =
        m_device ? m_device->finish() : std::vector<ChannelStatistics>();
    for (std::size_t i = 0; i < sites.size() * 2; ++i) {
        sites[i / 2][i % 2] = m_device ? collected[i] : join(m_blocks[i]);
    }
    return sites;
}

} // namespace mambascope
