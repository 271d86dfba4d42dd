// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/heat_painter.h"

#include "ui/models/core_words.h"
#include "ui/models/text.h"
#include "ui/plots/axis_ticks.h"
#include "ui/plots/laid_out_texts.h"
#include "ui/plots/panel_painter.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace mambascope::ui {
namespace {

constexpr double kLayerLabels =
    10; // logical pixels from the map, with room for the pointer at the selected layer
constexpr double kTick = 5, kGap = 8, kOutlierStrip = 54, kBitsStrip = 26, kColourBar = 12; // logical pixels

/// The context of the texts here.
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(HeatMap)
};

double snapped(double value, double step) {
    return std::round(value / step) * step;
}

QRectF snapped(const QRectF& rect, double step) {
    return QRectF(
        QPointF(snapped(rect.left(), step), snapped(rect.top(), step)),
        QPointF(snapped(rect.right(), step), snapped(rect.bottom(), step)));
}

AxisTicks colourTicks(const HeatMap& map, double height, const QFontMetricsF& metrics) {
    return axisTicks(
        map.scale.range, map.scale.scale, height, [&](const QString&) { return metrics.ascent(); });
}

double widthOf(const QString& text, const HeatStyle& style, const QFontMetricsF& metrics) {
    return style.texts != nullptr ? style.texts->width(text) : metrics.horizontalAdvance(text);
}

double widestTick(const HeatMap& map, double height, const HeatStyle& style, const QFontMetricsF& metrics) {
    double width = 0;
    for (const auto& tick : colourTicks(map, height, metrics).major) {
        width = std::max(width, widthOf(tick.label, style, metrics));
    }
    return width;
}

void drawRotated(QPainter& painter, QPointF centre, const QString& text, const QFontMetricsF& metrics) {
    painter.save();
    painter.translate(centre);
    painter.rotate(-90);
    painter.drawText(QPointF(-metrics.horizontalAdvance(text) / 2, metrics.ascent() / 2), text);
    painter.restore();
}

QColor mixed(const QColor& a, const QColor& b, double share) {
    const auto part = [share](int x, int y) {
        return static_cast<int>(std::lround(x * (1 - share) + y * share));
    };
    return {part(a.red(), b.red()), part(a.green(), b.green()), part(a.blue(), b.blue())};
}

/// Everything that the parts below are painted with.
struct Sheet {
    QPainter& painter;
    const HeatLayout& layout;
    const HeatMap& map;
    const HeatStyle& style;
    QFontMetricsF metrics;

    double width(const QString& text) const { return widthOf(text, style, metrics); }
};

void drawText(const Sheet& sheet, QPointF baseline, const QString& text, const QColor& colour) {
    sheet.painter.setPen(colour);
    if (sheet.style.texts != nullptr) {
        sheet.style.texts->draw(sheet.painter, baseline, text);
    } else {
        sheet.painter.drawText(baseline, text);
    }
}

/// The coloured field over a part of an image; `none` where no channel is.
void fillField(
    QImage& image, const QRect& part, const HeatMap& map, const HeatWindow& window, ColourMap colours,
    double unit, QRgb none) {
    std::array<QRgb, 256> table = colourTable(colours);
    table[kNoShade] = none;
    const int bands = std::min(map.layers, part.height());
    // An outlier covers at least three logical pixels, which an audience can see from the last row.
    const double perChannel = part.width() / (window.last - window.first);
    const int spread = std::max(0, static_cast<int>(std::ceil((3 * unit - perChannel) / 2)));
    const auto width = static_cast<std::size_t>(part.width());
    std::vector<std::uint8_t> shades = map.grid.pooled(map.order, window, part.width(), bands, spread);
    shades.resize(width * static_cast<std::size_t>(bands), kNoShade);
    const auto lineAt = [&](int y) {
        return reinterpret_cast<QRgb*>(image.scanLine(part.top() + y)) + part.left();
    };
    for (int band = 0; band < bands; ++band) {
        // The same edges as HeatLayout::rowTop().
        const int top = static_cast<int>(static_cast<qint64>(band) * part.height() / bands);
        const int end = static_cast<int>(static_cast<qint64>(band + 1) * part.height() / bands);
        QRgb* line = lineAt(top);
        const std::uint8_t* from = shades.data() + static_cast<std::size_t>(band) * width;
        for (std::size_t x = 0; x < width; ++x) {
            line[x] = table[from[x]];
        }
        for (int y = top + 1; y < end; ++y) {
            std::memcpy(lineAt(y), line, width * sizeof(QRgb));
        }
    }
}

