// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/plan.h"
#include "core/quantization/settings.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace mambascope {
namespace {

constexpr int kFormatVersion = 1;

constexpr std::array<std::string_view, 9> kPlanKeys{"format", "name", "defaults", "linears",  "sites",
                                                    "scope",  "rule", "k",        "ssm_input"};
constexpr std::array<std::string_view, 14> kSettingKeys{
    "w_bits", "w_format",      "w_granularity", "a_bits", "a_format",       "a_side",    "a_scale",
    "alpha",  "zero_outliers", "a_clip",        "rotate", "float_outliers", "scan_bits", "state_bits"};
constexpr std::array<std::string_view, 5> kGroupKeys{"linear", "conv", "ssm", "embedding", "head"};

// Writing

OrderedJson bitsToJson(int bits) {
    return bits < kBitsOff ? OrderedJson(bits) : OrderedJson("off");
}

OrderedJson patchToJson(const SitePatch& patch) {
    OrderedJson json = OrderedJson::object();
    if (patch.weightBits) {
        json["w_bits"] = bitsToJson(*patch.weightBits);
    }
    if (patch.weightFormat) {
        json["w_format"] = numberFormatName(*patch.weightFormat);
    }
    if (patch.weightGranularity) {
        json["w_granularity"] = granularityName(*patch.weightGranularity);
    }
    if (patch.activationBits) {
        json["a_bits"] = bitsToJson(*patch.activationBits);
    }
    if (patch.activationFormat) {
        json["a_format"] = numberFormatName(*patch.activationFormat);
    }
    if (patch.activationSide) {
        json["a_side"] = activationSideName(*patch.activationSide);
    }
    if (patch.activationScale) {
        json["a_scale"] = activationScaleName(*patch.activationScale);
    }
    if (patch.alpha) {
        json["alpha"] = *patch.alpha ? OrderedJson(**patch.alpha) : OrderedJson("off");
    }
    if (patch.zeroOutliers) {
        json["zero_outliers"] = *patch.zeroOutliers;
    }
    if (patch.activationClip) {
        json["a_clip"] = clipName(*patch.activationClip);
    }
    if (patch.rotate) {
        json["rotate"] = *patch.rotate;
    }
    if (patch.floatOutliers) {
        json["float_outliers"] = *patch.floatOutliers;
    }
    if (patch.scanBits) {
        json["scan_bits"] = bitsToJson(*patch.scanBits);
    }
    if (patch.stateBits) {
        json["state_bits"] = bitsToJson(*patch.stateBits);
    }
    return json;
}

OrderedJson settingsToJson(const SiteSettings& settings) {
    SitePatch all = patchOf(settings);
    // What came later goes without saying where it is not used, so that plans keep the hashes that they had.
    for (auto* format : {&all.weightFormat, &all.activationFormat}) {
        if (*format == NumberFormat::Int) {
            format->reset();
        }
    }
    if (settings.activationClip == Clip{}) {
        all.activationClip.reset();
    }
    for (auto* flag : {&all.rotate, &all.floatOutliers}) {
        if (*flag == false) {
            flag->reset();
        }
    }
    for (auto* bits : {&all.scanBits, &all.stateBits}) {
        if (*bits == kBitsOff) {
            bits->reset();
        }
    }
    return patchToJson(all);
}

// Reading

Error refuse(std::string_view what, const std::string& reason, std::string hint = {}) {
    return Error::unreadable("The plan " + std::string(what) + " cannot be used: " + reason, std::move(hint));
}

std::string inQuotes(std::string_view text) {
    return std::string(1, '"').append(text).append(1, '"');
}

std::string listed(std::span<const std::string_view> names) {
    std::string text;
    for (const std::string_view name : names) {
        text += (text.empty() ? "" : ", ") + std::string(name);
    }
    return text;
}

/// Levenshtein distance.
std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({replace, row[j] + 1, row[j - 1] + 1}));
        }
    }
    return row.back();
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
    constexpr std::size_t kLongest = 64; // nobody mistypes a key into something longer
    if (word.size() <= kLongest) {
        const auto nearest = std::min_element(known.begin(), known.end(), [&](auto a, auto b) {
            return editDistance(word, a) < editDistance(word, b);
        });
        if (editDistance(word, *nearest) <= 3 && editDistance(word, *nearest) < nearest->size()) {
            return "Did you mean " + inQuotes(*nearest) + "?";
        }
    }
    return "Known are " + listed(known) + ".";
}

