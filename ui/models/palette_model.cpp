// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/palette_model.h"

#include "ui/commands/fuzzy_match.h"

#include <algorithm>

namespace mambascope::ui {

void PaletteModel::setEntries(std::vector<PaletteEntry> entries) {
    m_entries = std::move(entries);
    setTyped({});
}

void PaletteModel::setTyped(const QString& typed, std::vector<PaletteEntry> first) {
    std::vector<std::pair<int, const PaletteEntry*>> matches;
    for (const PaletteEntry& entry : m_entries) {
        const auto title = fuzzyScore(typed, entry.title);
        // Where it is in the menus counts too, but less.
        const auto whole = fuzzyScore(typed, entry.place + u' ' + entry.title);
        if (title || whole) {
            matches.emplace_back(std::max(title.value_or(-1000), whole.value_or(-1000) - 20), &entry);
        }
    }
    std::stable_sort(
        matches.begin(), matches.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    beginResetModel();
    m_shown = std::move(first);
    for (const auto& [score, entry] : matches) {
        m_shown.push_back(*entry);
    }
    endResetModel();
}

int PaletteModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_shown.size());
}

QVariant PaletteModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const PaletteEntry& entry = m_shown[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return entry.title;
    case PlaceRole:
        return entry.why.isEmpty() ? entry.place : entry.why;
    case ShortcutRole:
        return entry.shortcut;
    case EnabledRole:
        return entry.why.isEmpty();
    case Qt::AccessibleTextRole: {
        QStringList parts{entry.title, entry.place, entry.shortcut, entry.why};
        parts.removeAll(QString());
        return parts.join(QStringLiteral(", "));
    }
    default:
        return {};
    }
}

} // namespace mambascope::ui
