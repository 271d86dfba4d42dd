// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/site.h"

#include <charconv>

namespace mambascope {
namespace {

constexpr std::array<std::string_view, 4> kNames{"in_proj", "x_proj", "dt_proj", "out_proj"};
constexpr std::array<std::string_view, 4> kShortNames{"in", "x", "dt", "out"};

} // namespace

std::string_view linearName(Linear linear) {
    return kNames[static_cast<std::size_t>(linear)];
}

std::string_view linearShortName(Linear linear) {
    return kShortNames[static_cast<std::size_t>(linear)];
}

std::optional<Linear> parseLinear(std::string_view text) {
    for (const Linear linear : kLinears) {
        if (text == linearName(linear) || text == linearShortName(linear)) {
            return linear;
        }
    }
    return std::nullopt;
}

std::string_view sideName(Side side) {
    return side == Side::Input ? "input" : "output";
}

std::optional<Side> parseSide(std::string_view text) {
    for (const Side side : {Side::Input, Side::Output}) {
        if (text == sideName(side)) {
            return side;
        }
    }
    return std::nullopt;
}

std::string siteName(SiteId site) {
    return "layers." + std::to_string(site.layer) + "." + std::string(linearName(site.linear));
}

std::string siteName(SiteId site, Side side) {
    return siteName(site) + "." + std::string(sideName(side));
}

std::optional<SiteId> parseSite(std::string_view text) {
    constexpr std::string_view kPrefix = "layers.";
    if (!text.starts_with(kPrefix)) {
        return std::nullopt;
    }
    text.remove_prefix(kPrefix.size());
    SiteId site;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), site.layer);
    const auto digits = static_cast<std::size_t>(end - text.data());
    // One spelling per site: neither a sign nor leading zeros.
    if (error != std::errc() || text.front() == '-' || (text.front() == '0' && digits > 1) ||
        digits >= text.size() || text[digits] != '.') {
        return std::nullopt;
    }
    const std::string_view name = text.substr(digits + 1);
    const std::optional<Linear> linear = parseLinear(name);
    if (!linear || name != linearName(*linear)) {
        return std::nullopt;
    }
    site.linear = *linear;
    return site;
}

} // namespace mambascope
