// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/figure.h"
#include "ui/figures/figure_painter.h"

#include <QWidget>

#include <memory>
#include <optional>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QStackedWidget;
class QToolButton;

namespace mambascope::ui {

class BlockDiagram;
class ChartPlot;
class LayerPlot;
class Theme;
class Workspace;

/// The middle of the window: the selected layer's figure with what it shows above it and the value at the
/// cursor below: the maxima of all channels, or how values are distributed. Without a calibration it says
/// what to do.
class LayerView : public QWidget {
    Q_OBJECT
public:
    enum class Content { Maxima, Distribution, Ribbons };

    LayerView(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    LayerPlot* plot() const { return m_plot; }
    BlockDiagram* diagram() const { return m_diagram; }
    ChartPlot* chart() const { return m_chart; }
    Content content() const { return m_content; }
    void setContent(Content content);
    /// The maxima, whether they are what is shown; null if there is no calibration.
    std::shared_ptr<const Figure> figure() const { return m_figure; }
    /// What is shown, to be written or printed; none if nothing is.
    std::optional<Printable> printable() const;
    /// The panel of a linear in the figure; -1 if it has none.
    int panelOf(Linear linear) const;

Q_SIGNALS:
    void calibrateRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QWidget* header();
    QWidget* emptyPage();
    void connectControls();
    void refresh();
    void refreshHeader();
    void refreshFigure();
    void refreshEmpty();
    void refreshCursor();
    void refreshDiagram();
    void refreshChart();
    void showReadout(const QString& text);
    void goToPanel(Linear linear);
    QString subtitle() const;

    Workspace& m_workspace;
    std::shared_ptr<const Figure> m_figure;
    std::shared_ptr<const CalibrationSnapshot> m_shown;
    FigureOptions m_shownOptions;
    QuantPlan m_shownPlan;
    std::shared_ptr<const WeightStatistics> m_shownWeights;
    bool m_shownWeightPanels = false;
    bool m_shownDiagram = false;
    int m_shownLayer = -1;
    BlockDiagram* m_diagram;
    LayerPlot* m_plot;
    ChartPlot* m_chart;
    Content m_content = Content::Maxima;
    std::shared_ptr<const Figure> m_charted; ///< the figure beside which m_chart was made
    Content m_chartedContent = Content::Maxima;
    QComboBox* m_contents;
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
