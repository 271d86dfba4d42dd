// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/entry_list.h"

#include "ui/theme/theme.h"
#include "ui/window/elided_label.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListWidget>
#include <QPainter>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace mambascope::ui {
namespace {

enum EntryRole { DetailRole = Qt::UserRole, TrailingRole, KeyRole };

/// Ratio of small print to the widget's own.
constexpr double kSmall = 0.9;

QFont smaller(QFont font) {
    font.setPointSizeF(font.pointSizeF() * kSmall);
    return font;
}

class EntryDelegate : public QStyledItemDelegate {
public:
    EntryDelegate(const Theme& theme, QObject* parent)
        : QStyledItemDelegate(parent)
        , m_theme(theme) {}

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
        const QFontMetrics large(option.font);
        return {0, large.height() + QFontMetrics(smaller(option.font)).height() + large.height()};
    }

    void
    paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const PlotColours& colours = m_theme.colours();
        const bool enabled = option.state.testFlag(QStyle::State_Enabled);
        const bool marked = enabled && (option.state.testFlag(QStyle::State_MouseOver) ||
                                        option.state.testFlag(QStyle::State_Selected));
        painter->save();
        if (marked) {
            QColor fill = colours.accent;
            fill.setAlphaF(option.state.testFlag(QStyle::State_Selected) ? 0.18F : 0.10F);
            painter->fillRect(option.rect, fill);
        }
        if (option.state.testFlag(QStyle::State_HasFocus)) {
            painter->fillRect(QRect(option.rect.topLeft(), QSize(3, option.rect.height())), colours.accent);
        }
        const int inset = option.fontMetrics.averageCharWidth() * 2;
        drawTexts(painter, option.rect.adjusted(inset, 0, -inset, 0), option.font, index, enabled);
        painter->restore();
    }

private:
    void drawTexts(
        QPainter* painter, const QRect& rect, const QFont& font, const QModelIndex& index,
        bool enabled) const {
        const QFont small = smaller(font);
        const QFontMetrics metrics(font), smallMetrics(small);
        const QString trailing = index.data(TrailingRole).toString();
        const int trailingWidth =
            trailing.isEmpty() ? 0 : smallMetrics.horizontalAdvance(trailing) + metrics.height();
        QRect line(rect.left(), rect.top() + metrics.height() / 2, rect.width(), metrics.height());
        painter->setFont(font);
        painter->setPen(enabled ? m_theme.colours().text : m_theme.colours().secondaryText);
        painter->drawText(
            line, Qt::AlignLeft | Qt::AlignVCenter,
            metrics.elidedText(
                index.data(Qt::DisplayRole).toString(), Qt::ElideMiddle, line.width() - trailingWidth));
        painter->setFont(small);
        painter->setPen(m_theme.colours().secondaryText);
        painter->drawText(line, Qt::AlignRight | Qt::AlignVCenter, trailing);
        line = QRect(rect.left(), line.bottom() + 1, rect.width(), smallMetrics.height());
        painter->drawText(
            line, Qt::AlignLeft | Qt::AlignVCenter,
            smallMetrics.elidedText(index.data(DetailRole).toString(), Qt::ElideRight, line.width()));
    }

    const Theme& m_theme;
};

} // namespace

EntryList::EntryList(const Theme& theme, const QString& heading, QWidget* parent)
    : QWidget(parent)
    , m_note(new ElidedLabel(this))
    , m_list(new QListWidget(this))
    , m_placeholder(new QLabel(this))
    , m_stack(new QStackedWidget(this)) {
    auto* title = new QLabel(heading, this);
    QFont bold = title->font();
    bold.setBold(true);
    title->setFont(bold);
    title->setBuddy(m_list);
    m_note->setForegroundRole(QPalette::PlaceholderText);
    m_note->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_list->setItemDelegate(new EntryDelegate(theme, this));
    m_list->setAccessibleName(heading);
    m_list->setMouseTracking(true);
    m_list->setUniformItemSizes(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_placeholder->setAlignment(Qt::AlignCenter);
    m_placeholder->setWordWrap(true);
    m_placeholder->setMargin(fontMetrics().height());
    m_placeholder->setForegroundRole(QPalette::PlaceholderText);
    m_placeholder->setFrameShape(QFrame::StyledPanel);
    m_placeholder->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_stack->addWidget(m_placeholder);
    m_stack->addWidget(m_list);

    auto* row = new QHBoxLayout;
    row->addWidget(title);
    row->addSpacing(fontMetrics().averageCharWidth() * 2);
    row->addWidget(m_note, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(row);
    column->addWidget(m_stack, 1);

    // One click or Enter; not itemActivated(), which some desktops send on a click as well.
    connect(m_list, &QListWidget::itemClicked, this, &EntryList::choose);
    m_list->installEventFilter(this);
    connect(&theme, &Theme::changed, m_list->viewport(), qOverload<>(&QWidget::update));
}

void EntryList::choose(const QListWidgetItem* item) {
    if (item != nullptr && item->flags().testFlag(Qt::ItemIsEnabled)) {
        Q_EMIT chosen(item->data(KeyRole).toString());
    }
}

bool EntryList::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Return || key == Qt::Key_Enter) {
            choose(m_list->currentItem());
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void EntryList::setEntries(const QList<ListEntry>& entries) {
    m_list->clear();
    for (const ListEntry& entry : entries) {
        auto* item = new QListWidgetItem(entry.title, m_list);
        item->setData(DetailRole, entry.detail);
        item->setData(TrailingRole, entry.trailing);
        item->setData(KeyRole, entry.key);
        item->setData(
            Qt::AccessibleTextRole,
            QString(
                entry.title + QStringLiteral(", ") + entry.detail +
                (entry.trailing.isEmpty() ? QString() : QStringLiteral(", ")) + entry.trailing));
        item->setToolTip(entry.toolTip);
        item->setFlags(entry.enabled ? Qt::ItemIsEnabled | Qt::ItemIsSelectable : Qt::NoItemFlags);
    }
    m_stack->setCurrentIndex(entries.isEmpty() ? 0 : 1);
}

void EntryList::setMostRows(int rows) {
    const QStyleOptionViewItem option;
    const int row = m_list->itemDelegate()->sizeHint(option, QModelIndex()).height();
    const int height = rows * row + 2 * m_list->frameWidth();
    m_stack->setMaximumHeight(height);
    setMaximumHeight(height + m_note->sizeHint().height() + layout()->spacing());
}

void EntryList::setNote(const QString& note, const QString& toolTip) {
    m_note->setText(note);
    m_note->setToolTip(toolTip);
}

void EntryList::setPlaceholder(const QString& text) {
    m_placeholder->setText(text);
}

QString EntryList::placeholder() const {
    return m_stack->currentIndex() == 0 ? m_placeholder->text() : QString();
}

} // namespace mambascope::ui
