// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/panel_painter.h"

#include "ui/models/core_words.h"
#include "ui/plots/axis_ticks.h"
#include "ui/plots/label_layout.h"
#include "ui/plots/stamps.h"

#include <QFontMetricsF>
#include <QPaintEngine>
#include <QPainter>
#include <QPainterPath>
#include <QStaticText>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

constexpr double kMarkRadius = 4;       // logical pixels
constexpr double kWidestStem = 5;       // logical pixels
constexpr std::size_t kMostLabels = 12; // more than this many numbers in a panel are read by nobody

double snapped(double value, double origin, double step) {
    return origin + std::round((value - origin) / step) * step;
}

/// Clips to the data area, with room for marks that sit on its edge.
void clipTo(QPainter& painter, const PanelFrame& frame, double margin) {
    painter.setClipRect(frame.area.adjusted(-margin, -margin, margin, margin), Qt::IntersectClip);
}

/// Text that stays readable on stems and lines: with a thin rim in the background's colour, or a plate in
/// files. (Not the outline of its path: Qt's outlines depend on what was painted before, by a hair, and files
/// must not.)
void drawHaloText(
    QPainter& painter, QPointF baseline, const QString& text, const QFont& font, const QColor& colour,
    const QColor& halo, double rim, Stamps* stamps) {
    painter.setFont(font);
    if (stamps != nullptr) {
        stamps->drawText(painter, baseline, text, font, colour, halo, rim);
        return;
    }
    if (isVector(painter)) {
        const QFontMetricsF metrics(font);
        painter.fillRect(
            QRectF(
                baseline.x() - rim, baseline.y() - metrics.ascent() + rim,
                metrics.horizontalAdvance(text) + 2 * rim, metrics.ascent()),
            halo);
    } else {
        QStaticText laidOut(text);
        laidOut.setTextFormat(Qt::PlainText);
        laidOut.prepare(painter.transform(), font);
        const QPointF corner = baseline - QPointF(0, QFontMetricsF(font).ascent());
        painter.setPen(halo);
        for (const QPointF& step :
             {QPointF(-1, -1), QPointF(1, -1), QPointF(-1, 1), QPointF(1, 1), QPointF(-1.4, 0),
              QPointF(1.4, 0), QPointF(0, -1.4), QPointF(0, 1.4)}) {
            painter.drawStaticText(corner + step * rim, laidOut);
        }
    }
    painter.setPen(colour);
    painter.drawText(baseline, text);
}

/// Rectangles that touch as one outline: a viewer that smooths edges would show hairlines between them.
QPainterPath skyline(const std::vector<QRectF>& rects) {
    QPainterPath path;
    for (std::size_t i = 0; i < rects.size();) {
        QPolygonF outline{rects[i].bottomLeft()};
        do {
            outline << rects[i].topLeft() << rects[i].topRight();
            ++i;
        } while (i < rects.size() &&
                 std::abs(rects[i].left() - rects[i - 1].right()) < rects[i].width() * 0.01);
        outline << rects[i - 1].bottomRight();
        path.addPolygon(outline);
        path.closeSubpath();
    }
    return path;
}

/// Bars that stand on the lower edge of `clip`, row by row: a column of pixels is in as many lines of the
/// memory.
void fillBars(QImage& image, const QRect& clip, const std::vector<QRect>& bars, QRgb colour) {
    std::vector<int> tops(static_cast<std::size_t>(clip.width()), clip.bottom() + 1);
    int highest = clip.bottom() + 1;
    for (const QRect& bar : bars) {
        const QRect part = bar & clip;
        for (int x = part.left(); x <= part.right(); ++x) {
            int& top = tops[static_cast<std::size_t>(x - clip.left())];
            top = std::min(top, part.top());
        }
        highest = part.isEmpty() ? highest : std::min(highest, part.top());
    }
    for (int y = highest; y <= clip.bottom(); ++y) {
        QRgb* line = reinterpret_cast<QRgb*>(image.scanLine(y)) + clip.left();
        for (std::size_t x = 0; x < tops.size(); ++x) {
            line[x] = tops[x] <= y ? colour : line[x];
        }
    }
}

