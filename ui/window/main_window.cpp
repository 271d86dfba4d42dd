// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/main_window.h"

#include "ui/docks/history_panel.h"
#include "ui/docks/jobs_panel.h"
#include "ui/docks/layers_panel.h"
#include "ui/docks/outliers_panel.h"
#include "ui/docks/plan_panel.h"
#include "ui/docks/results_panel.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/cache_scan.h"
#include "ui/window/centre_view.h"
#include "ui/window/elided_label.h"
#include "ui/window/layer_view.h"
#include "ui/window/main_window_actions.h"
#include "ui/window/message_bar.h"
#include "ui/window/preferences.h"
#include "ui/window/start_page.h"
#include "ui/window/status_panel.h"
#include "ui/window/workspace.h"

#include <QCloseEvent>
#include <QDialog>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QStackedWidget>
#include <QTabBar>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>

namespace mambascope::ui {
namespace {

/// "Undo W bits of all sites", as long as there is something to undo.
void describeEdit(QAction& action, const QString& verb, bool possible, QString edit) {
    action.setEnabled(possible);
    edit.replace(u'&', QLatin1String("&&"));
    action.setText(edit.isEmpty() ? verb : verb + u' ' + edit);
}

} // namespace

MainWindow::MainWindow(Workspace& workspace, Theme& theme, QWidget* parent)
    : QMainWindow(parent)
    , m_workspace(workspace)
    , m_theme(theme)
    , m_actions(std::make_unique<Actions>())
    , m_messages(new MessageBar(theme, this))
    , m_cache(new CacheScan(this))
    , m_start(new StartPage(*m_cache, theme, this))
    , m_centre(new CentreView(workspace, theme, this))
    , m_pages(new QStackedWidget(this))
    , m_needsModel(needsModelBar())
    , m_layers(new LayersPanel(workspace, theme, this))
    , m_outliers(new OutliersPanel(workspace, this))
    , m_history(new HistoryPanel(workspace, theme, this))
    , m_plan(new PlanPanel(workspace, theme, this))
    , m_results(new ResultsPanel(workspace, theme, this))
    , m_jobs(new JobsPanel(workspace, theme, this)) {
    setAcceptDrops(true);
    const Preferences preferences = storedPreferences();
    m_asksBeforeClosing = preferences.asksBeforeClosing;
    setReducedMotion(preferences.reducedMotion);
    auto* middle = new QWidget(this);
    auto* column = new QVBoxLayout(middle);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_messages);
    m_pages->addWidget(m_centre);
    m_pages->addWidget(m_start);
    column->addWidget(m_pages, 1);
    column->addWidget(m_needsModel);
    setCentralWidget(middle);
    setStatusBar(new StatusPanel(workspace, theme, this));

    buildDocks();
    buildFileMenu();
    buildEditMenu();
    buildModelMenu();
    buildViewMenu();
    buildHelpMenu();
    buildToolBar();
    connectPanels();
    if (m_workspace.engineElsewhere()) {
        m_cache->setEngine(m_workspace.engineCommand());
    }
    // As large as the job likes it, where the screen has room.
    const int character = fontMetrics().averageCharWidth();
    const QSize room = screen()->availableGeometry().size() * 0.94;
    resize(QSize(character * 266, character * 160).boundedTo(room));
    resetLayout();
    m_defaultLayout = saveState(kLayoutVersion);
    restoreWindow();
    refreshIcons();
    refreshActions();
    refreshTitle();
    restoreLayout();
    refreshPage();
}

MainWindow::~MainWindow() {
    // Hidden while they and the window are whole: a field that loses the focus with its dialog still says what is in it.
    for (QDialog* dialog : findChildren<QDialog*>(Qt::FindDirectChildrenOnly)) {
        dialog->hide();
        delete dialog;
    }
}

LayerView* MainWindow::layerView() const {
    return m_centre->layer();
}

