// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantization/plan.h"

#include <QString>
#include <QStringList>
#include <QVariant>

#include <optional>

namespace mambascope::ui {

/// What a plan table shows and takes, column by column (PlanModel::Column). Edit values: bits are int
/// (kBitsOff = off), α is double (negative = off), zeroing is bool, everything else the name in the plan
/// file.

QString planText(const SiteSettings& settings, int column);
QVariant planValue(const SiteSettings& settings, int column);
/// A value as plan files and the command line write it: what the table's cells are copied as.
QString planWord(const SiteSettings& settings, int column);
/// The edit value that a planWord() or, in any case, a planText() stands for; nothing if none.
QVariant planValueOf(int column, const QString& word);
/// Nothing if the value means nothing in that column.
std::optional<SitePatch> planPatch(int column, const QVariant& value);
/// True if the patch holds a setting of that column.
bool holds(const SitePatch& patch, int column);
/// True if the setting changes nothing because what it belongs to is off.
bool isIdle(const SiteSettings& settings, int column);

/// What an editor offers: pairs of text and edit value.
struct PlanChoice {
    QString text;
    QVariant value;
};
QList<PlanChoice> planChoices(int column);

} // namespace mambascope::ui
