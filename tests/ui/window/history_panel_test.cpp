// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/window/bench.h"
#include "ui/docks/history_panel.h"
#include "ui/models/history_model.h"
#include "ui/theme/theme.h"

#include <QAction>
#include <QClipboard>
#include <QListView>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

QuantPlan bits(int weightBits) {
    QuantPlan plan;
    plan.defaults.weightBits = weightBits;
    return plan;
}

} // namespace

class HistoryPanelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test"));
        m_theme = std::make_unique<Theme>(qApp);
    }
    void cleanupTestCase() { m_theme.reset(); }

    void init() {
        m_folder = std::make_unique<test::TemporaryFolder>();
        m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
        const QString file = QString::fromStdString((m_folder->path() / "one.mscope").string());
        QVERIFY(Session::create(file.toStdString(), false).ok());
        m_workspace->openSession(file);
        m_panel = std::make_unique<HistoryPanel>(*m_workspace, *m_theme);
        m_panel->show();
        for (const int weightBits : {8, 6, 4}) {
            m_workspace->planEditor().edit(bits(weightBits), QStringLiteral("W%1").arg(weightBits));
        }
        QTRY_COMPARE(m_panel->model()->rowCount(), 4);
    }
    void cleanup() {
        m_panel.reset();
        m_workspace.reset();
        m_folder.reset();
    }

    void returnGoesToAPlanAndUndoComesBack() {
        QCOMPARE(m_panel->list()->currentIndex().row(), 0);
        QTest::keyClick(m_panel->list(), Qt::Key_Down);
        QTest::keyClick(m_panel->list(), Qt::Key_Down);
        m_panel->activateWindow();
        m_panel->list()->setFocus();
        QVERIFY(QTest::qWaitForWindowActive(m_panel.get()));
        QTest::keyClick(m_panel->list(), Qt::Key_Return);
        QVERIFY(m_workspace->plan() == bits(8));
        QCOMPARE(m_workspace->planEditor().undoText(), QStringLiteral("Back to “W8”"));
        QTRY_COMPARE(m_panel->model()->rowCount(), 5); // nothing left the history
        m_workspace->planEditor().undo();
        QVERIFY(m_workspace->plan() == bits(4));
        QTRY_COMPARE(m_panel->list()->currentIndex().row(), 1);
    }

    void goingBackTwiceKeepsTheName() {
        m_panel->list()->setCurrentIndex(m_panel->model()->index(2));
        action("Go to This Plan")->trigger();
        QTRY_COMPARE(m_panel->model()->rowCount(), 5);
        m_workspace->planEditor().edit(bits(2), QStringLiteral("W2"));
        QTRY_COMPARE(m_panel->model()->rowCount(), 6);
        m_panel->list()->setCurrentIndex(m_panel->model()->index(1));
        action("Go to This Plan")->trigger();
        QCOMPARE(m_workspace->planEditor().undoText(), QStringLiteral("Back to “W8”"));
    }

    void aCopiedPlanIsAPlanFile() {
        m_panel->list()->setCurrentIndex(m_panel->model()->index(1));
        action("Copy Plan")->trigger();
        const Result<QuantPlan> copied =
            parsePlan(QGuiApplication::clipboard()->text().toStdString(), "the clipboard");
        QVERIFY(copied.ok() && copied.value() == bits(6));
    }

    void thePlanInForceCannotBeGoneTo() {
        QVERIFY(!action("Go to This Plan")->isEnabled());
        m_panel->list()->setCurrentIndex(m_panel->model()->index(3));
        QVERIFY(action("Go to This Plan")->isEnabled());
    }

private:
    QAction* action(const char* text) const {
        for (QAction* action : m_panel->list()->actions()) {
            if (action->text() == QLatin1String(text)) {
                return action;
            }
        }
        return nullptr;
    }

    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<HistoryPanel> m_panel;
};

QTEST_MAIN(HistoryPanelTest)
#include "history_panel_test.moc"
