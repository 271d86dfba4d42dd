// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/layers_model.h"

#include "ui/models/text.h"

#include <utility>

namespace mambascope::ui {

void LayersModel::setContent(
    int layers, std::shared_ptr<const CalibrationSnapshot> calibration, Side side, OutlierRule rule,
    double k) {
    std::vector<Row> rows;
    if (calibration != nullptr) {
        rows.resize(static_cast<std::size_t>(layers));
        for (int index = 0; index < layers * 4; ++index) {
            const SiteId site = SiteId::fromIndex(index);
            const ChannelStatistics& statistics = calibration->at(site, side);
            const OutlierSet outliers = findOutliers(statistics, rule, k);
            Row& row = rows[static_cast<std::size_t>(site.layer)];
            row.sites[static_cast<std::size_t>(site.linear)] = {
                static_cast<int>(outliers.outliers.size()), outliers.channels, outliers.possible,
                QString::fromStdString(outliers.why)};
            if (statistics.largest() > row.largest) {
                row.largest = statistics.largest();
                row.largestSite = site;
                row.largestChannel = statistics.largestChannel();
            }
        }
    }
    m_side = side;
    if (layers != m_layers) {
        beginResetModel();
        m_layers = layers;
        m_rows = std::move(rows);
        endResetModel();
        return;
    }
    m_rows = std::move(rows);
    if (layers > 0) {
        Q_EMIT dataChanged(index(0, 0), index(layers - 1, ColumnCount - 1));
    }
}

int LayersModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : m_layers;
}

int LayersModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

int LayersModel::outlierCount() const {
    int count = 0;
    for (const Row& row : m_rows) {
        for (const Cell& cell : row.sites) {
            count += cell.count;
        }
    }
    return count;
}

QString LayersModel::whyImpossible() const {
    QString why;
    bool observed = false; // what was not observed counts only where nothing was
    for (const Row& row : m_rows) {
        for (const Cell& cell : row.sites) {
            if (cell.channels == 0 && observed) {
                continue;
            }
            const bool first = why.isEmpty() || (cell.channels > 0 && !observed);
            if (cell.possible || (!first && cell.why != why)) {
                return {};
            }
            why = cell.why;
            observed = cell.channels > 0;
        }
    }
    return why;
}

QVariant LayersModel::siteData(const Row& row, int layer, std::size_t site, int role) const {
    const Cell& cell = row.sites[site];
    const QString name = QString::fromStdString(siteName({layer, kLinears[site]}, m_side));
    switch (role) {
    case Qt::DisplayRole:
        return cell.possible ? (cell.count > 0 ? number(cell.count) : QStringLiteral("·"))
                             : QStringLiteral("–");
    case Qt::ToolTipRole:
        return cell.possible ? tr("%1: %2 of %3 channels are outliers")
                                   .arg(name, number(cell.count), number(cell.channels))
                             : QStringLiteral("%1: %2").arg(name, cell.why);
    case Qt::AccessibleTextRole:
        return cell.possible ? tr("%1, outliers: %2").arg(name, number(cell.count)) : cell.why;
    case CountRole:
        return cell.count;
    case PossibleRole:
        return cell.possible;
    case ShareRole:
        return cell.channels > 0 ? static_cast<double>(cell.count) / cell.channels : 0.0;
    default:
        return {};
    }
}

QVariant LayersModel::largestData(const Row& row, int role) const {
    switch (role) {
    case Qt::DisplayRole:
        return significant(row.largest, 3);
    case Qt::ToolTipRole:
        return tr("Largest absolute value of the layer: %1 at %2, channel %3")
            .arg(
                significant(row.largest, 5), QString::fromStdString(siteName(row.largestSite, m_side)),
                number(row.largestChannel));
    default:
        return {};
    }
}

QVariant LayersModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return static_cast<int>(
            Qt::AlignVCenter | (index.column() == LayerColumn ? Qt::AlignLeft : Qt::AlignRight));
    }
    if (index.column() == LayerColumn) {
        if (role == Qt::AccessibleTextRole) {
            return tr("Layer %1").arg(index.row());
        }
        return role == Qt::DisplayRole ? QVariant(number(index.row())) : QVariant();
    }
    if (m_rows.empty()) {
        return {};
    }
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    if (index.column() == LargestColumn) {
        return largestData(row, role);
    }
    return siteData(row, index.row(), static_cast<std::size_t>(index.column() - FirstSiteColumn), role);
}

QVariant LayersModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) {
        return {};
    }
    const bool site = section >= FirstSiteColumn && section < LargestColumn;
    if (role == Qt::TextAlignmentRole) {
        return static_cast<int>(Qt::AlignVCenter | (section == LayerColumn ? Qt::AlignLeft : Qt::AlignRight));
    }
    if (role == Qt::DisplayRole) {
        if (site) {
            const auto name = linearShortName(kLinears[static_cast<std::size_t>(section - FirstSiteColumn)]);
            return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
        }
        return section == LayerColumn ? tr("Layer") : tr("Max");
    }
    if (role == Qt::ToolTipRole) {
        if (site) {
            const auto name = linearName(kLinears[static_cast<std::size_t>(section - FirstSiteColumn)]);
            return tr("Outlier channels at %1")
                .arg(QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())));
        }
        return section == LayerColumn ? tr("Layer, from 0") : tr("Largest absolute value of the layer");
    }
    return {};
}

} // namespace mambascope::ui
