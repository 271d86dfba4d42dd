// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/figure_dialog.h"
#include "ui/dialogs/result_charts_dialog.h"
#include "ui/docks/results_panel.h"
#include "ui/models/text.h"
#include "ui/theme/theme.h"
#include "ui/window/cache_scan.h"
#include "ui/window/centre_view.h"
#include "ui/window/command_palette.h"
#include "ui/window/language.h"
#include "ui/window/layer_view.h"
#include "ui/window/main_window_actions.h"
#include "ui/window/preferences.h"
#include "ui/window/session_files.h"
#include "ui/window/workspace.h"

#include <QActionGroup>
#include <QDockWidget>
#include <QFileInfo>
#include <QMenuBar>
#include <QToolBar>

#include <utility>

namespace mambascope::ui {

QAction* MainWindow::addCommand(
    QMenu* menu, const QString& text, const QString& icon, const QKeySequence& shortcut,
    std::function<void()> run) {
    QAction* action = menu->addAction(text);
    action->setShortcut(shortcut);
    if (!icon.isEmpty()) {
        m_actions->icons.emplace_back(action, icon);
    }
    connect(action, &QAction::triggered, this, std::move(run));
    return action;
}

void MainWindow::buildFileMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&File"));
    m_actions->open =
        addCommand(menu, tr("&Open Checkpoint…"), QStringLiteral("open"), QKeySequence::Open, [this] {
            openCheckpoint();
        });
    addCommand(menu, tr("Op&en File…"), {}, QKeySequence(tr("Ctrl+Shift+O")), [this] { openFile(); });
    m_actions->cached = menu->addMenu(tr("Open from Hugging Face C&ache"));
    m_actions->cached->setToolTipsVisible(true);
    connect(m_actions->cached, &QMenu::aboutToShow, this, [this] {
        fillCacheMenu();
        m_cache->start();
    });
    connect(m_cache, &CacheScan::changed, this, [this] {
        if (m_actions->cached->isVisible()) {
            fillCacheMenu();
        }
    });
    m_actions->recent = menu->addMenu(tr("Open &Recent"));
    connect(m_actions->recent, &QMenu::aboutToShow, this, &MainWindow::fillRecentMenu);
    addCommand(menu, tr("Open &Demo"), {}, {}, [this] { m_workspace.openDemo(); });
    menu->addSeparator();
    m_actions->saveCopy = addCommand(
        menu, tr("Save a &Copy…"), QStringLiteral("save"), QKeySequence::SaveAs, [this] { saveCopy(); });
    m_actions->importCalibration =
        addCommand(menu, tr("&Import Calibration…"), {}, {}, [this] { importCalibration(); });
    menu->addSeparator();
    m_actions->exportFigure = addCommand(
        menu, tr("Export &Figure…"), QStringLiteral("export"), QKeySequence(tr("Ctrl+Shift+E")),
        [this] { exportFigureAs(); });
    m_actions->exportOverview =
        addCommand(menu, tr("Export O&verview…"), {}, QKeySequence(tr("Ctrl+Alt+Shift+E")), [this] {
            exportOverviewAs();
        });
    m_actions->printFigure = addCommand(menu, tr("&Print Figure…"), {}, QKeySequence::Print, [this] {
        if (const auto figure = m_centre->printable()) {
            auto* dialog = new FigureDialog(*figure, QStringLiteral("figure"), this);
            dialog->setAttribute(Qt::WA_DeleteOnClose);
            dialog->show();
        }
    });
    m_actions->printFigure->setToolTip(tr("See the figure as it will be on paper or in a file, in any size"));
    m_actions->exportCheckpoint =
        addCommand(menu, tr("Export C&heckpoint…"), {}, QKeySequence(tr("Ctrl+Shift+X")), [this] {
            exportCheckpointAs();
        });
    m_actions->exportReport = addCommand(menu, tr("Export Re&port…"), {}, {}, [this] { exportReportAs(); });
    menu->addSeparator();
    m_actions->close =
        addCommand(menu, tr("C&lose"), {}, QKeySequence(tr("Ctrl+W")), [this] { closeDocument(); });
    QAction* quit = addCommand(menu, tr("&Quit"), {}, QKeySequence::Quit, [this] { close(); });
    quit->setMenuRole(QAction::QuitRole);
}

