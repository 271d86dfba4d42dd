// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace mambascope::ui {

/// Makes screen readers see a LayerPlot as a chart: the description lists every panel with its outliers, the
/// value is what the cursor is at. A HeatPlot is a table. Once is enough, more does no harm.
void installPlotAccessibility();

} // namespace mambascope::ui
