// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/calibration/outliers.h"

#include <QAbstractTableModel>

#include <array>
#include <memory>
#include <vector>

namespace mambascope::ui {

/// The layers of a model with the number of outlier channels at each of their four sites.
/// Columns: layer, in_proj, x_proj, dt_proj, out_proj, largest absmax.
class LayersModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { LayerColumn, FirstSiteColumn, LargestColumn = FirstSiteColumn + 4, ColumnCount };
    enum Role { CountRole = Qt::UserRole, PossibleRole, ShareRole };

    using QAbstractTableModel::QAbstractTableModel;

    /// Without a calibration the counts are unknown. `calibration`, if there is one, has the same number of
    /// layers.
    void setContent(
        int layers, std::shared_ptr<const CalibrationSnapshot> calibration, Side side, OutlierRule rule,
        double k);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    int outlierCount() const; ///< over all sites
    /// Why no site of any layer can have outliers under the rule, if that is so and for one reason; else
    /// empty.
    QString whyImpossible() const;

private:
    struct Cell {
        int count = 0;
        int channels = 0;
        bool possible = true;
        QString why;
    };
    struct Row {
        std::array<Cell, 4> sites;
        float largest = 0;
        SiteId largestSite;
        int largestChannel = 0;
    };

    QVariant siteData(const Row& row, int layer, std::size_t site, int role) const;
    QVariant largestData(const Row& row, int role) const;

    int m_layers = 0;
    std::vector<Row> m_rows; ///< empty without a calibration
    Side m_side = Side::Input;
};

} // namespace mambascope::ui
