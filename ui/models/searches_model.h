// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/session.h"

#include <QAbstractTableModel>

#include <vector>

namespace mambascope::ui {

/// A search that can be looked at: of the session, or of a file.
struct SearchEntry {
    std::int64_t id = 0;      ///< of the session's record; 0: of a file
    QString name;             ///< of the file; empty: of the session
    std::int64_t created = 0; ///< seconds since 1970, UTC; 0: unknown
    Json trace;
};

/// Searches as a table, the newest first.
class SearchesModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { NameColumn, PlanColumn, TimeColumn, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setEntries(std::vector<SearchEntry> newestFirst);
    const std::vector<SearchEntry>& entries() const { return m_entries; }
    const SearchEntry& entry(int row) const { return m_entries[static_cast<std::size_t>(row)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<SearchEntry> m_entries;
};

} // namespace mambascope::ui
