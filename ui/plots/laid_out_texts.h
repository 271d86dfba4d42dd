// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QHash>
#include <QPointF>
#include <QStaticText>
#include <QString>

class QPainter;

namespace mambascope::ui {

/// Texts of one font that a widget measures and paints again and again, laid out once each.
class LaidOutTexts {
public:
    /// Forgets those of another font.
    void setFont(const QFont& font);
    /// How far the text reaches, in logical pixels.
    double width(const QString& text) { return find(text).width; }
    /// With the painter's pen, in the font that was set.
    void draw(QPainter& painter, QPointF baseline, const QString& text);

private:
    struct Text {
        double width = 0;
        QStaticText laidOut;
    };
    Text& find(const QString& text);

    QFont m_font;
    double m_ascent = 0;
    QHash<QString, Text> m_texts;
};

} // namespace mambascope::ui
