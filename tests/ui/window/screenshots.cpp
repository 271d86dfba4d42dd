// SPDX-License-Identifier: GPL-3.0-or-later
// Takes pictures of the window while it does the main job on the demo with the real engine.
// Usage: mambascope-screenshots FOLDER [LIMIT | --start [SCALES.pt]]; --start takes the start page, and the
// window with activation scales, without an engine. QT_SCALE_FACTOR sets the resolution,
// LANG the language.
#include "core/engine/client.h"
#include "tests/ui/window/photographer.h"
#include "tests/ui/window/screenshots_start.h"
#include "ui/dialogs/about_dialog.h"
#include "ui/dialogs/activation_comparison.h"
#include "ui/dialogs/compare_dialog.h"
#include "ui/dialogs/figure_dialog.h"
#include "ui/dialogs/result_charts_dialog.h"
#include "ui/dialogs/search_dialog.h"
#include "ui/dialogs/searches_dialog.h"
#include "ui/dialogs/settings_dialog.h"
#include "ui/plots/layer_plot.h"
#include "ui/window/centre_view.h"
#include "ui/window/command_palette.h"
#include "ui/window/language.h"
#include "ui/window/layer_view.h"
#include "ui/window/tour.h"

#include <QDockWidget>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>

#include <cstdio>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

Result<std::unique_ptr<Engine>> startEngine() {
    Result<std::unique_ptr<EngineClient>> client = EngineClient::start(EngineCommand::standard());
    if (!client.ok()) {
        return client.error();
    }
    return std::unique_ptr<Engine>(std::move(client).value());
}

void takeDistributions(MainWindow& window, test::Photographer& photographer) {
    LayerView* layer = window.layerView();
    layer->setContent(LayerView::Content::Distribution);
    photographer.take(QStringLiteral("B-distribution"));
    FigureDialog sheet(*window.centre()->printable(), QStringLiteral("figure"), &window);
    sheet.show();
    photographer.take(QStringLiteral("C-sheet"), sheet);
    sheet.close();
    layer->setContent(LayerView::Content::Ribbons);
    photographer.take(QStringLiteral("D-ribbons"));
    layer->setContent(LayerView::Content::Maxima);
}

/// The dialog and every plot of what it measures; a few tokens are enough.
bool takeSearches(MainWindow& window, Workspace& workspace, const Theme& theme, test::Photographer& photographer) {
    workspace.planEditor().edit(presetPlan("W8A8 input").value(), QStringLiteral("W8A8 input"));
    for (const SearchTarget target : {SearchTarget::Alpha, SearchTarget::Bits, SearchTarget::Sensitivity}) {
        SearchDialog dialog(workspace, &window);
        dialog.setTarget(target);
        dialog.show();
        photographer.take(
            QStringLiteral("G-search-%1").arg(QLatin1String(searchTargetName(target).data())), dialog);
        dialog.close();
    }
    std::vector<SearchSettings> searches(4);
    searches[0].target = SearchTarget::Sensitivity;
    searches[2].target = searches[3].target = SearchTarget::Bits;
    searches[3].averageBits = 3.5;
    for (SearchSettings& search : searches) {
        search.samples = 2;
        search.length = 64;
        workspace.planEditor().edit(presetPlan("W8A8 input").value(), QStringLiteral("W8A8 input"));
        workspace.search(search);
        if (!test::waitFor([&] { return workspace.jobs().idle(); })) {
            return false;
        }
    }
    photographer.take(QStringLiteral("G-found"));
    SearchesDialog dialog(workspace, theme, &window);
    dialog.show();
    const auto take = [&](int row, SearchView view, const char* name) {
        dialog.table()->setCurrentIndex(dialog.table()->model()->index(row, 0));
        dialog.setView(view);
        photographer.take(QStringLiteral("H-%1").arg(QLatin1String(name)), dialog);
    };
    take(0, SearchView::Bits, "bits");
    take(0, SearchView::Budget, "budget");
    take(2, SearchView::Alpha, "alpha");
    take(2, SearchView::Errors, "errors");
    take(3, SearchView::Sensitivity, "sensitivity");
    dialog.setOrder(SiteOrder::Size);
    take(3, SearchView::Sensitivity, "sensitivity-by-size");
    dialog.close();
    return true;
}

