// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mambascope {

/// When a channel counts as an outlier channel (definitions: quantization specification, "Outlier channels").
enum class OutlierRule { ChannelSpread, AllElements, LlmInt8, Mad };

std::string_view outlierRuleName(OutlierRule rule); ///< "channel-spread", "all-elements", "llm-int8", "mad"
std::optional<OutlierRule> parseOutlierRule(std::string_view text);

struct OutlierChannel {
    int channel = 0;
    float absmax = 0;
    /// (absmax − centre) / spread in the rule's own units: how many sigmas (or scaled MADs) it stands out.
    /// For llm-int8: absmax / 6.
    double sigmas = 0;
    bool operator==(const OutlierChannel&) const = default;
};

/// The outliers of one side of one site.
struct OutlierSet {
    int channels = 0;
    double centre = 0;      ///< mean, |mean of all elements|, 0, or median, by rule
    double spread = 0;      ///< std, std of all elements, 0, or 1.4826·MAD
    double threshold = 0;   ///< a channel is flagged if its absmax exceeds this: the upper edge of the band
    bool possible = true;   ///< false if the rule cannot flag anything here
    bool answerable = true; ///< false if the calibration lacks what the rule needs; then not possible either
    std::string why;        ///< if not possible: a sentence that says why (too few channels, MAD = 0)
    std::vector<OutlierChannel> outliers; ///< by channel
    bool contains(int channel) const;
};

/// Applies a rule with its factor k (ignored by llm-int8). Sums in double; std with divisor C.
/// channel-spread is possible only with at least k² + 2 channels (38 for k = 6); mad only with MAD > 0.
/// all-elements needs moments and llm-int8 counts: where only the largest magnitudes are known (see
/// ChannelStatistics::onlyMagnitudes), they are neither answerable nor possible.
OutlierSet findOutliers(const ChannelStatistics& statistics, OutlierRule rule, double k);

} // namespace mambascope
