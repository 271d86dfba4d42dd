// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/calibration.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace mambascope {
int histogramBin(float magnitude) {
    const auto pattern = static_cast<int>((std::bit_cast<std::uint32_t>(magnitude) & 0x7fffffffU) >> 22);
    return std::clamp(pattern - kHistogramFirstPattern, 0, kHistogramBins - 1);
}

float histogramEdge(int bin) {
    if (bin <= 0) {
        return 0.0f;
    }
    return std::ldexp(bin % 2 == 0 ? 1.0f : 1.5f, bin / 2 - 20);
}

float ChannelStatistics::largest() const {
    return absmax.empty() ? 0.0f : *std::max_element(absmax.begin(), absmax.end());
}

int ChannelStatistics::largestChannel() const {
    return static_cast<int>(std::max_element(absmax.begin(), absmax.end()) - absmax.begin());
}

bool ChannelStatistics::onlyMagnitudes() const {
    const auto isZero = [](float value) {
        return value == 0.0f;
    };
    return largest() > 0 && std::all_of(mean.begin(), mean.end(), isZero) &&
           std::all_of(m2.begin(), m2.end(), isZero);
}

double ChannelStatistics::elementMean() const {
    double sum = 0;
    for (const float value : mean) {
        sum += static_cast<double>(value);
    }
    return mean.empty() ? 0.0 : sum / static_cast<double>(mean.size());
}

double ChannelStatistics::elementStd() const {
    if (mean.empty()) {
        return 0.0;
    }
    const double centre = elementMean();
    double sum = 0;
    for (std::size_t c = 0; c < mean.size(); ++c) {
        const double offset = static_cast<double>(mean[c]) - centre;
        sum += static_cast<double>(m2[c]) + offset * offset;
    }
    return std::sqrt(sum / static_cast<double>(mean.size()));
}

const ChannelStatistics& CalibrationSnapshot::at(SiteId site, Side side) const {
    assert(site.layer >= 0 && static_cast<std::size_t>(site.index()) < sites.size());
    return sites[static_cast<std::size_t>(site.index())][static_cast<std::size_t>(side)];
}

const ChannelStatistics& CalibrationSnapshot::rotatedInput(SiteId site) const {
    static const ChannelStatistics unobserved;
    return rotatedInputs.empty() ? unobserved : rotatedInputs[static_cast<std::size_t>(site.index())];
}

} // namespace mambascope