bool evaluate(Workspace& workspace, const char* preset, const EvaluationSettings& settings) {
    workspace.planEditor().edit(presetPlan(preset).value(), QString::fromUtf8(preset));
    workspace.evaluate(settings);
    return test::waitFor([&] { return workspace.running() == nullptr && workspace.jobs().idle(); });
}

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    QCoreApplication::setOrganizationName(QStringLiteral("mambascope-screenshots"));
    installLanguage(application);
    const QStringList words = QCoreApplication::arguments();
    if (words.size() < 2) {
        std::fputs("Usage: mambascope-screenshots FOLDER [LIMIT | --start [SCALES.pt]]\n", stderr);
        return 2;
    }
    QDir().mkpath(words[1]);
    if (words.value(2) == QLatin1String("--start")) {
        return test::takeStartPages(words[1], words.value(3));
    }
    const QTemporaryDir sessions;
    Theme theme(&application);
    Workspace workspace({startEngine, sessions.path()});
    MainWindow window(workspace, theme);
    window.setAsksBeforeClosing(false);
    QObject::connect(&workspace, &Workspace::noticed, [](const Notice& notice) {
        std::fprintf(
            stderr, "%s %s %s\n", qPrintable(notice.text), qPrintable(notice.hint),
            qPrintable(notice.details));
    });
    window.resize(1600, 1000);
    window.show();
    test::Photographer photographer(window, theme, words[1]);
    photographer.take(QStringLiteral("1-empty"));
    workspace.openDemo();
    if (!test::waitFor([&] { return workspace.model().has_value() || workspace.jobs().idle(); }) ||
        !workspace.model()) {
        return 1;
    }
    photographer.take(QStringLiteral("2-opened"));
    workspace.calibrate(workspace.view().data().calibration);
    if (!test::waitFor([&] { return workspace.calibration() != nullptr || workspace.jobs().idle(); }) ||
        !workspace.calibration()) {
        return 1;
    }
    window.layerView()->plot()->setCursor(
        3, workspace.calibration()->at({7, Linear::OutProj}, Side::Input).largestChannel());
    photographer.take(QStringLiteral("3-calibrated"));
    EvaluationSettings settings = workspace.view().data().evaluation;
    settings.limit = words.size() > 2 ? words[2].toInt() : 0;
    for (const char* preset : {"W8A8 input", "SmoothQuant W8A8 α=0.5"}) {
        if (!evaluate(workspace, preset, settings)) {
            return 1;
        }
    }
    photographer.take(QStringLiteral("4-evaluated"));
    // Smoothing in the panels, with the weights below.
    if (!test::waitFor([&] { return workspace.weights() != nullptr; })) {
        return 1;
    }
    workspace.view().setMiddle(Middle::Layer);
    workspace.view().setWeightPanels(true);
    window.layerView()->plot()->setFocus();
    photographer.take(QStringLiteral("7-smoothing"));
    workspace.view().setWeightPanels(false);
    takeDistributions(window, photographer);
    workspace.view().setMiddle(Middle::Overview);
    photographer.take(QStringLiteral("8-overview"));
    workspace.view().setMiddle(Middle::Both);
    CompareDialog compare(workspace, theme, &window);
    bool shown = false;
    QObject::connect(&compare, &CompareDialog::compared, [&shown] { shown = true; });
    compare.compare(0, 0);
    compare.show();
    if (!test::waitFor([&] { return shown; })) {
        return 1;
    }
    photographer.take(QStringLiteral("9-compare"), compare);
    compare.findChild<QTabWidget*>()->setCurrentWidget(compare.activations());
    photographer.take(QStringLiteral("E-activations"), compare);
    compare.close();
    ResultChartsDialog charts(workspace, theme, &window);
    charts.show();
    photographer.take(QStringLiteral("F-results"), charts);
    charts.close();
    if (!takeSearches(window, workspace, theme, photographer)) {
        return 1;
    }
    // The first letters of the command as the language of the window calls it.
    window.commandPalette()->open(MainWindow::tr("&Evaluate").remove(u'&').left(4).toLower());
    photographer.take(QStringLiteral("A-palette"));
    window.commandPalette()->hide();
    // A branch: the last plan undone, and another made of the one before.
    PlanEditor& editor = workspace.planEditor();
    editor.undo();
    for (const double alpha : {0.3, 0.8}) {
        QuantPlan plan = editor.plan();
        plan.sites[{7, Linear::OutProj}].alpha = std::optional(alpha);
        editor.edit(plan, QStringLiteral("α of layers.7.out_proj"));
    }
    auto* history = window.findChild<QDockWidget*>(QStringLiteral("historyDock"));
    history->show();
    history->raise();
    QCoreApplication::processEvents();
    photographer.take(QStringLiteral("B-history"));
    window.findChild<QDockWidget*>(QStringLiteral("layersDock"))->raise();
    workspace.view().setAllLayers(true);
    EvaluationSettings other = settings;
    other.seed = 1;
    workspace.planEditor().edit(presetPlan("W4 (mlp)").value(), QStringLiteral("W4"));
    workspace.evaluate(other);
    if (!test::waitFor(
            [&] { return workspace.running() == nullptr || workspace.running()->live->get().tasks.size() > 1; })) {
        return 1;
    }
    photographer.take(QStringLiteral("6-running"));
    workspace.calibrate(workspace.view().data().calibration);
    workspace.search({});
    window.findChild<QDockWidget*>(QStringLiteral("jobsDock"))->raise();
    photographer.take(QStringLiteral("B-jobs"));
    window.takeTour();
    photographer.take(QStringLiteral("C-tour"));
    window.tour()->end();
    SettingsDialog preferences(Preferences{}, &window);
    preferences.show();
    photographer.take(QStringLiteral("D-settings"), preferences);
    preferences.close();
    AboutDialog about(workspace.jobs().service().engineInfo(), &window);
    about.show();
    photographer.take(QStringLiteral("E-about"), about);
    about.close();
    workspace.stop();
    if (!test::waitFor([&] { return workspace.jobs().idle(); })) {
        return 1;
    }
    workspace.view().setAllLayers(false);
    window.resize(1280, 720);
    QCoreApplication::processEvents();
    photographer.take(QStringLiteral("5-small"));
    window.close();
    return 0;
}
