// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMainWindow>
#include <QPointer>

#include <functional>
#include <memory>

class QAction;
class QMenu;
class QStackedWidget;

namespace mambascope::ui {

class CacheScan;
class CentreView;
class CommandPalette;
class CompareDialog;
class HistoryPanel;
class JobsPanel;
class LayersPanel;
class LayerView;
class MessageBar;
class OutliersPanel;
class PlanPanel;
class ResultsPanel;
class SearchesDialog;
class SettingsDialog;
class StartPage;
class Theme;
class Tour;
class Workspace;
struct Preferences;

/// The window: puts panels around a workspace and turns menus into its verbs. Knows no file format and no
/// engine.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    MainWindow(Workspace& workspace, Theme& theme, QWidget* parent = nullptr);
    ~MainWindow() override;

    LayersPanel* layersPanel() const { return m_layers; }
    CentreView* centre() const { return m_centre; }
    LayerView* layerView() const;
    OutliersPanel* outliersPanel() const { return m_outliers; }
    HistoryPanel* historyPanel() const { return m_history; }
    CommandPalette* commandPalette() const { return m_palette; }
    PlanPanel* planPanel() const { return m_plan; }
    ResultsPanel* resultsPanel() const { return m_results; }
    JobsPanel* jobsPanel() const { return m_jobs; }
    MessageBar* messageBar() const { return m_messages; }
    StartPage* startPage() const { return m_start; }

    /// Walks through the window, on the demo if nothing is open.
    void takeTour();
    /// Null until it was taken.
    Tour* tour() const { return m_tour; }
    /// Null until it was opened.
    SettingsDialog* settings() const;
    SearchesDialog* searches() const;

    /// Whether something is about to be opened, so that the page for "nothing is open" would only flash up.
    void setAboutToOpen(bool about);

    /// Closing while a job runs asks first; tests that are not about that switch it off.
    void setAsksBeforeClosing(bool asks) { m_asksBeforeClosing = asks; }

Q_SIGNALS:
    /// The first time that the window has been painted.
    void painted();

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Actions;
    /// Nothing is open; a calibration is shown without its model; or there is a session.
    enum class Page { Start, Alone, Document };
    QAction* addCommand(
        QMenu* menu, const QString& text, const QString& icon, const QKeySequence& shortcut,
        std::function<void()> run);
    QWidget* needsModelBar();
    void buildDocks();
    void buildFileMenu();
    void buildEditMenu();
    void buildModelMenu();
    void buildViewMenu();
    void buildHelpMenu();
    void buildToolBar();
    void connectPanels();
    void refreshIcons();
    void refreshActions();
    void refreshTitle();
    void fillRecentMenu();
    void fillCacheMenu();
    void refreshPage();
    void explain(QAction* action, bool enabled, const QString& why);

    void restoreLayout();
    void resetLayout();
    void storeLayout();
    void restoreWindow();
    void rememberWindow();
    QByteArray documentLayout() const;
    void saveLayoutAs();
    void fillLayoutMenu();
    void refillLayoutMenu();

    void chooseEngine();
    void lookAtCache();
    /// A path on the engine's machine; empty if the user gave up.
    QString askEngineFolder(bool forOpening, const QString& name = {});
    void openCheckpoint();
    void openFile();
    void closeDocument();
    bool mayStopJobs(const QString& title, const QString& question, const QString& stop);
    void locateCheckpoint();
    void chooseTokenizer();
    void saveCopy();
    void calibrate();
    void evaluate();
    void evaluateNow();
    void compareRuns(qint64 run);
    void search();
    void showSearches();
    void showShortcuts();
    void showSettings();
    /// Keeps what the user wants, and does what is different about it.
    void apply(const Preferences& preferences);
    void setReducedMotion(bool reduced);
    void refreshChoices();
    void exportFigureAs();
    void exportOverviewAs();
    QString askForFigureFile(const QString& title, const QString& name);
    void buildMiddleMenu(QMenu* menu);
    void buildColourMenu(QMenu* menu);
    void buildLanguageMenu(QMenu* menu);
    void exportCheckpointAs();
    void exportReportAs();
    void importCalibration();
    void copyFigure();
    void about();

    Workspace& m_workspace;
    Theme& m_theme;
    std::unique_ptr<Actions> m_actions;
    MessageBar* m_messages;
    CacheScan* m_cache;
    StartPage* m_start;
    CentreView* m_centre;
    QStackedWidget* m_pages; ///< the start page or the middle
    QWidget* m_needsModel;   ///< why plan and results are hidden, while they are
    LayersPanel* m_layers;
    OutliersPanel* m_outliers;
    HistoryPanel* m_history;
    PlanPanel* m_plan;
    ResultsPanel* m_results;
    JobsPanel* m_jobs;
    CommandPalette* m_palette = nullptr;
    QPointer<CompareDialog> m_compare;
    QPointer<SearchesDialog> m_searches;
    QPointer<SettingsDialog> m_settings;
    Tour* m_tour = nullptr;
    QByteArray m_defaultLayout;
    QByteArray m_layoutBehind; ///< of the docks, while some are hidden because they are of no use
    Page m_page = Page::Document;
    bool m_aboutToOpen = false;
    bool m_asksBeforeClosing = true;
    bool m_wasPainted = false;
};

} // namespace mambascope::ui
