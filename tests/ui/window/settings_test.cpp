// SPDX-License-Identifier: GPL-3.0-or-later
// What the user chooses for the program: settings, layouts, and how the window was left.
#include "tests/ui/window/bench.h"
#include "ui/dialogs/about_dialog.h"
#include "ui/dialogs/settings_dialog.h"
#include "ui/theme/theme.h"
#include "ui/window/layouts.h"
#include "ui/window/main_window.h"
#include "ui/window/message_bar.h"
#include "ui/window/preferences.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDockWidget>
#include <QInputDialog>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QtTest>

#include <algorithm>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 30000; ///< ms

template <class T>
T* named(QWidget* parent, const QString& name) {
    const auto all = parent->findChildren<T*>();
    const auto found = std::find_if(
        all.begin(), all.end(), [&name](const T* each) { return each->accessibleName() == name; });
    return found == all.end() ? nullptr : *found;
}

QAction* action(QWidget* parent, const QString& text) {
    for (QAction* each : parent->findChildren<QAction*>()) {
        if (each->text().remove(u'&') == text) {
            return each;
        }
    }
    return nullptr;
}

} // namespace

class SettingsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test")); }
    void init();
    void cleanup();
    void preferencesAreKept();
    void whatCannotBeReadIsAsUsual();
    void everyChangeAppliesAtOnce();
    void theMenuAndTheDialogAgree();
    void searchLeavesWhatItFinds();
    void theUsualComesBack();
    void theWindowTakesTheDialogAlong();
    void newSessionsBeginWithThem();
    void layoutsAreSavedByName();
    void theWindowComesBackAsItWasLeft();
    void versionsNameEveryPart();

private:
    void startWindow();
    SettingsDialog* openSettings();
    QDockWidget* dock(const char* name) { return m_window->findChild<QDockWidget*>(QLatin1String(name)); }

    std::unique_ptr<test::WarningCollector> m_warnings;
    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<MainWindow> m_window;
};

void SettingsTest::init() {
    QSettings().clear();
    m_warnings = std::make_unique<test::WarningCollector>();
    m_theme = std::make_unique<Theme>(qApp);
    m_folder = std::make_unique<test::TemporaryFolder>();
    startWindow();
}

void SettingsTest::startWindow() {
    m_window.reset();
    m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
    m_window = std::make_unique<MainWindow>(*m_workspace, *m_theme);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    m_workspace->openCheckpoint(QStringLiteral("tiny"));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->jobs().idle(), kPatience);
}

void SettingsTest::cleanup() {
    m_window.reset();
    m_workspace.reset();
    m_theme.reset();
    const QString warnings = m_warnings->text();
    m_warnings.reset();
    QVERIFY2(warnings.isEmpty(), qPrintable(warnings));
}

SettingsDialog* SettingsTest::openSettings() {
    action(m_window.get(), QStringLiteral("Settings…"))->trigger();
    return m_window->settings();
}

void SettingsTest::preferencesAreKept() {
    Preferences wanted;
    wanted.theme = ThemeMode::Dark;
    wanted.language = Language::German;
    wanted.reducedMotion = true;
    wanted.asksBeforeClosing = false;
    wanted.engineCommand = QStringLiteral("ssh gpu-host mambascope-engine");
    wanted.device = QStringLiteral("cuda:1");
    wanted.dtype = QStringLiteral("bf16");
    wanted.threads = 3;
    wanted.rule = OutlierRule::Mad;
    wanted.k = 4.5;
    wanted.dataFolder = QStringLiteral("/data");
    wanted.reuseMegabytes = 512;
    wanted.figure = {90, 60, 600, true};
    storePreferences(wanted);
    const Preferences kept = storedPreferences();
    QCOMPARE(kept.theme, wanted.theme);
    QCOMPARE(kept.language, wanted.language);
    QCOMPARE(kept.reducedMotion, wanted.reducedMotion);
    QCOMPARE(kept.asksBeforeClosing, wanted.asksBeforeClosing);
    QCOMPARE(kept.engineCommand, wanted.engineCommand);
    QCOMPARE(kept.device, wanted.device);
    QCOMPARE(kept.dtype, wanted.dtype);
    QCOMPARE(kept.threads, wanted.threads);
    QCOMPARE(kept.rule, wanted.rule);
    QCOMPARE(kept.k, wanted.k);
    QCOMPARE(kept.dataFolder, wanted.dataFolder);
    QCOMPARE(kept.reuseMegabytes, wanted.reuseMegabytes);
    QCOMPARE(kept.figure.widthMm, wanted.figure.widthMm);
    QCOMPARE(kept.figure.heightMm, wanted.figure.heightMm);
    QCOMPARE(kept.figure.dpi, wanted.figure.dpi);
    QCOMPARE(kept.figure.dark, wanted.figure.dark);
}

