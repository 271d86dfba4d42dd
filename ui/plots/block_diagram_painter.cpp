// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/block_diagram_painter.h"

#include "ui/models/text.h"
#include "ui/plots/panel_painter.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

// Heights from the top, in lines of text.
constexpr double kGateWire = 0.7, kBoxTop = 1.6, kBoxHeight = 1.5, kCounts = 3.65, kInnerWire = 4.35,
                 kOuterWire = 5.05, kHeight = 5.6;
constexpr double kPadding = 0.6, kNarrowestGap = 0.9, kWidestGap = 5, kEnds = 1.4; // in lines of text too

/// The context of the texts here.
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(BlockDiagram)
};

std::vector<DiagramBox> steps(const ModelSpec& spec) {
    const auto linear = [](Linear which) {
        return DiagramBox{{}, qt(linearName(which)), which};
    };
    const auto step = [](const QString& text) {
        return DiagramBox{{}, text, std::nullopt};
    };
    const DiagramBox norm = step(QStringLiteral("RMSNorm"));
    std::vector<DiagramBox> boxes{linear(Linear::InProj), step(QStringLiteral("conv1d · SiLU"))};
    if (spec.has(Linear::XProj)) {
        boxes.push_back(linear(Linear::XProj));
        if (spec.architecture == Architecture::FalconMamba) {
            boxes.push_back(norm);
        }
        boxes.push_back(linear(Linear::DtProj));
    }
    boxes.push_back(step(Texts::tr("selective scan")));
    boxes.push_back(step(QStringLiteral("⊙")));
    if (spec.gatedNormGroups > 0) {
        boxes.push_back(norm);
    }
    boxes.push_back(linear(Linear::OutProj));
    return boxes;
}

/// The wires of the main row, and those that pass boxes by above and below it.
void addWires(DiagramLayout& layout, const ModelSpec& spec, const QRectF& area, double line) {
    const std::vector<DiagramBox>& boxes = layout.boxes;
    const double middle = boxes.front().rect.center().y();
    const auto after = [&](std::size_t box) { // half-way to the next one
        return QPointF((boxes[box].rect.right() + boxes[box + 1].rect.left()) / 2, middle);
    };
    const double left = boxes.front().rect.left(), right = boxes.back().rect.right();
    layout.wires.push_back({{QPointF(left - kEnds * line, middle), QPointF(left, middle)}, {}});
    for (std::size_t i = 0; i + 1 < boxes.size(); ++i) {
        layout.wires.push_back(
            {{QPointF(boxes[i].rect.right(), middle), QPointF(boxes[i + 1].rect.left(), middle)}, {}});
    }
    layout.wires.push_back({{QPointF(right, middle), QPointF(right + kEnds * line, middle)}, {}});
    const auto gate = static_cast<std::size_t>(
        std::ranges::find(boxes, QStringLiteral("⊙"), &DiagramBox::text) - boxes.begin());
    const QRectF scan = boxes[gate - 1].rect;
    const auto past = [&](QPointF from, double y, QPointF to, const QString& label, bool branches) {
        layout.wires.push_back({{from, QPointF(from.x(), y), QPointF(to.x(), y), to}, label, branches});
    };
    const QRectF in = boxes.front().rect;
    past(
        QPointF(in.center().x(), in.top()), area.top() + kGateWire * line,
        QPointF(boxes[gate].rect.center().x(), boxes[gate].rect.top()), QStringLiteral("z · SiLU"), false);
    const auto scanBottom = [&](double share) {
        return QPointF(scan.left() + share * scan.width(), scan.bottom());
    };
    const double inner = area.top() + kInnerWire * line, outer = area.top() + kOuterWire * line;
    if (spec.has(Linear::XProj)) {
        // B and C leave behind x_proj, or its norms: one box before dt_proj.
        past(after(gate - 3), inner, scanBottom(0.35), QStringLiteral("B, C"), true);
        past(after(1), outer, scanBottom(0.7), QStringLiteral("x"), true);
    } else {
        past(QPointF(in.center().x(), in.bottom()), outer, scanBottom(0.5), QStringLiteral("Δ"), false);
    }
}

