// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/layers_panel.h"

#include "ui/models/cell_delegates.h"
#include "ui/models/layers_model.h"
#include "ui/models/text.h"
#include "ui/theme/theme.h"
#include "ui/window/workspace.h"

#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

namespace mambascope::ui {

LayersPanel::LayersPanel(Workspace& workspace, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_model(new LayersModel(this))
    , m_table(new QTableView(this))
    , m_summary(new QLabel(this)) {
    m_table->setModel(m_model);
    m_table->setItemDelegate(new LayersDelegate(theme, this));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->setAccessibleName(tr("Layers and their outlier channels"));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setMinimumSectionSize(fontMetrics().averageCharWidth() * 3);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    for (const int column : {int{LayersModel::LayerColumn}, int{LayersModel::LargestColumn}}) {
        m_table->horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    }
    m_summary->setWordWrap(true);
    m_summary->setContentsMargins(8, 4, 8, 6);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_summary);

    connect(&workspace, &Workspace::sessionChanged, this, &LayersPanel::refresh);
    connect(&workspace, &Workspace::checkpointChanged, this, &LayersPanel::refresh);
    connect(&workspace, &Workspace::calibrationChanged, this, &LayersPanel::refresh);
    connect(&workspace.view(), &ViewState::changed, this, &LayersPanel::refresh);
    connect(&theme, &Theme::changed, m_table->viewport(), qOverload<>(&QWidget::update));
    connect(
        m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& to) {
            if (to.isValid()) {
                m_workspace.view().setLayer(to.row());
            }
        });
    refresh();
}

QSize LayersPanel::sizeHint() const {
    const int character = fontMetrics().averageCharWidth();
    return {character * 46, character * 60};
}

QSize LayersPanel::minimumSizeHint() const {
    const int character = fontMetrics().averageCharWidth();
    return {character * 42, character * 20}; // narrower, the columns would hide their numbers
}

void LayersPanel::refresh() {
    const ModelSpec* spec = m_workspace.spec();
    const auto snapshot = m_workspace.calibration();
    const ViewData& view = m_workspace.view().data();
    const bool matches = spec != nullptr && snapshot != nullptr && snapshot->spec.layers == spec->layers;
    const Shown shown{
        spec != nullptr ? spec->layers : 0, matches ? snapshot : nullptr, view.side, view.rule, view.k};
    if (!(shown == m_shown)) {
        m_shown = shown;
        m_model->setContent(shown.layers, shown.calibration, shown.side, shown.rule, shown.k);
        for (const Linear linear : kLinears) {
            m_table->setColumnHidden(
                LayersModel::FirstSiteColumn + static_cast<int>(linear),
                spec != nullptr && !spec->has(linear));
        }
        if (matches && !m_model->whyImpossible().isEmpty()) {
            m_summary->setText(m_model->whyImpossible());
        } else if (matches) {
            m_summary->setText(
                view.side == Side::Input
                    ? tr("Outlier channels at the inputs: %1").arg(number(m_model->outlierCount()))
                    : tr("Outlier channels at the outputs: %1").arg(number(m_model->outlierCount())));
        } else {
            m_summary->setText(spec != nullptr ? tr("Calibrate to see outlier channels.") : QString());
        }
        m_summary->setVisible(!m_summary->text().isEmpty());
    }
    selectLayer();
}

void LayersPanel::selectLayer() {
    const int layer = m_workspace.view().data().layer;
    if (layer < m_model->rowCount() && m_table->currentIndex().row() != layer) {
        m_table->setCurrentIndex(m_model->index(layer, 0));
    }
}

} // namespace mambascope::ui
