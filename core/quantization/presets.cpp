// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/plan.h"

#include "core/base/number_text.h"
#include "core/quantization/settings.h"

#include <algorithm>

namespace mambascope {
namespace {

constexpr std::array kPresetNames{
    "baseline",
    "W8 (mlp)",
    "W8 (all)",
    "W4 (mlp)",
    "W4 (all)",
    "W8A8 (mlp)",
    "W8A8 (all)",
    "W8A8 input",
    "zero outliers in",
    "zero outliers x",
    "zero outliers dt",
    "zero outliers out",
    "zero outliers all",
    "SmoothQuant W8A8 α=0.5",
    "W4A8",
    "W4A4",
    "W8 channel",
    "W8 group:128",
    "W4 channel",
    "W4 group:128",
    "W8A8 input per-channel",
    "W8A8 input group:128",
    "W8A8 input dynamic",
    "W8A8 input token",
    "W4A8 per-channel",
    "W4A8 group:128",
    "W4A4 per-channel",
    "W4A4 group:128"};

/// Words of a preset's name, in lower case and with the Greek letter spelt out.
std::vector<std::string> words(std::string_view name) {
    constexpr std::string_view kAlpha = "α";
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name.substr(i, kAlpha.size()) == kAlpha) {
            text += "alpha";
            i += kAlpha.size() - 1;
        } else {
            const char c = name[i];
            text += c == '=' ? ' ' : (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
        }
    }
    std::vector<std::string> result(1);
    for (const char c : text) {
        if (c != ' ') {
            result.back() += c;
        } else if (!result.back().empty()) {
            result.emplace_back();
        }
    }
    if (result.back().empty()) {
        result.pop_back();
    }
    return result;
}

/// Reads a name word by word into a plan. Every word has to be understood, and used.
class Parser {
public:
    explicit Parser(std::vector<std::string> words)
        : m_words(std::move(words)) {}

    std::optional<QuantPlan> parse() {
        if (take("baseline")) {
            return atEnd() ? std::optional(m_plan) : std::nullopt;
        }
        const bool understood = take("zero") ? parseZeroing() : parseBits();
        return understood && atEnd() ? std::optional(m_plan) : std::nullopt;
    }

private:
    bool atEnd() const { return m_next == m_words.size(); }
    std::string_view peek() const { return atEnd() ? std::string_view() : std::string_view(m_words[m_next]); }
    bool take(std::string_view word) {
        if (atEnd() || m_words[m_next] != word) {
            return false;
        }
        ++m_next;
        return true;
    }

    /// "zero outliers in|x|dt|out|all [(rule)]"
    bool parseZeroing() {
        if (!take("outliers") || atEnd()) {
            return false;
        }
        if (take("all")) {
            m_plan.defaults.zeroOutliers = true;
        } else {
            const auto linear = parseLinear(peek());
            if (!linear) {
                return false;
            }
            m_plan.linears[static_cast<std::size_t>(*linear)].zeroOutliers = true;
            ++m_next;
        }
        std::string_view rule = peek();
        if (rule.starts_with('(') && rule.ends_with(')')) {
            const auto parsed = parseOutlierRule(rule.substr(1, rule.size() - 2));
            m_plan.rule = parsed.value_or(m_plan.rule);
            m_next += parsed ? 1 : 0;
        }
        return true;
    }

    /// "[SmoothQuant] W8[A8] …"
    bool parseBits() {
        const bool smooth = take("smoothquant");
        const std::string_view bits = peek();
        const auto oneOf = [](char c) {
            return c == '4' || c == '8';
        };
        const bool weights = bits.size() == 2 && bits[0] == 'w' && oneOf(bits[1]);
        const bool both =
            bits.size() == 4 && bits[0] == 'w' && oneOf(bits[1]) && bits[2] == 'a' && oneOf(bits[3]);
        if ((!weights && !both) || (smooth && !both)) {
            return false;
        }
        m_plan.defaults.weightBits = bits[1] - '0';
        if (both) {
            m_plan.defaults.activationBits = bits[3] - '0';
            if (m_plan.defaults.activationBits > m_plan.defaults.weightBits || bits == "w4a4" || smooth) {
                m_sideKnown = true; // these have no variant with quantized outputs
            }
        }
        ++m_next;
        while (!atEnd() && parseModifier(both, smooth)) {
        }
        return atEnd() && (!both || m_sideKnown) && m_plan.defaults.alpha.has_value() == smooth;
    }

    bool parseModifier(bool activations, bool smooth) {
        SiteSettings& settings = m_plan.defaults;
        if (peek() == "(mlp)" || peek() == "(all)") {
            m_plan.groups = take("(all)") ? ParameterGroups::all() : ParameterGroups::mlp();
            take("(mlp)");
            if (activations && !m_sideKnown) {
                settings.activationSide = ActivationSide::Output;
                m_sideKnown = true;
            }
            return true;
        }
        if (activations && take("input")) {
            m_sideKnown = true;
            return true;
        }
        if (take("per-channel") || take("channel")) {
            settings.weightGranularity = {GranularityKind::Channel, 0};
            take("weights");
            return true;
        }
        if (const auto group = parseGranularity(peek()); group && group->kind == GranularityKind::Group) {
            settings.weightGranularity = *group;
            ++m_next;
            return true;
        }
        if (activations && (peek() == "dynamic" || peek() == "token" || peek() == "static")) {
            settings.activationScale = *parseActivationScale(peek());
            ++m_next;
            return true;
        }
        return smooth && take("alpha") && parseAlpha();
    }

    bool parseAlpha() {
        const auto alpha = parseNumber(peek());
        if (!alpha || !(*alpha >= 0 && *alpha <= 1)) {
            return false;
        }
        m_plan.defaults.alpha = *alpha;
        ++m_next;
        return true;
    }

    std::vector<std::string> m_words;
    std::size_t m_next = 0;
    bool m_sideKnown = false;
    QuantPlan m_plan;
};

} // namespace

std::vector<std::string> presetNames() {
    return {kPresetNames.begin(), kPresetNames.end()};
}

Result<QuantPlan> presetPlan(std::string_view name) {
    const auto spelt = words(name);
    auto plan = Parser(spelt).parse();
    if (!plan) {
        std::string known;
        for (const char* preset : kPresetNames) {
            known += (known.empty() ? "" : ", ") + std::string(preset);
        }
        return Error::usage(
            "There is no preset \"" + std::string(name) + "\".", "The presets are: " + known + ".");
    }
    const auto listed = std::find_if(
        kPresetNames.begin(), kPresetNames.end(), [&](const char* preset) { return words(preset) == spelt; });
    plan->name = listed != kPresetNames.end() ? std::string(*listed) : std::string(name);
    return *plan;
}

std::string nameAfterEdit(const QuantPlan& plan) {
    constexpr std::string_view kEdited = ", edited";
    std::string name = plan.name;
    if (name.ends_with(kEdited)) {
        name.resize(name.size() - kEdited.size());
    }
    const Result<QuantPlan> preset = presetPlan(name);
    if (!preset.ok()) {
        return plan.name;
    }
    return planHash(preset.value()) == planHash(plan) ? name : name + std::string(kEdited);
}

} // namespace mambascope
