// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QSortFilterProxyModel;
class QTableView;

namespace mambascope::ui {

class OutliersModel;
class Workspace;

/// The outlier channels of the selected layer as a table; its current row is the window's selection.
class OutliersPanel : public QWidget {
    Q_OBJECT
public:
    explicit OutliersPanel(Workspace& workspace, QWidget* parent = nullptr);

    QSize minimumSizeHint() const override;
    OutliersModel* model() const { return m_model; }
    QTableView* table() const { return m_table; }

protected:
    void showEvent(QShowEvent* event) override;

private:
    /// Nothing is computed while nobody sees it.
    void refresh();
    void refreshSelection();

    Workspace& m_workspace;
    OutliersModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QTableView* m_table;
    QLabel* m_summary;
    bool m_refreshing = false;
};

} // namespace mambascope::ui
