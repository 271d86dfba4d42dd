// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointF>
#include <QRectF>
#include <QSizeF>

#include <optional>
#include <span>
#include <vector>

namespace mambascope::ui {

/// A label that wants to stand beside a mark.
struct MarkLabel {
    QPointF mark;
    QSizeF size;
};

/// Places labels to the right, left, upper right, upper left, above or below of their marks, inside `area`,
/// so that no label covers another label, any of the marks or one of `taken`. Earlier labels choose first; a
/// label without room gets none. `markRadius` is half the extent of a mark.
std::vector<std::optional<QRectF>> placeLabels(
    std::span<const MarkLabel> labels, std::span<const QPointF> marks, const QRectF& area, double markRadius,
    std::span<const QRectF> taken = {});

} // namespace mambascope::ui
