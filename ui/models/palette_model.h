// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractListModel>
#include <QString>

#include <functional>
#include <vector>

namespace mambascope::ui {

/// Something that can be done from the command palette.
struct PaletteEntry {
    QString title;
    QString place;    ///< where it is in the menus: "View › Theme"
    QString shortcut; ///< as it is shown
    QString why;      ///< why it cannot be done now; empty if it can
    std::function<void()> run;
};

/// The entries that answer what was typed, the best first.
class PaletteModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { PlaceRole = Qt::UserRole, ShortcutRole, EnabledRole };

    using QAbstractListModel::QAbstractListModel;

    void setEntries(std::vector<PaletteEntry> entries);
    /// `first` come before all others: what the text itself names.
    void setTyped(const QString& typed, std::vector<PaletteEntry> first = {});
    const PaletteEntry& entry(int row) const { return m_shown[static_cast<std::size_t>(row)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    std::vector<PaletteEntry> m_entries, m_shown;
};

} // namespace mambascope::ui
