// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QAccessibleInterface;

namespace mambascope::ui {

class HeatPlot;

/// A heat map as a table for screen readers: a row for every layer from top to bottom, a column for every
/// channel, each cell with all that the readout says. The selected cell is the cursor.
QAccessibleInterface* makeHeatAccessible(HeatPlot* plot);

} // namespace mambascope::ui
