// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/number_text.h"
#include "core/quantization/plan.h"
#include "core/quantization/settings.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

namespace mambascope {
namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const std::string& part : parts) {
        text += (text.empty() ? "" : std::string(separator)) + part;
    }
    return text;
}

std::string onOff(bool on) {
    return on ? "on" : "off";
}

std::string alphaText(const std::optional<double>& alpha) {
    return alpha ? shortestText(*alpha) : "off";
}

// Differences

struct Change {
    std::string setting, from, to;
    auto operator<=>(const Change&) const = default;
};

/// "off", "8", "FP8 E4M3".
std::string precisionText(int bits, NumberFormat format) {
    if (format != NumberFormat::Int) {
        return std::string(numberFormatTitle(format));
    }
    return bits < kBitsOff ? std::to_string(bits) : "off";
}

/// Nothing is said of the granularity of a format with blocks of its own.
Granularity effectiveGranularity(const SiteSettings& settings) {
    return blockSize(settings.weightFormat) > 0 ? Granularity{} : settings.weightGranularity;
}

/// "off", "8", or, where the other side of the change is off and has no details of its own, "8 (channel)".
std::string weightText(const SiteSettings& settings, bool inScope, bool detailed) {
    if (!inScope || !settings.quantizesWeights()) {
        return "off";
    }
    const Granularity granularity = effectiveGranularity(settings);
    const bool plain = granularity == Granularity{} || !detailed;
    return precisionText(settings.weightBits, settings.weightFormat) +
           (plain ? "" : " (" + granularityName(granularity) + ")");
}

void compareWeights(
    const SiteSettings& a, bool inScopeA, const SiteSettings& b, bool inScopeB,
    std::vector<Change>& changes) {
    const bool bothOn = inScopeA && a.quantizesWeights() && inScopeB && b.quantizesWeights();
    std::string from = weightText(a, inScopeA, !bothOn), to = weightText(b, inScopeB, !bothOn);
    if (from != to) {
        changes.push_back({"weight bits", std::move(from), std::move(to)});
    }
    const Granularity before = effectiveGranularity(a), after = effectiveGranularity(b);
    if (bothOn && before != after) {
        changes.push_back({"weight granularity", granularityName(before), granularityName(after)});
    }
}

/// Nothing is said of the scale of a format that has none beside its blocks'.
ActivationScale effectiveScale(const SiteSettings& settings) {
    return settings.activationFormat == NumberFormat::MxFp4 ? ActivationScale::Static
                                                            : settings.activationScale;
}

/// Only static scales are cut off.
Clip effectiveClip(const SiteSettings& settings) {
    return settings.needsActivationStatistics() ? settings.activationClip : Clip{};
}

std::string activationText(const SiteSettings& settings, bool detailed) {
    if (!settings.quantizesActivations()) {
        return "off";
    }
    std::vector<std::string> details;
    if (detailed && settings.activationSide != ActivationSide::Input) {
        details.emplace_back(activationSideName(settings.activationSide));
    }
    if (detailed && effectiveScale(settings) != ActivationScale::Static) {
        details.emplace_back(activationScaleName(settings.activationScale));
    }
    if (detailed && effectiveClip(settings) != Clip{}) {
        details.push_back(clipName(settings.activationClip));
    }
    return precisionText(settings.activationBits, settings.activationFormat) +
           (details.empty() ? "" : " (" + joined(details, ", ") + ")");
}

void compareActivations(const SiteSettings& a, const SiteSettings& b, std::vector<Change>& changes) {
    const bool bothOn = a.quantizesActivations() && b.quantizesActivations();
    std::string from = activationText(a, !bothOn), to = activationText(b, !bothOn);
    if (from != to) {
        changes.push_back({"activation bits", std::move(from), std::move(to)});
    }
    if (bothOn && a.activationSide != b.activationSide) {
        changes.push_back(
            {"activation side", std::string(activationSideName(a.activationSide)),
             std::string(activationSideName(b.activationSide))});
    }
    const ActivationScale before = effectiveScale(a), after = effectiveScale(b);
    if (bothOn && before != after) {
        changes.push_back(
            {"activation scale", std::string(activationScaleName(before)),
             std::string(activationScaleName(after))});
    }
    if (bothOn && effectiveClip(a) != effectiveClip(b)) {
        changes.push_back({"activation clipping", clipName(effectiveClip(a)), clipName(effectiveClip(b))});
    }
}

