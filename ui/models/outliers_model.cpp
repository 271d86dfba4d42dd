// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/outliers_model.h"

#include "ui/models/text.h"

#include <algorithm>

namespace mambascope::ui {

void OutliersModel::setContent(
    std::shared_ptr<const CalibrationSnapshot> calibration, int layer, Side side, OutlierRule rule,
    double k) {
    const bool same = calibration == m_calibration && side == m_side && rule == m_rule && k == m_k;
    if (same && layer == m_layer) {
        return;
    }
    m_layer = layer;
    if (!same) {
        m_calibration = std::move(calibration);
        m_side = side;
        m_rule = rule;
        m_k = k;
        lookAtAllLayers();
    }
    beginResetModel();
    m_rows.clear();
    for (const Linear linear : kLinears) {
        const auto site = static_cast<std::size_t>(SiteId{layer, linear}.index());
        if (site >= m_sets.size()) {
            continue;
        }
        for (const OutlierChannel& outlier : m_sets[site].outliers) {
            m_rows.push_back(
                {linear, outlier,
                 m_layersOfChannel[static_cast<std::size_t>(linear)]
                                  [static_cast<std::size_t>(outlier.channel)]});
        }
    }
    std::stable_sort(m_rows.begin(), m_rows.end(), [](const Row& a, const Row& b) {
        return a.outlier.sigmas > b.outlier.sigmas;
    });
    endResetModel();
}

void OutliersModel::lookAtAllLayers() {
    m_sets.clear();
    m_layersOfChannel = {};
    if (m_calibration == nullptr) {
        return;
    }
    m_sets.resize(static_cast<std::size_t>(m_calibration->spec.siteCount()));
    for (const SiteId site : m_calibration->spec.sites()) {
        OutlierSet& set = m_sets[static_cast<std::size_t>(site.index())];
        set = findOutliers(m_calibration->at(site, m_side), m_rule, m_k);
        std::vector<int>& layers = m_layersOfChannel[static_cast<std::size_t>(site.linear)];
        layers.resize(std::max(layers.size(), static_cast<std::size_t>(set.channels)));
        for (const OutlierChannel& outlier : set.outliers) {
            ++layers[static_cast<std::size_t>(outlier.channel)];
        }
    }
}

int OutliersModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int OutliersModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant OutliersModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole) {
        return static_cast<int>(
            Qt::AlignVCenter | (index.column() == SiteColumn ? Qt::AlignLeft : Qt::AlignRight));
    }
    const bool sorting = role == SortRole;
    if (role != Qt::DisplayRole && !sorting) {
        return {};
    }
    switch (index.column()) {
    case SiteColumn:
        return sorting ? QVariant(static_cast<int>(row.linear)) : QVariant(qt(linearShortName(row.linear)));
    case ChannelColumn:
        return sorting ? QVariant(row.outlier.channel) : QVariant(QString::number(row.outlier.channel));
    case AbsmaxColumn:
        return sorting ? QVariant(row.outlier.absmax) : QVariant(significant(row.outlier.absmax, 4));
    case SigmasColumn:
        return sorting ? QVariant(row.outlier.sigmas) : QVariant(significant(row.outlier.sigmas, 3));
    case LayersColumn:
        return sorting ? QVariant(row.layers) : QVariant(number(row.layers));
    default:
        return {};
    }
}

QVariant OutliersModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return static_cast<int>(Qt::AlignVCenter | (section == SiteColumn ? Qt::AlignLeft : Qt::AlignRight));
    }
    const QString names[] = {tr("Site"), tr("Channel"), tr("Max"), tr("σ"), tr("Layers")};
    const QString meanings[] = {
        tr("Linear layer of the block"), tr("Channel, from 0"), tr("Largest absolute activation"),
        tr("How far it stands out, in the units of the outlier rule"),
        tr("In how many layers this channel of this linear is an outlier")};
    return role == Qt::DisplayRole   ? QVariant(names[section])
           : role == Qt::ToolTipRole ? QVariant(meanings[section])
                                     : QVariant();
}

} // namespace mambascope::ui