/// Bars that stand on one line, from left to right, as whole device pixels, for painters that scale and shift
/// only. Rectangles of fractions go through Qt's rasterizer, which takes far longer.
void drawBars(QPainter& painter, const std::vector<QRectF>& bars, const QColor& colour) {
    const QTransform toDevice = painter.deviceTransform();
    std::vector<QRect> pixels;
    pixels.reserve(bars.size());
    for (const QRectF& bar : bars) {
        pixels.push_back(inPixels(toDevice, bar));
    }
    if (QImage* image = imageOf(painter); image != nullptr && colour.alpha() == 255) {
        const QRect clip = toDevice.mapRect(QRectF(painter.clipRegion().boundingRect())).toRect();
        fillBars(*image, clip & image->rect(), pixels, colour.rgba());
        return;
    }
    painter.setWorldTransform(toDevice.inverted() * painter.worldTransform());
    painter.drawRects(pixels.data(), static_cast<int>(pixels.size()));
}

struct VisibleMark {
    const OutlierMark* mark;
    QPointF position;
};

bool isVisible(const PanelFrame& frame, const OutlierMark& mark) {
    return mark.channel >= frame.first && mark.channel <= frame.last && std::isfinite(mark.value);
}

std::vector<VisibleMark> visibleMarks(const PanelFrame& frame, const StemPanel& panel) {
    std::vector<VisibleMark> marks;
    for (const OutlierMark& mark : panel.marks) {
        if (isVisible(frame, mark)) {
            const double y = std::clamp(frame.y(mark.value), frame.area.top(), frame.area.bottom());
            marks.push_back({&mark, QPointF(frame.x(mark.channel), y)});
        }
    }
    std::stable_sort(marks.begin(), marks.end(), [](const VisibleMark& a, const VisibleMark& b) {
        return a.mark->value > b.mark->value;
    });
    return marks;
}

std::optional<double> bandEdge(const PanelFrame& frame, const StemPanel& panel) {
    if (!panel.bandHigh || !(*panel.bandHigh > frame.values.low) || *panel.bandHigh > frame.values.high) {
        return std::nullopt;
    }
    return frame.y(*panel.bandHigh);
}

/// At the right end above the edge, or below it where there is no room above; at the left end if outliers
/// stand in the way on the right only.
QRectF bandLabelRect(const PanelFrame& frame, const StemPanel& panel, const QFont& font) {
    const auto edge = bandEdge(frame, panel);
    if (!edge || panel.bandLabel.empty()) {
        return {};
    }
    const QFontMetricsF metrics(font);
    const QString text = figureText(panel.bandLabel);
    const double width = metrics.horizontalAdvance(text);
    const double gap = 2 * frame.unit;
    double top = *edge - metrics.height() - gap * 0.5;
    if (top < frame.area.top()) {
        top = *edge + gap;
    }
    const QRectF right(frame.area.right() - width - 2 * gap, top, width, metrics.height());
    const QRectF left(frame.area.left() + 2 * gap, top, width, metrics.height());
    const auto crowded = [&](const QRectF& rect) {
        const double around = 4 * kMarkRadius * frame.unit;
        return std::ranges::any_of(panel.marks, [&](const OutlierMark& mark) {
            const double x = frame.x(mark.channel);
            return isVisible(frame, mark) && x > rect.left() - around && x < rect.right() + around;
        });
    };
    return crowded(right) && !crowded(left) ? left : right;
}

} // namespace

double PanelFrame::y(double value) const {
    return area.bottom() - axisFraction(value, values, scale) * area.height();
}

std::pair<double, double> allChannels(const StemPanel& panel) {
    return {-0.5, static_cast<double>(panel.values.size()) - 0.5};
}

int panelColumns(int count, QSizeF area) {
    const double ratio = area.width() / std::max(1.0, area.height());
    if (count <= 1 || ratio < 0.6) {
        return 1;
    }
    if (count > 4) { // two rows of the same columns
        return ratio > 1.2 ? (count + 1) / 2 : 2;
    }
    return ratio > 3.2 || count < 4 ? count : 2;
}

bool isVector(const QPainter& painter) {
    const QPaintEngine* engine = painter.paintEngine();
    return engine != nullptr && (engine->type() == QPaintEngine::Pdf || engine->type() == QPaintEngine::SVG);
}

