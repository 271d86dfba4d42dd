// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/preferences.h"

#include "ui/models/text.h"
#include "ui/window/engine_setting.h"

#include <QSettings>

#include <algorithm>

namespace mambascope::ui {
namespace {

/// Calls visit(key, member) for what is kept as it is.
template <class P, class Visit>
void visitPlain(P& preferences, Visit&& visit) {
    visit(QStringLiteral("reducedMotion"), preferences.reducedMotion);
    visit(QStringLiteral("asksBeforeClosing"), preferences.asksBeforeClosing);
    visit(QStringLiteral("device"), preferences.device);
    visit(QStringLiteral("dtype"), preferences.dtype);
    visit(QStringLiteral("threads"), preferences.threads);
    visit(QStringLiteral("k"), preferences.k);
    visit(QStringLiteral("dataFolder"), preferences.dataFolder);
    visit(QStringLiteral("reuseMegabytes"), preferences.reuseMegabytes);
    visit(QStringLiteral("figureWidth"), preferences.figure.widthMm);
    visit(QStringLiteral("figureHeight"), preferences.figure.heightMm);
    visit(QStringLiteral("figureDpi"), preferences.figure.dpi);
    visit(QStringLiteral("darkFigures"), preferences.figure.dark);
}

QString key(const QString& name) {
    return QStringLiteral("preferences/") + name;
}

} // namespace

Preferences storedPreferences() {
    const QSettings settings;
    Preferences preferences;
    visitPlain(preferences, [&settings]<class T>(const QString& name, T& value) {
        const QVariant stored = settings.value(key(name));
        if (stored.isValid() && stored.canConvert<T>()) {
            value = stored.value<T>();
        }
    });
    const int theme = settings.value(QStringLiteral("theme")).toInt();
    preferences.theme = static_cast<ThemeMode>(std::clamp(theme, 0, static_cast<int>(ThemeMode::Dark)));
    preferences.language = storedLanguage();
    preferences.engineCommand = storedEngineCommand();
    const std::string rule = settings.value(key(QStringLiteral("rule"))).toString().toStdString();
    preferences.rule = parseOutlierRule(rule).value_or(preferences.rule);
    return preferences;
}

void storePreferences(const Preferences& preferences) {
    QSettings settings;
    visitPlain(preferences, [&settings]<class T>(const QString& name, const T& value) {
        settings.setValue(key(name), value);
    });
    settings.setValue(QStringLiteral("theme"), static_cast<int>(preferences.theme));
    storeLanguage(preferences.language);
    storeEngineCommand(preferences.engineCommand);
    settings.setValue(key(QStringLiteral("rule")), qt(outlierRuleName(preferences.rule)));
}

} // namespace mambascope::ui
