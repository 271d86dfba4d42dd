// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <string>
#include <string_view>

namespace mambascope::ui {

/// What the core says it is doing (Progress::phase) in the window's language; as it is where that is not
/// known.
QString phaseText(std::string_view phase);

/// A title, a legend or the label of an axis of the core's figures in the window's language, numbers with the
/// locale's decimal point; parts between "·" that are not known, names above all, as they are.
QString figureText(std::string_view text);

/// A caption of the core's figures in the window's language, sentence by sentence; as they are where they are
/// not known.
QString captionText(std::string_view caption);

/// A page of the core's report (sessionReport(), PrintedReport::html) in the window's language: texts between
/// tags but for code, names and notes, and numbers with the locale's decimal point. In English as it is.
std::string reportText(const std::string& page);

} // namespace mambascope::ui
