// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/plan.h"

#include "core/base/hash.h"
#include "core/base/number_text.h"
#include "core/quantization/settings.h"

#include <algorithm>
#include <charconv>

namespace mambascope {
namespace {

constexpr std::array<std::string_view, 3> kSideNames{"input", "output", "both"};
constexpr std::array<std::string_view, 3> kScaleNames{"static", "dynamic", "token"};

template <class Enum, std::size_t N>
std::optional<Enum> parseName(const std::array<std::string_view, N>& names, std::string_view text) {
    const auto found = std::find(names.begin(), names.end(), text);
    return found == names.end() ? std::nullopt : std::optional(static_cast<Enum>(found - names.begin()));
}

/// The outlier rule makes a difference.
bool usesRule(const QuantPlan& plan) {
    const auto uses = [](const SitePatch& patch) {
        return patch.zeroOutliers.value_or(false) || patch.floatOutliers.value_or(false);
    };
    return plan.defaults.zeroOutliers || plan.defaults.floatOutliers ||
           std::any_of(plan.linears.begin(), plan.linears.end(), uses) ||
           std::any_of(
               plan.sites.begin(), plan.sites.end(), [&](const auto& entry) { return uses(entry.second); });
}

void dropRepeated(SitePatch& patch, const SiteSettings& above) {
    forEachSetting([&](auto patched, auto setting) {
        if (patch.*patched == above.*setting) {
            (patch.*patched).reset();
        }
    });
}

bool acts(const QuantPlan& plan, const SiteSettings& settings) {
    return (plan.groups.linear && settings.quantizesWeights()) || settings.quantizesActivations() ||
           settings.alpha.has_value() || settings.zeroOutliers || settings.quantizesScan();
}

/// Calls visit(settings) for every site of a model of `layers` layers until it returns true.
template <class Predicate>
bool anySite(const QuantPlan& plan, int layers, Predicate&& predicate) {
    for (int i = 0; i < layers * 4; ++i) {
        if (predicate(plan.at(SiteId::fromIndex(i)))) {
            return true;
        }
    }
    return false;
}

} // namespace

std::string granularityName(Granularity granularity) {
    switch (granularity.kind) {
    case GranularityKind::Channel:
        return "channel";
    case GranularityKind::Group:
        return "group:" + std::to_string(granularity.groupSize);
    case GranularityKind::Tensor:
        break;
    }
    return "tensor";
}

std::optional<Granularity> parseGranularity(std::string_view text) {
    if (text == "tensor") {
        return Granularity{};
    }
    if (text == "channel") {
        return Granularity{GranularityKind::Channel, 0};
    }
    constexpr std::string_view kPrefix = "group:";
    if (!text.starts_with(kPrefix)) {
        return std::nullopt;
    }
    text.remove_prefix(kPrefix.size());
    int size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || end != text.data() + text.size() || size < 1) {
        return std::nullopt;
    }
    return Granularity{GranularityKind::Group, size};
}

std::string_view activationSideName(ActivationSide side) {
    return kSideNames[static_cast<std::size_t>(side)];
}

std::optional<ActivationSide> parseActivationSide(std::string_view text) {
    return parseName<ActivationSide>(kSideNames, text);
}

std::string_view activationScaleName(ActivationScale scale) {
    return kScaleNames[static_cast<std::size_t>(scale)];
}

std::optional<ActivationScale> parseActivationScale(std::string_view text) {
    return parseName<ActivationScale>(kScaleNames, text);
}

std::string clipName(Clip clip) {
    switch (clip.kind) {
    case ClipKind::Percentile:
        return "percentile:" + shortestText(clip.percent);
    case ClipKind::Mse:
        return "mse";
    case ClipKind::Absmax:
        break;
    }
    return "absmax";
}

std::optional<Clip> parseClip(std::string_view text) {
    if (text == "absmax") {
        return Clip{};
    }
    if (text == "mse") {
        return Clip{ClipKind::Mse, 0};
    }
    constexpr std::string_view kPrefix = "percentile:";
    if (!text.starts_with(kPrefix)) {
        return std::nullopt;
    }
    text.remove_prefix(kPrefix.size());
    const auto percent = parseNumber(text);
    if (!percent || !(*percent >= 50 && *percent <= 100)) {
        return std::nullopt;
    }
    return Clip{ClipKind::Percentile, *percent};
}

bool SitePatch::empty() const {
    return *this == SitePatch{};
}

