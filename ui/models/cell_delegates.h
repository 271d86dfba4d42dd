// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHeaderView>
#include <QStaticText>
#include <QStyledItemDelegate>

#include <map>
#include <optional>
#include <utility>

namespace mambascope::ui {

class Theme;

/// A font for what stands below the main thing of a cell.
QFont smallPrint(const QFont& font);

/// Paints a cell whose `option` is complete, with its contents lined up with the headers above them.
void paintCell(QPainter* painter, QStyleOptionViewItem option);

/// Outlier counts: zeros fade, the rest stands on a tint that deepens with the share of the channels.
class LayersDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    LayersDelegate(const Theme& theme, QObject* parent)
        : QStyledItemDelegate(parent)
        , m_theme(theme) {}

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void
    paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

private:
    /// What a cell's value makes of it.
    struct Look {
        QColor text;
        std::optional<QColor> tint;
        bool bold = false;
    };
    /// `text`: the colour of the other columns.
    Look lookOf(const QColor& text, const QModelIndex& index) const;

    const Theme& m_theme;
    mutable std::map<std::pair<QString, bool>, QStaticText> m_texts; ///< laid out, by text and whether bold
    mutable QFont m_textFont;                                        ///< what they are laid out in
};

/// A result: the number, and below it, smaller, the difference to the baseline in the colour of its
/// direction.
class ResultsDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    ResultsDelegate(const Theme& theme, QObject* parent)
        : QStyledItemDelegate(parent)
        , m_theme(theme) {}

    void
    paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    const Theme& m_theme;
};

/// Titles of runs: the plan, and below it, smaller, when and on how much. The run of the plan in force is
/// marked.
class ResultsHeader : public QHeaderView {
    Q_OBJECT
public:
    ResultsHeader(const Theme& theme, QWidget* parent);

protected:
    void paintSection(QPainter* painter, const QRect& rect, int section) const override;
    QSize sectionSizeFromContents(int section) const override;

private:
    const Theme& m_theme;
};

} // namespace mambascope::ui
