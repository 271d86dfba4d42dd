// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/calibration/calibration.h"
#include "core/calibration/outliers.h"

#include <QAbstractTableModel>

#include <array>
#include <memory>
#include <vector>

namespace mambascope::ui {

/// The outlier channels of one layer, those that stand out most first, and in how many layers the same
/// channel of the same linear is one.
class OutliersModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { SiteColumn, ChannelColumn, AbsmaxColumn, SigmasColumn, LayersColumn, ColumnCount };
    static constexpr int SortRole = Qt::UserRole; ///< a number, or the site's place in the block

    using QAbstractTableModel::QAbstractTableModel;

    /// `calibration` may be null. Looks at all layers if anything but `layer` is another than before, and
    /// does nothing if nothing is.
    void setContent(
        std::shared_ptr<const CalibrationSnapshot> calibration, int layer, Side side, OutlierRule rule,
        double k);

    struct Row {
        Linear linear = Linear::InProj;
        OutlierChannel outlier;
        int layers = 0;
    };
    const Row& row(int index) const { return m_rows[static_cast<std::size_t>(index)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void lookAtAllLayers();

    std::shared_ptr<const CalibrationSnapshot> m_calibration;
    Side m_side = Side::Input;
    OutlierRule m_rule = OutlierRule::ChannelSpread;
    double m_k = 0;
    int m_layer = -1;
    std::vector<OutlierSet> m_sets;                    ///< [site]
    std::array<std::vector<int>, 4> m_layersOfChannel; ///< [linear][channel]
    std::vector<Row> m_rows;
};

} // namespace mambascope::ui
