// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/import_scales.h"
#include "tests/ui/models/handmade.h"
#include "tests/ui/window/bench.h"
#include "ui/dialogs/compare_dialog.h"
#include "ui/docks/outliers_panel.h"
#include "ui/models/comparison_model.h"
#include "ui/models/flips_model.h"
#include "ui/plots/heat_plot.h"
#include "ui/plots/layer_plot.h"
#include "ui/theme/theme.h"
#include "ui/window/centre_view.h"
#include "ui/window/command_palette.h"
#include "ui/window/layer_view.h"
#include "ui/window/main_window.h"
#include "ui/window/overview_view.h"

#include <QAction>
#include <QDockWidget>
#include <QLineEdit>
#include <QMenuBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 30000; ///< ms

} // namespace

/// The window's newer half: overview, linked selection, comparison and palette, on an engine without tensors.
class OverviewTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase() { m_theme.reset(); }
    void init();
    void cleanup();
    void oneSelectionDrivesAllViews();
    void enterInTheOverviewShowsTheLayer();
    void theMiddleFollowsTheRoom();
    void thePlanShowsInStripsAndPanels();
    void theViewIsSavedAndReadAgain();
    void thePaletteFindsAndRuns();
    void thePaletteGoesToLayersAndChannels();
    void everyMenuCommandIsInThePalette();
    void markersSayTheDifference();
    void theScaleGoesRound();
    void twoRunsAreCompared();

private:
    void open();
    HeatPlot* heat() { return m_window->centre()->overview()->plot(); }
    LayerPlot* panels() { return m_window->layerView()->plot(); }
    const ViewData& view() { return m_workspace->view().data(); }

    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<test::WarningCollector> m_warnings;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<MainWindow> m_window;
};

void OverviewTest::initTestCase() {
    QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test"));
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    m_theme = std::make_unique<Theme>(qApp);
}

void OverviewTest::init() {
    m_warnings = std::make_unique<test::WarningCollector>();
    m_folder = std::make_unique<test::TemporaryFolder>();
    m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
    m_window = std::make_unique<MainWindow>(*m_workspace, *m_theme);
    m_window->setAsksBeforeClosing(false);
    m_window->resize(1600, 1200);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void OverviewTest::cleanup() {
    m_window.reset();
    m_workspace.reset();
    m_folder.reset();
    const QString warnings = m_warnings->text();
    m_warnings.reset();
    QVERIFY2(warnings.isEmpty(), qPrintable(warnings));
}

void OverviewTest::open() {
    m_workspace->openCheckpoint(QStringLiteral("fake"));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
    m_workspace->calibrate(test::demoCalibration(2));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr && m_workspace->jobs().idle(), kPatience);
    m_workspace->view().setMiddle(Middle::Both);
    QVERIFY(heat()->isVisible() && panels()->isVisible());
}

void OverviewTest::oneSelectionDrivesAllViews() {
    open();
    const int last = m_workspace->spec()->layers - 1;
    m_workspace->view().setSelection(last, Linear::InProj, 2);
    QCOMPARE(heat()->currentLayer(), last);
    QCOMPARE(heat()->currentChannel(), 2);
    QCOMPARE(heat()->map()->options.linear, Linear::InProj);
    QCOMPARE(panels()->currentPanel(), 0);
    QCOMPARE(panels()->currentChannel(), 2);
    heat()->setFocus();
    QTest::keyClick(heat(), Qt::Key_Right);
    QCOMPARE(view().channel, 3);
    QCOMPARE(panels()->currentChannel(), 3);
    panels()->setCursor(3, 1); // out_proj
    QCOMPARE(view().linear, Linear::OutProj);
    QCOMPARE(heat()->map()->options.linear, Linear::OutProj);
    QCOMPARE(heat()->currentChannel(), 1);
    // The range of channels goes along.
    heat()->setWindow({0, 8});
    QCOMPARE(panels()->channelRange(3), std::pair(heat()->window().first, heat()->window().last));
    panels()->resetZoom();
    QCOMPARE(heat()->window(), wholeWindow(*heat()->map()));
}

void OverviewTest::enterInTheOverviewShowsTheLayer() {
    open();
    m_workspace->view().setMiddle(Middle::Overview);
    QVERIFY(heat()->isVisible() && !panels()->isVisible());
    heat()->setFocus();
    QVERIFY(m_window->centre()->overviewIsCurrent());
    QTest::keyClick(heat(), Qt::Key_Down);
    const int layer = view().layer;
    QTest::keyClick(heat(), Qt::Key_Return);
    QCOMPARE(view().middle, Middle::Layer);
    QCOMPARE(view().layer, layer);
    QVERIFY(panels()->isVisible());
}

void OverviewTest::theMiddleFollowsTheRoom() {
    open();
    m_window->resize(1280, 500);
    QTRY_VERIFY(panels()->isVisible() && !heat()->isVisible());
    m_window->resize(1600, 1200);
    QTRY_VERIFY(panels()->isVisible() && heat()->isVisible());
}

