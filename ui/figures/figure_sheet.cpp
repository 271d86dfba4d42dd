// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/figures/figure_sheet.h"

#include "ui/models/core_words.h"
#include "ui/plots/panel_painter.h"

#include <QFontInfo>
#include <QFontMetricsF>
#include <QPainter>

namespace mambascope::ui {
namespace {

QFont sansFont() {
    QFont font;
    font.setFamilies(
        {QStringLiteral("Helvetica"), QStringLiteral("Arial"), QStringLiteral("Liberation Sans"),
         QStringLiteral("DejaVu Sans")});
    font.setStyleHint(QFont::SansSerif);
    // The family that is really there: files name it, and must not name one whose glyphs have other widths.
    QFont result(QFontInfo(font).family());
    result.setStyleHint(QFont::SansSerif);
    result.setHintingPreference(QFont::PreferNoHinting);
    return result;
}

/// Lines of at most `width`, broken at spaces.
QStringList wrapped(const QString& string, const QFont& font, double width) {
    const QFontMetricsF metrics(font);
    QStringList lines;
    QString line;
    for (const QString& word : string.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const QString longer = line.isEmpty() ? word : QString(line + QLatin1Char(' ') + word);
        if (!line.isEmpty() && metrics.horizontalAdvance(longer) > width) {
            lines << line;
            line = word;
        } else {
            line = longer;
        }
    }
    return line.isEmpty() ? lines : lines << line;
}

} // namespace

QFont sheetFont(double size, bool isBold) {
    QFont font = fontOfSize(sansFont(), size);
    if (isBold) {
        font.setWeight(QFont::Bold);
    }
    return font;
}

QRectF paintSheet(
    QPainter& painter, const QRectF& target, const SheetText& text, const PlotColours& colours,
    double point) {
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setRenderHint(QPainter::TextAntialiasing, true);
    painter.fillRect(target, colours.background);
    painter.setClipRect(target);
    const double margin = 6 * point;
    QRectF area = target.adjusted(margin, margin, -margin, -margin);
    if (!text.title.empty()) {
        const QFont font = sheetFont(9 * point, true);
        const QFontMetricsF metrics(font);
        painter.setFont(font);
        painter.setPen(colours.text);
        painter.drawText(
            QPointF(area.left(), area.top() + metrics.ascent()),
            metrics.elidedText(figureText(text.title), Qt::ElideRight, area.width()));
        area.setTop(area.top() + metrics.height() + 5 * point);
    }
    const QFont font = sheetFont(7 * point);
    const QStringList lines = wrapped(captionText(text.caption), font, area.width());
    const QFontMetricsF metrics(font);
    const double lineHeight = metrics.height() * 1.05;
    double baseline = area.bottom() - metrics.descent() - lineHeight * static_cast<double>(lines.size() - 1);
    if (!lines.isEmpty()) {
        area.setBottom(baseline - metrics.ascent() - 5 * point);
    }
    painter.setFont(font);
    painter.setPen(colours.secondaryText);
    for (const QString& line : lines) {
        painter.drawText(QPointF(area.left(), baseline), line);
        baseline += lineHeight;
    }
    return area;
}

} // namespace mambascope::ui