/// Reads the members of one JSON object into values; the first thing that is wrong stays as the error.
class Reader {
public:
    Reader(std::string_view what, std::string where)
        : m_what(what)
        , m_where(std::move(where)) {}

    const Result<void>& state() const { return m_state; }

    void keys(const Json& json, std::span<const std::string_view> known) {
        for (const auto& [key, value] : json.items()) {
            if (std::find(known.begin(), known.end(), key) == known.end()) {
                fail("it has an unknown key " + inQuotes(key) + m_where + ".", suggestion(key, known));
                return;
            }
        }
    }

    void bits(const Json& json, const char* key, std::optional<int>& into) {
        const auto found = json.find(key);
        if (found == json.end()) {
            return;
        }
        if (*found == "off") {
            into = kBitsOff;
        } else if (found->is_number_integer() && ((*found >= 2 && *found <= 8) || *found == kBitsOff)) {
            into = found->get<int>();
        } else {
            fail(
                std::string(key) + m_where + " is " + found->dump() +
                ", but has to be 2 to 8 bits, or \"off\".");
        }
    }

    void alpha(const Json& json, std::optional<std::optional<double>>& into) {
        const auto found = json.find("alpha");
        if (found == json.end()) {
            return;
        }
        if (*found == "off" || found->is_null()) {
            into = std::optional<double>();
        } else if (found->is_number() && *found >= 0.0 && *found <= 1.0) {
            into = found->get<double>();
        } else {
            fail(
                "alpha" + m_where + " is " + found->dump() +
                ", but has to lie between 0 and 1, or be \"off\".");
        }
    }

    void flag(const Json& json, const char* key, std::optional<bool>& into) {
        const auto found = json.find(key);
        if (found == json.end()) {
            return;
        }
        if (found->is_boolean()) {
            into = found->get<bool>();
        } else {
            fail(std::string(key) + m_where + " is " + found->dump() + ", but has to be true or false.");
        }
    }

    /// A text that `parse` understands; `choices` says which.
    template <class T>
    void named(
        const Json& json, const char* key, std::optional<T> (*parse)(std::string_view), const char* choices,
        std::optional<T>& into) {
        const auto found = json.find(key);
        if (found == json.end()) {
            return;
        }
        if (found->is_string()) {
            into = parse(found->get_ref<const std::string&>());
        }
        if (!found->is_string() || !into) {
            fail(std::string(key) + m_where + " is " + found->dump() + ", but has to be " + choices + ".");
        }
    }

    void fail(const std::string& reason, std::string hint = {}) {
        if (m_state.ok()) {
            m_state = refuse(m_what, reason, std::move(hint));
        }
    }

private:
    std::string_view m_what;
    std::string m_where; ///< " of layers.7.out_proj", or empty
    Result<void> m_state;
};