void paintField(const Sheet& sheet) {
    const HeatLayout& layout = sheet.layout;
    const QSize size(
        static_cast<int>(std::lround(layout.map.width() / layout.resolution)),
        static_cast<int>(std::lround(layout.map.height() / layout.resolution)));
    if (size.isEmpty()) {
        return;
    }
    const double unit = sheet.style.unit / layout.resolution;
    const QColor& none = sheet.style.colours.bandFill;
    QImage* image = imageOf(sheet.painter);
    const QRect part = inPixels(sheet.painter.deviceTransform(), layout.map);
    if (image != nullptr && !sheet.painter.hasClipping() && none.alpha() == 255 && part.size() == size &&
        image->rect().contains(part)) {
        fillField(*image, part, sheet.map, layout.window, sheet.style.colourMap, unit, none.rgb());
        return;
    }
    sheet.painter.fillRect(layout.map, none);
    sheet.painter.save();
    sheet.painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    sheet.painter.setRenderHint(QPainter::LosslessImageRendering, true);
    sheet.painter.drawImage(
        layout.map, heatImage(sheet.map, layout.window, size, sheet.style.colourMap, unit));
    sheet.painter.restore();
}

void paintChannelAxis(const Sheet& sheet) {
    const QRectF& area = sheet.layout.map;
    const double unit = sheet.style.unit;
    const AxisTicks ticks = axisTicks(
        AxisRange{sheet.layout.window.first, sheet.layout.window.last}, AxisScale::Linear, area.width(),
        [&](const QString& label) { return sheet.width(label); }, true);
    QPainter& painter = sheet.painter;
    painter.setPen(QPen(sheet.style.colours.axis, unit));
    for (const auto& tick : ticks.major) {
        const double x = sheet.layout.x(tick.value);
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + kTick * unit));
    }
    const double baseline = area.bottom() + (kTick + 2) * unit + sheet.metrics.ascent();
    for (const auto& tick : ticks.major) {
        drawText(
            sheet, QPointF(sheet.layout.x(tick.value) - sheet.width(tick.label) / 2, baseline), tick.label,
            sheet.style.colours.secondaryText);
    }
    const QString label = Texts::tr("channel");
    drawText(
        sheet, QPointF(area.center().x() - sheet.width(label) / 2, baseline + sheet.metrics.height()), label,
        sheet.style.colours.secondaryText);
}

void paintLayerAxis(const Sheet& sheet) {
    const HeatLayout& layout = sheet.layout;
    const double unit = sheet.style.unit;
    const double rowHeight = layout.map.height() / std::max(1, layout.rows);
    int every = 1;
    for (const int step : {1, 2, 4, 8, 16, 32, 64, 128}) {
        every = step;
        if (step * rowHeight >= sheet.metrics.ascent() * 1.25) {
            break;
        }
    }
    double widest = 0;
    for (int position = 0; position < layout.rows; position += every) {
        const QString label = QString::number(sheet.map.order[static_cast<std::size_t>(position)]);
        const double y = (layout.rowTop(position) + layout.rowTop(position + 1)) / 2;
        const double width = sheet.width(label);
        widest = std::max(widest, width);
        sheet.painter.setPen(QPen(sheet.style.colours.axis, unit));
        sheet.painter.drawLine(QPointF(layout.map.left() - 3 * unit, y), QPointF(layout.map.left(), y));
        drawText(
            sheet,
            QPointF(
                layout.map.left() - kLayerLabels * unit - width,
                y + sheet.metrics.ascent() / 2 - sheet.metrics.descent() / 2),
            label, sheet.style.colours.secondaryText);
    }
    sheet.painter.setPen(sheet.style.colours.secondaryText);
    drawRotated(
        sheet.painter,
        QPointF(
            layout.map.left() - (kLayerLabels + 4) * unit - widest - sheet.metrics.height() / 2,
            layout.map.center().y()),
        sheet.map.options.order == HeatOrder::Depth ? Texts::tr("layer") : Texts::tr("layer, sorted"),
        sheet.metrics);
}

