// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/stamps.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <vector>

namespace mambascope::ui {
namespace {

constexpr std::size_t kMost = 2000; ///< stamps kept; a text takes about 2 kB

double ratioOf(const QPainter& painter) {
    return painter.deviceTransform().m11();
}

QImage transparent(int width, int height) {
    QImage image(std::max(1, width), std::max(1, height), QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    return image;
}

/// Each of 0 to 255.
unsigned times(unsigned a, unsigned b) {
    return (a * b + 127) / 255;
}

/// How much of the pixel the rim covers: text drawn at eight places around the pixel's, one over the other.
unsigned rimAt(const QImage& text, int x, int y, int near, int far) {
    unsigned open = 255;
    for (const auto& [dx, dy] :
         {std::pair(-near, -near), std::pair(near, -near), std::pair(-near, near), std::pair(near, near),
          std::pair(-far, 0), std::pair(far, 0), std::pair(0, -far), std::pair(0, far)}) {
        if (text.valid(x + dx, y + dy)) {
            const auto* line = reinterpret_cast<const QRgb*>(text.constScanLine(y + dy));
            open = times(open, 255 - static_cast<unsigned>(qAlpha(line[x + dx])));
        }
    }
    return 255 - open;
}

} // namespace

void Stamps::prepare(std::map<std::pair<QString, QRgb>, Stamp>& stamps, Style& current, const Style& style) {
    if (!(current == style) || stamps.size() > kMost) {
        stamps.clear();
        current = style;
    }
}

void Stamps::put(QPainter& painter, QPointF at, const Stamp& stamp) {
    const QTransform toDevice = painter.deviceTransform();
    const QPointF corner = toDevice.map(at).toPoint() - stamp.origin;
    painter.drawImage(toDevice.inverted().map(corner), stamp.image);
}

Stamps::Stamp Stamps::makeText(const QString& text, const QColor& colour, const Style& style) {
    const QFontMetricsF metrics(style.font);
    const int far = static_cast<int>(std::lround(1.4 * style.rim * style.ratio));
    const int near = static_cast<int>(std::lround(style.rim * style.ratio));
    const int around =
        far + static_cast<int>(std::ceil(2 * style.ratio)); // glyphs may reach over their width
    const int ascent = static_cast<int>(std::ceil(metrics.ascent() * style.ratio));
    QImage plain = transparent(
        static_cast<int>(std::ceil(metrics.horizontalAdvance(text) * style.ratio)) + 2 * around,
        ascent + static_cast<int>(std::ceil(metrics.descent() * style.ratio)) + 2 * around);
    const QPoint origin(around, around + ascent);
    plain.setDevicePixelRatio(style.ratio);
    {
        QPainter painter(&plain);
        painter.setFont(style.font);
        painter.setPen(Qt::white);
        painter.drawText(QPointF(origin) / style.ratio, text);
    }
    QImage image = transparent(plain.width(), plain.height());
    const QRgb halo = style.halo;
    for (int y = 0; y < image.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < image.width(); ++x) {
            const auto ink =
                static_cast<unsigned>(qAlpha(reinterpret_cast<const QRgb*>(plain.constScanLine(y))[x]));
            const unsigned below = times(255 - ink, rimAt(plain, x, y, near, far));
            const auto mixed = [&](int above, int under) {
                return static_cast<int>(
                    times(static_cast<unsigned>(above), ink) + times(static_cast<unsigned>(under), below));
            };
            line[x] = qRgba(
                mixed(colour.red(), qRed(halo)), mixed(colour.green(), qGreen(halo)),
                mixed(colour.blue(), qBlue(halo)), static_cast<int>(ink + below));
        }
    }
    image.setDevicePixelRatio(style.ratio);
    return {image, origin};
}

void Stamps::drawText(
    QPainter& painter, QPointF baseline, const QString& text, const QFont& font, const QColor& colour,
    const QColor& halo, double rim) {
    const Style style{font, halo.rgba(), rim, ratioOf(painter)};
    prepare(m_texts, m_textStyle, style);
    const auto [found, isNew] = m_texts.try_emplace({text, colour.rgba()});
    if (isNew) {
        found->second = makeText(text, colour, style);
    }
    put(painter, baseline, found->second);
}

void Stamps::drawDiamond(
    QPainter& painter, QPointF centre, double radius, const QColor& fill, const QColor& halo, double rim) {
    const Style style{{}, halo.rgba(), rim, ratioOf(painter)};
    prepare(m_diamonds, m_diamondStyle, style);
    const auto [found, isNew] = m_diamonds.try_emplace({QString::number(radius), fill.rgba()});
    if (isNew) {
        const int reach = static_cast<int>(std::ceil((radius * 1.15 + 2 * rim) * style.ratio)) + 1;
        QImage image = transparent(2 * reach, 2 * reach);
        image.setDevicePixelRatio(style.ratio);
        QPainter into(&image);
        into.setRenderHint(QPainter::Antialiasing, true);
        into.setBrush(fill);
        into.setPen(QPen(halo, rim));
        into.drawPath(diamond(QPointF(reach, reach) / style.ratio, radius));
        into.end();
        found->second = {image, QPoint(reach, reach)};
    }
    put(painter, centre, found->second);
}

QPainterPath diamond(QPointF centre, double radius) {
    QPainterPath path;
    path.moveTo(centre + QPointF(0, -radius * 1.15));
    path.lineTo(centre + QPointF(radius, 0));
    path.lineTo(centre + QPointF(0, radius * 1.15));
    path.lineTo(centre + QPointF(-radius, 0));
    path.closeSubpath();
    return path;
}

} // namespace mambascope::ui
