// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/import_scales.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace mambascope {
namespace {

constexpr const char* kExpected =
    "Expected is a file of SmoothQuant's generate_act_scales: \"backbone.layers.N.mixer.in_proj\", x_proj, "
    "dt_proj and out_proj of every layer (Mamba-2: in_proj and out_proj).";

/// "backbone.layers.7.mixer.in_proj" → layers.7.in_proj
std::optional<SiteId> siteOf(std::string_view name) {
    constexpr std::string_view kLayers = "layers.", kMixer = ".mixer.";
    const std::size_t layers = name.find(kLayers);
    const std::size_t mixer = name.find(kMixer);
    if (layers == std::string_view::npos || mixer == std::string_view::npos || mixer < layers) {
        return std::nullopt;
    }
    const std::string_view prefix = name.substr(0, layers);
    if (!prefix.empty() && prefix != "backbone." && prefix != "model.backbone.") {
        return std::nullopt;
    }
    return parseSite(
        std::string(name.substr(layers, mixer - layers)) + "." +
        std::string(name.substr(mixer + kMixer.size())));
}

/// All that absmax says about one input.
Result<ChannelStatistics> statisticsOf(const std::string& name, const TensorView& view) {
    if (view.shape.size() != 1 || view.shape[0] == 0 || !isFloat(view.dtype)) {
        return Error::unreadable(
            name + " of shape " + shapeText(view.shape) + " and type " + std::string(dtypeName(view.dtype)) +
                " is no vector of activation scales.",
            kExpected);
    }
    Result<std::vector<float>> values = toFloat(view);
    if (!values.ok()) {
        return values.error();
    }
    ChannelStatistics statistics;
    statistics.absmax = std::move(values).value();
    const auto channels = statistics.absmax.size();
    for (std::size_t c = 0; c < channels; ++c) {
        const float value = statistics.absmax[c];
        if (!std::isfinite(value) || value < 0) {
            return Error::unreadable(
                "The largest magnitude of channel " + std::to_string(c) + " of " + name +
                    " is negative or not finite.",
                "The file holds something other than activation scales, or their model overflowed.");
        }
        statistics.min.push_back(-value);
    }
    statistics.max = statistics.absmax;
    statistics.mean.assign(channels, 0.0f);
    statistics.m2.assign(channels, 0.0f);
    statistics.above6.assign(channels, 0);
    statistics.histogram.assign(kHistogramBins, 0);
    return statistics;
}

/// Widths and layers that the vectors show; what they leave open is as in the published models.
Result<ModelSpec> specOf(const std::map<SiteId, ChannelStatistics>& sites) {
    ModelSpec spec;
    spec.state = 16;
    spec.convKernel = 4;
    spec.vocabulary = 50280;
    const bool mamba2 = std::none_of(sites.begin(), sites.end(), [](const auto& entry) {
        return entry.first.linear == Linear::XProj || entry.first.linear == Linear::DtProj;
    });
    spec.architecture = mamba2 ? Architecture::Mamba2 : Architecture::Mamba1;
    const int last = sites.rbegin()->first.layer;
    for (int layer = 0; layer <= last; ++layer) { // ends at the first gap, however far the last layer is
        for (const Linear linear : spec.linears()) {
            if (!sites.contains({layer, linear})) {
                return Error::unreadable(
                    "The scales of " + siteName({layer, linear}) + " are missing.", kExpected);
            }
        }
    }
    spec.layers = last + 1;
    spec.hidden = sites.at({0, Linear::InProj}).channels();
    spec.inner = sites.at({0, Linear::OutProj}).channels();
    if (mamba2) {
        constexpr int kHeadWidth = 64;
        spec.state = 128;
        spec.heads = spec.inner % kHeadWidth == 0 ? spec.inner / kHeadWidth : 1;
        spec.groups = spec.gatedNormGroups = 1;
    } else {
        spec.dtRank = sites.at({0, Linear::DtProj}).channels();
    }
    for (const auto& [site, statistics] : sites) {
        if (statistics.channels() != spec.inputs(site.linear)) {
            return Error::unreadable(
                "The scales of " + siteName(site) + " have " + std::to_string(statistics.channels()) +
                    " channels, but the others ask for " + std::to_string(spec.inputs(site.linear)) + ".",
                kExpected);
        }
    }
    return spec;
}

std::string listed(const std::vector<std::string>& names) {
    return names.front() + (names.size() == 1 ? "" : " and " + std::to_string(names.size() - 1) + " more");
}

} // namespace

bool holdsScales(const TensorFile& file) {
    const auto& tensors = file.tensors();
    return std::any_of(tensors.begin(), tensors.end(), [](const auto& named) {
        return named.second.shape.size() == 1 && siteOf(named.first).has_value();
    });
}

Result<ImportedScales> importScales(const TensorFile& scales, const std::string& name) {
    std::map<SiteId, ChannelStatistics> sites;
    std::vector<std::string> others;
    for (const auto& [tensor, view] : scales.tensors()) {
        const std::optional<SiteId> site = siteOf(tensor);
        if (!site) {
            others.push_back(tensor);
            continue;
        }
        Result<ChannelStatistics> statistics = statisticsOf(tensor, view);
        if (!statistics.ok()) {
            return statistics.error();
        }
        if (!sites.emplace(*site, std::move(statistics).value()).second) {
            return Error::unreadable("The scales of " + siteName(*site) + " are there twice.", kExpected);
        }
    }
    if (sites.empty()) {
        return Error::unreadable("The file holds no activation scales of a Mamba model.", kExpected);
    }
    Result<ModelSpec> spec = specOf(sites);
    if (!spec.ok()) {
        return spec.error();
    }
    ImportedScales result;
    result.snapshot.spec = spec.value();
    result.snapshot.source.checkpointName = name;
    result.snapshot.source.textName = "imported activation scales";
    result.snapshot.source.engine = kImportedEngine;
    result.snapshot.sites.resize(static_cast<std::size_t>(spec.value().siteCount()));
    for (auto& [site, statistics] : sites) {
        result.snapshot.sites[static_cast<std::size_t>(site.index())][0] = std::move(statistics);
    }
    result.notes.push_back(
        "Only the largest magnitude of every input channel is known: means, deviations, "
        "counts and the linears' outputs are not, so the outlier rules all-elements and llm-int8 are not "
        "possible.");
    result.notes.push_back(
        "State size " + std::to_string(spec.value().state) +
        ", convolution 4 and 50280 words are assumed; scales do not say them.");
    if (!others.empty()) {
        result.notes.push_back(
            "Left out, because they are no linear layer of a Mamba block: " + listed(others) + ".");
    }
    return result;
}

} // namespace mambascope
