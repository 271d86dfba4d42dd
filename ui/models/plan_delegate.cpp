// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/plan_delegate.h"

#include "ui/commands/plan_editor.h"
#include "ui/models/cell_delegates.h"
#include "ui/models/plan_model.h"
#include "ui/models/plan_values.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QTableView>
#include <QTimer>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mambascope::ui {
namespace {

constexpr double kAlphaStep = 0.05;
constexpr double kAlphaOff = -kAlphaStep; ///< the spin box's lowest value, shown as "off"

} // namespace

PlanDelegate::PlanDelegate(PlanModel& model, PlanEditor& editor, QTableView* view, const Theme* theme)
    : QStyledItemDelegate(view)
    , m_model(model)
    , m_editor(editor)
    , m_view(view)
    , m_theme(theme) {
}

QModelIndexList PlanDelegate::addressed(const QModelIndex& index) const {
    QModelIndexList indexes;
    const QItemSelectionModel* selection = m_view != nullptr ? m_view->selectionModel() : nullptr;
    if (selection != nullptr && selection->isSelected(index)) {
        for (const QModelIndex& each : selection->selectedIndexes()) {
            if (each.column() == index.column()) {
                indexes.append(each);
            }
        }
    }
    return indexes.isEmpty() ? QModelIndexList{index} : indexes;
}

QWidget* PlanDelegate::createEditor(
    QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    auto* self = const_cast<PlanDelegate*>(this); // Qt's signals are not const, this function is
    if (index.column() == PlanModel::AlphaColumn) {
        auto* spin = new QDoubleSpinBox(parent);
        spin->setRange(kAlphaOff, 1);
        spin->setSingleStep(kAlphaStep);
        spin->setDecimals(2);
        spin->setSpecialValueText(tr("off"));
        spin->setFrame(false);
        spin->setKeyboardTracking(false);
        spin->setAccessibleName(tr("Migration strength α"));
        m_editor.beginGesture();
        connect(spin, &QDoubleSpinBox::valueChanged, self, [self, spin] { Q_EMIT self->commitData(spin); });
        return spin;
    }
    const QList<PlanChoice> choices = planChoices(index.column());
    if (choices.isEmpty()) {
        return QStyledItemDelegate::createEditor(parent, option, index);
    }
    auto* combo = new QComboBox(parent);
    for (const PlanChoice& choice : choices) {
        combo->addItem(choice.text, choice.value);
    }
    combo->setAccessibleName(m_model.headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString());
    connect(combo, &QComboBox::activated, self, [self, combo] {
        Q_EMIT self->commitData(combo);
        Q_EMIT self->closeEditor(combo);
    });
    // The list opens at once: one click fewer. Not from in here, where the view still places the editor.
    QTimer::singleShot(0, combo, [combo] { combo->showPopup(); });
    return combo;
}

void PlanDelegate::destroyEditor(QWidget* editor, const QModelIndex& index) const {
    m_editor.endGesture();
    QStyledItemDelegate::destroyEditor(editor, index);
}

void PlanDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const {
    const QVariant value = index.data(Qt::EditRole);
    if (auto* spin = qobject_cast<QDoubleSpinBox*>(editor)) {
        const QSignalBlocker quiet(spin);
        const double alpha = value.toDouble();
        spin->setValue(alpha < 0 ? kAlphaOff : alpha);
    } else if (auto* combo = qobject_cast<QComboBox*>(editor)) {
        int at = combo->findData(value);
        if (at < 0) { // a group size of somebody's own
            combo->addItem(index.data(Qt::DisplayRole).toString(), value);
            at = combo->count() - 1;
        }
        combo->setCurrentIndex(at);
    }
}

void PlanDelegate::setModelData(QWidget* editor, QAbstractItemModel*, const QModelIndex& index) const {
    if (const auto* spin = qobject_cast<QDoubleSpinBox*>(editor)) {
        const double alpha = spin->value();
        // Repeated sums of 0.05 leave the grid of two decimals that the box shows.
        m_model.setValues(addressed(index), alpha < 0 ? -1.0 : std::round(alpha * 100) / 100);
    } else if (const auto* combo = qobject_cast<QComboBox*>(editor)) {
        m_model.setValues(addressed(index), combo->currentData());
    }
}

void PlanDelegate::updateEditorGeometry(
    QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const {
    // At least as wide as its contents, even where the column is narrow.
    QRect place = option.rect;
    place.setWidth(std::max(place.width(), editor->sizeHint().width()));
    editor->setGeometry(place);
}

bool PlanDelegate::editorEvent(
    QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option, const QModelIndex& index) {
    if (index.column() != PlanModel::ZeroColumn) {
        return QStyledItemDelegate::editorEvent(event, model, option, index);
    }
    bool toggle = false;
    if (event->type() == QEvent::MouseButtonRelease) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        toggle = mouse->button() == Qt::LeftButton && option.rect.contains(mouse->pos());
    } else if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        toggle = key == Qt::Key_Space || key == Qt::Key_Select;
    }
    return toggle && m_model.setValues(addressed(index), !index.data(Qt::EditRole).toBool());
}

void PlanDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    if (m_theme == nullptr) {
        return;
    }
    const PlotColours& colours = m_theme->colours();
    if (index.data(PlanModel::IdleRole).toBool() && !index.data(PlanModel::OverriddenRole).toBool()) {
        option->palette.setColor(QPalette::Text, colours.secondaryText);
    }
    if (index.data(PlanModel::OverriddenRole).toBool()) {
        option->palette.setColor(QPalette::Text, colours.accent);
    }
    if (index.data(PlanModel::LevelRole).toInt() != 2) { // not a single site: what the sites below follow
        option->backgroundBrush = colours.raised;
    }
}

void PlanDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& given, const QModelIndex& index) const {
    QStyleOptionViewItem option = given;
    initStyleOption(&option, index);
    const bool checkable = option.features.testFlag(QStyleOptionViewItem::HasCheckIndicator);
    if (!checkable || m_theme == nullptr) {
        paintCell(painter, option);
        return;
    }
    // Fusion's box is black on black in a dark table.
    option.features.setFlag(QStyleOptionViewItem::HasCheckIndicator, false);
    const int side = option.fontMetrics.ascent();
    const QString text = std::exchange(option.text, QString());
    paintCell(painter, option);
    const PlotColours& colours = m_theme->colours();
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    const QColor ink = selected ? colours.onAccent : colours.secondaryText;
    QRectF box(
        option.rect.left() + option.fontMetrics.averageCharWidth() + 0.5,
        option.rect.center().y() - side / 2 + 0.5, side, side);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(ink);
    const bool checked = option.checkState == Qt::Checked;
    painter->setBrush(checked && !selected ? QBrush(colours.accent) : QBrush(Qt::NoBrush));
    painter->drawRoundedRect(box, side / 5.0, side / 5.0);
    if (checked) {
        painter->setPen(QPen(colours.onAccent, side / 7.0));
        painter->drawPolyline(QPolygonF{
            box.topLeft() + QPointF(0.22, 0.55) * side, box.topLeft() + QPointF(0.43, 0.76) * side,
            box.topLeft() + QPointF(0.8, 0.26) * side});
    }
    painter->setPen(selected ? colours.onAccent : option.palette.color(QPalette::Text));
    painter->setFont(option.font);
    painter->drawText(
        option.rect.adjusted(2 * side + side / 4, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
    painter->restore();
}

QSize PlanDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    size.rwidth() += 2 * option.fontMetrics.averageCharWidth();
    return size;
}

} // namespace mambascope::ui
