// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QImage>
#include <QPointF>
#include <QString>

#include <map>

class QPainter;
class QPainterPath;

namespace mambascope::ui {

/// The mark of an outlier: corners `radius` beside its centre and 1.15 `radius` above and below it.
QPainterPath diamond(QPointF centre, double radius);

/// Small things that a plot paints again and again, as images in device pixels: texts with a rim, and the
/// diamonds of outliers. For painters on pixels that scale and shift only. They land on whole device pixels.
class Stamps {
public:
    /// Text with a rim of `rim` logical pixels in the colour `halo`, which keeps it readable on anything.
    void drawText(
        QPainter& painter, QPointF baseline, const QString& text, const QFont& font, const QColor& colour,
        const QColor& halo, double rim);
    /// diamond() with a border of `rim` logical pixels in the colour `halo`.
    void drawDiamond(
        QPainter& painter, QPointF centre, double radius, const QColor& fill, const QColor& halo, double rim);

private:
    struct Stamp {
        QImage image;
        QPoint origin; ///< of what is drawn, in the image's pixels
    };
    /// What all stamps have in common.
    struct Style {
        QFont font;
        QRgb halo = 0;
        double rim = 0;
        double ratio = 0; ///< device pixels to a logical one
        bool operator==(const Style&) const = default;
    };

    /// Forgets stamps of another style, and all of them when there are many.
    void prepare(std::map<std::pair<QString, QRgb>, Stamp>& stamps, Style& current, const Style& style);
    static Stamp makeText(const QString& text, const QColor& colour, const Style& style);
    static void put(QPainter& painter, QPointF at, const Stamp& stamp);

    Style m_textStyle, m_diamondStyle;
    std::map<std::pair<QString, QRgb>, Stamp> m_texts;    ///< by text and colour
    std::map<std::pair<QString, QRgb>, Stamp> m_diamonds; ///< by radius and colour
};

} // namespace mambascope::ui