void SitePatch::applyTo(SiteSettings& settings) const {
    forEachSetting([&](auto patched, auto setting) {
        if (this->*patched) {
            settings.*setting = *(this->*patched);
        }
    });
}

SitePatch patchOf(const SiteSettings& settings) {
    SitePatch all;
    forEachSetting([&](auto patched, auto setting) { all.*patched = settings.*setting; });
    return all;
}

void SitePatch::merge(const SitePatch& other) {
    forEachSetting([&](auto patched, auto) {
        if (other.*patched) {
            this->*patched = other.*patched;
        }
    });
}

void SitePatch::drop(const SitePatch& other) {
    forEachSetting([&](auto patched, auto) {
        if (other.*patched) {
            (this->*patched).reset();
        }
    });
}

SiteSettings QuantPlan::at(SiteId site) const {
    SiteSettings settings = defaults;
    linears[static_cast<std::size_t>(site.linear)].applyTo(settings);
    if (const auto own = sites.find(site); own != sites.end()) {
        own->second.applyTo(settings);
    }
    (site.linear == Linear::OutProj ? settings.scanBits : settings.stateBits) = kBitsOff;
    return settings;
}

void QuantPlan::set(const SiteSelection& selection, const SitePatch& patch) {
    const auto selected = [&](Linear linear) {
        return selection.linears.empty() ||
               std::find(selection.linears.begin(), selection.linears.end(), linear) !=
                   selection.linears.end();
    };
    if (selection.layers.empty()) {
        if (selection.linears.empty()) {
            patch.applyTo(defaults);
        }
        for (const Linear linear : kLinears) {
            SitePatch& kind = linears[static_cast<std::size_t>(linear)];
            if (selection.linears.empty()) {
                kind.drop(patch);
            } else if (selected(linear)) {
                kind.merge(patch);
            }
        }
        for (auto& [site, own] : sites) {
            if (selected(site.linear)) {
                own.drop(patch);
            }
        }
    } else {
        for (const int layer : selection.layers) {
            for (const Linear linear : kLinears) {
                if (selected(linear)) {
                    sites[{layer, linear}].merge(patch);
                }
            }
        }
    }
    std::erase_if(sites, [](const auto& entry) { return entry.second.empty(); });
}

bool QuantPlan::isBaseline(int layers) const {
    const bool groupsAct =
        (groups.conv || groups.ssm || groups.embedding || groups.head) && groupSettings().quantizesWeights();
    return !groupsAct && !anySite(*this, layers, [&](const SiteSettings& site) { return acts(*this, site); });
}

bool QuantPlan::needsCalibration(int layers) const {
    return anySite(*this, layers, [](const SiteSettings& site) {
        return site.needsActivationStatistics() || site.needsScanStatistics() || site.alpha.has_value() ||
               site.zeroOutliers || site.floatOutliers;
    });
}

bool QuantPlan::needsRotatedInputs(int layers) const {
    return anySite(*this, layers, [](const SiteSettings& site) { return site.needsRotatedInput(); });
}

QuantPlan withoutRedundancy(const QuantPlan& plan) {
    QuantPlan result = plan;
    for (const Linear linear : kLinears) {
        SitePatch& kind = result.linears[static_cast<std::size_t>(linear)];
        dropRepeated(kind, result.defaults);
    }
    for (auto& [site, own] : result.sites) {
        SiteSettings above = result.defaults;
        result.linears[static_cast<std::size_t>(site.linear)].applyTo(above);
        dropRepeated(own, above);
    }
    std::erase_if(result.sites, [](const auto& entry) { return entry.second.empty(); });
    if (!usesRule(result)) {
        result.rule = QuantPlan().rule;
        result.k = QuantPlan().k;
    }
    return result;
}

std::string planHash(const QuantPlan& plan) {
    QuantPlan nameless = withoutRedundancy(plan);
    nameless.name.clear();
    return contentHash(toJson(nameless).dump());
}

std::vector<std::string> groupNames(const ParameterGroups& groups) {
    std::vector<std::string> names;
    const auto add = [&](bool in, const char* name) {
        if (in) {
            names.emplace_back(name);
        }
    };
    add(groups.linear, "linear");
    add(groups.conv, "conv");
    add(groups.ssm, "ssm");
    add(groups.embedding, "embedding");
    add(groups.head, "head");
    return names;
}

} // namespace mambascope
