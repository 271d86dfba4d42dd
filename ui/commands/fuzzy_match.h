// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <optional>

namespace mambascope::ui {

/// How well `text` answers what somebody typed: all letters of `typed` have to come in it, in their order,
/// whatever their case; blanks in `typed` are skipped. Higher is better: letters that follow each other and
/// letters at the beginning of words count most, skipped letters count against it. Nothing if it does not
/// match. An empty `typed` matches everything with 0.
std::optional<int> fuzzyScore(const QString& typed, const QString& text);

} // namespace mambascope::ui