void MainWindow::buildDocks() {
    const auto dock =
        [this](const QString& title, const QString& name, QWidget* contents, Qt::DockWidgetArea area) {
            auto* widget = new QDockWidget(title, this);
            widget->setObjectName(name);
            widget->setWidget(contents);
            addDockWidget(area, widget);
            return widget;
        };
    QDockWidget* layers = dock(tr("Layers"), QStringLiteral("layersDock"), m_layers, Qt::LeftDockWidgetArea);
    QDockWidget* outliers =
        dock(tr("Outliers"), QStringLiteral("outliersDock"), m_outliers, Qt::LeftDockWidgetArea);
    QDockWidget* jobs = dock(tr("Jobs"), QStringLiteral("jobsDock"), m_jobs, Qt::LeftDockWidgetArea);
    tabifyDockWidget(layers, outliers);
    QDockWidget* history =
        dock(tr("History"), QStringLiteral("historyDock"), m_history, Qt::LeftDockWidgetArea);
    tabifyDockWidget(outliers, history);
    tabifyDockWidget(history, jobs);
    layers->raise();
    QDockWidget* plan = dock(tr("Plan"), QStringLiteral("planDock"), m_plan, Qt::BottomDockWidgetArea);
    QDockWidget* results = dock(
        tr("Results, accuracy in per cent"), QStringLiteral("resultsDock"), m_results,
        Qt::BottomDockWidgetArea);
    splitDockWidget(plan, results, Qt::Horizontal);
}

void MainWindow::connectPanels() {
    connect(&m_workspace, &Workspace::noticed, m_messages, &MessageBar::show);
    connect(&m_workspace, &Workspace::sessionChanged, this, [this] {
        refreshPage();
        restoreLayout();
        refreshTitle();
        refreshActions();
    });
    connect(&m_workspace, &Workspace::checkpointChanged, this, [this] {
        refreshTitle();
        refreshActions();
    });
    for (const auto signal :
         {&Workspace::calibrationChanged, &Workspace::runsChanged, &Workspace::runningChanged,
          &Workspace::planChanged}) {
        connect(&m_workspace, signal, this, &MainWindow::refreshActions);
    }
    connect(&m_workspace.jobs(), &JobRunner::changed, this, &MainWindow::refreshActions);
    connect(&m_workspace, &Workspace::locateRequested, this, &MainWindow::locateCheckpoint);
    connect(&m_workspace, &Workspace::tokenizerRequested, this, &MainWindow::chooseTokenizer);
    connect(&m_workspace, &Workspace::openingChanged, this, &MainWindow::refreshPage);
    connect(&m_workspace, &Workspace::engineChanged, this, &MainWindow::lookAtCache);
    connect(m_start, &StartPage::openRequested, this, &MainWindow::openCheckpoint);
    connect(m_start, &StartPage::openFileRequested, this, &MainWindow::openFile);
    connect(m_start, &StartPage::demoRequested, &m_workspace, &Workspace::openDemo);
    connect(m_start, &StartPage::tourRequested, this, &MainWindow::takeTour);
    connect(m_start, &StartPage::fileChosen, &m_workspace, &Workspace::open);
    connect(m_start, &StartPage::modelChosen, &m_workspace, &Workspace::openCheckpoint);
    connect(m_plan, &PlanPanel::openRequested, this, &MainWindow::openCheckpoint);
    connect(layerView(), &LayerView::calibrateRequested, this, &MainWindow::calibrate);
    connect(m_plan, &PlanPanel::evaluateRequested, this, &MainWindow::evaluateNow);
    connect(m_plan, &PlanPanel::searchRequested, this, &MainWindow::search);
    connect(&m_workspace, &Workspace::searchesRequested, this, &MainWindow::showSearches);
    connect(m_results, &ResultsPanel::evaluateRequested, this, &MainWindow::evaluate);
    connect(m_results, &ResultsPanel::compareRequested, this, &MainWindow::compareRuns);
    connect(&m_theme, &Theme::changed, this, &MainWindow::refreshIcons);
}

/// The cache that is shown is that of the engine's machine.
void MainWindow::lookAtCache() {
    m_cache->setEngine(
        m_workspace.engineElsewhere() ? std::optional(m_workspace.engineCommand()) : std::nullopt);
    m_cache->start();
}

