// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>
#include <QStyledItemDelegate>

class QTableView;

namespace mambascope::ui {

class PlanEditor;
class PlanModel;
class Theme;

/// Edits a plan table's cells in place: lists for bits, scales and sides, a spin box for α. What is chosen
/// holds for every selected cell of the same column. Stepping α is one gesture, so one undo takes it back.
class PlanDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    PlanDelegate(PlanModel& model, PlanEditor& editor, QTableView* view, const Theme* theme);

    void
    paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QWidget* createEditor(
        QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void destroyEditor(QWidget* editor, const QModelIndex& index) const override;
    void setEditorData(QWidget* editor, const QModelIndex& index) const override;
    void setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const override;
    void updateEditorGeometry(
        QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    bool editorEvent(
        QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
        const QModelIndex& index) override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

private:
    QModelIndexList addressed(const QModelIndex& index) const;

    PlanModel& m_model;
    PlanEditor& m_editor;
    QPointer<QTableView> m_view;
    const Theme* m_theme;
};

} // namespace mambascope::ui
