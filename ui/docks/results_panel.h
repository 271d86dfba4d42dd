// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/session.h"

#include <QWidget>

class QLabel;
class QStackedWidget;
class QTableView;

namespace mambascope::ui {

class DivergenceWatch;
class ResultsModel;
class Theme;
class Workspace;

/// Results of all runs beside the baseline, and the evaluation that runs.
class ResultsPanel : public QWidget {
    Q_OBJECT
public:
    ResultsPanel(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    ResultsModel* model() const { return m_model; }
    QTableView* table() const { return m_table; }

    /// The run of the selected column; 0 if there is none.
    RunId selectedRun() const;

Q_SIGNALS:
    void evaluateRequested();
    /// Compare a run with the baseline.
    void compareRequested(mambascope::RunId run);

private:
    QWidget* emptyState();
    void refreshRuns();
    void refreshCurrent();
    void refreshLive();
    void refreshEmpty();
    void refreshDivergence();
    void fitColumns();
    void showRun(RunId run);
    void menuAt(const QPoint& globalPosition, int column);

    Workspace& m_workspace;
    ResultsModel* m_model;
    QTableView* m_table;
    DivergenceWatch* m_divergence;
    QLabel* m_divergenceText; ///< above the table; hidden while there is nothing to compare
    QStackedWidget* m_stack;
    QLabel* m_emptyText;
    QWidget* m_emptyButton;
};

} // namespace mambascope::ui