/// "off", "8", or, where the other side of the change is off, "8 (token)".
std::string scanText(const SiteSettings& settings, bool detailed) {
    if (settings.scanBits >= kBitsOff) {
        return "off";
    }
    const bool plain = !detailed || settings.activationScale == ActivationScale::Static;
    return std::to_string(settings.scanBits) +
           (plain ? "" : " (" + std::string(activationScaleName(settings.activationScale)) + ")");
}

void compareScan(const SiteSettings& a, const SiteSettings& b, std::vector<Change>& changes) {
    const bool bothOn = a.scanBits < kBitsOff && b.scanBits < kBitsOff;
    std::string from = scanText(a, !bothOn), to = scanText(b, !bothOn);
    if (from != to) {
        changes.push_back({"scan bits", std::move(from), std::move(to)});
    }
    const bool scaleSaid = a.quantizesActivations() && b.quantizesActivations();
    if (bothOn && !scaleSaid && a.activationScale != b.activationScale) {
        changes.push_back(
            {"scan scale", std::string(activationScaleName(a.activationScale)),
             std::string(activationScaleName(b.activationScale))});
    }
    if (a.stateBits != b.stateBits) {
        changes.push_back(
            {"state bits", precisionText(a.stateBits, NumberFormat::Int),
             precisionText(b.stateBits, NumberFormat::Int)});
    }
}

std::vector<Change> siteChanges(const QuantPlan& from, const QuantPlan& to, SiteId site) {
    const SiteSettings a = from.at(site);
    const SiteSettings b = to.at(site);
    std::vector<Change> changes;
    compareWeights(a, from.groups.linear, b, to.groups.linear, changes);
    compareActivations(a, b, changes);
    if (a.alpha != b.alpha) {
        changes.push_back({"α", alphaText(a.alpha), alphaText(b.alpha)});
    }
    if (a.zeroOutliers != b.zeroOutliers) {
        changes.push_back({"zero outliers", onOff(a.zeroOutliers), onOff(b.zeroOutliers)});
    }
    if (a.rotate != b.rotate) {
        changes.push_back({"rotation", onOff(a.rotate), onOff(b.rotate)});
    }
    if (a.floatOutliers != b.floatOutliers) {
        changes.push_back({"outliers in floats", onOff(a.floatOutliers), onOff(b.floatOutliers)});
    }
    compareScan(a, b, changes);
    return changes;
}

/// "layer 7", "layers 3–7, 9", "all layers".
std::string layersText(const std::set<int>& layers, int count) {
    if (static_cast<int>(layers.size()) == count) {
        return "all layers";
    }
    std::vector<std::string> ranges;
    for (auto at = layers.begin(); at != layers.end();) {
        const int first = *at;
        int last = first;
        while (++at != layers.end() && *at == last + 1) {
            last = *at;
        }
        ranges.push_back(
            first == last ? std::to_string(first) : std::to_string(first) + "–" + std::to_string(last));
    }
    return (layers.size() == 1 ? "layer " : "layers ") + joined(ranges, ", ");
}

