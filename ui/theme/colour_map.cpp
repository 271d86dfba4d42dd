// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/colour_map.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace mambascope::ui {
namespace {

constexpr std::array<std::string_view, 3> kNames{"cividis", "viridis", "grey"};

// Ten colours at equal distances of each map as it was published; between them lie straight lines.
constexpr std::array<QRgb, 10> kCividis{0x00204d, 0x00336f, 0x39486b, 0x575c6d, 0x707173,
                                        0x8a8779, 0xa69d75, 0xc4b56c, 0xe4cf5b, 0xffea46};
constexpr std::array<QRgb, 10> kViridis{0x440154, 0x482878, 0x3e4a89, 0x31688e, 0x26828e,
                                        0x1f9e89, 0x35b779, 0x6dcd59, 0xb4de2c, 0xfde725};
constexpr std::array<QRgb, 2> kGrey{0x1a1a1a, 0xffffff};

QRgb between(std::span<const QRgb> stops, double fraction) {
    const double position = fraction * static_cast<double>(stops.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(position), stops.size() - 2);
    const double share = position - static_cast<double>(below);
    const auto mixed = [&](int (*part)(QRgb)) {
        return static_cast<int>(
            std::lround(part(stops[below]) * (1 - share) + part(stops[below + 1]) * share));
    };
    return qRgb(mixed(qRed), mixed(qGreen), mixed(qBlue));
}

std::span<const QRgb> stopsOf(ColourMap map) {
    switch (map) {
    case ColourMap::Cividis:
        return kCividis;
    case ColourMap::Viridis:
        return kViridis;
    case ColourMap::Grey:
        return kGrey;
    }
    return kCividis;
}

} // namespace

std::string_view colourMapName(ColourMap map) {
    return kNames[static_cast<std::size_t>(map)];
}

std::optional<ColourMap> parseColourMap(std::string_view text) {
    const auto found = std::find(kNames.begin(), kNames.end(), text);
    return found == kNames.end() ? std::nullopt
                                 : std::optional(static_cast<ColourMap>(found - kNames.begin()));
}

std::array<QRgb, 256> colourTable(ColourMap map) {
    std::array<QRgb, 256> table{};
    for (std::size_t shade = 1; shade < table.size(); ++shade) {
        table[shade] = between(stopsOf(map), static_cast<double>(shade - 1) / 254.0);
    }
    return table;
}

} // namespace mambascope::ui
