// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/weight_sampler.h"

#include "core/model/model.h"

#include <utility>

namespace mambascope::ui {
namespace {

constexpr std::size_t kMostSamples = 32; ///< of about 0.6 MB

std::shared_ptr<const WeightSample> readSample(const std::filesystem::path& path, SiteId site) {
    const Result<std::shared_ptr<const Checkpoint>> checkpoint = openCheckpoint(path);
    if (!checkpoint.ok() || site.layer >= checkpoint.value()->spec.layers ||
        !checkpoint.value()->spec.has(site.linear)) {
        return nullptr;
    }
    Result<WeightSample> sample = sampleWeight(*checkpoint.value(), site);
    return sample.ok() ? std::make_shared<const WeightSample>(std::move(sample).value()) : nullptr;
}

} // namespace

WeightSampler::~WeightSampler() {
    m_thread.request_stop();
}

void WeightSampler::setCheckpoint(const std::optional<std::filesystem::path>& path) {
    if (path == m_path) {
        return;
    }
    m_path = path;
    ++m_reading;
    m_running = false;
    m_next.reset();
    m_samples.clear();
}

std::shared_ptr<const WeightSample> WeightSampler::sample(SiteId site) {
    if (const auto found = m_samples.find(site); found != m_samples.end()) {
        return found->second;
    }
    if (m_path && m_running) {
        m_next = site;
    } else if (m_path) {
        read(site);
    }
    return nullptr;
}

void WeightSampler::read(SiteId site) {
    m_running = true;
    // Posted events of a destroyed receiver are dropped, and the thread is joined before this goes.
    m_thread = std::jthread([this, reading = ++m_reading, path = *m_path, site](const std::stop_token& stop) {
        std::shared_ptr<const WeightSample> sample = readSample(path, site);
        if (!stop.stop_requested()) {
            QMetaObject::invokeMethod(
                this, [this, reading, site, sample] { finish(reading, site, sample); }, Qt::QueuedConnection);
        }
    });
}

void WeightSampler::finish(int reading, SiteId site, std::shared_ptr<const WeightSample> sample) {
    if (reading != m_reading) {
        return; // of another checkpoint
    }
    m_running = false;
    if (m_samples.size() >= kMostSamples) {
        m_samples.clear();
    }
    m_samples[site] = std::move(sample);
    if (const std::optional<SiteId> next = std::exchange(m_next, std::nullopt);
        next && !m_samples.contains(*next)) {
        read(*next);
    }
    Q_EMIT sampled();
}

} // namespace mambascope::ui
