// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/torch/calibrator.h"

#include "plugins/torch/cpu/parallel.h"

#include <algorithm>

namespace mambascope {

namespace {

constexpr int kMostBlockChannels = 256, kLineFloats = 16;

/// Channels of a block: whole cache lines, and an even number of blocks where there are several, for an even number of
/// threads.
int blockChannels(int channels) {
    int blocks = std::max(1, (channels + kMostBlockChannels - 1) / kMostBlockChannels); // none of an absent linear
    blocks += blocks > 1 ? blocks % 2 : 0;
    return (channels + blocks * kLineFloats - 1) / (blocks * kLineFloats) * kLineFloats;
}

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

Calibrator::Calibrator(const ModelSpec& spec, Backend& backend, int threads, bool rotated)
    : m_spec(spec)
    , m_backend(backend)
    , m_threads(threads)
    , m_rotates(rotated) {
    std::vector<int> channels;
    for (int i = 0; i < spec.siteCount(); ++i) {
        for (const Side side : {Side::Input, Side::Output}) {
            channels.push_back(spec.channels(SiteId::fromIndex(i).linear, side));
        }
    }
    for (int i = 0; rotated && i < spec.siteCount(); ++i) {
        channels.push_back(spec.inputs(SiteId::fromIndex(i).linear));
    }
    m_device = backend.makeStatistics(channels);
    if (m_device) {
        return;
    }
    m_blocks.resize(channels.size());
    for (std::size_t i = 0; i < channels.size(); ++i) {
        const int width = blockChannels(channels[i]);
        for (int left = channels[i]; left > 0; left -= width) {
            m_blocks[i].emplace_back(std::min(left, width));
        }
    }
}

void Calibrator::reserve(std::int64_t rows) {
    if (m_device) {
        m_device->reserve(rows);
    }
    for (const Linear linear : kLinears) {
        DeviceArray& rotated = m_rotated[static_cast<std::size_t>(linear)];
        const std::int64_t count = rows * m_spec.inputs(linear);
        if (m_rotates && rotated.count() < count) {
            rotated = DeviceArray(m_backend, count);
        }
    }
}

void Calibrator::observe(SiteId site, Side side, Matrix x) {
    add(streamOf(site, side), x);
    if (m_rotates && side == Side::Input) {
        Transform rotation;
        rotation.rotate = true;
        float* memory = m_rotated[static_cast<std::size_t>(site.linear)].data();
        const Matrix rotated{memory, x.rows, x.columns, x.columns, x.element};
        m_backend.transform(x, rotation, {}, rotated);
        add(rotatedStream(site), rotated);
    }
}

void Calibrator::add(std::size_t stream, Matrix x) {
    if (m_device) {
        m_device->add(stream, x);
        return;
    }
    std::vector<StatisticsAccumulator>& parts = m_blocks[stream];
    const int width = blockChannels(static_cast<int>(x.columns));
    parallelFor(
        static_cast<std::int64_t>(parts.size()), threadsFor(x.rows * x.columns * 4, m_threads),
        [&](std::int64_t i) {
            parts[static_cast<std::size_t>(i)].add(x.data + i * width, x.rows, x.stride);
        });
}

void Calibrator::finish(CalibrationSnapshot& snapshot) const {
    const auto sites = static_cast<std::size_t>(m_spec.siteCount());
    const std::vector<ChannelStatistics> collected =
        m_device ? m_device->finish() : std::vector<ChannelStatistics>();
    const auto of = [&](std::size_t stream) {
        return m_device ? collected[stream] : join(m_blocks[stream]);
    };
    snapshot.sites.resize(sites);
    for (std::size_t i = 0; i < sites * 2; ++i) {
        snapshot.sites[i / 2][i % 2] = of(i);
    }
    snapshot.rotatedInputs.clear();
    for (std::size_t i = 0; m_rotates && i < sites; ++i) {
        snapshot.rotatedInputs.push_back(of(rotatedStream(SiteId::fromIndex(static_cast<int>(i)))));
    }
}

} // namespace mambascope
