// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

class QLabel;
class QPushButton;

namespace mambascope::ui {

class ChartPlot;
class Theme;
class Workspace;

/// Accuracy of the session's runs over bits, size and α (resultChart()), or the trace of a search
/// (searchTraceChart()) that the command line wrote. Runs that do not have the newest run's tasks and items
/// are left out: their means are of something else.
class ResultChartsDialog : public QDialog {
    Q_OBJECT
public:
    ResultChartsDialog(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    ChartPlot* plot() const { return m_plot; }
    /// Shows the trace in a file instead of the runs, or says why not.
    void showTrace(const QString& file);

private:
    void showRuns();
    void openTrace();
    void openFigure();

    Workspace& m_workspace;
    ChartPlot* m_plot;
    QLabel* m_readout;
    QPushButton* m_figure;
    bool m_showsTrace = false;
};

} // namespace mambascope::ui
