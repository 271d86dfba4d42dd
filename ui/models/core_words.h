// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <string_view>

namespace mambascope::ui {

/// What the core says it is doing (Progress::phase) in the window's language; as it is where that is not
/// known.
QString phaseText(std::string_view phase);

/// A title, a legend or the label of an axis of the core's figures in the window's language, numbers with the
/// locale's decimal point; parts between "·" that are not known, names above all, as they are. Captions,
/// which are sentences, stay in English.
QString figureText(std::string_view text);

} // namespace mambascope::ui