Result<SitePatch> patchFromJson(const Json& json, std::string_view what, const std::string& of) {
    constexpr const char* kFormats = "\"int\", \"fp8_e4m3\", \"fp8_e5m2\", \"mxfp4\", or \"nvfp4\"";
    Reader read(what, " of " + of);
    SitePatch patch;
    if (!json.is_object()) {
        return refuse(what, of + " has to be an object with settings.");
    }
    read.keys(json, kSettingKeys);
    read.bits(json, "w_bits", patch.weightBits);
    read.named(
        json, "w_granularity", parseGranularity,
        "\"tensor\", \"channel\", or \"group:N\" with N of at least 1", patch.weightGranularity);
    read.named(json, "w_format", parseNumberFormat, kFormats, patch.weightFormat);
    read.bits(json, "a_bits", patch.activationBits);
    read.named(json, "a_format", parseNumberFormat, kFormats, patch.activationFormat);
    read.named(
        json, "a_side", parseActivationSide, "\"input\", \"output\", or \"both\"", patch.activationSide);
    read.named(
        json, "a_scale", parseActivationScale, "\"static\", \"dynamic\", or \"token\"",
        patch.activationScale);
    read.alpha(json, patch.alpha);
    read.flag(json, "zero_outliers", patch.zeroOutliers);
    read.named(
        json, "a_clip", parseClip, "\"absmax\", \"mse\", or \"percentile:P\" with P from 50 to 100",
        patch.activationClip);
    read.flag(json, "rotate", patch.rotate);
    read.flag(json, "float_outliers", patch.floatOutliers);
    read.bits(json, "scan_bits", patch.scanBits);
    read.bits(json, "state_bits", patch.stateBits);
    if (!read.state().ok()) {
        return read.state().error();
    }
    return patch;
}

Result<void> readLinears(const Json& json, std::string_view what, QuantPlan& plan) {
    if (!json.is_object()) {
        return refuse(what, "\"linears\" has to be an object.");
    }
    for (const auto& [key, value] : json.items()) {
        const auto linear = parseLinear(key);
        if (!linear) {
            return refuse(
                what, "\"linears\" has an unknown linear " + inQuotes(key) + ".",
                "Known are in_proj, x_proj, dt_proj, out_proj.");
        }
        auto patch = patchFromJson(value, what, key);
        if (!patch.ok()) {
            return patch.error();
        }
        plan.linears[static_cast<std::size_t>(*linear)] = std::move(patch).value();
    }
    return {};
}

Result<void> readSites(const Json& json, std::string_view what, QuantPlan& plan) {
    if (!json.is_object()) {
        return refuse(what, "\"sites\" has to be an object.");
    }
    for (const auto& [key, value] : json.items()) {
        if (key.starts_with("layers.-")) {
            return refuse(
                what, "the site " + inQuotes(key) + " has a negative layer.", "Layers count from 0.");
        }
        const auto site = parseSite(key);
        if (!site || site->layer < 0) {
            return refuse(
                what, "\"sites\" has an unknown site " + inQuotes(key) + ".",
                "A site is written like \"layers.7.out_proj\".");
        }
        auto patch = patchFromJson(value, what, key);
        if (!patch.ok()) {
            return patch.error();
        }
        if (!patch.value().empty()) {
            plan.sites[*site] = std::move(patch).value();
        }
    }
    return {};
}

Result<void> readScope(const Json& json, std::string_view what, ParameterGroups& groups) {
    if (json == "mlp" || json == "all") {
        groups = json == "mlp" ? ParameterGroups::mlp() : ParameterGroups::all();
        return {};
    }
    if (!json.is_array()) {
        return refuse(
            what, "\"scope\" has to be \"mlp\", \"all\", or a list of parameter groups.",
            "Known are " + listed(kGroupKeys) + ".");
    }
    groups = {false, false, false, false, false};
    const std::array<bool*, 5> flags{
        &groups.linear, &groups.conv, &groups.ssm, &groups.embedding, &groups.head};
    for (const Json& entry : json) {
        const std::string name = entry.is_string() ? entry.get<std::string>() : entry.dump();
        const auto found = std::find(kGroupKeys.begin(), kGroupKeys.end(), name);
        if (found == kGroupKeys.end()) {
            return refuse(
                what, "\"scope\" has an unknown parameter group " + inQuotes(name) + ".",
                suggestion(name, kGroupKeys));
        }
        *flags[static_cast<std::size_t>(found - kGroupKeys.begin())] = true;
    }
    return {};
}

