// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <functional>
#include <optional>
#include <span>

namespace mambascope::ui {

/// What stands in `text` for %1, %2 … of `pattern`, in this order; nothing if it says something else.
std::optional<QStringList> placesIn(const QString& pattern, const QString& text);

/// `text` in the window's language by the pattern of the context CoreWords that it is, or else the first that
/// fits, with `place` of each value at its place; nothing if none fits.
std::optional<QString> translatedPattern(
    std::span<const char* const> patterns, const QString& text,
    const std::function<QString(const QString&)>& place);

/// The language that the core's texts are said in, as HTML names it: "en" where they are said as they are.
QString textLanguage();

/// A number of the core with the decimal point of the user's locale; what is no number as it is.
QString localized(const QString& value);

} // namespace mambascope::ui
