// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/outliers_panel.h"

#include "ui/models/outliers_model.h"
#include "ui/models/text.h"
#include "ui/window/still_box.h"
#include "ui/window/workspace.h"

#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

namespace mambascope::ui {

OutliersPanel::OutliersPanel(Workspace& workspace, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_model(new OutliersModel(this))
    , m_sorted(new QSortFilterProxyModel(this))
    , m_table(new QTableView(this))
    , m_summary(new QLabel(this)) {
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(OutliersModel::SortRole);
    m_table->setModel(m_sorted);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(OutliersModel::SigmasColumn, Qt::DescendingOrder);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->setAccessibleName(tr("Outlier channels of the layer"));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 3 / 2);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_table->horizontalHeader()->setHighlightSections(false);
    // In line with the cells, the arrow of sorting above the words.
    m_table->horizontalHeader()->setStyleSheet(QStringLiteral(
        "QHeaderView::section { padding: 6px 3px 4px 3px; } QHeaderView::up-arrow, "
        "QHeaderView::down-arrow { subcontrol-position: top center; width: 7px; height: 6px; }"));
    m_summary->setWordWrap(true);
    m_summary->setContentsMargins(8, 4, 8, 6);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_table, 1);
    column->addWidget(new StillBox(m_summary));

    connect(&workspace, &Workspace::sessionChanged, this, &OutliersPanel::refresh);
    connect(&workspace, &Workspace::calibrationChanged, this, &OutliersPanel::refresh);
    connect(&workspace.view(), &ViewState::changed, this, &OutliersPanel::refresh);
    connect(
        m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& to) {
            if (to.isValid() && !m_refreshing) {
                const OutliersModel::Row& row = m_model->row(m_sorted->mapToSource(to).row());
                m_workspace.view().setSelection(
                    m_workspace.view().data().layer, row.linear, row.outlier.channel);
            }
        });
}

QSize OutliersPanel::minimumSizeHint() const {
    const int character = fontMetrics().averageCharWidth();
    return {character * 46, character * 20}; // narrower, the columns would hide their numbers
}

void OutliersPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    refresh();
}

void OutliersPanel::refresh() {
    if (!isVisible()) {
        return;
    }
    const ViewData& view = m_workspace.view().data();
    m_refreshing = true;
    m_model->setContent(m_workspace.calibration(), view.layer, view.side, view.rule, view.k);
    refreshSelection();
    m_refreshing = false;
    m_summary->setText(
        m_workspace.calibration() == nullptr
            ? tr("Calibrate to see outlier channels.")
            : tr("Outlier channels of layer %1: %2").arg(view.layer).arg(number(m_model->rowCount())));
}

void OutliersPanel::refreshSelection() {
    const ViewData& view = m_workspace.view().data();
    for (int i = 0; i < m_model->rowCount(); ++i) {
        const OutliersModel::Row& row = m_model->row(i);
        if (row.linear == view.linear && row.outlier.channel == view.channel) {
            m_table->setCurrentIndex(m_sorted->mapFromSource(m_model->index(i, 0)));
            return;
        }
    }
    m_table->clearSelection();
}

} // namespace mambascope::ui
