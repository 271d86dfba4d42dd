// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/label_layout.h"

#include <algorithm>

namespace mambascope::ui {
namespace {

std::vector<QRectF> candidates(const MarkLabel& label, double radius) {
    const double w = label.size.width();
    const double h = label.size.height();
    const double gap = radius * 1.6;
    const QPointF m = label.mark;
    return {
        {m.x() + gap, m.y() - h / 2, w, h},
        {m.x() - gap - w, m.y() - h / 2, w, h},
        {m.x() + radius * 0.5, m.y() - gap - h, w, h},
        {m.x() - radius * 0.5 - w, m.y() - gap - h, w, h},
        {m.x() - w / 2, m.y() - gap - h, w, h},
        {m.x() + gap, m.y() + radius * 0.6, w, h},
    };
}

} // namespace

std::vector<std::optional<QRectF>> placeLabels(
    std::span<const MarkLabel> labels, std::span<const QPointF> marks, const QRectF& area, double markRadius,
    std::span<const QRectF> taken) {
    std::vector<QRectF> obstacles(taken.begin(), taken.end());
    for (const QPointF& mark : marks) {
        obstacles.emplace_back(mark.x() - markRadius, mark.y() - markRadius, 2 * markRadius, 2 * markRadius);
    }
    std::vector<std::optional<QRectF>> placed;
    for (const MarkLabel& label : labels) {
        std::optional<QRectF> place;
        for (const QRectF& candidate : candidates(label, markRadius)) {
            const bool isFree = area.contains(candidate) &&
                                std::none_of(obstacles.begin(), obstacles.end(), [&](const QRectF& other) {
                                    return other.intersects(candidate);
                                });
            if (isFree) {
                place = candidate;
                obstacles.push_back(candidate);
                break;
            }
        }
        placed.push_back(place);
    }
    return placed;
}

} // namespace mambascope::ui
