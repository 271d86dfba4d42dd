// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/figure.h"
#include "ui/theme/theme.h"

#include <QFont>
#include <QPolygonF>
#include <QRectF>

#include <optional>
#include <vector>

class QPainter;

namespace mambascope::ui {

/// One step of a block, or one of its linears.
struct DiagramBox {
    QRectF rect;
    QString text;
    std::optional<Linear> linear;
};

/// The computation of a Mamba block from left to right, in the painter's units.
struct DiagramLayout {
    std::vector<DiagramBox> boxes;
    /// Each ends in an arrow; the first point of one that leaves another wire is a junction.
    struct Wire {
        QPolygonF points;
        QString label; ///< on its longest stretch
        bool branches = false;
    };
    std::vector<Wire> wires;
    QRectF extent; ///< around all of it, as high as the area
};

/// Height that a diagram needs.
double diagramHeight(const QFont& font);

/// The block of `spec`: in_proj, convolution, x_proj, dt_proj, selective scan, gate, out_proj; of FalconMamba
/// with the norms after x_proj, of Mamba-2 without x_proj and dt_proj and with its gated norm. Centred in
/// `area` as far as whole units go; no boxes if that is too narrow for them.
DiagramLayout diagramLayout(const ModelSpec& spec, const QRectF& area, const QFont& font);

/// How the parts are painted.
struct DiagramStyle {
    PlotColours colours = PlotColours::light();
    QFont font;
    double unit = 1; ///< the painter's units to a logical pixel
};

/// The blocks and their wires: what is the same in all layers. Linears have the colours of their panels,
/// `selected` is filled.
void paintBlocks(
    QPainter& painter, const DiagramLayout& layout, std::optional<Linear> selected,
    const DiagramStyle& style);
/// The number of outlier channels of each linear as `panels` have them, below its block.
void paintCounts(
    QPainter& painter, const DiagramLayout& layout, const std::vector<StemPanel>& panels,
    const DiagramStyle& style);
/// Both. Linears have the colours of their panels, and below them the number of their outlier channels as
/// `panels` have them. `selected` is filled.
void paintDiagram(
    QPainter& painter, const DiagramLayout& layout, const std::vector<StemPanel>& panels,
    std::optional<Linear> selected, const DiagramStyle& style);

} // namespace mambascope::ui