void SettingsTest::whatCannotBeReadIsAsUsual() {
    QSettings().setValue(QStringLiteral("theme"), 77);
    QSettings().setValue(QStringLiteral("preferences/rule"), QStringLiteral("guess"));
    QSettings().setValue(QStringLiteral("preferences/threads"), QStringList{QStringLiteral("a")});
    const Preferences kept = storedPreferences();
    QVERIFY(kept.theme >= ThemeMode::System && kept.theme <= ThemeMode::Dark);
    QCOMPARE(kept.rule, OutlierRule::ChannelSpread);
    QCOMPARE(kept.threads, 0);
}

void SettingsTest::everyChangeAppliesAtOnce() {
    SettingsDialog* dialog = openSettings();
    QVERIFY(dialog->isVisible() && !dialog->isModal());
    auto* theme = named<QComboBox>(dialog, QStringLiteral("Theme"));
    theme->setCurrentIndex(theme->findData(static_cast<int>(ThemeMode::Dark)));
    QVERIFY(m_theme->isDark());
    QCOMPARE(storedPreferences().theme, ThemeMode::Dark);
    const auto boxes = dialog->findChildren<QCheckBox*>();
    const auto motion = std::find_if(boxes.begin(), boxes.end(), [](const QCheckBox* box) {
        return box->text().contains(QStringLiteral("motion"));
    });
    QVERIFY(m_window->dockOptions() & QMainWindow::AnimatedDocks);
    (*motion)->click();
    QVERIFY(!(m_window->dockOptions() & QMainWindow::AnimatedDocks));
    // The open checkpoint is loaded again on another device.
    QSignalSpy loaded(m_workspace.get(), &Workspace::checkpointChanged);
    auto* dtype = named<QComboBox>(dialog, QStringLiteral("Number type"));
    dtype->setCurrentIndex(dtype->findText(QStringLiteral("bf16")));
    QTRY_COMPARE_WITH_TIMEOUT(loaded.count(), 1, kPatience);
    QVERIFY(
        !m_window->messageBar()->isVisible() ||
        !m_window->messageBar()->text().contains(QStringLiteral("next time")));
    m_window->messageBar()->clear();
    auto* language = named<QComboBox>(dialog, QStringLiteral("Language"));
    language->setCurrentIndex(language->findData(static_cast<int>(Language::German)));
    QVERIFY(m_window->messageBar()->text().contains(QStringLiteral("next time")));
}

void SettingsTest::theMenuAndTheDialogAgree() {
    SettingsDialog* dialog = openSettings();
    auto* theme = named<QComboBox>(dialog, QStringLiteral("Theme"));
    action(m_window.get(), QStringLiteral("Light"))->trigger();
    QCOMPARE(theme->currentData().toInt(), static_cast<int>(ThemeMode::Light));
    theme->setCurrentIndex(theme->findData(static_cast<int>(ThemeMode::Dark)));
    QVERIFY(action(m_window.get(), QStringLiteral("Dark"))->isChecked());
    action(m_window.get(), QStringLiteral("Deutsch"))->trigger();
    auto* language = named<QComboBox>(dialog, QStringLiteral("Language"));
    QCOMPARE(language->currentData().toInt(), static_cast<int>(Language::German));
}

void SettingsTest::searchLeavesWhatItFinds() {
    SettingsDialog* dialog = openSettings();
    auto* resolution = named<QSpinBox>(dialog, QStringLiteral("Resolution"));
    auto* threads = named<QSpinBox>(dialog, QStringLiteral("Threads"));
    QTest::keyClicks(dialog->search(), QStringLiteral("dots per"));
    QVERIFY(resolution->isVisible());
    QVERIFY(!threads->isVisible());
    QVERIFY(!threads->parentWidget()->isVisible()); // the group is empty
    dialog->search()->clear();
    QTest::keyClicks(dialog->search(), QStringLiteral("ENGINE")); // the title of a group
    QVERIFY(threads->isVisible());
    QVERIFY(!resolution->isVisible());
    dialog->search()->clear();
    QVERIFY(threads->isVisible() && resolution->isVisible());
}