void paintRecurrence(const Sheet& sheet) {
    const QRectF& area = sheet.layout.recurrence;
    const double unit = sheet.style.unit;
    QPainter& painter = sheet.painter;
    const int most = *std::max_element(sheet.map.recurrence.begin(), sheet.map.recurrence.end());
    const QString head = most > 0
                             ? Texts::tr("layers in which the channel is an outlier, at most %1").arg(most)
                             : Texts::tr("no channel is an outlier in any layer");
    const bool noAnswer =
        std::ranges::all_of(sheet.map.rows, [](const HeatRow& row) { return row.spread == 0; });
    const QString shown = noAnswer ? Texts::tr("the outlier rule has no answer here") : head;
    drawText(
        sheet, QPointF(area.left(), area.top() - 3 * unit),
        sheet.metrics.elidedText(shown, Qt::ElideRight, area.width()), sheet.style.colours.secondaryText);
    painter.setPen(QPen(sheet.style.colours.grid, unit));
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    painter.save();
    painter.setClipRect(area, Qt::IntersectClip);
    const double least = std::max(sheet.layout.resolution, 1.5 * unit);
    for (int channel = 0; most > 0 && channel < sheet.map.channels; ++channel) {
        const int count = sheet.map.recurrence[static_cast<std::size_t>(channel)];
        if (count > 0) {
            const double left = sheet.layout.x(channel - 0.5);
            const double width = std::max(least, sheet.layout.x(channel + 0.5) - left);
            const double height = std::max(2 * unit, area.height() * count / most);
            painter.fillRect(
                QRectF(sheet.layout.x(channel) - width / 2, area.bottom() - height, width, height),
                sheet.style.colours.outlier);
        }
    }
    painter.restore();
}

void paintHead(const Sheet& sheet, const QRectF& strip, const QString& text) {
    drawText(
        sheet, QPointF(strip.center().x() - sheet.width(text) / 2, strip.top() - 4 * sheet.style.unit), text,
        sheet.style.colours.secondaryText);
}

void paintOutlierStrip(const Sheet& sheet) {
    const QRectF& strip = sheet.layout.outliers;
    std::size_t most = 0;
    for (const HeatRow& row : sheet.map.rows) {
        most = std::max(most, row.outliers.size());
    }
    sheet.painter.fillRect(strip, sheet.style.colours.bandFill);
    for (int position = 0; most > 0 && position < sheet.layout.rows; ++position) {
        const int layer = sheet.map.order[static_cast<std::size_t>(position)];
        const std::size_t count = sheet.map.rows[static_cast<std::size_t>(layer)].outliers.size();
        if (count > 0) {
            const double top = sheet.layout.rowTop(position), bottom = sheet.layout.rowTop(position + 1);
            const double gap = bottom - top > 4 * sheet.style.unit ? sheet.style.unit : 0;
            sheet.painter.fillRect(
                QRectF(
                    strip.left(), top,
                    std::max(
                        2 * sheet.style.unit,
                        strip.width() * static_cast<double>(count) / static_cast<double>(most)),
                    bottom - top - gap),
                sheet.style.colours.outlier);
        }
    }
    paintHead(sheet, strip, Texts::tr("outliers"));
    const double baseline = strip.bottom() + (kTick + 2) * sheet.style.unit + sheet.metrics.ascent();
    const QString last = number(static_cast<qlonglong>(most));
    drawText(sheet, QPointF(strip.left(), baseline), QStringLiteral("0"), sheet.style.colours.secondaryText);
    if (most > 0) {
        drawText(
            sheet, QPointF(strip.right() - sheet.width(last), baseline), last,
            sheet.style.colours.secondaryText);
    }
}

