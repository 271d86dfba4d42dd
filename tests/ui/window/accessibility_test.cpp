// SPDX-License-Identifier: GPL-3.0-or-later
// Every control of the window and its dialogs: a screen reader has a name for it, and Tab comes to it.
#include "tests/ui/window/bench.h"
#include "ui/dialogs/about_dialog.h"
#include "ui/dialogs/calibrate_dialog.h"
#include "ui/dialogs/compare_dialog.h"
#include "ui/dialogs/engine_dialog.h"
#include "ui/dialogs/evaluate_dialog.h"
#include "ui/dialogs/search_dialog.h"
#include "ui/dialogs/searches_dialog.h"
#include "ui/dialogs/settings_dialog.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"

#include <QAbstractSpinBox>
#include <QAccessible>
#include <QComboBox>
#include <QDockWidget>
#include <QSet>
#include <QSettings>
#include <QTabBar>
#include <QtTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 30000; ///< ms

/// What Tab should come to. The line edits inside of spin boxes and lists are theirs.
QSet<QWidget*> tabStops(const QWidget& window) {
    QSet<QWidget*> stops;
    for (QWidget* widget : window.findChildren<QWidget*>()) {
        const QWidget* parent = widget->parentWidget();
        const auto* tabs = qobject_cast<const QTabBar*>(widget);
        if (tabs != nullptr && tabs->count() == 0) {
            continue; // of docks that are hidden
        }
        const bool inside = qobject_cast<const QAbstractSpinBox*>(parent) != nullptr ||
                            qobject_cast<const QComboBox*>(parent) != nullptr;
        if (widget->window() == &window && widget->isVisible() && widget->isEnabled() && !inside &&
            (widget->focusPolicy() & Qt::TabFocus) != 0 && widget->focusProxy() == nullptr) {
            stops.insert(widget);
        }
    }
    return stops;
}

QString describe(const QWidget* widget) {
    return QStringLiteral("%1 \"%2\" in %3")
        .arg(
            QLatin1String(widget->metaObject()->className()), widget->objectName(),
            QLatin1String(widget->parentWidget()->metaObject()->className()));
}

/// The outermost of a list or spin box and the line edit inside of it.
QWidget* control(QWidget* focus) {
    QWidget* parent = focus->parentWidget();
    const bool inside =
        qobject_cast<QAbstractSpinBox*>(parent) != nullptr || qobject_cast<QComboBox*>(parent) != nullptr;
    return inside ? parent : focus;
}

void check(QWidget& window) {
    window.show();
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    const QSet<QWidget*> stops = tabStops(window);
    QVERIFY(!stops.isEmpty());
    for (QWidget* stop : stops) {
        const QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(stop);
        QVERIFY2(
            accessible != nullptr && !accessible->text(QAccessible::Name).isEmpty(),
            qPrintable(describe(stop)));
    }
    QSet<QWidget*> reached;
    for (int press = 0; press < 3 * stops.size() && !reached.contains(stops); ++press) {
        QTest::keyClick(window.windowHandle(), Qt::Key_Tab);
        if (QWidget* focus = QApplication::focusWidget()) {
            reached.insert(control(focus));
        }
    }
    for (QWidget* stop : stops) {
        QVERIFY2(reached.contains(stop), qPrintable(describe(stop)));
    }
}

} // namespace

class AccessibilityTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test")); }
    void init();
    void cleanup();
    void theStartPage();
    void theWindowAtWork_data();
    void theWindowAtWork();
    void theDialogs();

private:
    void work();

    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<MainWindow> m_window;
};

void AccessibilityTest::init() {
    QSettings().clear();
    m_theme = std::make_unique<Theme>(qApp);
    m_folder = std::make_unique<test::TemporaryFolder>();
    m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
    m_window = std::make_unique<MainWindow>(*m_workspace, *m_theme);
    m_window->setAsksBeforeClosing(false);
    m_window->show();
}

void AccessibilityTest::cleanup() {
    m_window.reset();
    m_workspace.reset();
    m_theme.reset();
}

void AccessibilityTest::work() {
    m_workspace->openCheckpoint(QStringLiteral("tiny"));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
    m_workspace->calibrate(test::demoCalibration(2));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr, kPatience);
    m_workspace->planEditor().edit(presetPlan("W8A8 input").value(), QStringLiteral("plan"));
    m_workspace->evaluate(test::demoEvaluation({Task::Copa}, 5));
    QTRY_VERIFY_WITH_TIMEOUT(
        m_workspace->session()->runs().size() == 2 && m_workspace->jobs().idle(), kPatience);
}

void AccessibilityTest::theStartPage() {
    check(*m_window);
}

void AccessibilityTest::theWindowAtWork_data() {
    QTest::addColumn<QString>("front");
    QTest::addColumn<Middle>("middle");
    QTest::newRow("layers") << "layersDock" << Middle::Both;
    QTest::newRow("outliers") << "outliersDock" << Middle::Layer;
    QTest::newRow("jobs") << "jobsDock" << Middle::Overview;
}

void AccessibilityTest::theWindowAtWork() {
    QFETCH(QString, front);
    QFETCH(Middle, middle);
    work();
    m_window->findChild<QDockWidget*>(front)->raise();
    m_workspace->view().setMiddle(middle);
    check(*m_window);
}

void AccessibilityTest::theDialogs() {
    work();
    CalibrateDialog calibrate(test::demoCalibration(2), m_window.get());
    EvaluateDialog evaluate(test::demoEvaluation({Task::Copa}, 3), QStringLiteral("a plan"), m_window.get());
    EngineDialog engine(QString(), m_window.get());
    SettingsDialog settings(Preferences{}, m_window.get());
    AboutDialog about(std::nullopt, m_window.get());
    CompareDialog compare(*m_workspace, *m_theme, m_window.get());
    QSignalSpy compared(&compare, &CompareDialog::compared);
    compare.compare(0, 0);
    QTRY_VERIFY_WITH_TIMEOUT(!compared.isEmpty(), kPatience);
    SearchSettings asked;
    asked.target = SearchTarget::Bits;
    asked.samples = 2;
    asked.length = 32;
    m_workspace->search(asked);
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->session()->searches().value().size() == 1, kPatience);
    SearchDialog search(*m_workspace, m_window.get());
    search.setTarget(SearchTarget::Bits);
    SearchesDialog searches(*m_workspace, *m_theme, m_window.get());
    for (QDialog* dialog : std::initializer_list<QDialog*>{
             &calibrate, &evaluate, &engine, &settings, &about, &compare, &search, &searches}) {
        check(*dialog);
        if (QTest::currentTestFailed()) {
            return;
        }
        dialog->close();
    }
}

QTEST_MAIN(AccessibilityTest)
#include "accessibility_test.moc"
