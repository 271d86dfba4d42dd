// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/accumulator.h"
#include "plugins/torch/forward.h"

namespace mambascope {

/// Collects the statistics of every site, both sides, straight from activation memory: by the backend if it
/// can, else by the processor. There, channels are split into blocks that threads work on at the same time;
/// the numbers do not depend on how many there are.
class Calibrator final : public SiteObserver {
public:
    /// `rotated`: also of every input behind the Rotation of its channels.
    Calibrator(const ModelSpec& spec, Backend& backend, int threads, bool rotated);

    /// Gets the memory for passes over so many tokens ahead of them; throws std::bad_alloc.
    void reserve(std::int64_t rows);
    bool wants(SiteId, Side) override { return true; }
    void observe(SiteId site, Side side, Matrix x) override;
    /// Fills in `sites` and `rotatedInputs`.
    void finish(CalibrationSnapshot& snapshot) const;

private:
    /// Streams: both sides of every site, then the rotated inputs.
    static std::size_t streamOf(SiteId site, Side side) {
        return static_cast<std::size_t>(site.index() * 2 + static_cast<int>(side));
    }
    std::size_t rotatedStream(SiteId site) const {
        return static_cast<std::size_t>(m_spec.siteCount() * 2 + site.index());
    }
    void add(std::size_t stream, Matrix x);

    ModelSpec m_spec;
    Backend& m_backend;
    int m_threads;
    bool m_rotates;
    std::array<DeviceArray, 4> m_rotated;       ///< by Linear: its rotated input, until the next layer's
    std::unique_ptr<DeviceStatistics> m_device; ///< null: the processor's blocks, [stream][block]
    std::vector<std::vector<StatisticsAccumulator>> m_blocks;
};

} // namespace mambascope