/// Rows with the same text in a sequence share one cell, so that the text has room.
void paintBitsStrip(
    const Sheet& sheet, const QRectF& strip, const QString& head, const std::vector<HeatPlanCell>& plan,
    std::string HeatPlanCell::*text, int HeatPlanCell::*bits) {
    const PlotColours& colours = sheet.style.colours;
    const auto cell = [&](int position) -> const HeatPlanCell& {
        return plan[static_cast<std::size_t>(sheet.map.order[static_cast<std::size_t>(position)])];
    };
    for (int first = 0; first < sheet.layout.rows;) {
        int end = first + 1;
        while (end < sheet.layout.rows && cell(end).*text == cell(first).*text) {
            ++end;
        }
        const QRectF rect(
            strip.left(), sheet.layout.rowTop(first), strip.width(),
            sheet.layout.rowTop(end) - sheet.layout.rowTop(first));
        const int width = cell(first).*bits;
        // The fewer bits, the more colour.
        const double strength = width >= kBitsOff ? 0 : std::clamp(1.05 - width / 10.0, 0.2, 0.9);
        const QColor fill =
            width >= kBitsOff ? colours.bandFill : mixed(colours.background, colours.accent, strength);
        sheet.painter.fillRect(rect, fill);
        if (end < sheet.layout.rows) {
            sheet.painter.fillRect(
                QRectF(
                    rect.left(), rect.bottom() - sheet.layout.resolution, rect.width(),
                    sheet.layout.resolution),
                colours.background);
        }
        if (rect.height() >= sheet.metrics.ascent()) {
            const QString label = qt(cell(first).*text);
            drawText(
                sheet,
                QPointF(
                    rect.center().x() - sheet.width(label) / 2,
                    rect.center().y() + sheet.metrics.ascent() / 2 - sheet.metrics.descent() / 2),
                label, strength > 0.55 ? colours.onAccent : colours.text);
        }
        first = end;
    }
    paintHead(sheet, strip, head);
}

void paintColourBar(const Sheet& sheet) {
    const QRectF& bar = sheet.layout.colourBar;
    const double unit = sheet.style.unit;
    const std::array<QRgb, 256> table = colourTable(sheet.style.colourMap);
    if (isVector(sheet.painter)) {
        // One rectangle a shade, and each reaches below the next, so that no viewer shows a seam.
        for (int shade = 1; shade < 256; ++shade) {
            const double bottom = bar.bottom() - bar.height() * (shade - 1) / 255;
            sheet.painter.fillRect(
                QRectF(bar.left(), bar.top(), bar.width(), bottom - bar.top()),
                QColor(table[static_cast<std::size_t>(shade)]));
        }
    } else {
        const int rows = std::max(1, static_cast<int>(std::lround(bar.height() / sheet.layout.resolution)));
        QImage column(1, rows, QImage::Format_RGB32);
        for (int row = 0; row < rows; ++row) {
            const double share = (rows - row - 0.5) / rows;
            column.setPixel(0, row, table[static_cast<std::size_t>(std::ceil(share * 255))]);
        }
        sheet.painter.drawImage(bar, column);
    }
    const AxisTicks ticks = colourTicks(sheet.map, bar.height(), sheet.metrics);
    double widest = 0;
    for (const auto& tick : ticks.major) {
        const double y =
            bar.bottom() -
            bar.height() * axisFraction(tick.value, sheet.map.scale.range, sheet.map.scale.scale);
        sheet.painter.setPen(QPen(sheet.style.colours.axis, unit));
        sheet.painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + 3 * unit, y));
        drawText(
            sheet,
            QPointF(
                bar.right() + 5 * unit, std::clamp(
                                            y + sheet.metrics.ascent() / 2 - sheet.metrics.descent() / 2,
                                            bar.top() + sheet.metrics.ascent() * 0.7, bar.bottom())),
            tick.label, sheet.style.colours.secondaryText);
        widest = std::max(widest, sheet.width(tick.label));
    }
    sheet.painter.setPen(sheet.style.colours.secondaryText);
    drawRotated(
        sheet.painter,
        QPointF(bar.right() + 8 * unit + widest + sheet.metrics.height() / 2, bar.center().y()),
        figureText(sheet.map.valueLabel), sheet.metrics);
}

} // namespace

HeatWindow wholeWindow(const HeatMap& map) {
    return {-0.5, std::max(1, map.channels) - 0.5};
}

double HeatLayout::x(double channel) const {
    return map.left() + (channel - window.first) / (window.last - window.first) * map.width();
}

double HeatLayout::rowTop(int position) const {
    // Whole device pixels, as heatImage() has them.
    const auto height = static_cast<qint64>(std::lround(map.height() / resolution));
    return map.top() + static_cast<double>(position * height / std::max(1, rows)) * resolution;
}

int HeatLayout::channelAt(double at) const {
    if (at < map.left() || at >= map.right()) {
        return -1;
    }
    return static_cast<int>(
        std::lround(window.first + (at - map.left()) / map.width() * (window.last - window.first)));
}

