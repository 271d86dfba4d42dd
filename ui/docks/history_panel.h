// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

class QAction;
class QLabel;
class QListView;

namespace mambascope::ui {

class HistoryModel;
class Theme;
class Workspace;

/// Every plan that the session has had, on all branches: to look at, to copy, and to go back to. Going to one
/// is an edit like any other.
class HistoryPanel : public QWidget {
    Q_OBJECT
public:
    HistoryPanel(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    HistoryModel* model() const { return m_model; }
    QListView* list() const { return m_list; }

protected:
    void showEvent(QShowEvent* event) override;

private:
    QAction*
    addRowAction(const QString& text, const QList<QKeySequence>& shortcuts, void (HistoryPanel::*run)());
    /// Nothing is read while nobody sees it.
    void refreshSoon();
    void refresh();
    void refreshActions();
    void goToPlan();
    void copyPlan();

    Workspace& m_workspace;
    HistoryModel* m_model;
    QListView* m_list;
    QLabel* m_summary;
    QAction* m_goTo;
    QAction* m_copy;
    QTimer m_timer; ///< a drag changes the plan more often than anybody can read
};

} // namespace mambascope::ui