void MainWindow::fillRecentMenu() {
    m_actions->recent->clear();
    const QStringList files = recentFiles();
    for (const QString& file : files) {
        QAction* action = m_actions->recent->addAction(QFileInfo(file).completeBaseName());
        action->setToolTip(file);
        action->setEnabled(QFileInfo::exists(file));
        connect(action, &QAction::triggered, this, [this, file] {
            storeLayout();
            m_workspace.open(file);
        });
    }
    m_actions->recent->setToolTipsVisible(true);
    if (!files.isEmpty()) {
        m_actions->recent->addSeparator();
    }
    QAction* clear = m_actions->recent->addAction(tr("Clear"));
    clear->setEnabled(!files.isEmpty());
    connect(clear, &QAction::triggered, this, [] { forgetRecentFiles(); });
}

void MainWindow::fillCacheMenu() {
    QMenu* menu = m_actions->cached;
    menu->clear();
    const std::optional<CachedModels>& found = m_cache->models();
    const auto say = [menu](const QString& text, const QString& toolTip = {}) {
        QAction* action = menu->addAction(text);
        action->setEnabled(false);
        action->setToolTip(toolTip);
    };
    if (!found) {
        say(tr("Looking through the cache…"));
        return;
    }
    constexpr int kMost = 40; // a menu that is higher than the screen is no help
    int shown = 0;
    QStringList others;
    for (const CachedModel& model : found->models) {
        const QString name = QString::fromStdString(model.name);
        if (!model.openable || shown == kMost) {
            others.append(model.openable ? name : tr("%1: %2").arg(name, QString::fromStdString(model.why)));
            continue;
        }
        ++shown;
        // A tab would make what follows a shortcut to the eye; an ampersand, a mnemonic.
        QAction* action = menu->addAction(tr("%1 (%2)").arg(
            QString(name).replace(u'&', QLatin1String("&&")), QString::fromStdString(model.kind)));
        action->setToolTip(QString::fromStdString(model.folder.string()));
        const QString reference = QString::fromStdString(model.reference);
        connect(
            action, &QAction::triggered, this, [this, reference] { m_workspace.openCheckpoint(reference); });
    }
    if (shown == 0) {
        say(found->trouble.empty() ? tr("No checkpoint that can be opened")
                                   : QString::fromStdString(found->trouble));
    }
    if (!others.isEmpty()) {
        menu->addSeparator();
        say(shown == kMost       ? tr("More are on the start page")
            : others.size() == 1 ? tr("1 other model cannot be opened")
                                 : tr("%1 other models cannot be opened").arg(number(others.size())),
            others.mid(0, kMost).join(u'\n'));
    }
}

void MainWindow::buildEditMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Edit"));
    PlanEditor& editor = m_workspace.planEditor();
    m_actions->undo = addCommand(
        menu, tr("&Undo"), QStringLiteral("undo"), QKeySequence::Undo, [&editor] { editor.undo(); });
    m_actions->redo = addCommand(
        menu, tr("&Redo"), QStringLiteral("redo"), QKeySequence::Redo, [&editor] { editor.redo(); });
    // The tool bar shows icons only for these two: their texts grow with what there is to undo.
    m_actions->undo->setPriority(QAction::LowPriority);
    m_actions->redo->setPriority(QAction::LowPriority);
    menu->addSeparator();
    m_actions->copyFigure = addCommand(
        menu, tr("Copy &Figure"), QStringLiteral("copy"), QKeySequence(tr("Ctrl+Shift+C")),
        [this] { copyFigure(); });
    menu->addSeparator();
    addCommand(menu, tr("&Settings…"), {}, QKeySequence(tr("Ctrl+,")), [this] { showSettings(); })
        ->setMenuRole(QAction::PreferencesRole);
}

