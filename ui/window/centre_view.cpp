// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/centre_view.h"

#include "ui/plots/heat_plot.h"
#include "ui/plots/layer_plot.h"
#include "ui/window/layer_view.h"
#include "ui/window/overview_view.h"
#include "ui/window/workspace.h"

#include <QSplitter>
#include <QVBoxLayout>

namespace mambascope::ui {
namespace {
constexpr int kLinesForBoth = 36; ///< of text: less height than this shows two pictures too small to read
}

CentreView::CentreView(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_overview(new OverviewView(workspace, theme, this))
    , m_layer(new LayerView(workspace, theme, this))
    , m_splitter(new QSplitter(Qt::Vertical, this)) {
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_overview);
    m_splitter->addWidget(m_layer);
    m_splitter->setStretchFactor(0, 45);
    m_splitter->setStretchFactor(1, 55);
    m_splitter->setSizes({4500, 5500});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSizeConstraint(QLayout::SetNoConstraint); // where there is no room for both, one goes
    column->addWidget(m_splitter);
    connect(&workspace.view(), &ViewState::changed, this, &CentreView::refresh);
    connect(&workspace, &Workspace::sessionChanged, this, &CentreView::refresh);
    connect(&workspace, &Workspace::checkpointChanged, this, &CentreView::refresh);
    connect(&workspace, &Workspace::calibrationChanged, this, &CentreView::refresh);
    connect(m_overview, &OverviewView::drilled, this, &CentreView::drill);
    link();
    refresh();
}

bool CentreView::overviewIsCurrent() const {
    return m_overview->isVisibleTo(this) && (!m_layer->isVisibleTo(this) || m_overview->plot()->hasFocus());
}

std::optional<Printable> CentreView::printable() const {
    return overviewIsCurrent() ? Printable(m_overview->figure()) : m_layer->printable();
}

QSize CentreView::minimumSizeHint() const {
    return m_layer->minimumSizeHint().expandedTo(m_overview->minimumSizeHint());
}

void CentreView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    refresh();
}

void CentreView::refresh() {
    // Without a calibration the layer's page says what to do.
    const bool has = m_overview->map() != nullptr;
    const Middle wanted = m_workspace.view().data().middle;
    const bool room = height() >= kLinesForBoth * fontMetrics().height();
    const bool overview = has && (wanted == Middle::Overview || (wanted == Middle::Both && room));
    const bool layer = !overview || wanted == Middle::Both;
    if (overview != m_overview->isVisibleTo(this) || layer != m_layer->isVisibleTo(this)) {
        m_overview->setVisible(overview);
        m_layer->setVisible(layer);
    }
    m_overview->setCompact(layer);
}

void CentreView::link() {
    HeatPlot* heat = m_overview->plot();
    LayerPlot* panels = m_layer->plot();
    connect(heat, &HeatPlot::windowChanged, this, [this, panels](const HeatWindow& window) {
        if (const int panel = m_layer->panelOf(m_workspace.view().data().linear); panel >= 0) {
            panels->setChannelRange(panel, window.first, window.last);
        }
    });
    connect(
        panels, &LayerPlot::channelRangeChanged, this, [this, heat](int panel, double first, double last) {
            if (panel == m_layer->panelOf(m_workspace.view().data().linear)) {
                heat->setWindow({first, last});
            }
        });
}

void CentreView::drill() {
    if (!m_layer->isVisibleTo(this)) {
        m_workspace.view().setMiddle(Middle::Layer);
    }
    m_layer->plot()->setFocus(Qt::OtherFocusReason);
}

} // namespace mambascope::ui