Result<void> checkFormat(const Json& json, std::string_view what) {
    if (!json.is_object() || !json.contains("format")) {
        return Error::unreadable(
            std::string(what) + " is no quantization plan: it has no \"format\".",
            "Make one with \"plan new\".");
    }
    const Json& format = json["format"];
    if (!format.is_number_integer() || format < 1) {
        return refuse(what, "its format is " + format.dump() + ", but has to be a number from 1.");
    }
    if (format > kFormatVersion) {
        return refuse(
            what,
            "it has format " + format.dump() + "; this mambascope reads up to format " +
                std::to_string(kFormatVersion) + ".",
            "Open it with a newer mambascope.");
    }
    return {};
}

Result<void> readModelWide(const Json& json, std::string_view what, QuantPlan& plan) {
    Reader read(what, "");
    read.keys(json, kPlanKeys);
    if (const auto name = json.find("name"); name != json.end()) {
        if (name->is_string()) {
            plan.name = name->get<std::string>();
        } else {
            read.fail("its name is " + name->dump() + ", but has to be a text.");
        }
    }
    std::optional<OutlierRule> rule = plan.rule;
    read.named(
        json, "rule", parseOutlierRule, "\"channel-spread\", \"all-elements\", \"llm-int8\", or \"mad\"",
        rule);
    if (const auto k = json.find("k"); k != json.end()) {
        plan.k = k->is_number() ? k->get<double>() : 0.0;
        if (!(plan.k > 0) || !std::isfinite(plan.k)) {
            read.fail("k is " + k->dump() + ", but has to be a number above 0.");
        }
    }
    std::optional<bool> ssmInput = plan.ssmInput;
    read.flag(json, "ssm_input", ssmInput);
    plan.rule = rule.value_or(plan.rule);
    plan.ssmInput = ssmInput.value_or(plan.ssmInput);
    return read.state();
}

} // namespace

OrderedJson toJson(const QuantPlan& plan) {
    OrderedJson json;
    json["format"] = kFormatVersion;
    json["name"] = plan.name;
    json["scope"] = groupNames(plan.groups);
    json["rule"] = outlierRuleName(plan.rule);
    json["k"] = plan.k;
    json["ssm_input"] = plan.ssmInput;
    json["defaults"] = settingsToJson(plan.defaults);
    json["linears"] = OrderedJson::object();
    for (const Linear linear : kLinears) {
        const SitePatch& patch = plan.linears[static_cast<std::size_t>(linear)];
        if (!patch.empty()) {
            json["linears"][std::string(linearName(linear))] = patchToJson(patch);
        }
    }
    json["sites"] = OrderedJson::object();
    for (const auto& [site, patch] : plan.sites) {
        if (!patch.empty()) {
            json["sites"][siteName(site)] = patchToJson(patch);
        }
    }
    return json;
}

Result<QuantPlan> planFromJson(const Json& json, std::string_view what) {
    QuantPlan plan;
    auto state = checkFormat(json, what);
    if (state.ok()) {
        state = readModelWide(json, what, plan);
    }
    if (state.ok() && json.contains("scope")) {
        state = readScope(json["scope"], what, plan.groups);
    }
    if (state.ok() && json.contains("defaults")) {
        const auto defaults = patchFromJson(json["defaults"], what, "the defaults");
        if (!defaults.ok()) {
            return defaults.error();
        }
        defaults.value().applyTo(plan.defaults);
    }
    if (state.ok() && json.contains("linears")) {
        state = readLinears(json["linears"], what, plan);
    }
    if (state.ok() && json.contains("sites")) {
        state = readSites(json["sites"], what, plan);
    }
    if (!state.ok()) {
        return state.error();
    }
    return plan;
}

Result<QuantPlan> parsePlan(std::string_view text, std::string_view what) {
    const auto json = parseJson(text, what, true);
    if (!json.ok()) {
        return json.error();
    }
    return planFromJson(json.value(), what);
}

} // namespace mambascope
