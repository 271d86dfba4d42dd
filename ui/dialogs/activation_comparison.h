// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/figure/ratio_map.h"
#include "ui/figures/figure_painter.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;

namespace mambascope::ui {

class RatioPlot;
class Theme;
class Workspace;

/// How much larger the inputs of the linears are in one of two: after what two plans do before they quantize,
/// or in the session's calibration and in one from a file. Outliers that are added or removed are counted and
/// can be walked.
class ActivationComparison : public QWidget {
    Q_OBJECT
public:
    ActivationComparison(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    void setPlans(const QuantPlan& from, const QuantPlan& to);
    /// Compares the session's calibration with the one in a file, or says why not.
    void setCalibrationFile(const QString& file);
    RatioPlot* plot() const { return m_plot; }
    QString summary() const;

private:
    void refresh();
    void chooseFile();
    void openFigure();
    Printable printable() const;

    Workspace& m_workspace;
    RatioPlot* m_plot;
    QComboBox* m_linear;
    QLabel* m_summary;
    QLabel* m_readout;
    QPushButton* m_figure;
    QuantPlan m_fromPlan, m_toPlan;
    QString m_otherName; ///< of the calibration's file; empty: the plans are compared
    SiteAbsmax m_other;
};

} // namespace mambascope::ui
