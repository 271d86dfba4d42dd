// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/compared_runs.h"

#include <QAbstractTableModel>

#include <memory>

namespace mambascope::ui {

/// The tasks that two runs have in common, and their average: accuracies in per cent, the difference with its
/// interval, and how many items were gained and lost.
class ComparisonModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        TaskColumn,
        FromColumn,
        ToColumn,
        DifferenceColumn,
        IntervalColumn,
        GainedColumn,
        LostColumn,
        PColumn,
        ColumnCount
    };
    static constexpr int ToneRole = Qt::UserRole; ///< int: −1 worse beyond chance, 1 better, 0 neither

    using QAbstractTableModel::QAbstractTableModel;

    /// May be null.
    void setRuns(std::shared_ptr<const ComparedRuns> runs);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString taskText(std::size_t row, int column) const;
    QString averageText(int column) const;
    int tone(std::size_t row) const;

    std::shared_ptr<const ComparedRuns> m_runs;
};

} // namespace mambascope::ui
