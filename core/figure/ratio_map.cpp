// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/ratio_map.h"

#include "core/base/number_text.h"
#include "core/figure/after_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace mambascope {
namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

float log2Of(float from, float to) {
    return from == 0 && to == 0 ? 0.0F : std::log2(to / from); // infinite if one of them is 0
}

OutlierSet outliersOf(const std::vector<float>& absmax, OutlierRule rule, double k) {
    ChannelStatistics statistics;
    statistics.absmax = absmax;
    statistics.mean.assign(absmax.size(), 0);
    statistics.m2.assign(absmax.size(), 0);
    return findOutliers(statistics, rule == OutlierRule::Mad ? rule : OutlierRule::ChannelSpread, k);
}

void addChanged(
    RatioMap& map, int layer, const std::vector<float>& from, const std::vector<float>& to, OutlierRule rule,
    double k) {
    const OutlierSet before = outliersOf(from, rule, k), after = outliersOf(to, rule, k);
    for (int channel = 0; channel < map.channels; ++channel) {
        const bool was = before.contains(channel), is = after.contains(channel);
        if (was != is) {
            const auto c = static_cast<std::size_t>(channel);
            map.changed.push_back({layer, channel, is, from[c], to[c]});
        }
    }
}

bool further(float a, float b) {
    return std::isnan(b) ? !std::isnan(a) : std::abs(a) > std::abs(b);
}

} // namespace

SiteAbsmax inputAbsmax(const CalibrationSnapshot& calibration) {
    SiteAbsmax absmax(static_cast<std::size_t>(calibration.spec.siteCount()));
    for (const SiteId site : calibration.spec.sites()) {
        absmax[static_cast<std::size_t>(site.index())] = calibration.at(site, Side::Input).absmax;
    }
    return absmax;
}

SiteAbsmax inputAbsmaxAfter(
    const QuantPlan& plan, const CalibrationSnapshot& calibration, const WeightStatistics* weights) {
    SiteAbsmax absmax = inputAbsmax(calibration);
    for (const SiteId site : calibration.spec.sites()) {
        if (beforeQuantization(plan, site).empty()) {
            continue;
        }
        const auto index = static_cast<std::size_t>(site.index());
        const std::span<const float> columns = weights != nullptr && index < weights->columnAbsmax.size()
                                                   ? std::span<const float>(weights->columnAbsmax[index])
                                                   : std::span<const float>();
        absmax[index] = absmaxAfterPlan(calibration.at(site, Side::Input), columns, plan, site);
    }
    return absmax;
}

RatioMap ratioMap(
    const ModelSpec& spec, Linear linear, const SiteAbsmax& from, const SiteAbsmax& to, OutlierRule rule,
    double k) {
    RatioMap map;
    map.linear = linear;
    map.layers = spec.layers;
    map.channels = spec.inputs(linear);
    map.log2Ratio.assign(
        static_cast<std::size_t>(map.layers) * static_cast<std::size_t>(map.channels), kUnknown);
    bool known = false, differs = false;
    for (int layer = 0; layer < map.layers; ++layer) {
        const auto site = static_cast<std::size_t>(SiteId{layer, linear}.index());
        const auto channels = static_cast<std::size_t>(map.channels);
        if (site >= from.size() || site >= to.size() || from[site].size() != channels ||
            to[site].size() != channels || channels == 0) {
            continue;
        }
        known = true;
        const auto row = map.log2Ratio.begin() + static_cast<std::ptrdiff_t>(layer) * map.channels;
        std::ranges::transform(from[site], to[site], row, log2Of);
        for (auto value = row; value != row + map.channels; ++value) {
            differs = differs || *value != 0;
            if (std::isfinite(*value)) {
                map.range = std::max(map.range, std::abs(static_cast<double>(*value)));
            }
        }
        addChanged(map, layer, from[site], to[site], rule, k);
    }
    if (!known) {
        map.emptyText = "The inputs of " + std::string(linearName(linear)) + " are not known in both.";
    } else if (!differs) {
        map.emptyText = "All channels of " + std::string(linearName(linear)) + " are as large in both.";
    }
    return map;
}

std::vector<float> pooledRatios(const RatioMap& map, int width, int bands) {
    std::vector<float> pixels(
        static_cast<std::size_t>(std::max(0, width)) * static_cast<std::size_t>(std::max(0, bands)),
        kUnknown);
    // Pixel p shows what begins on it, or where cells are larger than pixels, what it lies in.
    const auto from = [](int pixel, int pixelCount, int cells) {
        return static_cast<int>(static_cast<std::int64_t>(pixel) * cells / pixelCount);
    };
    for (int band = 0; band < bands; ++band) {
        const int firstLayer = from(band, bands, map.layers);
        const int endLayer = std::max(firstLayer + 1, from(band + 1, bands, map.layers));
        for (int x = 0; x < width; ++x) {
            const int firstChannel = from(x, width, map.channels);
            const int endChannel = std::max(firstChannel + 1, from(x + 1, width, map.channels));
            float& pixel = pixels
                [static_cast<std::size_t>(band) * static_cast<std::size_t>(width) +
                 static_cast<std::size_t>(x)];
            for (int layer = firstLayer; layer < endLayer; ++layer) {
                for (int channel = firstChannel; channel < endChannel; ++channel) {
                    if (further(map.at(layer, channel), pixel)) {
                        pixel = map.at(layer, channel);
                    }
                }
            }
        }
    }
    return pixels;
}

std::string ratioMapToCsv(const RatioMap& map) {
    std::string csv = "layer,channel,ratio,outlier_added,outlier_removed\n";
    auto changed = map.changed.begin();
    for (int layer = 0; layer < map.layers; ++layer) {
        for (int channel = 0; channel < map.channels; ++channel) {
            const float value = map.at(layer, channel);
            const bool here =
                changed != map.changed.end() && changed->layer == layer && changed->channel == channel;
            if (!std::isnan(value)) {
                csv += std::to_string(layer) + "," + std::to_string(channel) + "," +
                       shortestText(std::exp2(value)) + (here && changed->added ? ",1" : ",0") +
                       (here && !changed->added ? ",1\n" : ",0\n");
            }
            changed += here ? 1 : 0;
        }
    }
    return csv;
}

} // namespace mambascope
