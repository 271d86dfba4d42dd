// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/window/bench.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"
#include "ui/window/start_page.h"
#include "ui/window/tour.h"

#include <QPushButton>
#include <QSettings>
#include <QtTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 30000; ///< ms

} // namespace

class TourTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test")); }
    void init();
    void cleanup();
    void pointsAtWhatItTalksAbout();
    void keysGoThroughItAndEscapeStopsNoJob();
    void theStartPageOffersIt();

private:
    void open(const char* model);
    /// Events of the layout included.
    static void settle() { QTest::qWait(1); }

    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<MainWindow> m_window;
};

void TourTest::init() {
    QSettings().clear();
    m_theme = std::make_unique<Theme>(qApp);
    m_folder = std::make_unique<test::TemporaryFolder>();
    m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
    m_window = std::make_unique<MainWindow>(*m_workspace, *m_theme);
    m_window->setAsksBeforeClosing(false);
    m_window->resize(1280, 720);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void TourTest::cleanup() {
    m_window.reset();
    m_workspace.reset();
    m_theme.reset();
}

void TourTest::open(const char* model) {
    m_workspace->openCheckpoint(QString::fromLatin1(model));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
}

void TourTest::pointsAtWhatItTalksAbout() {
    open("tiny");
    m_workspace->calibrate(test::demoCalibration(2));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr, kPatience);
    m_window->takeTour();
    Tour* tour = m_window->tour();
    QVERIFY(tour->steps() > 5);
    for (int step = 0; step < tour->steps(); ++step) {
        settle();
        QCOMPARE(tour->step(), step);
        QVERIFY(tour->isVisible());
        QVERIFY2(m_window->rect().contains(tour->geometry()), qPrintable(QString::number(step)));
        // The last one is about the whole window.
        QCOMPARE(tour->framed().isEmpty(), step + 1 == tour->steps());
        QTest::keyClick(tour, Qt::Key_Right);
    }
    settle();
    QVERIFY(!tour->isVisible());
    QVERIFY(tour->framed().isEmpty());
    // Again, in a window that becomes smaller meanwhile.
    m_window->takeTour();
    m_window->resize(900, 600);
    settle();
    QVERIFY(m_window->rect().contains(tour->geometry()));
}

void TourTest::keysGoThroughItAndEscapeStopsNoJob() {
    open("slow,batch=5");
    m_workspace->calibrate(test::demoCalibration(64));
    m_window->takeTour();
    m_window->activateWindow();
    Tour* tour = m_window->tour();
    QTRY_VERIFY(tour->isAncestorOf(QApplication::focusWidget()));
    QTest::keyClick(m_window->windowHandle(), Qt::Key_Return); // "Next" has the keyboard
    QCOMPARE(tour->step(), 1);
    QTest::keyClick(m_window->windowHandle(), Qt::Key_Escape);
    settle();
    QVERIFY(!tour->isVisible());
    QVERIFY(tour->framed().isEmpty());
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr, kPatience);
    QVERIFY(!m_workspace->calibration()->source.partial);
}

void TourTest::theStartPageOffersIt() {
    QPushButton* offer = nullptr;
    for (QPushButton* each : m_window->startPage()->findChildren<QPushButton*>()) {
        offer = each->text().contains(QStringLiteral("Tour")) ? each : offer;
    }
    QVERIFY(offer != nullptr && offer->isVisible());
    offer->click();
    QVERIFY(m_window->tour()->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->checkpoint() != nullptr, kPatience);
    QCOMPARE(m_workspace->checkpoint()->name, std::string("demo"));
}

QTEST_MAIN(TourTest)
#include "tour_test.moc"
