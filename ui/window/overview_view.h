// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/heat_map.h"
#include "ui/figures/figure_painter.h"

#include <QWidget>

#include <deque>
#include <memory>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QToolButton;

namespace mambascope::ui {

class HeatPlot;
class Theme;
class Workspace;

/// All layers at once: the heat map of one site, with what it shows above it and the value at the pointer
/// below. Its cursor is the window's selection.
class OverviewView : public QWidget {
    Q_OBJECT
public:
    OverviewView(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    HeatPlot* plot() const { return m_plot; }
    /// What is shown, for export; null if nothing is.
    std::shared_ptr<const HeatMap> map() const { return m_map; }
    /// The same with the plan's strips and the colours, ready to be written.
    HeatFigure figure() const;
    /// Whether side, rule and k can be chosen here too: where nothing else on the page has them.
    void setCompact(bool compact);

Q_SIGNALS:
    /// The user asks for a layer and channel to be shown large.
    void drilled();

private:
    QWidget* header();
    void fillControls();
    void connectControls();
    void refresh();
    void refreshMap();
    void refreshHeader();
    void refreshPlan();

    /// A map that was shown, and what it was made of.
    struct RecentMap {
        std::shared_ptr<const CalibrationSnapshot> snapshot;
        std::shared_ptr<const WeightStatistics> weights; ///< null if they do not matter
        HeatOptions options;
        std::shared_ptr<const HeatMap> map;
        bool sameSource(const RecentMap& other) const {
            return snapshot == other.snapshot && weights == other.weights && options == other.options;
        }
    };

    Workspace& m_workspace;
    std::shared_ptr<const HeatMap> m_map;
    std::deque<RecentMap> m_recent; ///< the newest first
    std::shared_ptr<const CalibrationSnapshot> m_shown;
    std::shared_ptr<const WeightStatistics> m_shownWeights;
    HeatOptions m_shownOptions;
    HeatPlot* m_plot;
    QLabel* m_title;
    QLabel* m_readout;
    QComboBox* m_site;
    QComboBox* m_statistic;
    QComboBox* m_order;
    QComboBox* m_side;
    QComboBox* m_rule;
    QDoubleSpinBox* m_k;
    QToolButton* m_log;
};

} // namespace mambascope::ui
