// SPDX-License-Identifier: GPL-3.0-or-later
// Searches of the window, on an engine to which 0.3 is the best α everywhere and every bit halves an error.
#include "tests/ui/window/bench.h"
#include "ui/commands/plan_edit.h"
#include "ui/dialogs/search_dialog.h"
#include "ui/dialogs/searches_dialog.h"
#include "ui/docks/plan_panel.h"
#include "ui/models/searches_model.h"
#include "ui/plots/chart_plot.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"

#include "core/quantization/search.h"
#include "core/search/plan_search.h"

#include <QCheckBox>
#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTimer>
#include <QtTest>

#include <fstream>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 30000; ///< ms

SearchSettings few(SearchTarget target) {
    SearchSettings settings;
    settings.target = target;
    settings.samples = 2;
    settings.length = 32;
    return settings;
}

QPushButton* button(const QWidget& parent, const char* text) {
    for (QPushButton* each : parent.findChildren<QPushButton*>()) {
        if (each->text().remove(u'&') == QString::fromUtf8(text)) {
            return each;
        }
    }
    return nullptr;
}

} // namespace

class SearchesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test")); }
    void init();
    void cleanup();
    void bitsAreFoundKeptAndUndone();
    void sensitivityIsKeptAndChangesNothing();
    void aSearchIsThereAfterOpeningAgain();
    void aStoppedSearchLeavesNothing_data();
    void aStoppedSearchLeavesNothing();
    void theWindowAnswersWhileItSearches();
    void theDialogSaysWhatIsMissing();
    void theDialogRemembersAndConverts();
    void anotherSearchCanBeUsedLater();
    void tracesOfFilesAreShownBeside();
    void theWindowOffersIt();

private:
    void open(const char* model);
    void search(SearchTarget target);
    std::vector<Record> kept() const { return m_workspace->session()->searches().value(); }

    std::unique_ptr<test::WarningCollector> m_warnings;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<Workspace> m_workspace;
    std::vector<Notice> m_notices;
};

void SearchesTest::init() {
    QSettings().clear();
    m_warnings = std::make_unique<test::WarningCollector>();
    m_folder = std::make_unique<test::TemporaryFolder>();
    m_theme = std::make_unique<Theme>(qApp);
    m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
    connect(
        m_workspace.get(), &Workspace::noticed, this, [this](const Notice& n) { m_notices.push_back(n); });
}

void SearchesTest::cleanup() {
    m_workspace.reset();
    m_theme.reset();
    m_folder.reset();
    const QString warnings = m_warnings->text();
    m_warnings.reset();
    QVERIFY2(warnings.isEmpty(), qPrintable(warnings));
}

void SearchesTest::open(const char* model) {
    m_workspace->openCheckpoint(QString::fromLatin1(model));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
    m_workspace->calibrate(test::demoCalibration(2));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr, kPatience);
    m_workspace->planEditor().edit(presetPlan("W8A8 input").value(), QStringLiteral("W8A8"));
    m_notices.clear();
}

void SearchesTest::search(SearchTarget target) {
    const std::size_t before = kept().size();
    m_workspace->search(few(target));
    QTRY_COMPARE_WITH_TIMEOUT(kept().size(), before + 1, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(!m_notices.empty(), kPatience);
}

void SearchesTest::bitsAreFoundKeptAndUndone() {
    open("tiny");
    const QuantPlan before = m_workspace->plan();
    search(SearchTarget::Bits);
    const double average = averageWeightBits(*m_workspace->spec(), m_workspace->plan());
    QVERIFY2(average <= 4.5 && average > 4, qPrintable(QString::number(average)));
    QVERIFY(m_notices[0].details.contains(QStringLiteral("weight bits"))); // what it changed, in words
    QVERIFY(static_cast<bool>(m_notices[0].action));
    const Json trace(kept()[0].content);
    QVERIFY(trace["target"] == "bits" && trace["budget_bits"] == 4.5);
    QVERIFY(trace["plan_hash"] == planHash(before));
    QCOMPARE(planHash(planOfTrace(before, trace).value()), planHash(m_workspace->plan()));
    m_workspace->planEditor().undo(); // one step
    QCOMPARE(planHash(m_workspace->plan()), planHash(before));
}

void SearchesTest::sensitivityIsKeptAndChangesNothing() {
    open("tiny");
    const QuantPlan before = m_workspace->plan();
    const QString undo = m_workspace->planEditor().undoText();
    search(SearchTarget::Sensitivity);
    QCOMPARE(planHash(m_workspace->plan()), planHash(before));
    QCOMPARE(m_workspace->planEditor().undoText(), undo);
    const Json site(kept()[0].content["sites"]["layers.3.x_proj"]);
    QVERIFY(site["only"].is_number() && site["without"].is_number());
}

void SearchesTest::aSearchIsThereAfterOpeningAgain() {
    open("tiny");
    search(SearchTarget::Alpha);
    const QString file = QString::fromStdString(m_workspace->session()->path().string());
    const Json trace(kept()[0].content);
    const SearchSettings asked = m_workspace->view().data().search;
    m_workspace->closeDocument();
    QVERIFY(m_workspace->session() == nullptr);
    m_workspace->openSession(file);
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->session() != nullptr, kPatience);
    SearchesDialog dialog(*m_workspace, *m_theme);
    QCOMPARE(dialog.model()->rowCount(), 1);
    QVERIFY(dialog.model()->entry(0).trace == trace);
    QVERIFY(dialog.plot()->chart() != nullptr);
    QCOMPARE(dialog.plot()->chart()->panels.size(), std::size_t{4});
    QVERIFY(m_workspace->view().data().search == asked);
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->jobs().idle(), kPatience);
}

