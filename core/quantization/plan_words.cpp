// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/plan.h"
#include "core/quantization/settings.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

namespace mambascope {
namespace {

std::string number(double value) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

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
    return alpha ? number(*alpha) : "off";
}

// Differences

struct Change {
    std::string setting, from, to;
    auto operator<=>(const Change&) const = default;
};

/// "off", "8", or, where the other side of the change is off and has no details of its own, "8 (channel)".
std::string weightText(int bits, Granularity granularity, bool detailed) {
    if (bits >= kBitsOff) {
        return "off";
    }
    const bool plain = granularity == Granularity{} || !detailed;
    return std::to_string(bits) + (plain ? "" : " (" + granularityName(granularity) + ")");
}

void compareWeights(
    const SiteSettings& a, bool inScopeA, const SiteSettings& b, bool inScopeB,
    std::vector<Change>& changes) {
    const int from = inScopeA ? a.weightBits : kBitsOff;
    const int to = inScopeB ? b.weightBits : kBitsOff;
    const bool bothOn = from < kBitsOff && to < kBitsOff;
    if (from != to) {
        changes.push_back(
            {"weight bits", weightText(from, a.weightGranularity, !bothOn),
             weightText(to, b.weightGranularity, !bothOn)});
    }
    if (bothOn && a.weightGranularity != b.weightGranularity) {
        changes.push_back(
            {"weight granularity", granularityName(a.weightGranularity),
             granularityName(b.weightGranularity)});
    }
}

std::string activationText(const SiteSettings& settings, bool detailed) {
    if (settings.activationBits >= kBitsOff) {
        return "off";
    }
    std::vector<std::string> details;
    if (detailed && settings.activationSide != ActivationSide::Input) {
        details.emplace_back(activationSideName(settings.activationSide));
    }
    if (detailed && settings.activationScale != ActivationScale::Static) {
        details.emplace_back(activationScaleName(settings.activationScale));
    }
    return std::to_string(settings.activationBits) +
           (details.empty() ? "" : " (" + joined(details, ", ") + ")");
}

void compareActivations(const SiteSettings& a, const SiteSettings& b, std::vector<Change>& changes) {
    const bool bothOn = a.activationBits < kBitsOff && b.activationBits < kBitsOff;
    if (a.activationBits != b.activationBits) {
        changes.push_back({"activation bits", activationText(a, !bothOn), activationText(b, !bothOn)});
    }
    if (bothOn && a.activationSide != b.activationSide) {
        changes.push_back(
            {"activation side", std::string(activationSideName(a.activationSide)),
             std::string(activationSideName(b.activationSide))});
    }
    if (bothOn && a.activationScale != b.activationScale) {
        changes.push_back(
            {"activation scale", std::string(activationScaleName(a.activationScale)),
             std::string(activationScaleName(b.activationScale))});
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
            (settings.activationBits < kBitsOff && settings.activationSide != ActivationSide::Output)) {
            return true;
        }
    }
    return false;
}

// Summary

std::vector<std::string> settingsParts(const SiteSettings& settings, bool weights) {
    std::vector<std::string> parts;
    if (weights && settings.weightBits < kBitsOff) {
        const bool plain = settings.weightGranularity == Granularity{};
        parts.push_back(
            std::string("W").append(std::to_string(settings.weightBits)) +
            (plain ? "" : " " + granularityName(settings.weightGranularity)));
    }
    if (settings.activationBits < kBitsOff) {
        constexpr std::array<std::string_view, 3> kSides{"inputs", "outputs", "both sides"};
        parts.push_back(
            std::string("A").append(std::to_string(settings.activationBits)) + " (" +
            std::string(kSides[static_cast<std::size_t>(settings.activationSide)]) + ", " +
            std::string(activationScaleName(settings.activationScale)) + ")");
    }
    if (settings.alpha) {
        parts.push_back("α " + number(*settings.alpha));
    }
    if (settings.zeroOutliers) {
        parts.emplace_back("zero outliers");
    }
    return parts;
}

std::string ruleText(const QuantPlan& plan) {
    const QuantPlan standard;
    if (plan.rule == standard.rule && plan.k == standard.k) {
        return {};
    }
    const bool factor = plan.rule != OutlierRule::LlmInt8;
    return std::string(outlierRuleName(plan.rule)) + (factor ? " k " + number(plan.k) : "");
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
        lines.push_back("outlier rule: k " + number(a.k) + " → " + number(b.k));
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
    if (lean.groups != ParameterGroups::mlp() && lean.defaults.weightBits < kBitsOff) {
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
