// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/heat_map.h"
#include "ui/theme/colour_map.h"
#include "ui/theme/theme.h"

#include <QFont>
#include <QImage>
#include <QRectF>

#include <vector>

class QPainter;

namespace mambascope::ui {

class LaidOutTexts;

/// What a heat map is painted with, on the screen and in files.
struct HeatStyle {
    PlotColours colours = PlotColours::light();
    ColourMap colourMap = ColourMap::Cividis;
    QFont font;                    ///< of ticks and labels, in the painter's units
    double unit = 1;               ///< the painter's units to a logical pixel (three quarters of a point)
    double resolution = 1;         ///< a device pixel in the painter's units
    LaidOutTexts* texts = nullptr; ///< keeps those of `font`, where pixels are painted again and again
};

/// Where the parts of a heat map are. Rows of the map and of the strips are in line.
struct HeatLayout {
    QRectF map;
    QRectF recurrence;           ///< above the map: in how many layers a channel is an outlier
    QRectF outliers;             ///< strip: outlier channels of each layer
    QRectF weights, activations; ///< strips: bits of the plan; empty without one
    QRectF colourBar;
    QRectF target; ///< everything, labels included
    int rows = 0;  ///< layers
    HeatWindow window;
    double resolution = 1;

    double x(double channel) const;
    /// Upper edge of a row, counted from the top; rowTop(rows) is the lower edge of the last one.
    double rowTop(int position) const;
    /// The channel and the row at a point; -1 outside of the map (the row also counts beside it, over
    /// strips).
    int channelAt(double x) const;
    int positionAt(double y) const;
};

HeatLayout heatLayout(
    const QRectF& target, const HeatMap& map, const HeatWindow& window, bool plan, const HeatStyle& style);

/// The coloured field alone, in device pixels.
QImage
heatImage(const HeatMap& map, const HeatWindow& window, const QSize& size, ColourMap colours, double unit);

/// Everything: the field with its axes, strips and the bar of colours. `plan` is empty or by layer.
void paintHeat(
    QPainter& painter, const HeatLayout& layout, const HeatMap& map, const std::vector<HeatPlanCell>& plan,
    const HeatStyle& style);

/// All channels.
HeatWindow wholeWindow(const HeatMap& map);

} // namespace mambascope::ui