int HeatLayout::positionAt(double at) const {
    if (at < map.top() || at >= map.bottom() || rows < 1) {
        return -1;
    }
    int position = std::clamp(static_cast<int>((at - map.top()) / map.height() * rows), 0, rows - 1);
    while (position + 1 < rows && rowTop(position + 1) <= at) { // rows end at whole device pixels
        ++position;
    }
    return position;
}

HeatLayout heatLayout(
    const QRectF& target, const HeatMap& map, const HeatWindow& window, bool plan, const HeatStyle& style) {
    const QFontMetricsF metrics(style.font);
    const double unit = style.unit;
    const double text = metrics.height();
    HeatLayout layout;
    layout.target = target;
    layout.rows = map.layers;
    layout.window = window;
    layout.resolution = style.resolution;
    const double left = text + metrics.horizontalAdvance(QString::number(std::max(0, map.layers - 1))) +
                        (kLayerLabels + 6) * unit;
    const double recurrence = std::clamp(target.height() * 0.09, 14 * unit, 40 * unit);
    // Half a character's height above: the heads of recurrence and strips.
    const double top = target.top() + text + recurrence + text;
    const double bottom = target.bottom() - (kTick + 2) * unit - 2 * text;
    const double height = std::max(1.0, bottom - top);
    const double bar = kColourBar * unit + widestTick(map, height, style, metrics) + text + 9 * unit;
    const double heads = std::max(kOutlierStrip * unit, widthOf(Texts::tr("outliers"), style, metrics));
    const double bits = plan ? 2 * kBitsStrip * unit + 1.5 * kGap * unit : 0;
    const double right = target.right() - bar - heads - bits - 2.5 * kGap * unit;
    const double mapLeft = target.left() + left;
    layout.map = snapped(QRectF(mapLeft, top, std::max(1.0, right - mapLeft), height), style.resolution);
    layout.recurrence = QRectF(layout.map.left(), target.top() + text, layout.map.width(), recurrence);
    const auto column = [&](double& from, double width) {
        const QRectF rect(from, layout.map.top(), width, layout.map.height());
        from += width;
        return snapped(rect, style.resolution);
    };
    double from = layout.map.right() + kGap * unit;
    layout.outliers = column(from, heads);
    if (plan) {
        from += kGap * unit;
        layout.weights = column(from, kBitsStrip * unit);
        from += kGap * 0.5 * unit;
        layout.activations = column(from, kBitsStrip * unit);
    }
    from += 1.5 * kGap * unit;
    layout.colourBar = column(from, kColourBar * unit);
    return layout;
}

QImage
heatImage(const HeatMap& map, const HeatWindow& window, const QSize& size, ColourMap colours, double unit) {
    QImage image(size, QImage::Format_ARGB32_Premultiplied);
    if (!image.isNull()) {
        fillField(image, image.rect(), map, window, colours, unit, qRgba(0, 0, 0, 0));
    }
    return image;
}

void paintHeat(
    QPainter& painter, const HeatLayout& layout, const HeatMap& map, const std::vector<HeatPlanCell>& plan,
    const HeatStyle& style) {
    painter.save();
    painter.setFont(style.font);
    const Sheet sheet{painter, layout, map, style, QFontMetricsF(style.font)};
    painter.setRenderHint(QPainter::Antialiasing, false);
    if (map.emptyText.empty()) {
        paintField(sheet);
        paintRecurrence(sheet);
        paintOutlierStrip(sheet);
        if (!layout.weights.isEmpty() && static_cast<int>(plan.size()) == layout.rows) {
            paintBitsStrip(
                sheet, layout.weights, QStringLiteral("W"), plan, &HeatPlanCell::weight,
                &HeatPlanCell::weightBits);
            paintBitsStrip(
                sheet, layout.activations, QStringLiteral("A"), plan, &HeatPlanCell::activation,
                &HeatPlanCell::activationBits);
        }
        paintColourBar(sheet);
        paintChannelAxis(sheet);
        paintLayerAxis(sheet);
    } else {
        painter.fillRect(layout.map, style.colours.bandFill);
        painter.setPen(style.colours.secondaryText);
        painter.drawText(layout.map, Qt::AlignCenter | Qt::TextWordWrap, figureText(map.emptyText));
    }
    painter.restore();
}

} // namespace mambascope::ui
