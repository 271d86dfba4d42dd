// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTableView>

namespace mambascope::ui {

class PlanEditor;
class PlanModel;
class Theme;

/// The table of the plan. A click on one of several selected cells keeps the selection and edits them
/// together. Cells are copied and pasted as text with tabs, and filled down with Ctrl+D.
class PlanTable : public QTableView {
    Q_OBJECT
public:
    PlanTable(PlanModel& model, PlanEditor& editor, const Theme& theme, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    /// Three rows; as many as the defaults and the four sites of a layer have where there is room.
    QSize minimumSizeHint() const override;

protected:
    QItemSelectionModel::SelectionFlags
    selectionCommand(const QModelIndex& index, const QEvent* event) const override;
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void clearSelected();
    void copy();
    void paste();
    void fillDown();
    void fitColumns();
    int heightOf(int rows) const;

    PlanModel& m_model;
    PlanEditor& m_editor;
};

} // namespace mambascope::ui
