// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace mambascope::ui {

class Theme;
struct HistoryLanes;

/// A row of the plan history: the lanes of its branches, then what the edit did with its time, and below it,
/// smaller, the difference to the plan before and what was evaluated.
class HistoryDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    HistoryDelegate(const Theme& theme, QObject* parent)
        : QStyledItemDelegate(parent)
        , m_theme(theme) {}

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void
    paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    void drawLanes(QPainter* painter, const QRect& rect, const HistoryLanes& lanes, bool current) const;
    void drawTexts(
        QPainter* painter, const QRect& rect, const QStyleOptionViewItem& option,
        const QModelIndex& index) const;

    const Theme& m_theme;
};

} // namespace mambascope::ui
