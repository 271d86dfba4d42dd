// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/theme/theme.h"

#include <QFont>
#include <QRectF>

#include <string>

class QPainter;

namespace mambascope::ui {

/// What every printed figure has around its picture.
struct SheetText {
    std::string title, caption;
};

/// Fills `target` with the background, paints the title on top and the caption wrapped below, and returns
/// what is left for the picture. Needs `point` units of the painter to a typographic point. Clips to
/// `target`.
QRectF paintSheet(
    QPainter& painter, const QRectF& target, const SheetText& text, const PlotColours& colours, double point);

/// The font of printed figures, whose size is in the painter's units.
QFont sheetFont(double size, bool isBold = false);

} // namespace mambascope::ui