void MainWindow::refreshIcons() {
    for (const auto& [action, name] : m_actions->icons) {
        action->setIcon(themedIcon(name, m_theme));
    }
}

void MainWindow::refreshActions() {
    const bool open = m_workspace.checkpoint() != nullptr;
    const bool loaded = open && m_workspace.model().has_value();
    const bool calibrated = m_workspace.calibration() != nullptr;
    const QString why = m_workspace.whyNoModel();
    const PlanEditor& editor = m_workspace.planEditor();
    describeEdit(*m_actions->undo, tr("&Undo"), editor.canUndo(), editor.undoText());
    describeEdit(*m_actions->redo, tr("&Redo"), editor.canRedo(), editor.redoText());
    m_actions->saveCopy->setEnabled(m_workspace.session() != nullptr);
    m_actions->exportReport->setEnabled(m_workspace.session() != nullptr);
    m_actions->close->setEnabled(m_workspace.session() != nullptr || m_workspace.calibrationAlone());
    m_actions->importCalibration->setEnabled(open);
    for (QAction* action : {m_actions->calibrate, m_actions->evaluate, m_actions->evaluateNow}) {
        explain(action, loaded, why);
    }
    explain(m_actions->exportCheckpoint, m_workspace.canExport(), why);
    explain(m_actions->search, loaded, why);
    explain(
        m_actions->searches, m_workspace.session() != nullptr, tr("Open a checkpoint or a session first."));
    explain(
        m_actions->tokenizer, loaded && !m_workspace.model()->hasTokenizer,
        loaded && m_workspace.model()->hasTokenizer ? tr("This checkpoint brings its own tokenizer.") : why);
    m_actions->exportFigure->setEnabled(calibrated);
    m_actions->copyFigure->setEnabled(calibrated);
    m_actions->printFigure->setEnabled(calibrated);
    m_actions->exportOverview->setEnabled(calibrated);
    m_actions->stop->setEnabled(!m_workspace.jobs().idle());
    const Session* session = m_workspace.session();
    explain(
        m_actions->compareRuns, session != nullptr && session->runs().size() > 1,
        tr("There are not two runs to compare yet."));
    explain(m_actions->goTo, calibrated, tr("There is no calibration to look at yet."));
}

void MainWindow::explain(QAction* action, bool enabled, const QString& why) {
    action->setEnabled(enabled);
    const char* const key = "toolTipWhenEnabled";
    if (!action->property(key).isValid()) {
        action->setProperty(key, action->toolTip());
    }
    const QString usual = action->property(key).toString();
    action->setToolTip(enabled ? usual : why);
    action->setStatusTip(enabled ? QString() : why);
}

void MainWindow::setAboutToOpen(bool about) {
    m_aboutToOpen = about;
    refreshPage();
}

void MainWindow::refreshPage() {
    const bool alone = m_workspace.calibrationAlone();
    const bool nothing = m_workspace.session() == nullptr && !alone && m_workspace.opening().isEmpty();
    const Page page = nothing && !m_aboutToOpen ? Page::Start : alone ? Page::Alone : Page::Document;
    if (page == m_page) {
        return;
    }
    // What nobody can use takes no room; the layout waits until it is of use again.
    if (m_page == Page::Document) {
        m_layoutBehind = saveState(kLayoutVersion);
    } else {
        restoreState(m_layoutBehind, kLayoutVersion);
    }
    m_page = page;
    for (QDockWidget* dock : findChildren<QDockWidget*>()) {
        const bool useful = page == Page::Document ||
                            (page == Page::Alone && (dock->widget() == static_cast<QWidget*>(m_layers) ||
                                                     dock->widget() == static_cast<QWidget*>(m_outliers)));
        if (!useful) {
            dock->hide();
        }
        dock->toggleViewAction()->setEnabled(useful);
    }
    m_actions->resetLayout->setEnabled(page == Page::Document);
    m_actions->layouts->setEnabled(page == Page::Document);
    for (QAction* action : m_actions->middles) {
        action->setEnabled(page != Page::Start);
    }
    m_needsModel->setVisible(page == Page::Alone);
    m_pages->setCurrentWidget(page == Page::Start ? static_cast<QWidget*>(m_start) : m_centre);
}

