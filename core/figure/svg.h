// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/chart.h"
#include "core/figure/figure.h"
#include "core/figure/sweep_figure.h"

#include <string>

namespace mambascope {

struct SvgSize {
    int panelWidth = 520;
    int panelHeight = 240;
    int columns = 2; ///< panels side by side
};

/// The figure as an SVG element to be put into a page: no colours of its own but CSS variables (--paper,
/// --ink,
/// --faint, --grid, --band, --in, --x, --dt, --out, --mark), so that it follows the page's light or dark
/// scheme. Every channel counts (columnExtents()); labels of marks that would lie over another are left out.
/// Text is escaped.
std::string figureToSvg(const Figure& figure, const SvgSize& size = {});
/// The same for a chart, with a legend in panels of several series.
std::string figureToSvg(const Chart& chart, const SvgSize& size = {});
/// The same for a sweep, with a legend above. A single panel is as wide as all columns.
std::string figureToSvg(const SweepFigure& figure, const SvgSize& size = {});

/// `text` where XML expects text or the value of an attribute.
std::string escapedXml(std::string_view text);

} // namespace mambascope
