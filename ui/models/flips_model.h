// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/compared_runs.h"

#include <QAbstractTableModel>

#include <memory>

namespace mambascope::ui {

/// Which answers flipped between two runs: the items with the largest change first.
class FlipsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { TaskColumn, RowColumn, KindColumn, AnswerColumn, ChangeColumn, TextColumn, ColumnCount };
    static constexpr int SortRole = Qt::UserRole; ///< numbers as numbers

    using QAbstractTableModel::QAbstractTableModel;

    /// May be null.
    void setRuns(std::shared_ptr<const ComparedRuns> runs);
    const Flip& flip(int row) const { return m_runs->flips[static_cast<std::size_t>(row)]; }
    /// The item with its choices and their scores before and after, as HTML.
    QString describe(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QVariant sortValue(const Flip& flip, int column) const;
    QString text(const Flip& flip, int column) const;
    QString contextOf(const Flip& flip) const;

    std::shared_ptr<const ComparedRuns> m_runs;
};

} // namespace mambascope::ui
