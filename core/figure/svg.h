// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/figure.h"

#include <string>

namespace mambascope {

struct SvgSize {
    int panelWidth = 520;
    int panelHeight = 240;
    int columns = 2; ///< panels side by side
};

/// The figure as an SVG element to be put into a page: no colours of its own but CSS variables (--ink,
/// --faint,
/// --band, --in, --x, --dt, --out, --mark), so that it follows the page's light or dark scheme. Every channel
/// counts (columnExtents()); labels of marks that would lie over another are left out. Text is escaped.
std::string figureToSvg(const Figure& figure, const SvgSize& size = {});

/// `text` where XML expects text or the value of an attribute.
std::string escapedXml(std::string_view text);

} // namespace mambascope
