// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/site_preview.h"

#include <QObject>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <thread>

namespace mambascope::ui {

/// Samples of one checkpoint's weights, read on a thread of its own: the window never waits for a disk.
class WeightSampler : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    ~WeightSampler() override;

    /// Nothing: no samples. Another path forgets what was read.
    void setCheckpoint(const std::optional<std::filesystem::path>& path);
    /// Null until it is read, which this asks for, and where it cannot be read.
    std::shared_ptr<const WeightSample> sample(SiteId site);

Q_SIGNALS:
    /// A sample is there that was not.
    void sampled();

private:
    void read(SiteId site);
    void finish(int reading, SiteId site, std::shared_ptr<const WeightSample> sample);

    std::optional<std::filesystem::path> m_path;
    std::map<SiteId, std::shared_ptr<const WeightSample>> m_samples; ///< null: unreadable
    std::optional<SiteId> m_next;                                    ///< asked for while another is read
    int m_reading = 0; ///< counts readings, so that one of another checkpoint changes nothing
    bool m_running = false;
    std::jthread m_thread;
};

} // namespace mambascope::ui