/// The sites in words; linears whose layers differ come one after the other.
std::vector<std::string> sitesText(const std::set<SiteId>& sites, int layers) {
    std::array<std::set<int>, 4> byLinear;
    for (const SiteId site : sites) {
        byLinear[static_cast<std::size_t>(site.linear)].insert(site.layer);
    }
    std::vector<std::string> result;
    std::set<std::set<int>> done;
    for (const auto& group : byLinear) {
        if (group.empty() || !done.insert(group).second) {
            continue;
        }
        std::vector<std::string> names;
        for (const Linear linear : kLinears) {
            if (byLinear[static_cast<std::size_t>(linear)] == group) {
                names.emplace_back(linearName(linear));
            }
        }
        const bool everySite = names.size() == kLinears.size();
        if (everySite && static_cast<int>(group.size()) == layers) {
            result.emplace_back("all sites");
        } else {
            result.push_back(
                layersText(group, layers) + ", " + (everySite ? "all sites" : joined(names, ", ")));
        }
    }
    return result;
}

/// The changes of the parameter groups that are no sites.
void compareGroups(const QuantPlan& from, const QuantPlan& to, std::vector<std::string>& lines) {
    const std::array<std::tuple<const char*, bool, bool>, 4> groups{
        std::tuple{"conv", from.groups.conv, to.groups.conv},
        std::tuple{"ssm", from.groups.ssm, to.groups.ssm},
        std::tuple{"embedding", from.groups.embedding, to.groups.embedding},
        std::tuple{"head", from.groups.head, to.groups.head}};
    std::vector<std::pair<Change, std::vector<std::string>>> found;
    for (const auto& [name, before, after] : groups) {
        std::vector<Change> changes;
        compareWeights(from.groupSettings(), before, to.groupSettings(), after, changes);
        for (Change& change : changes) {
            auto same =
                std::find_if(found.begin(), found.end(), [&](const auto& f) { return f.first == change; });
            if (same == found.end()) {
                found.push_back({std::move(change), {}});
                same = std::prev(found.end());
            }
            same->second.emplace_back(name);
        }
    }
    for (const auto& [change, names] : found) {
        lines.push_back(joined(names, ", ") + ": " + change.setting + " " + change.from + " → " + change.to);
    }
}

/// True if ssmInput makes a difference: something is done to the input of some x_proj.
bool reachesScan(const QuantPlan& plan, int layers) {
    for (int layer = 0; plan.ssmInput && layer < layers; ++layer) {
        const SiteSettings settings = plan.at({layer, Linear::XProj});
        if (settings.zeroOutliers ||
            (settings.quantizesActivations() && settings.activationSide != ActivationSide::Output)) {
            return true;
        }
    }
    return false;
}

// Summary

std::vector<std::string> settingsParts(const SiteSettings& settings, bool weights) {
    std::vector<std::string> parts;
    const auto precision = [](const char* what, int bits, NumberFormat format) {
        return std::string(what) + (format == NumberFormat::Int ? "" : " ") + precisionText(bits, format);
    };
    if (weights && settings.quantizesWeights()) {
        const Granularity granularity = effectiveGranularity(settings);
        parts.push_back(
            precision("W", settings.weightBits, settings.weightFormat) +
            (granularity == Granularity{} ? "" : " " + granularityName(granularity)));
    }
    if (settings.quantizesActivations()) {
        constexpr std::array<std::string_view, 3> kSides{"inputs", "outputs", "both sides"};
        parts.push_back(
            precision("A", settings.activationBits, settings.activationFormat) + " (" +
            std::string(kSides[static_cast<std::size_t>(settings.activationSide)]) +
            (settings.activationFormat == NumberFormat::MxFp4
                 ? ""
                 : ", " + std::string(activationScaleName(settings.activationScale))) +
            (effectiveClip(settings) == Clip{} ? "" : " " + clipName(settings.activationClip)) + ")");
    }
    if (settings.alpha) {
        parts.push_back("α " + shortestText(*settings.alpha));
    }
    if (settings.zeroOutliers) {
        parts.emplace_back("zero outliers");
    }
    if (settings.rotate) {
        parts.emplace_back("rotated");
    }
    if (settings.floatOutliers) {
        parts.emplace_back("outliers in floats");
    }
    if (settings.scanBits < kBitsOff) {
        const bool said = settings.quantizesActivations();
        parts.push_back(
            "scan " + std::to_string(settings.scanBits) +
            (said ? "" : " (" + std::string(activationScaleName(settings.activationScale)) + ")"));
    }
    if (settings.stateBits < kBitsOff) {
        parts.push_back("state " + std::to_string(settings.stateBits));
    }
    return parts;
}

