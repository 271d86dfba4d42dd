// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/layer_plot.h"
#include "ui/plots/panel_canvas.h"
#include "ui/plots/stamps.h"
#include "ui/plots/stem_plottable.h"

#include <QPointer>

#include <array>
#include <optional>
#include <vector>

namespace mambascope::ui {

/// A channel of a panel; panel -1 is nowhere.
struct PlotPosition {
    int panel = -1;
    int channel = -1;
    bool valid() const { return panel >= 0; }
    bool operator==(const PlotPosition&) const = default;
};

struct CursorShape;

/// The parts of a LayerPlot. Private to its .cpp files.
struct LayerPlot::Impl {
    struct Panel {
        QCPAxisRect* rect = nullptr;
        PanelHead* head = nullptr;
        StemPlottable* stems = nullptr;
        BandItem* band = nullptr;
        QSharedPointer<FigureTicker> valueTicker;
        int channels = 0;
        double mean = 0, deviation = 0; ///< of the channels' values
    };

    explicit Impl(LayerPlot* owner);

    LayerPlot* q;
    PanelCanvas* plot;
    Stamps stamps;
    std::vector<Panel> panels;
    int columns = 0; ///< of the grid as it is laid out
    std::shared_ptr<const Figure> figure;
    AxisScale scale = AxisScale::Log;
    bool scaleChosen = false;
    QPointer<const Theme> theme;
    PlotColours colours = PlotColours::light();
    QString emptyText;
    PlotPosition cursor, hover;
    std::array<PlotPosition, 2> markers; ///< A and B
    QRegion cursorRegion;                ///< covered by the cross hair as it was painted last
    QPoint pressed;
    QString readout;

    // layer_plot.cpp
    void rebuildPanels(std::size_t count);
    void makePanel();
    void arrange();
    void fillPanel(std::size_t index, bool keepZoom);
    void applyScale();
    void applyColours();
    void clampRange(std::size_t index, const QCPRange& range);
    void replotSoon();

    // layer_plot_input.cpp
    PlotPosition shown() const { return hover.valid() ? hover : cursor; }
    const StemPanel* panelAt(int index) const;
    PlotPosition positionAt(QPoint point) const;
    void moveTo(PlotPosition position);
    void setHover(PlotPosition position);
    void moveChannel(int step);
    void moveOutlier(int step);
    bool movePanel(int step);
    void zoom(double factor);
    void toggleScale();
    void setMarkers(const std::array<PlotPosition, 2>& positions);
    double valueAt(PlotPosition position) const;
    bool exists(PlotPosition position) const;
    void showCursor();
    /// Paints again what moves above the panels, where it was and where it is.
    void updateCursor();
    std::optional<CursorShape> cursorShape() const;
    void paintCursor(QPainter& painter, const CursorShape& shape) const;
    void paintOverlay(QPainter& painter);
    void paintMarker(QPainter& painter, PlotPosition position, QChar name) const;
    void sayReadout();
    QString describe(PlotPosition position) const;
};

/// Cross hair and number at a channel, as they are painted above the panels.
struct CursorShape {
    QPointF tip; ///< of the stem
    QRectF panel;
    QRectF box; ///< around the text
    QString text;
    /// What it covers, in logical pixels.
    QRegion region() const;
};

} // namespace mambascope::ui
