// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QIcon>
#include <QStringView>

namespace mambascope::ui {

class Theme;

/// An action icon of resources/icons in the theme's text colour, dimmed when disabled, sharp at scale 1 to 3.
/// The icon does not follow later changes of the theme: ask again on Theme::changed(). A null icon if there
/// is none of that name. Names: open calibrate evaluate stop undo redo export save copy light dark theme log
/// add remove close warning error info done settings search.
QIcon themedIcon(QStringView name, const Theme& theme);

/// The same in a colour of one's own.
QIcon colouredIcon(QStringView name, const QColor& colour, const QColor& disabled);

} // namespace mambascope::ui