void MainWindow::buildModelMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Model"));
    m_actions->calibrate =
        addCommand(menu, tr("&Calibrate…"), QStringLiteral("calibrate"), QKeySequence(tr("Ctrl+K")), [this] {
            calibrate();
        });
    m_actions->evaluateNow =
        addCommand(menu, tr("&Evaluate"), QStringLiteral("evaluate"), QKeySequence(tr("Ctrl+E")), [this] {
            evaluateNow();
        });
    m_actions->evaluateNow->setToolTip(tr("Evaluate the plan beside the baseline, as last time"));
    m_actions->evaluate = addCommand(
        menu, tr("Evaluate &On…"), QStringLiteral("settings"), QKeySequence(tr("Ctrl+Alt+E")),
        [this] { evaluate(); });
    m_actions->search = addCommand(
        menu, tr("&Find α, Bits or Sensitivity…"), {}, QKeySequence(tr("Ctrl+Alt+A")), [this] { search(); });
    m_actions->search->setToolTip(
        tr("Search for every site's α, for its bits under a budget, or for what it costs by itself"));
    m_actions->searches = addCommand(
        menu, tr("S&how Searches…"), {}, QKeySequence(tr("Ctrl+Shift+A")), [this] { showSearches(); });
    m_actions->searches->setToolTip(tr("What the searches of this session measured and found"));
    m_actions->tokenizer = addCommand(menu, tr("Choose &Tokenizer…"), {}, {}, [this] { chooseTokenizer(); });
    menu->addSeparator();
    m_actions->useRun = addCommand(menu, tr("Use Plan of Selected &Run"), {}, {}, [this] {
        if (const RunId run = m_results->selectedRun(); run != 0) {
            m_workspace.usePlanOf(run);
        }
    });
    m_actions->removeRun = addCommand(menu, tr("Re&move Selected Run"), QStringLiteral("remove"), {}, [this] {
        if (const RunId run = m_results->selectedRun(); run != 0) {
            m_workspace.removeRun(run);
        }
    });
    m_actions->compareRuns = addCommand(menu, tr("Compare R&uns…"), {}, QKeySequence(tr("Ctrl+D")), [this] {
        compareRuns(m_results->selectedRun());
    });
    addCommand(menu, tr("&Plot Results…"), {}, QKeySequence(tr("Ctrl+Shift+D")), [this] {
        auto* dialog = new ResultChartsDialog(m_workspace, m_theme, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->show();
    });
    menu->addSeparator();
    addCommand(menu, tr("E&ngine…"), {}, {}, [this] { chooseEngine(); });
    m_actions->stop =
        addCommand(menu, tr("&Stop"), QStringLiteral("stop"), QKeySequence(Qt::Key_Escape), [this] {
            m_workspace.stopCurrent();
        });
}

void MainWindow::buildViewMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&View"));
    buildMiddleMenu(menu);
    ViewState& view = m_workspace.view();
    QAction* diagram = addCommand(menu, tr("&Block Diagram"), {}, QKeySequence(tr("Ctrl+B")), [&view] {
        view.setDiagram(!view.data().diagram);
    });
    diagram->setToolTip(tr("The block of the layer above its panels, where the window is high enough"));
    diagram->setCheckable(true);
    diagram->setChecked(view.data().diagram);
    connect(
        &view, &ViewState::changed, diagram, [&view, diagram] { diagram->setChecked(view.data().diagram); });
    menu->addSeparator();
    for (QDockWidget* dock : findChildren<QDockWidget*>()) {
        menu->addAction(dock->toggleViewAction());
    }
    m_actions->goTo =
        addCommand(menu, tr("&Go to Channel or Layer…"), {}, QKeySequence(tr("Ctrl+J")), [this] {
            m_palette->open(tr("channel "));
        });
    m_actions->layouts = menu->addMenu(tr("&Panel Layouts"));
    m_actions->resetLayout = addCommand(menu, tr("&Reset Layout"), {}, {}, [this] { resetLayout(); });
    fillLayoutMenu();
    menu->addSeparator();
    QMenu* themes = menu->addMenu(tr("&Theme"));
    auto* group = new QActionGroup(this);
    const auto add = [&](const QString& text, const QString& icon, ThemeMode mode) {
        QAction* action = addCommand(themes, text, icon, {}, [this, mode] {
            Preferences preferences = storedPreferences();
            preferences.theme = mode;
            apply(preferences);
        });
        action->setCheckable(true);
        group->addAction(action);
        m_actions->themes.push_back(action);
    };
    add(tr("&System"), QStringLiteral("theme"), ThemeMode::System);
    add(tr("&Light"), QStringLiteral("light"), ThemeMode::Light);
    add(tr("&Dark"), QStringLiteral("dark"), ThemeMode::Dark);
    buildColourMenu(menu->addMenu(tr("&Colours of the Heat Map")));
    buildLanguageMenu(menu->addMenu(tr("&Language")));
    refreshChoices();
    connect(&m_theme, &Theme::changed, this, &MainWindow::refreshChoices);
    menu->addSeparator();
    QAction* full = addCommand(menu, tr("&Full Screen"), {}, QKeySequence::FullScreen, [this] {
        setWindowState(windowState() ^ Qt::WindowFullScreen);
    });
    if (full->shortcut().isEmpty()) {
        full->setShortcut(QKeySequence(Qt::Key_F11));
    }
}

