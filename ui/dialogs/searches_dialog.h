// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/search_charts.h"

#include <QDialog>

#include <vector>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QTableView;

namespace mambascope::ui {

class ChartPlot;
class SearchesModel;
class Theme;
class Workspace;

/// The session's searches, of the window and of the command line alike, and what they measured
/// (searchChart()); traces in files beside them. What a search chose can be made the plan's.
class SearchesDialog : public QDialog {
    Q_OBJECT
public:
    SearchesDialog(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    ChartPlot* plot() const { return m_plot; }
    QTableView* table() const { return m_table; }
    SearchesModel* model() const { return m_model; }
    /// Adds the trace in a file and shows it, or says why not.
    void openFile(const QString& file);
    /// Shows the search that the session got last.
    void showNewest();
    /// Shows the current search in this way, if it has that.
    void setView(SearchView view);
    void setOrder(SiteOrder order);

Q_SIGNALS:
    void searchRequested();

private:
    QWidget* list();
    QWidget* details(const Theme& theme);
    QWidget* buttons();
    /// Reads the session's searches again; the current one stays.
    void refresh();
    void showCurrent();
    void showChart();
    void showChanges();
    void use();
    void browse();
    void openFigure();
    int currentRow() const;

    Workspace& m_workspace;
    SearchesModel* m_model;
    QTableView* m_table = nullptr;
    QComboBox* m_view;
    QComboBox* m_order;
    QSpinBox* m_layer;
    QLabel* m_orderLabel = nullptr;
    QLabel* m_layerLabel = nullptr;
    QLabel* m_found;   ///< in a sentence
    QLabel* m_changes; ///< what using it would do
    ChartPlot* m_plot;
    QLabel* m_readout;
    QPushButton* m_use = nullptr;
    QPushButton* m_figure = nullptr;
    std::vector<SearchView> m_views; ///< as m_view lists them
};

} // namespace mambascope::ui
