// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/language.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QSettings>
#include <QTranslator>

void initializeTranslations() {
    // A static library's resources are dropped by the linker unless somebody asks for them by name.
    Q_INIT_RESOURCE(translations);
}

namespace mambascope::ui {
namespace {

QString key() {
    return QStringLiteral("language");
}

void install(QCoreApplication& application, const QString& name, const QString& folder) {
    auto* translator = new QTranslator(&application);
    if (translator->load(name, folder)) {
        QCoreApplication::installTranslator(translator);
    } else {
        delete translator;
    }
}

} // namespace

Language storedLanguage() {
    const QString name = QSettings().value(key()).toString();
    return name == QLatin1String("en")   ? Language::English
           : name == QLatin1String("de") ? Language::German
                                         : Language::System;
}

void storeLanguage(Language language) {
    if (language == Language::System) {
        QSettings().remove(key());
    } else {
        QSettings().setValue(
            key(), language == Language::German ? QStringLiteral("de") : QStringLiteral("en"));
    }
}

Language resolvedLanguage(Language choice, const QStringList& desktop) {
    if (choice != Language::System) {
        return choice;
    }
    for (const QString& name : desktop) {
        const QLocale::Language language = QLocale(name).language();
        if (language == QLocale::German) {
            return Language::German;
        }
        // Whoever reads English before German gets the language that the program is written in.
        if (language == QLocale::English) {
            break;
        }
    }
    return Language::English;
}

void installLanguage(QCoreApplication& application) {
    if (resolvedLanguage(storedLanguage(), QLocale::system().uiLanguages()) == Language::German) {
        initializeTranslations();
        install(application, QStringLiteral("qtbase_de"), QLibraryInfo::path(QLibraryInfo::TranslationsPath));
        install(application, QStringLiteral("mambascope_de"), QStringLiteral(":/translations"));
    }
}

} // namespace mambascope::ui
