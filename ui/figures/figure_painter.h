// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/figure/chart.h"
#include "core/figure/figure.h"
#include "core/figure/heat_map.h"
#include "core/figure/sweep_figure.h"
#include "ui/theme/colour_map.h"
#include "ui/theme/theme.h"

#include <QByteArray>
#include <QRectF>
#include <QSizeF>

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

class QPainter;

namespace mambascope::ui {

/// Paints a figure for print into `target` (the painter's units): title, the panels in a grid, each with
/// band, stems, marks and axes, the block diagram above them if the figure has one, and the caption wrapped
/// below. Needs `pixelsPerPoint` units of the painter to
/// a typographic point; text is 6.5 to 9 points, lines 0.5. Every outlier is visible at every size. Stems are
/// drawn as columns of a quarter point at most.
void paintFigure(
    QPainter& painter, const QRectF& target, const Figure& figure, const PlotColours& colours,
    double pixelsPerPoint);

/// A heat map as it is printed.
struct HeatFigure {
    std::shared_ptr<const HeatMap> map;
    std::vector<HeatPlanCell> plan; ///< by layer, for the strips of bits; empty for none
    ColourMap colours = ColourMap::Cividis;
};

/// The same for a heat map. In files for print the field is an image of 360 dots per inch; everything else is
/// drawn.
void paintFigure(
    QPainter& painter, const QRectF& target, const HeatFigure& figure, const PlotColours& colours,
    double pixelsPerPoint);

/// The same for a chart.
void paintFigure(
    QPainter& painter, const QRectF& target, const Chart& chart, const PlotColours& colours,
    double pixelsPerPoint);

/// The same for a sweep: series as lines with a marker and an interval at every point, references as levels, and
/// a legend on top. No two of twenty series have both the colour and the marker in common.
void paintFigure(
    QPainter& painter, const QRectF& target, const SweepFigure& figure, const PlotColours& colours,
    double pixelsPerPoint);

/// A figure of any kind, for those who write, show or print it: it holds what it needs.
struct Printable {
    Printable(Figure figure);
    Printable(HeatFigure figure);
    Printable(Chart chart);
    Printable(SweepFigure figure);

    std::string title, caption;
    /// paintFigure() of the figure.
    std::function<void(QPainter&, const QRectF& target, const PlotColours&, double pixelsPerPoint)> paint;
    std::function<std::string()> csv;

private:
    template <class Drawn>
    Printable(const std::shared_ptr<const Drawn>& figure, std::string (*toCsv)(const Drawn&));
};

struct FigureExportOptions {
    double widthMm = 180; ///< 40 to 1200
    double heightMm = 130;
    int dpi = 300; ///< of PNG; 30 to 1200
    bool dark = false;
};

enum class FigureFormat { Pdf, Svg, Png, Csv };

/// The figure as a file's bytes. The same figure and options give the same bytes: dates inside are
/// SOURCE_DATE_EPOCH, or else a constant. Usage if the options are out of range. Needs a QGuiApplication; any
/// thread.
Result<QByteArray>
renderFigure(const Printable& figure, FigureFormat format, const FigureExportOptions& options);

/// Writes a file of the kind that the extension names (.pdf, .svg, .png, .csv) by a temporary name and a
/// rename. Usage if the extension is another one, the options are out of range, or the file exists and
/// `overwrite` is false.
Result<void> exportFigure(
    const Printable& figure, const std::filesystem::path& path, const FigureExportOptions& options,
    bool overwrite);

/// Puts the figure on the clipboard as PNG image, SVG and CSV text.
void copyFigureToClipboard(const Printable& figure, const FigureExportOptions& options = {});

} // namespace mambascope::ui
