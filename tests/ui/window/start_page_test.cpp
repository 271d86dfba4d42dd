// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/hub.h"
#include "tests/ui/window/bench.h"
#include "ui/docks/layers_panel.h"
#include "ui/docks/plan_panel.h"
#include "ui/docks/plan_table.h"
#include "ui/docks/results_panel.h"
#include "ui/theme/theme.h"
#include "ui/window/cache_scan.h"
#include "ui/window/entry_list.h"
#include "ui/window/layer_view.h"
#include "ui/window/main_window.h"
#include "ui/window/session_files.h"
#include "ui/window/start_page.h"

#include <QAction>
#include <QComboBox>
#include <QDockWidget>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QTableView>
#include <QTest>
#include <QtMath>

using namespace mambascope;
using namespace mambascope::ui;

namespace {
constexpr int kPatience = 20000; ///< ms
}

/// The page that the window shows while nothing is open, and the window with scales instead of a model.
class StartPageTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test"));
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
        m_theme = std::make_unique<Theme>(qApp);
    }
    void cleanupTestCase() { m_theme.reset(); }

    void init() {
        QSettings().clear();
        m_warnings = std::make_unique<test::WarningCollector>();
        m_folder = std::make_unique<test::TemporaryFolder>();
        m_cache = std::make_unique<test::Variable>("HF_HUB_CACHE", m_folder->path() / "hub");
    }
    void cleanup() {
        m_window.reset();
        m_workspace.reset();
        m_cache.reset();
        m_folder.reset();
        const QString warnings = m_warnings->text();
        m_warnings.reset();
        QVERIFY2(warnings.isEmpty(), qPrintable(warnings));
    }

    void listsTheCacheAndOpensFromIt() {
        const auto hub = m_folder->path() / "hub";
        const auto whole = test::putIntoCache(hub, "models--state-spaces--mamba-tiny", "1");
        test::putBlob(whole, "config.json", "c", R"({"model_type": "mamba"})");
        test::putBlob(whole, "model.safetensors", "w", std::string(2'000'000, 'w'));
        test::putBlob(
            test::putIntoCache(hub, "models--a--llama", "1"), "config.json", "c",
            R"({"model_type": "llama"})");
        start();
        const QListWidget* list = m_window->startPage()->cached()->list();
        QTRY_COMPARE_WITH_TIMEOUT(list->count(), 2, kPatience);
        QCOMPARE(list->item(0)->text(), QStringLiteral("state-spaces/mamba-tiny"));
        // The accessible text is what the row shows: name, kind, size (two megabytes and a config.json).
        QCOMPARE(
            list->item(0)->data(Qt::AccessibleTextRole).toString(),
            QStringLiteral("state-spaces/mamba-tiny, Mamba, 2.0 MB"));
        QVERIFY(!(list->item(1)->flags() & Qt::ItemIsEnabled));
        QVERIFY(list->item(1)->toolTip().contains(QStringLiteral("llama")));
        auto* menu = submenu(QStringLiteral("Open from Hugging Face Cache"));
        Q_EMIT menu->aboutToShow();
        QCOMPARE(menu->actions().first()->text(), QStringLiteral("state-spaces/mamba-tiny (Mamba)"));
        QCOMPARE(menu->actions().last()->text(), QStringLiteral("1 other model cannot be opened"));
        QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualItemRect(list->item(0)).center());
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
        QCOMPARE(m_workspace->checkpoint()->name, std::string("state-spaces/mamba-tiny")); // the fake's name
        QVERIFY(!m_window->startPage()->isVisible());
        QVERIFY(dock("layersDock")->isVisible());
    }

    void anEmptyCacheSaysWhereItLooked() {
        start();
        EntryList* cached = m_window->startPage()->cached();
        QTRY_VERIFY_WITH_TIMEOUT(cached->placeholder().contains(QStringLiteral("No models in")), kPatience);
        QVERIFY(cached->placeholder().contains(
            shortPath(QString::fromStdString((m_folder->path() / "hub").string()))));
        QVERIFY(m_window->startPage()->recent()->placeholder().contains(QStringLiteral("listed here")));
    }

    void listsRecentFiles() {
        const QString there = QString::fromStdString((m_folder->path() / "scales.pt").string());
        test::writeText(there.toStdString(), "x");
        rememberFile(there);
        rememberFile(QStringLiteral("/nonexistent/gone.mscope"));
        start();
        const QListWidget* list = m_window->startPage()->recent()->list();
        QCOMPARE(list->count(), 2);
        QCOMPARE(list->item(0)->text(), QStringLiteral("gone"));
        QVERIFY(!(list->item(0)->flags() & Qt::ItemIsEnabled));
        QVERIFY(list->item(1)
                    ->data(Qt::AccessibleTextRole)
                    .toString()
                    .contains(QStringLiteral("Activation scales")));
    }

    /// 1500 models: the look takes its time on its own thread, and the window goes on.
    void lookingThroughALargeCacheDoesNotStallTheWindow() {
        const auto hub = m_folder->path() / "hub";
        for (int i = 0; i < 1500; ++i) {
            const auto model = hub / ("models--owner--model-" + std::to_string(i));
            test::writeText(model / "refs" / "main", "1");
            test::writeText(model / "snapshots" / "1" / "config.json", R"({"model_type": "llama"})");
        }
        start();
        QTRY_COMPARE_WITH_TIMEOUT(m_window->startPage()->cached()->list()->count(), 1500, kPatience);
        CacheScan scan;
        scan.start();
        QVERIFY(scan.running());
        QVERIFY(!scan.models().has_value()); // start() came back before the result was there
        QElapsedTimer clock;
        clock.start();
        qint64 largest = 0;
        while (scan.running()) {
            const qint64 before = clock.elapsed();
            QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
            largest = std::max(largest, clock.elapsed() - before);
            QVERIFY(clock.elapsed() < kPatience);
        }
        qInfo(
            "1500 models in %lld ms, longest turn of the event loop %lld ms",
            static_cast<long long>(clock.elapsed()), static_cast<long long>(largest));
        QCOMPARE(scan.models()->models.size(), std::size_t{1500});
        // It may also go away in the middle.
        CacheScan dropped;
        dropped.start();
    }

    void theDocksHideAndComeBack() {
        start();
        QVERIFY(m_window->startPage()->isVisible());
        QVERIFY(!dock("layersDock")->isVisible() && !dock("planDock")->isVisible());
        m_workspace->openCheckpoint(QStringLiteral("tiny"));
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
        QVERIFY(dock("layersDock")->isVisible() && dock("planDock")->isVisible());
        action(QStringLiteral("Close"))->trigger();
        QVERIFY(m_window->startPage()->isVisible());
        QVERIFY(!dock("planDock")->isVisible());
        QCOMPARE(m_window->windowTitle(), QStringLiteral("Mambascope"));
        QVERIFY(!action(QStringLiteral("Close"))->isEnabled());
        // The session that was closed is the first of the recent files; opened again, its docks are there.
        const QString session = recentFiles().value(0);
        QVERIFY(session.endsWith(QStringLiteral(".mscope")));
        m_workspace->open(session);
        QVERIFY(dock("layersDock")->isVisible() && dock("planDock")->isVisible());
    }

    void aFailedOpeningComesBackToThePage() {
        start();
        m_workspace->openCheckpoint(QStringLiteral("nowhere,missing"));
        QVERIFY(!m_window->startPage()->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(m_window->startPage()->isVisible(), kPatience);
    }

    /// The published scales of mamba-2.8b, dropped on the window.
    void droppedScalesAreShownWhole() {
        const auto data = test::sharedData();
        const auto file = data.value_or("") / "act-scales" / "mamba-2.8b-hf.pt";
        if (!data || !std::filesystem::exists(file)) {
            QSKIP("The published activation scales are not on this machine.");
        }
        start();
        QMimeData dragged;
        dragged.setUrls({QUrl::fromLocalFile(QString::fromStdString(file.string()))});
        QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &dragged, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_window.get(), &enter);
        QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &dragged, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_window.get(), &drop);
        QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibrationAlone(), kPatience);
        QCOMPARE(m_window->windowTitle(), QStringLiteral("mamba-2.8b-hf — activation scales — Mambascope"));
        QCOMPARE(m_window->layersPanel()->table()->model()->rowCount(), 64);
        // Layer 63 holds the largest outlier of all, an out_proj input of 790 (reference facts, section 2).
        QCOMPARE(m_workspace->view().data().layer, 63);
        const auto figure = m_window->layerView()->figure();
        QCOMPARE(figure->panels.size(), std::size_t{4});
        QCOMPARE(figure->panels[0].values.size(), std::size_t{2560});
        QCOMPARE(figure->panels[3].values.size(), std::size_t{5120});
        QCOMPARE(
            qFloor(*std::max_element(figure->panels[3].values.begin(), figure->panels[3].values.end())), 790);
        QVERIFY(action(QStringLiteral("Export Figure…"))->isEnabled());
        for (const char* name : {"Calibrate…", "Evaluate", "Evaluate On…", "Export Checkpoint…"}) {
            const QAction* job = action(QString::fromUtf8(name));
            QVERIFY2(!job->isEnabled(), name);
            QVERIFY2(
                job->toolTip().contains(QStringLiteral("Open the checkpoint that they belong to")), name);
        }
        QVERIFY(!m_window->planPanel()->table()->isVisible());
        // What needs the model takes no room, and one line says so.
        QVERIFY(!m_window->planPanel()->isVisible() && !m_window->resultsPanel()->isVisible());
        QVERIFY(
            visibleText(m_window.get()).contains(QStringLiteral("Plans and results need the model itself")));
        // The rules that magnitudes cannot answer.
        for (const auto& [rule, name] :
             {std::pair{OutlierRule::AllElements, "all-elements"},
              std::pair{OutlierRule::LlmInt8, "llm-int8"}}) {
            m_workspace->view().setRule(rule);
            QVERIFY(m_window->layerView()->figure()->panels[3].marks.empty());
            QVERIFY(!m_window->layerView()->figure()->panels[3].bandHigh.has_value());
            const QString words =
                QStringLiteral("The rule %1 is not possible here, because").arg(QLatin1String(name));
            QVERIFY2(
                visibleText(m_window->layersPanel()).contains(words),
                qPrintable(visibleText(m_window->layersPanel())));
        }
        m_workspace->view().setRule(OutlierRule::ChannelSpread);
        QVERIFY(!visibleText(m_window->layersPanel()).contains(QStringLiteral("not possible")));
    }

private:
    void start() {
        m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
        m_window = std::make_unique<MainWindow>(*m_workspace, *m_theme);
        m_window->setAsksBeforeClosing(false);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    QDockWidget* dock(const char* name) { return m_window->findChild<QDockWidget*>(QLatin1String(name)); }
    QAction* action(const QString& text) {
        for (QAction* each : m_window->findChildren<QAction*>()) {
            if (each->text().remove(QLatin1Char('&')) == text) {
                return each;
            }
        }
        return nullptr;
    }
    QMenu* submenu(const QString& title) {
        for (QMenu* menu : m_window->findChildren<QMenu*>()) {
            if (menu->title().remove(QLatin1Char('&')) == title) {
                return menu;
            }
        }
        return nullptr;
    }
    static QString visibleText(const QWidget* widget) {
        QStringList texts;
        for (const QLabel* label : widget->findChildren<QLabel*>()) {
            if (label->isVisible()) {
                texts.append(label->text());
            }
        }
        return texts.join(QLatin1Char('\n'));
    }

    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<test::WarningCollector> m_warnings;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<test::Variable> m_cache;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(StartPageTest)
#include "start_page_test.moc"