QRect inPixels(const QTransform& toDevice, const QRectF& rect) {
    const QRectF mapped = toDevice.mapRect(rect);
    const auto edge = [](double at) {
        return static_cast<int>(std::lround(at));
    };
    return QRect(
        QPoint(edge(mapped.left()), edge(mapped.top())),
        QPoint(edge(mapped.right()) - 1, edge(mapped.bottom()) - 1));
}

QImage* imageOf(const QPainter& painter) {
    const bool square = painter.deviceTransform().type() <= QTransform::TxScale;
    if (painter.device()->devType() != QInternal::Image || !square ||
        (painter.hasClipping() && painter.clipRegion().rectCount() != 1)) {
        return nullptr;
    }
    auto* image = static_cast<QImage*>(painter.device());
    const bool suits =
        image->format() == QImage::Format_RGB32 || image->format() == QImage::Format_ARGB32_Premultiplied;
    return suits ? image : nullptr;
}

QFont fontOfSize(const QFont& font, double size) {
    QFont result = font;
    result.setPixelSize(std::max(1, static_cast<int>(std::lround(size))));
    return result;
}

std::vector<StemBar> stemBars(std::span<const float> values, const PanelFrame& frame) {
    std::vector<StemBar> bars;
    const double perChannel = frame.area.width() / (frame.last - frame.first);
    if (perChannel < frame.resolution) {
        const int columns = std::max(1, static_cast<int>(std::floor(frame.area.width() / frame.resolution)));
        for (const ColumnExtent& extent : columnExtents(values, frame.first, frame.last, columns)) {
            bars.push_back(
                {frame.area.left() + extent.column * frame.resolution, frame.resolution, extent.high,
                 extent.highChannel});
        }
        return bars;
    }
    // Gaps that are a pixel here and two there look like data; then stems touch.
    const double share = perChannel < 4 * frame.resolution ? 1 : 0.6;
    const double width = std::min(perChannel * share, kWidestStem * frame.unit);
    const int from = std::max(0, static_cast<int>(std::ceil(frame.first)));
    const int to = std::min(static_cast<int>(values.size()) - 1, static_cast<int>(std::floor(frame.last)));
    for (int channel = from; channel <= to; ++channel) {
        // Neighbours that touch share one edge, computed alike, or rounding would leave gaps.
        const double half = share == 1 ? 0.5 : width / perChannel / 2;
        const double left = snapped(frame.x(channel - half), frame.area.left(), frame.resolution);
        const double right = share == 1
                                 ? snapped(frame.x(channel + half), frame.area.left(), frame.resolution)
                                 : left + snapped(width, 0, frame.resolution);
        bars.push_back(
            {left, std::max(right - left, frame.resolution), values[static_cast<std::size_t>(channel)],
             channel});
    }
    return bars;
}

void paintBand(
    QPainter& painter, const PanelFrame& frame, const StemPanel& panel, const PlotColours& colours) {
    if (!panel.bandHigh || !(*panel.bandHigh > frame.values.low)) {
        return;
    }
    const double top = std::max(frame.y(*panel.bandHigh), frame.area.top());
    const double bottom = std::min(frame.y(panel.bandLow.value_or(0)), frame.area.bottom());
    painter.fillRect(QRectF(frame.area.left(), top, frame.area.width(), bottom - top), colours.bandFill);
}

void paintStems(QPainter& painter, const PanelFrame& frame, const StemPanel& panel, const QColor& colour) {
    painter.save();
    clipTo(painter, frame, 0);
    painter.setRenderHint(QPainter::Antialiasing, false);
    std::vector<QRectF> rects;
    for (const StemBar& bar : stemBars(panel.values, frame)) {
        const double top = std::max(frame.y(bar.value), frame.area.top());
        // A stem too short to see would look like a channel that is not there.
        const double height = std::max(frame.area.bottom() - top, frame.resolution);
        if (std::isfinite(bar.value)) {
            rects.emplace_back(bar.left, frame.area.bottom() - height, bar.width, height);
        }
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    if (isVector(painter)) {
        painter.drawPath(skyline(rects));
    } else {
        drawBars(painter, rects, colour);
    }
    painter.restore();
}

void paintAfter(
    QPainter& painter, const PanelFrame& frame, const StemPanel& panel, const PlotColours& colours) {
    if (panel.after.size() != panel.values.size() || panel.after.empty()) {
        return;
    }
    painter.save();
    clipTo(painter, frame, 0);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(colours.text, frame.unit));
    painter.setBrush(Qt::NoBrush);
    QPolygonF line;
    for (const StemBar& bar : stemBars(panel.after, frame)) {
        const double y = std::clamp(frame.y(bar.value), frame.area.top(), frame.area.bottom());
        if (!line.isEmpty() && bar.left - line.last().x() > frame.resolution) { // bars that stand apart
            painter.drawPolyline(line);
            line.clear();
        }
        line << QPointF(bar.left, y) << QPointF(bar.left + bar.width, y);
    }
    painter.drawPolyline(line);
    painter.restore();
}