void paintWire(QPainter& painter, const DiagramLayout::Wire& wire, const DiagramStyle& style) {
    const double unit = style.unit;
    painter.setPen(QPen(style.colours.axis, unit));
    painter.setBrush(Qt::NoBrush);
    painter.drawPolyline(wire.points);
    const QPointF end = wire.points.last(), before = wire.points[wire.points.size() - 2];
    const QPointF along = (end - before) / std::hypot(end.x() - before.x(), end.y() - before.y());
    const QPointF across(-along.y(), along.x());
    painter.setPen(Qt::NoPen);
    painter.setBrush(style.colours.axis);
    painter.drawPolygon(QPolygonF{
        end, end - along * 6 * unit + across * 2.5 * unit, end - along * 6 * unit - across * 2.5 * unit});
    if (wire.branches) {
        painter.drawEllipse(wire.points.first(), 2 * unit, 2 * unit);
    }
    if (!wire.label.isEmpty()) {
        const QFontMetricsF metrics(style.font);
        QRectF plate(0, 0, metrics.horizontalAdvance(wire.label) + 8 * unit, metrics.height());
        plate.moveCenter((wire.points[1] + wire.points[2]) / 2);
        painter.fillRect(plate, style.colours.background);
        painter.setPen(style.colours.secondaryText);
        painter.drawText(plate, Qt::AlignCenter, wire.label);
    }
}

void paintCount(QPainter& painter, const DiagramBox& box, std::size_t count, const DiagramStyle& style) {
    const QFontMetricsF metrics(style.font);
    const QString text = QStringLiteral("◆ ") + number(static_cast<qlonglong>(count));
    QRectF place(0, 0, metrics.horizontalAdvance(text), metrics.height());
    place.moveCenter(QPointF(box.rect.center().x(), box.rect.top() + (kCounts - kBoxTop) * metrics.height()));
    painter.setPen(style.colours.outlier);
    painter.drawText(place, Qt::AlignCenter, text);
}

} // namespace

double diagramHeight(const QFont& font) {
    return kHeight * QFontMetricsF(font).height();
}

DiagramLayout diagramLayout(const ModelSpec& spec, const QRectF& area, const QFont& font) {
    const QFontMetricsF metrics(font);
    const double line = metrics.height();
    DiagramLayout layout{steps(spec), {}, {}};
    double boxes = 0;
    for (DiagramBox& box : layout.boxes) {
        const double width = metrics.horizontalAdvance(box.text) + 2 * kPadding * line;
        box.rect = QRectF(0, area.top() + kBoxTop * line, width, kBoxHeight * line);
        boxes += width;
    }
    const auto gaps = static_cast<double>(layout.boxes.size() - 1);
    const double gap = std::min((area.width() - boxes - 2 * kEnds * line) / gaps, kWidestGap * line);
    if (gap < kNarrowestGap * line) {
        return {};
    }
    double left = std::floor(area.center().x() - (boxes + gaps * gap) / 2);
    layout.extent = QRectF(left, area.top(), boxes + gaps * gap, area.height())
                        .adjusted(-kEnds * line - 1, 0, kEnds * line + 1, 0);
    for (DiagramBox& box : layout.boxes) {
        box.rect.moveLeft(left);
        left += box.rect.width() + gap;
    }
    addWires(layout, spec, area, line);
    return layout;
}

void paintBlocks(
    QPainter& painter, const DiagramLayout& layout, std::optional<Linear> selected,
    const DiagramStyle& style) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setFont(style.font);
    for (const DiagramLayout::Wire& wire : layout.wires) {
        paintWire(painter, wire, style);
    }
    for (const DiagramBox& box : layout.boxes) {
        const bool isSelected = box.linear && box.linear == selected;
        const QColor line = box.linear ? style.colours.stemOf(*box.linear) : style.colours.border;
        QColor fill = box.linear ? line : style.colours.raised;
        if (box.linear && !isSelected) {
            fill.setAlphaF(0.12F);
        }
        painter.setPen(Qt::NoPen);
        painter.setBrush(style.colours.background);
        painter.drawRoundedRect(box.rect, 4 * style.unit, 4 * style.unit);
        painter.setPen(QPen(line, style.unit));
        painter.setBrush(fill);
        painter.drawRoundedRect(box.rect, 4 * style.unit, 4 * style.unit);
        painter.setPen(isSelected ? style.colours.background : style.colours.text);
        painter.drawText(box.rect, Qt::AlignCenter, box.text);
    }
    painter.restore();
}

void paintCounts(
    QPainter& painter, const DiagramLayout& layout, const std::vector<StemPanel>& panels,
    const DiagramStyle& style) {
    painter.save();
    painter.setFont(style.font);
    for (const DiagramBox& box : layout.boxes) {
        const auto panel = std::ranges::find_if(
            panels, [&](const StemPanel& each) { return box.linear && each.linear == *box.linear; });
        if (panel != panels.end() && !panel->marks.empty()) {
            paintCount(painter, box, panel->marks.size(), style);
        }
    }
    painter.restore();
}

void paintDiagram(
    QPainter& painter, const DiagramLayout& layout, const std::vector<StemPanel>& panels,
    std::optional<Linear> selected, const DiagramStyle& style) {
    paintBlocks(painter, layout, selected, style);
    paintCounts(painter, layout, panels, style);
}

} // namespace mambascope::ui