void SettingsTest::theUsualComesBack() {
    Preferences other;
    other.k = 3;
    other.figure.dpi = 72;
    storePreferences(other);
    SettingsDialog* dialog = openSettings();
    QCOMPARE(named<QSpinBox>(dialog, QStringLiteral("Resolution"))->value(), 72);
    dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::RestoreDefaults)->click();
    QCOMPARE(storedPreferences().k, Preferences{}.k);
    QCOMPARE(storedPreferences().figure.dpi, Preferences{}.figure.dpi);
    QCOMPARE(named<QSpinBox>(dialog, QStringLiteral("Resolution"))->value(), Preferences{}.figure.dpi);
}

void SettingsTest::theWindowTakesTheDialogAlong() {
    SettingsDialog* dialog = openSettings();
    QVERIFY(QTest::qWaitForWindowActive(dialog));
    auto* data = named<QLineEdit>(dialog, QStringLiteral("Tasks"));
    QVERIFY(data != nullptr);
    data->setFocus();
    QTest::keyClicks(data, QStringLiteral("/data"));
    QTRY_VERIFY(data->hasFocus());
    m_window.reset(); // with the focus in the field
    QCOMPARE(storedPreferences().dataFolder, QStringLiteral("/data"));
}

void SettingsTest::newSessionsBeginWithThem() {
    Preferences wanted;
    wanted.rule = OutlierRule::Mad;
    wanted.k = 4;
    wanted.dataFolder = QStringLiteral("/data");
    storePreferences(wanted);
    QCOMPARE(m_workspace->view().data().rule, OutlierRule::ChannelSpread); // the open one stays as it is
    m_workspace->openCheckpoint(QStringLiteral("other"));
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->checkpoint()->name, std::string("other"), kPatience);
    QCOMPARE(m_workspace->view().data().rule, OutlierRule::Mad);
    QCOMPARE(m_workspace->view().data().k, 4.0);
    QCOMPARE(m_workspace->view().data().evaluation.folder, QStringLiteral("/data"));
}

void SettingsTest::layoutsAreSavedByName() {
    dock("layersDock")->hide();
    QTimer::singleShot(0, this, [] {
        auto* dialog = qobject_cast<QInputDialog*>(QApplication::activeModalWidget());
        QVERIFY(dialog != nullptr);
        dialog->setTextValue(QStringLiteral("R&D"));
        dialog->accept();
    });
    action(m_window.get(), QStringLiteral("Save Layout…"))->trigger();
    QCOMPARE(layoutNames(), QStringList{QStringLiteral("R&D")});
    action(m_window.get(), QStringLiteral("Reset Layout"))->trigger();
    QVERIFY(!dock("layersDock")->isHidden());
    const auto shown = [this] {
        QList<QAction*> actions; // in the menu, and in the menu that removes
        for (QAction* each : m_window->findChildren<QAction*>()) {
            if (each->text() == QLatin1String("R&&D")) {
                actions.append(each);
            }
        }
        return actions;
    };
    QTRY_COMPARE(shown().size(), 2);
    const auto isRemoval = [](const QAction* each) {
        return qobject_cast<QMenu*>(each->parent())->title().contains(QStringLiteral("Remove"));
    };
    QAction* restore = isRemoval(shown()[0]) ? shown()[1] : shown()[0];
    QAction* remove = isRemoval(shown()[0]) ? shown()[0] : shown()[1];
    restore->trigger();
    QVERIFY(dock("layersDock")->isHidden());
    remove->trigger();
    QTRY_VERIFY(shown().isEmpty());
    QVERIFY(layoutNames().isEmpty());
}

void SettingsTest::theWindowComesBackAsItWasLeft() {
    dock("resultsDock")->hide();
    m_window->resize(m_window->size() - QSize(10, 20));
    const QSize size = m_window->size();
    QVERIFY(m_window->close());
    m_workspace->closeDocument();
    startWindow(); // with a new session, which brings no layout of its own
    QVERIFY(dock("resultsDock")->isHidden());
    QCOMPARE(m_window->size(), size);
    action(m_window.get(), QStringLiteral("Reset Layout"))->trigger();
    QVERIFY(!dock("resultsDock")->isHidden());
}

void SettingsTest::versionsNameEveryPart() {
    const QString text = versionLines(m_workspace->jobs().service().engineInfo()).join(u'\n');
    for (const char* part :
         {MAMBASCOPE_VERSION, "Qt 6.", "QCustomPlot 2.", "SQLite 3.", "fake", "no tensors", "Built by"}) {
        QVERIFY2(text.contains(QLatin1String(part)), part);
    }
    QVERIFY(versionLines(std::nullopt).join(u'\n').contains(QStringLiteral("not started")));
}

QTEST_MAIN(SettingsTest)
#include "settings_test.moc"
