// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// First: the moc of Qt 6.4 reads the <concepts> that <array> brings only after the library's configuration.
#include <cstddef>

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace mambascope {

/// The four linear layers of a Mamba block, in the order of the computation.
enum class Linear { InProj, XProj, DtProj, OutProj };

inline constexpr std::array<Linear, 4> kLinears{
    Linear::InProj, Linear::XProj, Linear::DtProj, Linear::OutProj};

std::string_view linearName(Linear linear);      ///< "in_proj", "x_proj", "dt_proj", "out_proj"
std::string_view linearShortName(Linear linear); ///< "in", "x", "dt", "out"
/// Accepts both spellings.
std::optional<Linear> parseLinear(std::string_view text);

/// Which of a linear's two tensors: what goes in (after zeroing nothing, the raw activation), or the product.
enum class Side { Input, Output };

std::string_view sideName(Side side); ///< "input", "output"
std::optional<Side> parseSide(std::string_view text);

/// One linear layer of one block.
struct SiteId {
    int layer = 0;
    Linear linear = Linear::InProj;

    auto operator<=>(const SiteId&) const = default;
    /// Index in a [layers × 4] array.
    int index() const { return layer * 4 + static_cast<int>(linear); }
    static SiteId fromIndex(int index) { return {index / 4, static_cast<Linear>(index % 4)}; }
};

std::string siteName(SiteId site);            ///< "layers.7.out_proj"
std::string siteName(SiteId site, Side side); ///< "layers.7.out_proj.input"
std::optional<SiteId> parseSite(std::string_view text);

} // namespace mambascope