void paintBandEdge(
    QPainter& painter, const PanelFrame& frame, const StemPanel& panel, const PlotColours& colours,
    const QFont& font, Stamps* stamps) {
    const auto edge = bandEdge(frame, panel);
    if (!edge) {
        return;
    }
    painter.save();
    painter.setPen(QPen(colours.bandEdge, frame.unit, Qt::DashLine, Qt::FlatCap));
    const double y = snapped(*edge, 0, frame.resolution);
    painter.drawLine(QPointF(frame.area.left(), y), QPointF(frame.area.right(), y));
    const QRectF label = bandLabelRect(frame, panel, font);
    if (label.isValid()) {
        painter.setRenderHint(QPainter::Antialiasing, true);
        const QPointF baseline(label.left(), label.top() + QFontMetricsF(font).ascent());
        drawHaloText(
            painter, baseline, figureText(panel.bandLabel), font, colours.bandEdge, colours.background,
            frame.unit, stamps);
    }
    painter.restore();
}

void paintMarks(
    QPainter& painter, const PanelFrame& frame, const StemPanel& panel, const PlotColours& colours,
    const QFont& font, Stamps* stamps) {
    const std::vector<VisibleMark> marks = visibleMarks(frame, panel);
    if (marks.empty()) {
        return;
    }
    painter.save();
    const double radius = kMarkRadius * frame.unit;
    clipTo(painter, frame, radius * 1.6);
    const double perChannel = frame.area.width() / (frame.last - frame.first);
    const double wished = std::clamp(perChannel * 0.6, 1.5 * frame.unit, kWidestStem * frame.unit);
    const double width = std::max(1.0, std::round(wished / frame.resolution)) * frame.resolution;
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (const VisibleMark& mark : marks) {
        const double left = snapped(mark.position.x() - width / 2, frame.area.left(), frame.resolution);
        painter.fillRect(
            QRectF(left, mark.position.y(), width, frame.area.bottom() - mark.position.y()), colours.outlier);
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    std::vector<QPointF> positions;
    painter.setBrush(colours.outlier);
    painter.setPen(QPen(colours.background, 0.9 * frame.unit));
    for (const VisibleMark& mark : marks) {
        if (stamps != nullptr) {
            stamps->drawDiamond(
                painter, mark.position, radius, colours.outlier, colours.background, 0.9 * frame.unit);
        } else {
            painter.drawPath(diamond(mark.position, radius));
        }
        positions.push_back(mark.position);
    }
    const QFontMetricsF metrics(font);
    std::vector<MarkLabel> labels;
    for (const VisibleMark& mark : marks) {
        if (labels.size() == kMostLabels) {
            break;
        }
        const double w = metrics.horizontalAdvance(QString::fromStdString(mark.mark->label));
        labels.push_back({mark.position, QSizeF(w, metrics.ascent() + metrics.descent() * 0.5)});
    }
    const double apart = 6 * frame.unit;
    const QRectF taken[] = {bandLabelRect(frame, panel, font).adjusted(-apart, 0, apart, 0)};
    const auto places = placeLabels(labels, positions, frame.area.adjusted(0, -radius, 0, 0), radius, taken);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (places[i]) {
            drawHaloText(
                painter, QPointF(places[i]->left(), places[i]->top() + metrics.ascent()),
                QString::fromStdString(marks[i].mark->label), font, colours.text, colours.background,
                frame.unit, stamps);
        }
    }
    painter.restore();
}

} // namespace mambascope::ui
