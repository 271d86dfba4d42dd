// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/searches_model.h"

#include "ui/commands/plan_edit.h"
#include "ui/models/search_text.h"
#include "ui/models/text.h"

#include <QDateTime>
#include <QLocale>

namespace mambascope::ui {
namespace {

/// The plan that was searched from, if the trace says it.
QString planText(const Json& trace) {
    const Json start = trace.is_object() ? trace.value("start", Json()) : Json();
    const auto plan = planFromJson(start, "start");
    return plan.ok() ? qt(planTitle(plan.value())) : QString();
}

} // namespace

void SearchesModel::setEntries(std::vector<SearchEntry> newestFirst) {
    beginResetModel();
    m_entries = std::move(newestFirst);
    endResetModel();
}

int SearchesModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
}

int SearchesModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant SearchesModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const SearchEntry& shown = entry(index.row());
    if (role == Qt::ToolTipRole) {
        return foundText(shown.trace);
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (index.column()) {
    case NameColumn:
        return shown.name.isEmpty() ? searchName(shown.trace)
                                    : tr("%1 (file %2)").arg(searchName(shown.trace), shown.name);
    case PlanColumn:
        return planText(shown.trace);
    case TimeColumn:
        return shown.created == 0
                   ? QString()
                   : QLocale().toString(QDateTime::fromSecsSinceEpoch(shown.created), QLocale::ShortFormat);
    default:
        return {};
    }
}

QVariant SearchesModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case NameColumn:
        return tr("Search");
    case PlanColumn:
        return tr("From");
    case TimeColumn:
        return tr("When");
    default:
        return {};
    }
}

} // namespace mambascope::ui
