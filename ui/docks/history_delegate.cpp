// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/history_delegate.h"

#include "ui/models/cell_delegates.h"
#include "ui/models/history_model.h"
#include "ui/theme/theme.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace mambascope::ui {
namespace {

constexpr int kMostLanes = 6; ///< further ones lie on the last

int laneWidth(const QFontMetrics& metrics) {
    return metrics.averageCharWidth() * 2;
}

} // namespace

QSize HistoryDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const QFontMetrics small(smallPrint(option.font));
    const int lines = index.data(HistoryModel::RunsRole).toString().isEmpty() ? 1 : 2;
    return {0, option.fontMetrics.height() * 2 + lines * small.height()};
}

void HistoryDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const auto& model = static_cast<const HistoryModel&>(*index.model());
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (option.state.testFlag(QStyle::State_Selected)) {
        QColor fill = m_theme.colours().accent;
        fill.setAlphaF(option.state.testFlag(QStyle::State_Active) ? 0.22F : 0.14F);
        painter->fillRect(option.rect, fill);
    }
    if (option.state.testFlag(QStyle::State_HasFocus)) {
        painter->fillRect(
            QRect(option.rect.topLeft(), QSize(3, option.rect.height())), m_theme.colours().accent);
    }
    const int lane = laneWidth(option.fontMetrics);
    QRect rect = option.rect.adjusted(lane / 2, 0, -lane / 2, 0);
    drawLanes(painter, rect, model.lanes(index.row()), index.data(HistoryModel::CurrentRole).toBool());
    rect.setLeft(rect.left() + lane * std::min(model.laneCount(), kMostLanes) + lane / 2);
    drawTexts(painter, rect, option, index);
    painter->restore();
}

void HistoryDelegate::drawLanes(
    QPainter* painter, const QRect& rect, const HistoryLanes& lanes, bool current) const {
    const PlotColours& colours = m_theme.colours();
    const QFontMetricsF metrics(painter->font());
    const double width = laneWidth(painter->fontMetrics());
    const auto x = [&](int lane) {
        return rect.left() + width * (std::min(lane, kMostLanes - 1) + 0.5);
    };
    const auto pen = [&](int lane) {
        return QPen(lane == 0 ? colours.accent : colours.secondaryText, 1.5);
    };
    const QPointF dot(x(lanes.lane), rect.top() + metrics.height());
    const double bottom = rect.bottom() + 1;
    for (const int lane : lanes.passing) {
        painter->setPen(pen(lane));
        painter->drawLine(QPointF(x(lane), rect.top()), QPointF(x(lane), bottom));
    }
    painter->setBrush(Qt::NoBrush);
    for (const int lane : lanes.fromAbove) {
        QPainterPath path(QPointF(x(lane), rect.top()));
        path.cubicTo(QPointF(x(lane), dot.y()), QPointF(dot.x(), rect.top()), dot);
        painter->setPen(pen(lane));
        painter->drawPath(path);
    }
    painter->setPen(pen(lanes.lane));
    if (lanes.goesOn) {
        painter->drawLine(dot, QPointF(dot.x(), bottom));
    }
    const double radius = width * (current ? 0.38 : 0.26);
    painter->setBrush(current ? painter->pen().color() : colours.background);
    painter->drawEllipse(dot, radius, radius);
}

void HistoryDelegate::drawTexts(
    QPainter* painter, const QRect& rect, const QStyleOptionViewItem& option,
    const QModelIndex& index) const {
    QFont font = option.font;
    font.setBold(index.data(HistoryModel::CurrentRole).toBool());
    const QFont smallFont = smallPrint(option.font);
    const QFontMetrics large(font), small(smallFont);
    const QString time = index.data(HistoryModel::TimeRole).toString();
    const int timeWidth = small.horizontalAdvance(time) + (time.isEmpty() ? 0 : large.averageCharWidth());
    QRect line(rect.left(), rect.top() + large.height() / 2, rect.width(), large.height());
    painter->setFont(font);
    painter->setPen(m_theme.colours().text);
    painter->drawText(
        line, Qt::AlignLeft | Qt::AlignVCenter,
        large.elidedText(index.data(Qt::DisplayRole).toString(), Qt::ElideMiddle, line.width() - timeWidth));
    painter->setFont(smallFont);
    painter->setPen(m_theme.colours().secondaryText);
    painter->drawText(line, Qt::AlignRight | Qt::AlignVCenter, time);
    for (const int role : {int{HistoryModel::ChangeRole}, int{HistoryModel::RunsRole}}) {
        line = QRect(rect.left(), line.bottom() + 1, rect.width(), small.height());
        painter->drawText(
            line, Qt::AlignLeft | Qt::AlignVCenter,
            small.elidedText(index.data(role).toString(), Qt::ElideRight, line.width()));
    }
}

} // namespace mambascope::ui
