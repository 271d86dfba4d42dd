// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

class QCoreApplication;

namespace mambascope::ui {

/// What the window can be read in. System: the first of the desktop's languages that there is, else English.
/// Numbers follow the desktop's locale whatever is chosen here.
enum class Language { System, English, German };

/// What the user has chosen for this window; System until then.
Language storedLanguage();
/// Takes effect when the program starts the next time.
void storeLanguage(Language language);

/// English or German: `choice`, or for System the first of `desktop` ("de-AT", "en", "C", …; as in
/// QLocale::uiLanguages()) that is one of the two, else English.
Language resolvedLanguage(Language choice, const QStringList& desktop);

/// Installs the texts of the stored language, Qt's own among them, for what is created from now on.
void installLanguage(QCoreApplication& application);

} // namespace mambascope::ui
