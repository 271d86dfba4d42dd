// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/figure.h"

#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace mambascope::test {

/// A panel with log-normal values about `median` and the given channels set to larger values, which are its
/// outliers. The band ends at mean + 6 standard deviations of the channels that are no outliers.
inline StemPanel handmadePanel(
    const std::string& name, int channels, float median, const std::vector<std::pair<int, float>>& outliers,
    unsigned seed) {
    std::mt19937 random(seed);
    StemPanel panel;
    panel.linear = parseLinear(name).value_or(Linear::InProj);
    panel.title = name + "_proj input";
    panel.xLabel = "channel";
    panel.yLabel = "absmax";
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < channels; ++i) {
        // The sum of twelve uniform numbers is close to normal, and the same with every standard library.
        double normal = -6;
        for (int j = 0; j < 12; ++j) {
            normal += static_cast<double>(random()) / 4294967296.0;
        }
        panel.values.push_back(static_cast<float>(median * std::exp(0.35 * normal)));
        sum += panel.values.back();
        squares += static_cast<double>(panel.values.back()) * panel.values.back();
    }
    const double mean = sum / channels;
    panel.bandLow = 0;
    panel.bandHigh = mean + 6 * std::sqrt(squares / channels - mean * mean);
    panel.bandLabel = "mean + 6σ";
    for (const auto& [channel, value] : outliers) {
        panel.values[static_cast<std::size_t>(channel)] = value;
        panel.marks.push_back({channel, value, std::to_string(channel)});
    }
    panel.subtitle = std::to_string(channels) + " channels · " + std::to_string(outliers.size()) +
                     (outliers.size() == 1 ? " outlier" : " outliers");
    return panel;
}

/// The shape of the demo model's layer 7: one channel of out_proj towers over a median of 4.
inline Figure demoLikeFigure() {
    Figure figure;
    figure.title = "mamba-demo · layer 7 · inputs";
    figure.caption =
        "Absolute maximum of every channel over 16 384 tokens of calibration.txt (64 windows of 256 tokens, "
        "f32). "
        "Shaded: up to 6 standard deviations above the mean of the channels (rule channel-spread); "
        "diamonds mark outlier channels.";
    figure.panels = {
        handmadePanel("in", 384, 2.1F, {}, 1), handmadePanel("x", 384, 1.2F, {{57, 14.5F}}, 2),
        handmadePanel("dt", 12, 5.0F, {}, 3), handmadePanel("out", 384, 4.0F, {{173, 1752.0F}}, 4)};
    figure.panels[2].bandHigh.reset();
    figure.panels[2].bandLow.reset();
    figure.panels[2].bandLabel.clear();
    figure.panels[3].subtitle = "384 channels · 1 outlier · max 1752 at 173";
    return figure;
}

/// The shape of a 2.8-billion-parameter model: 2560, 5120, 160 and 5120 channels.
inline Figure largeFigure() {
    Figure figure;
    figure.title = "mamba-2.8b · layer 40 · inputs";
    figure.caption = "Random values in the shape of mamba-2.8b.";
    figure.panels = {
        handmadePanel("in", 2560, 3.0F, {{5, 44.0F}, {1201, 61.0F}, {1207, 57.0F}, {1211, 52.0F}}, 5),
        handmadePanel("x", 5120, 0.8F, {{0, 21.0F}, {5119, 30.0F}}, 6),
        handmadePanel("dt", 160, 9.0F, {{80, 120.0F}}, 7),
        handmadePanel(
            "out", 5120, 4.0F, {{173, 1752.0F}, {900, 210.0F}, {905, 190.0F}, {2560, 388.0F}, {4333, 97.0F}},
            8)};
    return figure;
}

} // namespace mambascope::test