void SearchesTest::aStoppedSearchLeavesNothing_data() {
    QTest::addColumn<int>("target");
    QTest::newRow("alpha") << int(SearchTarget::Alpha);
    QTest::newRow("bits") << int(SearchTarget::Bits);
    QTest::newRow("sensitivity") << int(SearchTarget::Sensitivity);
}

void SearchesTest::aStoppedSearchLeavesNothing() {
    QFETCH(int, target);
    open("tiny,batch=200"); // α has 13 batches, the others more
    const QuantPlan before = m_workspace->plan();
    m_workspace->search(few(static_cast<SearchTarget>(target)));
    QTest::qWait(100);
    QVERIFY(!m_workspace->jobs().idle());
    QElapsedTimer timer;
    timer.start();
    m_workspace->stopCurrent();
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->jobs().idle(), kPatience);
    // Of two seconds and more that were left, the rest of a batch; a loaded machine takes its time.
    QVERIFY2(timer.elapsed() < 1500, qPrintable(QString::number(timer.elapsed())));
    QCoreApplication::processEvents();
    QVERIFY(kept().empty());
    QVERIFY(m_notices.empty()); // whoever stops it knows
    QCOMPARE(planHash(m_workspace->plan()), planHash(before));
}

void SearchesTest::theWindowAnswersWhileItSearches() {
    open("tiny,batch=60"); // two seconds in all
    m_workspace->search(few(SearchTarget::Sensitivity));
    qint64 longest = 0;
    int counted = 0;
    std::uint64_t lastDone = 0;
    QElapsedTimer timer;
    while (!m_workspace->jobs().idle()) {
        timer.start();
        QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
        longest = std::max(longest, timer.elapsed());
        if (const auto job = m_workspace->jobs().current();
            job && job->progress.total > 2 && job->progress.done > lastDone) {
            lastDone = job->progress.done;
            ++counted;
            QCOMPARE(
                job->progress.total,
                std::uint64_t{2 + 2 * 16}); // all passes, so that the time left is of all
        }
        QTest::qWait(1);
    }
    QVERIFY2(longest < 1000, qPrintable(QString::number(longest)));
    QVERIFY2(counted > 10, qPrintable(QString::number(counted)));
}

void SearchesTest::theDialogSaysWhatIsMissing() {
    m_workspace->openCheckpoint(QStringLiteral("tiny"));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
    SearchDialog dialog(*m_workspace);
    const auto ok = [&] {
        return button(dialog, "Search");
    };
    const auto says = [&](const char* text) {
        for (const QLabel* label : dialog.findChildren<QLabel*>()) {
            if (label->text().contains(QString::fromUtf8(text))) {
                return true;
            }
        }
        return false;
    };
    QVERIFY(!ok()->isEnabled() && says("Calibrate the model first"));
    dialog.setTarget(SearchTarget::Sensitivity);
    QVERIFY(!ok()->isEnabled() && says("The plan does nothing"));
    dialog.setTarget(SearchTarget::Bits);
    QVERIFY(!ok()->isEnabled() && says("There is no text to measure on"));
    m_workspace->calibrate(test::demoCalibration(2));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr, kPatience);
    m_workspace->planEditor().edit(presetPlan("W8A8 input").value(), QStringLiteral("W8A8"));
    SearchDialog ready(*m_workspace);
    QVERIFY(button(ready, "Search")->isEnabled());
    ready.setTarget(SearchTarget::Sensitivity);
    QVERIFY(button(ready, "Search")->isEnabled());
    for (QCheckBox* box : ready.findChildren<QCheckBox*>()) {
        box->setChecked(false);
    }
    QVERIFY(!button(ready, "Search")->isEnabled());
    ready.setTarget(SearchTarget::Bits);
    QVERIFY(!button(ready, "Search")->isEnabled()); // no bits to choose from
}

