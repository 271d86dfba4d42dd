// SPDX-License-Identifier: GPL-3.0-or-later
// What the user has chosen for the window: settings and layouts.
#include "ui/dialogs/settings_dialog.h"
#include "ui/models/text.h"
#include "ui/window/engine_setting.h"
#include "ui/window/layouts.h"
#include "ui/window/main_window_actions.h"
#include "ui/window/message_bar.h"
#include "ui/window/preferences.h"
#include "ui/window/workspace.h"

#include <QApplication>
#include <QInputDialog>
#include <QSettings>

#include <tuple>

namespace mambascope::ui {
namespace {

QString geometryKey() {
    return QStringLiteral("window/geometry");
}

QString layoutKey() {
    return QStringLiteral("window/layout");
}

} // namespace

void MainWindow::showSettings() {
    if (m_settings == nullptr) {
        m_settings = new SettingsDialog(storedPreferences(), this);
        m_settings->setAttribute(Qt::WA_DeleteOnClose);
        connect(m_settings, &SettingsDialog::changed, this, &MainWindow::apply);
    }
    m_settings->show();
    m_settings->raise();
    m_settings->activateWindow();
    m_settings->search()->setFocus();
}

SettingsDialog* MainWindow::settings() const {
    return m_settings;
}

void MainWindow::apply(const Preferences& preferences) {
    const Preferences before = storedPreferences();
    storePreferences(preferences);
    m_theme.setMode(preferences.theme);
    if (preferences.reducedMotion != before.reducedMotion) {
        setReducedMotion(preferences.reducedMotion);
    }
    if (preferences.asksBeforeClosing != before.asksBeforeClosing) {
        m_asksBeforeClosing = preferences.asksBeforeClosing;
    }
    if (preferences.language != before.language) {
        m_messages->show(Notice::info(tr("The language changes when Mambascope starts the next time.")));
    }
    const auto loading = [](const Preferences& each) {
        return std::tie(each.device, each.dtype, each.threads);
    };
    if (loading(preferences) != loading(before)) {
        m_workspace.setLoading(
            preferences.device.toStdString(), preferences.dtype.toStdString(), preferences.threads);
    }
    const Result<EngineCommand> command = engineCommandOf(preferences.engineCommand);
    if (!command.ok()) {
        m_messages->show(Notice::of(command.error()));
    } else if (
        preferences.engineCommand != before.engineCommand &&
        command.value().arguments != m_workspace.engineCommand().arguments) {
        m_workspace.setEngine(command.value());
    }
    refreshChoices();
    if (m_settings != nullptr) {
        m_settings->setPreferences(preferences);
    }
}

void MainWindow::setReducedMotion(bool reduced) {
    const DockOptions still = AllowNestedDocks | AllowTabbedDocks;
    setDockOptions(reduced ? still : still | AnimatedDocks);
    QApplication::setEffectEnabled(Qt::UI_General, !reduced);
}

void MainWindow::refreshChoices() {
    m_actions->themes[static_cast<std::size_t>(m_theme.mode())]->setChecked(true);
    m_actions->languages[static_cast<std::size_t>(storedLanguage())]->setChecked(true);
}

QByteArray MainWindow::documentLayout() const {
    return m_page == Page::Document ? saveState(kLayoutVersion) : m_layoutBehind;
}

void MainWindow::restoreWindow() {
    const QSettings settings;
    restoreGeometry(settings.value(geometryKey()).toByteArray());
    restoreState(settings.value(layoutKey()).toByteArray(), kLayoutVersion);
}

void MainWindow::rememberWindow() {
    QSettings settings;
    settings.setValue(geometryKey(), saveGeometry());
    settings.setValue(layoutKey(), documentLayout());
}

void MainWindow::saveLayoutAs() {
    const QString name =
        QInputDialog::getText(this, tr("Save Layout"), tr("Name of the arrangement of panels:")).trimmed();
    if (!name.isEmpty()) {
        storeNamedLayout(name, documentLayout());
        refillLayoutMenu();
    }
}

void MainWindow::refillLayoutMenu() {
    // Not now: the action that this comes from is in the menu.
    QMetaObject::invokeMethod(this, &MainWindow::fillLayoutMenu, Qt::QueuedConnection);
}

void MainWindow::fillLayoutMenu() {
    QMenu* menu = m_actions->layouts;
    qDeleteAll(menu->findChildren<QMenu*>(Qt::FindDirectChildrenOnly));
    menu->clear();
    addCommand(menu, tr("&Save Layout…"), {}, {}, [this] { saveLayoutAs(); });
    const QStringList names = layoutNames();
    if (names.isEmpty()) {
        return;
    }
    // An ampersand would be a mnemonic.
    const auto shown = [](QString name) {
        return name.replace(u'&', QLatin1String("&&"));
    };
    menu->addSeparator();
    for (const QString& name : names) {
        addCommand(
            menu, shown(name), {}, {}, [this, name] { restoreState(namedLayout(name), kLayoutVersion); });
    }
    menu->addSeparator();
    QMenu* remove = menu->addMenu(tr("&Remove"));
    for (const QString& name : names) {
        addCommand(remove, shown(name), {}, {}, [this, name] {
            removeNamedLayout(name);
            refillLayoutMenu();
        });
    }
}

} // namespace mambascope::ui
