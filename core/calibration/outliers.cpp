// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/outliers.h"

#include "core/base/number_text.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mambascope {
namespace {

constexpr std::array<std::string_view, 4> kRuleNames{"channel-spread", "all-elements", "llm-int8", "mad"};
constexpr double kLlmInt8Threshold = 6.0;
constexpr double kMadToSigma = 1.4826; // MAD of a normal distribution in standard deviations, inverted

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    const double upper = *middle;
    return values.size() % 2 == 1 ? upper : (*std::max_element(values.begin(), middle) + upper) / 2;
}

void describeSpread(const ChannelStatistics& statistics, double k, OutlierSet& set) {
    const auto n = static_cast<double>(statistics.absmax.size());
    double sum = 0;
    for (const float a : statistics.absmax) {
        sum += static_cast<double>(a);
    }
    set.centre = sum / n;
    double squares = 0;
    for (const float a : statistics.absmax) {
        const double offset = static_cast<double>(a) - set.centre;
        squares += offset * offset;
    }
    set.spread = std::sqrt(squares / n);
    set.threshold = set.centre + k * set.spread;
    // One value among n lies at most √(n−1) standard deviations above their mean (Samuelson's inequality).
    if (n - 1 <= k * k) {
        const auto needed = static_cast<std::int64_t>(std::floor(k * k)) + 2;
        set.possible = false;
        set.why = "With " + std::to_string(statistics.channels()) + " channels no channel can lie " +
                  shortestText(k) +
                  " standard deviations above the mean: the channel-spread rule needs at least " +
                  std::to_string(needed) + ".";
    }
}

void describeMad(const ChannelStatistics& statistics, double k, OutlierSet& set) {
    std::vector<double> deviations(statistics.absmax.begin(), statistics.absmax.end());
    set.centre = median(deviations);
    for (double& a : deviations) {
        a = std::fabs(a - set.centre);
    }
    set.spread = kMadToSigma * median(std::move(deviations));
    set.threshold = set.centre + k * set.spread;
    if (set.spread <= 0) {
        set.possible = false;
        set.why = "The median absolute deviation is 0, because at least half of the channels have the same "
                  "absolute maximum: the mad rule flags nothing here.";
    }
}

/// What a rule needs that the largest magnitudes alone do not tell; empty if they do.
std::string_view missingFor(OutlierRule rule) {
    switch (rule) {
    case OutlierRule::AllElements:
        return "the mean and the deviation of all values";
    case OutlierRule::LlmInt8:
        return "how many values reach a magnitude of 6";
    case OutlierRule::ChannelSpread:
    case OutlierRule::Mad:
        break;
    }
    return {};
}

void describe(const ChannelStatistics& statistics, OutlierRule rule, double k, OutlierSet& set) {
    switch (rule) {
    case OutlierRule::ChannelSpread:
        describeSpread(statistics, k, set);
        break;
    case OutlierRule::AllElements:
        set.centre = std::fabs(statistics.elementMean());
        set.spread = statistics.elementStd();
        set.threshold = set.centre + k * set.spread;
        break;
    case OutlierRule::LlmInt8:
        set.threshold = kLlmInt8Threshold;
        break;
    case OutlierRule::Mad:
        describeMad(statistics, k, set);
        break;
    }
}

double sigmas(const OutlierSet& set, OutlierRule rule, float absmax) {
    if (rule == OutlierRule::LlmInt8) {
        return static_cast<double>(absmax) / kLlmInt8Threshold;
    }
    return set.spread > 0 ? (static_cast<double>(absmax) - set.centre) / set.spread : 0.0;
}

} // namespace

std::string_view outlierRuleName(OutlierRule rule) {
    return kRuleNames[static_cast<std::size_t>(rule)];
}

std::optional<OutlierRule> parseOutlierRule(std::string_view text) {
    const auto found = std::find(kRuleNames.begin(), kRuleNames.end(), text);
    if (found == kRuleNames.end()) {
        return std::nullopt;
    }
    return static_cast<OutlierRule>(found - kRuleNames.begin());
}

bool OutlierSet::contains(int channel) const {
    const auto found = std::lower_bound(
        outliers.begin(), outliers.end(), channel,
        [](const OutlierChannel& outlier, int wanted) { return outlier.channel < wanted; });
    return found != outliers.end() && found->channel == channel;
}

OutlierSet findOutliers(const ChannelStatistics& statistics, OutlierRule rule, double k) {
    OutlierSet set;
    set.channels = statistics.channels();
    if (set.channels == 0) {
        set.possible = false;
        set.why = "This tensor was not observed in the calibration.";
        return set;
    }
    if (const std::string_view missing = missingFor(rule); !missing.empty() && statistics.onlyMagnitudes()) {
        set.possible = false;
        set.answerable = false;
        set.why = "The rule " + std::string(outlierRuleName(rule)) +
                  " is not possible here, because it needs " + std::string(missing) +
                  ", and this calibration holds only the largest magnitude of every "
                  "channel (imported activation scales).";
        return set;
    }
    describe(statistics, rule, k, set);
    if (!set.possible) {
        return set;
    }
    for (int c = 0; c < set.channels; ++c) {
        const float absmax = statistics.absmax[static_cast<std::size_t>(c)];
        const auto a = static_cast<double>(absmax);
        // LLM.int8() counts a magnitude of exactly 6 as an outlier.
        if (a > set.threshold || (rule == OutlierRule::LlmInt8 && a >= set.threshold)) {
            set.outliers.push_back({c, absmax, sigmas(set, rule, absmax)});
        }
    }
    return set;
}

} // namespace mambascope