void OverviewTest::thePlanShowsInStripsAndPanels() {
    open();
    QCOMPARE(heat()->plan().front().weight, std::string("–"));
    m_workspace->planEditor().edit(presetPlan("SmoothQuant W8A8 α=0.5").value(), QStringLiteral("smooth"));
    QCOMPARE(heat()->plan().front().weight, std::string("8"));
    // Smoothing needs the weights, which the engine is asked for.
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->weights() != nullptr, kPatience);
    const StemPanel& panel = m_window->layerView()->figure()->panels[3];
    QCOMPARE(panel.after.size(), panel.values.size());
    QVERIFY(QString::fromStdString(panel.afterLabel).contains(QStringLiteral("α 0.5")));
    const std::vector<float> half = panel.after;
    SitePatch patch;
    patch.alpha = std::optional<double>(1.0); // s = max|X|: every maximum becomes 1 (arXiv 2211.10438, eq. 4)
    QuantPlan plan = m_workspace->plan();
    plan.set({}, patch);
    m_workspace->planEditor().edit(plan, QStringLiteral("all"));
    for (const float value : m_window->layerView()->figure()->panels[3].after) {
        QVERIFY(std::abs(value - 1) < 1e-5F || value == 0);
    }
    QVERIFY(m_window->layerView()->figure()->panels[3].after != half);
    m_workspace->view().setWeightPanels(true);
    QCOMPARE(m_window->layerView()->figure()->panels.size(), std::size_t{8});
    QCOMPARE(
        m_window->layerView()->figure()->panels[4].values.size(),
        m_window->layerView()->figure()->panels[0].values.size());
}

void OverviewTest::theViewIsSavedAndReadAgain() {
    ViewData data;
    data.linear = Linear::XProj;
    data.channel = 12;
    data.middle = Middle::Overview;
    data.heatStatistic = HeatStatistic::Sigmas;
    data.heatOrder = HeatOrder::Largest;
    data.heatScale = AxisScale::Linear;
    data.scale = AxisScale::Symlog;
    data.colourMap = ColourMap::Viridis;
    data.weightPanels = true;
    ViewData read;
    readView(toJson(data), read);
    QCOMPARE(read, data);
    readView(Json{{"linear", "nonsense"}, {"middle", 3}, {"colours", ""}}, read);
    QCOMPARE(read, data);
}

