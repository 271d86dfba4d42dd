// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/after_plan.h"

#include "core/base/number_text.h"
#include "core/calibration/outliers.h"
#include "core/quantization/quantizer.h"

namespace mambascope {

std::vector<float> absmaxAfterPlan(
    const ChannelStatistics& input, std::span<const float> columnAbsmax, const QuantPlan& plan, SiteId site) {
    const SiteSettings settings = plan.at(site);
    if (!settings.alpha && !settings.zeroOutliers) {
        return {};
    }
    std::vector<std::int32_t> zeroed;
    if (settings.zeroOutliers) {
        for (const OutlierChannel& outlier : findOutliers(input, plan.rule, plan.k).outliers) {
            zeroed.push_back(outlier.channel);
        }
    }
    std::vector<float> after = input.absmax;
    if (settings.alpha) {
        if (columnAbsmax.size() != after.size()) {
            return {};
        }
        const std::vector<float> factors =
            smoothingFactors(input.absmax, columnAbsmax, *settings.alpha, zeroed);
        for (std::size_t channel = 0; channel < after.size(); ++channel) {
            after[channel] /= factors[channel];
        }
    }
    for (const std::int32_t channel : zeroed) {
        after[static_cast<std::size_t>(channel)] = 0;
    }
    return after;
}

std::string beforeQuantization(const QuantPlan& plan, SiteId site) {
    const SiteSettings settings = plan.at(site);
    std::string words;
    if (settings.alpha) {
        words = "smoothing, α " + shortestText(*settings.alpha);
    }
    if (settings.zeroOutliers) {
        words += words.empty() ? "zeroing" : ", and zeroing";
    }
    return words;
}

} // namespace mambascope