std::string ruleText(const QuantPlan& plan) {
    const QuantPlan standard;
    if (plan.rule == standard.rule && plan.k == standard.k) {
        return {};
    }
    const bool factor = plan.rule != OutlierRule::LlmInt8;
    return std::string(outlierRuleName(plan.rule)) + (factor ? " k " + shortestText(plan.k) : "");
}

} // namespace

std::vector<std::string> planDiff(const QuantPlan& from, const QuantPlan& to, int layers) {
    std::vector<std::pair<Change, std::set<SiteId>>> found; // in the order of the settings
    for (int i = 0; i < layers * 4; ++i) {
        const SiteId site = SiteId::fromIndex(i);
        for (Change& change : siteChanges(from, to, site)) {
            auto same =
                std::find_if(found.begin(), found.end(), [&](const auto& f) { return f.first == change; });
            if (same == found.end()) {
                found.push_back({std::move(change), {}});
                same = std::prev(found.end());
            }
            same->second.insert(site);
        }
    }
    std::vector<std::string> lines;
    for (const auto& [change, sites] : found) {
        for (const std::string& where : sitesText(sites, layers)) {
            lines.push_back(where + ": " + change.setting + " " + change.from + " → " + change.to);
        }
    }
    compareGroups(from, to, lines);
    const QuantPlan a = withoutRedundancy(from);
    const QuantPlan b = withoutRedundancy(to);
    if (a.rule != b.rule) {
        lines.push_back(
            "outlier rule: " + std::string(outlierRuleName(a.rule)) + " → " +
            std::string(outlierRuleName(b.rule)));
    }
    if (a.k != b.k) {
        lines.push_back("outlier rule: k " + shortestText(a.k) + " → " + shortestText(b.k));
    }
    if (reachesScan(from, layers) != reachesScan(to, layers)) {
        lines.push_back(
            "scan input, as x_proj's: " + onOff(reachesScan(from, layers)) + " → " +
            onOff(reachesScan(to, layers)));
    }
    return lines;
}

std::string planSummary(const QuantPlan& plan) {
    const QuantPlan lean = withoutRedundancy(plan);
    std::vector<std::string> parts;
    const std::vector<std::string> groups = groupNames(lean.groups);
    const auto defaults = settingsParts(lean.defaults, !groups.empty());
    if (!defaults.empty()) {
        parts.push_back(joined(defaults, " "));
    }
    for (const Linear linear : kLinears) {
        const SitePatch& patch = lean.linears[static_cast<std::size_t>(linear)];
        if (!patch.empty()) {
            SiteSettings settings = lean.defaults;
            patch.applyTo(settings);
            const auto own = settingsParts(settings, lean.groups.linear);
            parts.push_back(
                std::string(linearName(linear)) + ": " + (own.empty() ? "off" : joined(own, " ")));
        }
    }
    if (!lean.sites.empty()) {
        const std::size_t count = lean.sites.size();
        parts.push_back(std::to_string(count) + (count == 1 ? " site" : " sites") + " with own settings");
    }
    if (parts.empty()) {
        return "baseline";
    }
    if (lean.groups != ParameterGroups::mlp() && lean.defaults.quantizesWeights()) {
        const bool all = lean.groups == ParameterGroups::all();
        parts.push_back("weights of " + (all ? std::string("all groups") : joined(groups, ", ")));
    }
    if (const std::string rule = ruleText(lean); !rule.empty()) {
        parts.push_back(rule);
    }
    if (lean.ssmInput) {
        parts.emplace_back("scan input too");
    }
    return joined(parts, "; ");
}

} // namespace mambascope