void OverviewTest::thePaletteFindsAndRuns() {
    open();
    panels()->setFocus();
    CommandPalette* palette = m_window->commandPalette();
    QTest::keyClick(m_window.get(), Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(palette->isVisible());
    QVERIFY(palette->edit()->hasFocus());
    QTest::keyClicks(palette->edit(), QStringLiteral("viridis"));
    QCOMPARE(
        palette->model()->data(palette->model()->index(0), Qt::DisplayRole).toString(),
        QStringLiteral("Viridis"));
    QTest::keyClick(palette->edit(), Qt::Key_Return);
    QVERIFY(!palette->isVisible());
    QCOMPARE(view().colourMap, ColourMap::Viridis);
    QVERIFY(panels()->hasFocus()); // where it was
    // What cannot be done says why and stays open.
    palette->open(QStringLiteral("compare runs"));
    QVERIFY(palette->model()->entry(0).why.contains(QStringLiteral("two runs")));
    QTest::keyClick(palette->edit(), Qt::Key_Return);
    QVERIFY(palette->isVisible());
    QTest::keyClick(palette->edit(), Qt::Key_Escape);
    QVERIFY(!palette->isVisible());
}

void OverviewTest::thePaletteGoesToLayersAndChannels() {
    open();
    CommandPalette* palette = m_window->commandPalette();
    QTest::keyClick(m_window.get(), Qt::Key_J, Qt::ControlModifier);
    QCOMPARE(palette->edit()->text(), QStringLiteral("channel "));
    QTest::keyClicks(palette->edit(), QStringLiteral("4"));
    QTest::keyClick(palette->edit(), Qt::Key_Return);
    QCOMPARE(view().channel, 4);
    palette->open();
    QTest::keyClicks(palette->edit(), QStringLiteral("layer 1 in 2"));
    QTest::keyClick(palette->edit(), Qt::Key_Return);
    QCOMPARE(view().layer, 1);
    QCOMPARE(view().linear, Linear::InProj);
    QCOMPARE(view().channel, 2);
    palette->open(QStringLiteral("layer 999"));
    QVERIFY(palette->model()->entry(0).why.contains(QStringLiteral("layers 0 to")));
    QTest::keyClick(palette->edit(), Qt::Key_Return);
    QCOMPARE(view().layer, 1);
    palette->hide();
}

void OverviewTest::everyMenuCommandIsInThePalette() {
    open();
    m_window->commandPalette()->open();
    QStringList titles;
    for (int row = 0; row < m_window->commandPalette()->model()->rowCount(); ++row) {
        titles << m_window->commandPalette()->model()->entry(row).title;
    }
    m_window->commandPalette()->hide();
    QStringList keys;
    for (const QAction* action : m_window->findChildren<QAction*>()) {
        // Keys of one panel are not commands of the window.
        if (!action->shortcut().isEmpty() && action->shortcutContext() == Qt::WindowShortcut) {
            QString text = action->text();
            text.remove(u'&');
            QVERIFY2(titles.contains(text), qPrintable(text));
            keys << action->shortcut().toString(QKeySequence::NativeText);
        }
    }
    const QString sheet = shortcutSheet(*m_window->menuBar());
    for (const QString& key : keys) {
        QVERIFY2(sheet.contains(QStringLiteral("<b>%1</b>").arg(key.toHtmlEscaped())), qPrintable(key));
    }
}

void OverviewTest::markersSayTheDifference() {
    open();
    const std::vector<float>& values = m_window->layerView()->figure()->panels[0].values;
    panels()->setFocus();
    panels()->setCursor(0, 1);
    QTest::keyClick(panels(), Qt::Key_A);
    QVERIFY(panels()->comparison().startsWith(QStringLiteral("A: in_proj input, channel 1: ")));
    QVERIFY(!panels()->comparison().contains(QStringLiteral("B −")));
    panels()->setCursor(0, 3);
    QTest::keyClick(panels(), Qt::Key_B);
    const double ratio = static_cast<double>(values[3]) / static_cast<double>(values[1]);
    QVERIFY2(
        panels()->comparison().contains(QStringLiteral("× %1").arg(QLocale().toString(ratio, 'g', 4))),
        qPrintable(panels()->comparison()));
    QTest::keyClick(panels(), Qt::Key_Delete);
    QVERIFY(panels()->comparison().isEmpty());
}

void OverviewTest::theScaleGoesRound() {
    open();
    panels()->setFocus();
    for (const AxisScale scale : {AxisScale::Linear, AxisScale::Symlog, AxisScale::Log}) {
        QTest::keyClick(panels(), Qt::Key_L);
        QCOMPARE(view().scale, scale);
        QCOMPARE(panels()->yScale(), scale);
        // What is drawn highest is the largest, and inside.
        const StemPanel& panel = panels()->figure()->panels[0];
        const float largest = *std::max_element(panel.values.begin(), panel.values.end());
        const QRect rect = panels()->panelRect(0);
        const double top = panels()->position(0, 0, largest).y();
        QVERIFY(top > rect.top() && top < rect.bottom());
        QVERIFY(panels()->position(0, 0, largest / 2).y() > top);
    }
}

void OverviewTest::twoRunsAreCompared() {
    open();
    const EvaluationSettings settings = test::demoEvaluation({Task::Piqa, Task::Copa}, 0);
    ViewData data = view();
    data.evaluation = settings;
    m_workspace->view().set(data);
    m_workspace->planEditor().edit(presetPlan("W8A8 input").value(), QStringLiteral("W8A8"));
    m_workspace->evaluate(settings);
    QTRY_COMPARE_WITH_TIMEOUT(m_workspace->session()->runs().size(), std::size_t{2}, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->jobs().idle(), kPatience);
    CompareDialog dialog(*m_workspace, *m_theme);
    QSignalSpy compared(&dialog, &CompareDialog::compared);
    dialog.compare(0, 0);
    QTRY_VERIFY_WITH_TIMEOUT(compared.count() > 0, kPatience);
    QCOMPARE(dialog.tasks()->rowCount(), 3); // two tasks and their average
    QVERIFY2(
        dialog.planWords().contains(QStringLiteral("16 → 8")) ||
            dialog.planWords().contains(QStringLiteral("off → 8")),
        qPrintable(dialog.planWords()));
    // The same as the paired comparison of the two results says.
    const auto from = m_workspace->session()->result(m_workspace->session()->runs()[0].id).value();
    const auto to = m_workspace->session()->result(m_workspace->session()->runs()[1].id).value();
    int flips = 0;
    for (const TaskResult& task : to->tasks) {
        const PairedComparison paired = comparePaired(task.task, task.items, from->find(task.task)->items);
        flips += paired.gained + paired.lost;
    }
    QCOMPARE(dialog.flips()->rowCount(), flips);
    if (flips > 0) { // its text comes from the data that were evaluated
        QVERIFY(!dialog.flips()
                     ->data(dialog.flips()->index(0, FlipsModel::TextColumn), Qt::DisplayRole)
                     .toString()
                     .isEmpty());
        dialog.search()->setText(QStringLiteral("no such text anywhere"));
        QCOMPARE(dialog.flipsTable()->model()->rowCount(), 0);
        dialog.search()->clear();
        QCOMPARE(dialog.flipsTable()->model()->rowCount(), flips);
    }
}

QTEST_MAIN(OverviewTest)
#include "overview_test.moc"
