// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/captions.h"

#include "core/base/number_text.h"

#include <array>
#include <charconv>

namespace mambascope {

std::string rounded(double value) {
    std::array<char, 32> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 4).ptr;
    return {text.data(), end};
}

std::string counted(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string bandLabel(OutlierRule rule, double factor) {
    const std::string k = shortestText(factor);
    switch (rule) {
    case OutlierRule::ChannelSpread:
        return "mean + " + k + "σ";
    case OutlierRule::AllElements:
        return "|μ| + " + k + "σ of all elements";
    case OutlierRule::LlmInt8:
        return "|x| < 6";
    case OutlierRule::Mad:
        return "median + " + k + " scaled MAD";
    }
    return {};
}

std::string ruleName(OutlierRule rule, double k) {
    return "rule " + std::string(outlierRuleName(rule)) +
           (rule == OutlierRule::LlmInt8 ? std::string() : ", k = " + shortestText(k));
}

std::string bandSentence(OutlierRule rule, double factor) {
    const std::string k = shortestText(factor);
    const std::string tail = " (" + ruleName(rule, factor) + "); channels above it are marked.";
    switch (rule) {
    case OutlierRule::ChannelSpread:
        return "The band reaches to the mean of the channel maxima plus " + k + " standard deviations" + tail;
    case OutlierRule::AllElements:
        return "The band reaches to the magnitude of the mean of all elements plus " + k +
               " standard deviations of them" + tail;
    case OutlierRule::LlmInt8:
        return "The band reaches to a magnitude of 6, the criterion of LLM.int8()" + tail;
    case OutlierRule::Mad:
        return "The band reaches to the median of the channel maxima plus " + k +
               " scaled median absolute deviations" + tail;
    }
    return {};
}

std::string sourceSentence(const std::string& what, const CalibrationSource& source) {
    std::string text = what;
    if (!source.checkpointName.empty()) {
        text += " of " + source.checkpointName;
    }
    if (source.imported()) {
        return text + ", imported from activation scales that another tool measured.";
    }
    text += ", over ";
    if (!source.textName.empty()) {
        text += source.textName + ", ";
    }
    text += std::to_string(source.samples) + (source.contiguous ? " contiguous" : "") + " windows × " +
            std::to_string(source.length) + " tokens (" + std::to_string(source.tokens) + " tokens)";
    return text + (source.partial ? ", stopped before the last window." : ".");
}

} // namespace mambascope