QWidget* MainWindow::needsModelBar() {
    auto* bar = new QFrame(this);
    auto* text = new ElidedLabel(
        tr("Plans and results need the model itself. Open the checkpoint that this belongs to; what is shown "
           "here will be attached to it."),
        bar);
    text->setForegroundRole(QPalette::PlaceholderText);
    auto* open = new QPushButton(tr("Open Checkpoint…"), bar);
    connect(open, &QPushButton::clicked, this, &MainWindow::openCheckpoint);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(12, 4, 12, 6);
    row->addWidget(text, 1);
    row->addWidget(open);
    bar->hide();
    return bar;
}

void MainWindow::refreshTitle() {
    QStringList parts;
    setWindowFilePath({});
    if (const CheckpointReference* reference = m_workspace.checkpoint()) {
        parts.append(QString::fromStdString(reference->name));
    } else if (m_workspace.calibrationAlone()) {
        const CalibrationSource& source = m_workspace.calibration()->source;
        parts.append(QString::fromStdString(source.checkpointName));
        parts.append(source.imported() ? tr("activation scales") : tr("calibration"));
    }
    if (const Session* session = m_workspace.session()) {
        parts.append(
            QFileInfo(QString::fromStdString(session->path().string())).completeBaseName() +
            (session->readOnly() ? tr(" (read-only)") : QString()));
        setWindowFilePath(QString::fromStdString(session->path().string()));
    }
    parts.append(tr("Mambascope"));
    setWindowTitle(parts.join(QStringLiteral(" — ")));
}

void MainWindow::resetLayout() {
    for (QDockWidget* dock : findChildren<QDockWidget*>()) {
        dock->setFloating(false);
        dock->show();
    }
    if (!m_defaultLayout.isEmpty()) {
        restoreState(m_defaultLayout, kLayoutVersion);
    }
    findChild<QDockWidget*>(QStringLiteral("layersDock"))->raise();
    const auto dock = [this](const char* name) {
        return findChild<QDockWidget*>(QString::fromLatin1(name));
    };
    const int character = fontMetrics().averageCharWidth();
    layout()->activate(); // before the window is shown, its layout does not know its size
    resizeDocks({dock("layersDock")}, {character * 46}, Qt::Horizontal);
    resizeDocks({dock("planDock"), dock("resultsDock")}, {character * 125, character * 95}, Qt::Horizontal);
    resizeDocks({dock("planDock")}, {height() * 2 / 5}, Qt::Vertical);
}

void MainWindow::restoreLayout() {
    const QByteArray docks = m_workspace.view().data().docks;
    if (!docks.isEmpty() && m_page == Page::Document) {
        restoreState(docks, kLayoutVersion);
    }
}

void MainWindow::storeLayout() {
    m_workspace.view().setDocks(documentLayout());
}

bool MainWindow::event(QEvent* event) {
    const bool handled = QMainWindow::event(event);
    if (event->type() == QEvent::ChildPolished) {
        // Docks that lie on each other get their tabs from Qt.
        if (auto* tabs = qobject_cast<QTabBar*>(static_cast<QChildEvent*>(event)->child())) {
            tabs->setAccessibleName(tr("Panels"));
        }
    }
    if (event->type() == QEvent::Paint && !m_wasPainted) {
        m_wasPainted = true;
        Q_EMIT painted();
    }
    return handled;
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (!mayStopJobs(tr("Close"), tr("“%1” is under way. Stop it and close?"), tr("Stop and Close"))) {
        event->ignore();
        return;
    }
    m_workspace.stop();
    storeLayout();
    rememberWindow();
    m_workspace.flush();
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    const QList<QUrl> urls = event->mimeData()->urls();
    if (!urls.isEmpty() && urls.first().isLocalFile()) {
        event->acceptProposedAction();
    }
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QString path = event->mimeData()->urls().value(0).toLocalFile();
    event->acceptProposedAction();
    // Not inside the drop: the source of the drag waits until this returns.
    QTimer::singleShot(0, this, [this, path] {
        storeLayout();
        m_workspace.open(path);
    });
}

} // namespace mambascope::ui
