// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/figure.h"
#include "ui/theme/theme.h"

#include <QFont>
#include <QRectF>

#include <span>
#include <vector>

class QImage;
class QPainter;
class QTransform;

namespace mambascope::ui {

class Stamps;

/// Where a panel's data are drawn and what part of them. The screen and the exports paint through the
/// functions below, so that they cannot disagree.
struct PanelFrame {
    QRectF area;         ///< between the axes, in the painter's units
    double first = -0.5; ///< channel at the left edge; channel c reaches from c - 0.5 to c + 0.5
    double last = 0.5;   ///< channel at the right edge
    AxisRange values;    ///< at the lower and upper edge
    AxisScale scale = AxisScale::Log;
    double unit = 1;       ///< the painter's units to a logical pixel (three quarters of a point)
    double resolution = 1; ///< width of the finest column worth drawing: a device pixel

    double x(double channel) const { return area.left() + (channel - first) / (last - first) * area.width(); }
    double y(double value) const;
};

/// The channels that a panel has, as an axis range.
std::pair<double, double> allChannels(const StemPanel& panel);

/// One drawn stem.
struct StemBar {
    double left = 0, width = 0; ///< in the painter's units
    float value = 0;            ///< the largest of the channels that fall on it
    int channel = 0;            ///< the channel that has it
};

/// The stems of a frame: one for each channel if there is room for it, else one for each column of
/// `resolution`, as high as the highest of its channels.
std::vector<StemBar> stemBars(std::span<const float> values, const PanelFrame& frame);

/// The shaded range. Painted first, below the grid.
void paintBand(
    QPainter& painter, const PanelFrame& frame, const StemPanel& panel, const PlotColours& colours);
/// All stems; those of outliers are painted over by paintMarks.
void paintStems(QPainter& painter, const PanelFrame& frame, const StemPanel& panel, const QColor& colour);
/// The second series, if there is one: its skyline as a line over the stems.
void paintAfter(
    QPainter& painter, const PanelFrame& frame, const StemPanel& panel, const PlotColours& colours);
/// The band's upper edge with its label. `stamps` keeps what is painted often, where pixels are painted.
void paintBandEdge(
    QPainter& painter, const PanelFrame& frame, const StemPanel& panel, const PlotColours& colours,
    const QFont& font, Stamps* stamps = nullptr);
/// Outliers: stem, a diamond, and the channel's number beside the largest ones, as far as there is room.
void paintMarks(
    QPainter& painter, const PanelFrame& frame, const StemPanel& panel, const PlotColours& colours,
    const QFont& font, Stamps* stamps = nullptr);

/// Columns of a grid of `count` panels in an area: one row if it is wide, one column if it is tall, else two
/// columns.
int panelColumns(int count, QSizeF area);

/// Whether a painter draws shapes for later (PDF, SVG) rather than pixels now.
bool isVector(const QPainter& painter);

/// A rectangle in whole device pixels.
QRect inPixels(const QTransform& toDevice, const QRectF& rect);

/// The image that `painter` paints on, if its pixels can be set directly: opaque colours, inside one rectangle
/// where it clips. Else null.
QImage* imageOf(const QPainter& painter);

/// A font with size in the painter's units, whatever its resolution.
QFont fontOfSize(const QFont& font, double size);

} // namespace mambascope::ui