void MainWindow::buildHelpMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Help"));
    m_palette = new CommandPalette(m_workspace, m_theme, *menuBar(), this);
    addCommand(
        menu, tr("&Find Command…"), QStringLiteral("search"), QKeySequence(tr("Ctrl+Shift+P")),
        [this] { m_palette->open(); });
    QAction* shortcuts = addCommand(menu, tr("&Keyboard Shortcuts"), {}, {}, [this] { showShortcuts(); });
    shortcuts->setShortcuts({QKeySequence(Qt::Key_F1), QKeySequence(tr("Ctrl+/"))});
    menu->addSeparator();
    addCommand(menu, tr("To&ur"), {}, {}, [this] { takeTour(); });
    addCommand(menu, tr("&About Mambascope"), {}, {}, [this] { about(); })->setMenuRole(QAction::AboutRole);
}

void MainWindow::buildMiddleMenu(QMenu* menu) {
    auto* group = new QActionGroup(this);
    const auto add = [&](const QString& text, const QString& shortText, const QString& toolTip, int key,
                         Middle middle) {
        QAction* action =
            addCommand(menu, text, {}, QKeySequence(Qt::CTRL | static_cast<Qt::Key>(key)), [this, middle] {
                m_workspace.view().setMiddle(middle);
            });
        action->setCheckable(true);
        action->setIconText(shortText);
        action->setToolTip(toolTip);
        group->addAction(action);
        m_actions->middles.push_back(action);
    };
    add(tr("&Overview of All Layers"), tr("Overview"), tr("The heat map of all layers"), Qt::Key_1,
        Middle::Overview);
    add(tr("Overview &and Layer"), tr("Both"),
        tr("The heat map above the selected layer's panels, where the window is high enough"), Qt::Key_2,
        Middle::Both);
    add(tr("Selected La&yer"), tr("Layer"), tr("The selected layer's panels"), Qt::Key_3, Middle::Layer);
    const auto refresh = [this] {
        const auto middle = static_cast<std::size_t>(m_workspace.view().data().middle);
        m_actions->middles[middle]->setChecked(true);
    };
    connect(&m_workspace.view(), &ViewState::changed, this, refresh);
    refresh();
}

void MainWindow::buildColourMenu(QMenu* menu) {
    auto* group = new QActionGroup(this);
    for (const ColourMap map : kColourMaps) {
        // The other two are names.
        const QString name = map == ColourMap::Grey ? tr("Grey") : qt(colourMapName(map));
        QAction* action = addCommand(menu, name.left(1).toUpper() + name.mid(1), {}, {}, [this, map] {
            m_workspace.view().setColourMap(map);
        });
        action->setCheckable(true);
        group->addAction(action);
        m_actions->colourMaps.push_back(action);
    }
    const auto refresh = [this] {
        const auto map = static_cast<std::size_t>(m_workspace.view().data().colourMap);
        m_actions->colourMaps[map]->setChecked(true);
    };
    connect(&m_workspace.view(), &ViewState::changed, this, refresh);
    refresh();
}

void MainWindow::buildLanguageMenu(QMenu* menu) {
    auto* group = new QActionGroup(this);
    const auto add = [&](const QString& text, Language language) {
        QAction* action = addCommand(menu, text, {}, {}, [this, language] {
            Preferences preferences = storedPreferences();
            preferences.language = language;
            apply(preferences);
        });
        action->setCheckable(true);
        group->addAction(action);
        m_actions->languages.push_back(action);
    };
    add(tr("&System"), Language::System);
    // Each in its own language, so that whoever is in the wrong one finds the way back.
    add(QStringLiteral("&English"), Language::English);
    add(QStringLiteral("&Deutsch"), Language::German);
}

void MainWindow::buildToolBar() {
    auto* bar = addToolBar(tr("Tools"));
    bar->setObjectName(QStringLiteral("toolBar"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    bar->addAction(m_actions->open);
    bar->addSeparator();
    bar->addAction(m_actions->calibrate);
    bar->addAction(m_actions->evaluateNow);
    bar->addAction(m_actions->stop);
    bar->addSeparator();
    bar->addAction(m_actions->undo);
    bar->addAction(m_actions->redo);
    bar->addSeparator();
    bar->addAction(m_actions->exportFigure);
    bar->addAction(m_actions->copyFigure);
    m_actions->copyFigure->setPriority(QAction::LowPriority);
    auto* space = new QWidget(bar);
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(space);
    for (QAction* action : m_actions->middles) {
        bar->addAction(action);
    }
    // Short words here; the menus have the long ones.
    m_actions->open->setIconText(tr("Open"));
    m_actions->calibrate->setIconText(tr("Calibrate"));
    m_actions->exportFigure->setIconText(tr("Export figure"));
}

} // namespace mambascope::ui