void SearchesTest::theDialogRemembersAndConverts() {
    open("tiny");
    SearchSettings asked = few(SearchTarget::Bits);
    asked.bits = {8, 4};
    asked.averageBits = 6;
    asked.weighted = false;
    m_workspace->view().setSearch(asked);
    SearchDialog dialog(*m_workspace);
    QVERIFY(dialog.settings() == asked);
    QComboBox* unit = nullptr;
    for (QComboBox* box : dialog.findChildren<QComboBox*>()) {
        unit = box->accessibleName() == QStringLiteral("Unit of the budget") ? box : unit;
    }
    QVERIFY(unit != nullptr);
    unit->setCurrentIndex(1);
    Q_EMIT unit->activated(1);
    // Six bits of every weight, in MiB with three decimals.
    const double bytes = 6.0 / 8 * static_cast<double>(siteWeightCount(*m_workspace->spec()));
    QVERIFY(std::abs(static_cast<double>(dialog.settings().budgetBytes) - bytes) <= 0.0005 * 1024 * 1024 + 1);
    // What was asked for comes back with the session.
    SearchSettings back;
    ViewData view;
    readView(toJson(m_workspace->view().data()), view);
    QVERIFY(view.search == asked);
    QVERIFY(!(back == asked));
}

void SearchesTest::anotherSearchCanBeUsedLater() {
    open("tiny");
    search(SearchTarget::Alpha);
    search(SearchTarget::Sensitivity);
    m_workspace->planEditor().edit(presetPlan("W4A8").value(), QStringLiteral("W4A8"));
    SearchesDialog dialog(*m_workspace, *m_theme);
    dialog.show();
    QCOMPARE(dialog.model()->rowCount(), 2);
    QVERIFY(!button(dialog, "Use What It Found")->isEnabled()); // the newest is of sensitivity
    QCOMPARE(dialog.plot()->chart()->panels.size(), std::size_t{2});
    const double first = dialog.plot()->chart()->panels[0].series[0].points[0].x;
    dialog.setOrder(SiteOrder::Size);
    QVERIFY(dialog.plot()->chart()->panels[0].series[0].points[0].x != first);
    dialog.table()->setCurrentIndex(dialog.model()->index(1, 0));
    QVERIFY(button(dialog, "Use What It Found")->isEnabled());
    button(dialog, "Use What It Found")->click();
    QCOMPARE(m_workspace->plan().at({2, Linear::InProj}).alpha.value_or(-1), 0.3);
    QCOMPARE(m_workspace->plan().at({2, Linear::InProj}).weightBits, 4); // all else stays
    QVERIFY(!button(dialog, "Use What It Found")->isEnabled());
    m_workspace->planEditor().undo();
    QVERIFY(!m_workspace->plan().at({2, Linear::InProj}).alpha);
    QVERIFY(button(dialog, "Use What It Found")->isEnabled());
    // The layer is the window's.
    m_workspace->view().setLayer(3);
    QCOMPARE(dialog.plot()->chart()->panels[0].series[1].label, std::string("layer 3"));
}

void SearchesTest::tracesOfFilesAreShownBeside() {
    open("tiny");
    SearchesDialog dialog(*m_workspace, *m_theme);
    dialog.show();
    dialog.grab();
    QCOMPARE(dialog.plot()->chart(), nullptr); // no search yet
    const QString file = QString::fromStdString((m_folder->path() / "trace.json").string());
    std::ofstream(file.toStdString()) << R"({"candidates": ["0.5", "off"],
        "sites": {"layers.0.in_proj": {"chosen": "off", "errors": [0.5, 0.25]}}})";
    dialog.openFile(file);
    QCOMPARE(dialog.model()->rowCount(), 1);
    QCOMPARE(dialog.plot()->chart()->panels.size(), std::size_t{1});
    const QString bad = QString::fromStdString((m_folder->path() / "bad.json").string());
    std::ofstream(bad.toStdString()) << "[]";
    dialog.openFile(bad);
    QCOMPARE(dialog.model()->rowCount(), 1);
    QVERIFY(dialog.plot()->chart() != nullptr); // stays
    search(SearchTarget::Bits);
    QTRY_COMPARE(dialog.model()->rowCount(), 2); // while it is open, and it is shown
    QCOMPARE(dialog.table()->currentIndex().row(), 0);
    QCOMPARE(dialog.plot()->chart()->panels[0].title, std::string("Weight bits"));
    dialog.setView(SearchView::Budget);
    QCOMPARE(dialog.plot()->chart()->panels[0].title, std::string("Allocations"));
}

void SearchesTest::theWindowOffersIt() {
    MainWindow window(*m_workspace, *m_theme);
    window.setAsksBeforeClosing(false);
    window.show();
    open("tiny");
    bool asked = false;
    QTimer::singleShot(0, &window, [&] {
        auto* dialog = qobject_cast<SearchDialog*>(QApplication::activeModalWidget());
        QVERIFY(dialog != nullptr);
        asked = true;
        dialog->setTarget(SearchTarget::Sensitivity);
        button(*dialog, "Search")->click();
    });
    button(*window.planPanel(), "Search…")->click();
    QVERIFY(asked);
    QTRY_COMPARE_WITH_TIMEOUT(kept().size(), std::size_t{1}, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(!m_notices.empty(), kPatience);
    QVERIFY(window.searches() == nullptr);
    m_notices.back().action(); // "Show"
    QVERIFY(window.searches() != nullptr && window.searches()->isVisible());
    QCOMPARE(window.searches()->model()->rowCount(), 1);
}

QTEST_MAIN(SearchesTest)
#include "searches_test.moc"
