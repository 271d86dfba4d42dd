// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/figure.h"

#include <QWidget>

#include <memory>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QStackedWidget;
class QToolButton;

namespace mambascope::ui {

class LayerPlot;
class Theme;
class Workspace;

/// The middle of the window: the selected layer's figure with what it shows above it and the value at the
/// cursor below. Without a calibration it says what to do.
class LayerView : public QWidget {
    Q_OBJECT
public:
    LayerView(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    LayerPlot* plot() const { return m_plot; }
    /// What is shown, for export; null if nothing is.
    std::shared_ptr<const Figure> figure() const { return m_figure; }
    /// The panel of a linear in the figure; -1 if it has none.
    int panelOf(Linear linear) const;

Q_SIGNALS:
    void calibrateRequested();

private:
    QWidget* header();
    QWidget* emptyPage();
    void connectControls();
    void refresh();
    void refreshHeader();
    void refreshFigure();
    void refreshEmpty();
    void refreshCursor();
    QString subtitle() const;

    Workspace& m_workspace;
    std::shared_ptr<const Figure> m_figure;
    std::shared_ptr<const CalibrationSnapshot> m_shown;
    FigureOptions m_shownOptions;
    QuantPlan m_shownPlan;
    std::shared_ptr<const WeightStatistics> m_shownWeights;
    bool m_shownWeightPanels = false;
    int m_shownLayer = -1;
    LayerPlot* m_plot;
    QStackedWidget* m_stack;
    QLabel* m_title;
    QLabel* m_subtitle;
    QLabel* m_readout;
    QLabel* m_comparison;
    QSpinBox* m_layer;
    QComboBox* m_side;
    QComboBox* m_rule;
    QDoubleSpinBox* m_k;
    QComboBox* m_scale;
    QToolButton* m_weights;
    QLabel* m_emptyTitle;
    QLabel* m_emptyText;
    QPushButton* m_emptyCalibrate;
};

} // namespace mambascope::ui
