// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/clipping.h"

#include "core/calibration/histogram.h"
#include "core/quantization/quantizer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mambascope {

namespace {

/// Values of one bin, evenly spread between two magnitudes.
struct Bin {
    double low, high, count;
};

std::vector<Bin> binsOf(const ChannelStatistics& statistics) {
    const auto largest = static_cast<double>(statistics.largest());
    std::vector<Bin> bins;
    for (std::size_t b = 0; b < statistics.histogram.size(); ++b) {
        if (statistics.histogram[b] > 0) {
            const auto index = static_cast<int>(b);
            const auto low = static_cast<double>(histogramEdge(index));
            const double high =
                index + 1 < kHistogramBins ? static_cast<double>(histogramEdge(index + 1)) : largest;
            bins.push_back({std::min(low, largest), std::min(high, largest), static_cast<double>(statistics.histogram[b])});
        }
    }
    return bins;
}

double percentile(const std::vector<Bin>& bins, double percent) {
    const double total =
        std::accumulate(bins.begin(), bins.end(), 0.0, [](double sum, const Bin& bin) { return sum + bin.count; });
    double left = total * percent / 100;
    for (const Bin& bin : bins) {
        if (left <= bin.count) {
            return bin.low + (bin.high - bin.low) * left / bin.count;
        }
        left -= bin.count;
    }
    return bins.empty() ? 0.0 : bins.back().high;
}

/// Expected squared error, summed over all values.
double squaredError(const std::vector<Bin>& bins, double clip, int bits) {
    const double step = clip / quantizerMax(bits);
    double error = 0;
    for (const Bin& bin : bins) {
        const double width = bin.high - bin.low;
        const double from = std::max(bin.low, clip), beyond = std::max(0.0, bin.high - clip);
        const double share = width > 0 ? (bin.high - std::min(from, bin.high)) / width : (bin.low > clip ? 1.0 : 0.0);
        const double near = std::max(0.0, from - clip);
        const double clamped = width > 0 && share > 0
                                   ? (beyond * beyond * beyond - near * near * near) / (3 * width)
                                   : share * beyond * beyond;
        error += bin.count * (clamped + (1 - share) * step * step / 12);
    }
    return error;
}

} // namespace

bool hasDistribution(const ChannelStatistics& statistics) {
    return std::any_of(
        statistics.histogram.begin(), statistics.histogram.end(), [](std::int64_t n) { return n > 0; });
}

float clipMagnitude(const ChannelStatistics& statistics, Clip clip, float absmax, int bits) {
    const std::vector<Bin> bins = binsOf(statistics);
    if (clip.kind == ClipKind::Absmax || bins.empty()) {
        return absmax;
    }
    if (clip.kind == ClipKind::Percentile) {
        return std::min(absmax, static_cast<float>(percentile(bins, clip.percent)));
    }
    constexpr int kCandidates = 81;
    double best = static_cast<double>(absmax), least = squaredError(bins, best, bits);
    for (int i = 1; i < kCandidates; ++i) {
        const double candidate = static_cast<double>(absmax) * std::exp2(-i / 8.0);
        const double error = squaredError(bins, candidate, bits);
        if (error < least) {
            least = error;
            best = candidate;
        }
    }
    return static_cast<float>(best);
}

} // namespace mambascope
