// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/jobs_panel.h"
#include "ui/docks/layers_panel.h"
#include "ui/docks/plan_panel.h"
#include "ui/docks/results_panel.h"
#include "ui/window/centre_view.h"
#include "ui/window/layer_view.h"
#include "ui/window/main_window_actions.h"
#include "ui/window/overview_view.h"
#include "ui/window/tour.h"
#include "ui/window/workspace.h"

#include <QDockWidget>
#include <QToolBar>

namespace mambascope::ui {
namespace {

/// A step about what is in a dock, which it brings to the front.
TourStep aboutDock(const QString& title, const QString& text, QWidget* contents) {
    return {title, text, [contents]() -> QWidget* {
                auto* dock = qobject_cast<QDockWidget*>(contents->parentWidget());
                dock->show();
                dock->raise();
                return dock;
            }};
}

} // namespace

void MainWindow::takeTour() {
    if (m_workspace.session() == nullptr && !m_workspace.calibrationAlone() &&
        m_workspace.opening().isEmpty()) {
        m_workspace.openDemo();
    }
    if (m_tour == nullptr) {
        auto* bar = findChild<QToolBar*>(QStringLiteral("toolBar"));
        std::vector<TourStep> steps;
        steps.push_back(
            {tr("Begin with a calibration"),
             tr("Calibrate runs text through the model and keeps, for every channel of every linear layer, "
                "the largest "
                "absolute value. You can do it now; the tour waits."),
             [this, bar]() -> QWidget* {
                 return bar->widgetForAction(m_actions->calibrate);
             }});
        steps.push_back(
            {tr("All layers at once"),
             tr("Layers by channels: the colour is the largest value, or how far it stands out. Outlier "
                "channels are never "
                "too small to be seen. A click selects layer and channel everywhere."),
             [this]() -> QWidget* {
                 if (!m_centre->overview()->isVisible()) {
                     m_workspace.view().setMiddle(Middle::Overview);
                 }
                 return m_centre->overview();
             }});
        steps.push_back(
            {tr("One layer"),
             tr("The four linear layers of a Mamba block. What stands above the band is an outlier channel. "
                "While the plan "
                "smooths or zeroes, a line shows what is left."),
             [this]() -> QWidget* {
                 if (!layerView()->isVisible()) { // there is not always room for both
                     m_workspace.view().setMiddle(Middle::Layer);
                 }
                 return layerView();
             }});
        steps.push_back(aboutDock(
            tr("Layers and outliers"),
            tr("How many outlier channels every layer has; behind it the outliers of the selected layer, and "
               "in how many "
               "layers each is one."),
            m_layers));
        steps.push_back(aboutDock(
            tr("The plan"),
            tr("What is quantized, and how: for the whole model, a kind of linear layer, or one site. Edit a "
               "cell, choose a "
               "preset, undo with Ctrl+Z."),
            m_plan));
        steps.push_back(aboutDock(
            tr("Results"),
            tr("Evaluate measures the plan on zero-shot tasks beside the unquantized model, with intervals "
               "of the "
               "differences. Nothing is computed twice."),
            m_results));
        steps.push_back(aboutDock(
            tr("Jobs"),
            tr("What the engine does and what waits for it, with the time that is left. Jobs can be stopped "
               "and moved."),
            m_jobs));
        steps.push_back(
            {tr("Everything by keyboard"),
             tr("Ctrl+Shift+P finds every command by a few of its letters, F1 lists all shortcuts. The tour "
                "is in the Help "
                "menu if you want it again."),
             {}});
        m_tour = new Tour(std::move(steps), this);
    }
    m_tour->start();
}

} // namespace mambascope::ui
