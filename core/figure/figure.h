// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/calibration/outliers.h"
#include "core/figure/axis_scale.h"
#include "core/quantization/plan.h"
#include "core/quantization/resolve.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mambascope {

/// What a figure shows, without how it is painted: the window and the exporters draw the same value.

/// A marked channel.
struct OutlierMark {
    int channel = 0;
    float value = 0;
    std::string label; ///< "173", drawn beside the mark
};

/// Per-channel absolute maxima as stems, with a shaded band and marked outliers.
struct StemPanel {
    Linear linear = Linear::InProj; ///< decides the colour
    std::string title;              ///< "out_proj input"
    std::string subtitle;           ///< "384 channels · 1 outlier · max 1752 at 173"
    std::string xLabel, yLabel;
    std::vector<float> values;               ///< [C], by channel
    std::vector<float> after;                ///< [C] a second series, drawn as a line; empty if there is none
    std::string afterLabel;                  ///< "after smoothing, α 0.5"
    std::optional<double> bandLow, bandHigh; ///< shaded between; absent if the rule has no band here
    std::string bandLabel;                   ///< "mean + 6σ"
    std::vector<OutlierMark> marks;
    std::string emptyText; ///< shown instead of data if values is empty
};

struct Figure {
    std::string title;   ///< "mamba-demo · layer 7"
    std::string caption; ///< model, calibration, rule and k, in one or two sentences
    AxisScale yScale = AxisScale::Log;
    std::vector<StemPanel> panels;
    std::optional<ModelSpec> diagram; ///< the model whose block is drawn above the panels
};

struct FigureOptions {
    Side side = Side::Input;
    OutlierRule rule = OutlierRule::ChannelSpread;
    double k = 6;
    AxisScale yScale = AxisScale::Log;
};

/// What a figure of a layer shows besides the calibration.
struct FigureExtras {
    const QuantPlan* plan = nullptr; ///< for what it makes of the inputs (absmaxAfterPlan())
    const WeightStatistics* weights = nullptr;
    bool weightPanels = false; ///< below the inputs, the weight column that meets each channel
    bool diagram = false;      ///< above the panels, the block that they belong to
};

/// The paper's Figure 1 for one layer: the panels in, x, dt, out (of Mamba-2: in and out). The band reaches
/// from 0 to the rule's threshold. `layer` has to be in range.
Figure layerFigure(
    const CalibrationSnapshot& calibration, int layer, const FigureOptions& options,
    const FigureExtras& extras = {});

/// Axis range that shows every value of a panel, outliers included, and the band: {low, high}. For Log, low
/// is positive and lies below the smallest positive value (values of 0 are drawn at the lower edge). Symlog
/// is linear up to the tenth percentile of the positive values.
AxisRange valueRange(const StemPanel& panel, AxisScale scale);

/// What a panel draws in `columns` pixel columns between two channels: for every column the smallest and
/// largest value of the channels that fall on it. No channel of the range is left out, so no outlier is lost
/// at any width.
struct ColumnExtent {
    int column = 0;
    float low = 0, high = 0;
    int highChannel = 0; ///< the channel that has the largest value
};
std::vector<ColumnExtent>
columnExtents(std::span<const float> values, double firstChannel, double lastChannel, int columns);

/// The figure's data as CSV: panel, channel, absmax, outlier, threshold, and if there is a second series,
/// after.
std::string figureToCsv(const Figure& figure);

} // namespace mambascope
