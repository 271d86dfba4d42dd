// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRgb>

#include <array>
#include <optional>
#include <string_view>

namespace mambascope::ui {

/// Colours of a heat map, from small to large, each of which grows lighter all the way: what is light in a
/// grey print is large. Cividis (Nuñez, Anderton and Renslow 2018) looks nearly the same with any kind of
/// colour vision.
enum class ColourMap { Cividis, Viridis, Grey };

inline constexpr std::array<ColourMap, 3> kColourMaps{
    ColourMap::Cividis, ColourMap::Viridis, ColourMap::Grey};

std::string_view colourMapName(ColourMap map); ///< "cividis", "viridis", "grey"
std::optional<ColourMap> parseColourMap(std::string_view text);

/// By shade (HeatScale): 1 … 255 from small to large. Shade 0, nothing known, is transparent.
std::array<QRgb, 256> colourTable(ColourMap map);

} // namespace mambascope::ui
