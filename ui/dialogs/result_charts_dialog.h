// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

class QLabel;
class QPushButton;

namespace mambascope::ui {

class ChartPlot;
class Theme;
class Workspace;

/// Accuracy of the session's runs over bits, size and α (resultChart()). Runs that do not have the newest run's tasks and
/// items are left out: their means are of something else.
class ResultChartsDialog : public QDialog {
    Q_OBJECT
public:
    ResultChartsDialog(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    ChartPlot* plot() const { return m_plot; }

private:
    void showRuns();
    void openFigure();

    Workspace& m_workspace;
    ChartPlot* m_plot;
    QLabel* m_readout;
    QPushButton* m_figure;
};

} // namespace mambascope::ui
