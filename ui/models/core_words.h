// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <string_view>

namespace mambascope::ui {

/// What the core says it is doing (Progress::phase) in the window's language; as it is where that is not
/// known.
QString phaseText(std::string_view phase);

} // namespace mambascope::ui
