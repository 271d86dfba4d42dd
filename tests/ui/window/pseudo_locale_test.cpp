// SPDX-License-Identifier: GPL-3.0-or-later
// The window in a language that does not exist: every text is 40 % longer and stands in brackets, so that one
// without brackets was forgotten, and one that is cut off has too little room.
#include "core/figure/distribution.h"
#include "core/figure/result_charts.h"
#include "core/session/session_diff.h"
#include "tests/ui/window/bench.h"
#include "tests/ui/window/pseudo_locale.h"
#include "ui/dialogs/about_dialog.h"
#include "ui/dialogs/calibrate_dialog.h"
#include "ui/dialogs/compare_dialog.h"
#include "ui/dialogs/engine_dialog.h"
#include "ui/dialogs/engine_folder_dialog.h"
#include "ui/dialogs/evaluate_dialog.h"
#include "ui/dialogs/search_dialog.h"
#include "ui/dialogs/searches_dialog.h"
#include "ui/dialogs/settings_dialog.h"
#include "ui/models/core_words.h"
#include "ui/models/text.h"
#include "ui/theme/theme.h"
#include "ui/window/centre_view.h"
#include "ui/window/command_palette.h"
#include "ui/window/elided_label.h"
#include "ui/window/engine_setting.h"
#include "ui/window/layer_view.h"
#include "ui/window/main_window.h"
#include "ui/window/message_bar.h"
#include "ui/window/overview_view.h"
#include "ui/window/tour.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QDockWidget>
#include <QGroupBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QRegularExpression>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryFile>
#include <QTextBrowser>
#include <QToolButton>
#include <QtTest>

#include <algorithm>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kPatience = 30000; ///< ms

} // namespace

class PseudoLocaleTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void init();
    void cleanup();
    void theCheckFindsWhatItIsFor();
    void theStartPage();
    void theWindowAtWork();
    void theFigures();
    void theMenus();
    void theDialogs();
    void theDialogsOfTheEngine();
    void theSheetsOfTheHelpMenu();

private:
    QStringList untranslated() const;
    void check(const QWidget& root);
    void check(const QString& text, const QString& where);
    void checkTexts(const QWidget& widget);
    void checkRoom(const QWidget& widget);
    void checkDialog(QWidget& dialog);
    void checkActions(const QList<QAction*>& actions);
    void work();

    test::PseudoLocale m_language;
    QStringList m_complaints;
    std::unique_ptr<test::WarningCollector> m_warnings;
    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<MainWindow> m_window;
};

void PseudoLocaleTest::initTestCase() {
    QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test"));
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    QCoreApplication::installTranslator(&m_language);
}

void PseudoLocaleTest::cleanupTestCase() {
    QCoreApplication::removeTranslator(&m_language);
}

void PseudoLocaleTest::init() {
    QSettings().clear();
    m_complaints.clear();
    m_warnings = std::make_unique<test::WarningCollector>();
    m_theme = std::make_unique<Theme>(qApp);
    m_folder = std::make_unique<test::TemporaryFolder>();
    m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
    m_window = std::make_unique<MainWindow>(*m_workspace, *m_theme);
    m_window->setAsksBeforeClosing(false);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void PseudoLocaleTest::cleanup() {
    m_window.reset();
    m_workspace.reset();
    m_theme.reset();
    const QString warnings = m_warnings->text();
    m_warnings.reset();
    for (const QString& complaint : m_complaints) {
        qInfo("%s", qPrintable(complaint));
    }
    QVERIFY2(warnings.isEmpty(), qPrintable(warnings));
    QVERIFY2(m_complaints.isEmpty(), "see above");
}

/// What the core says, and names; both are the same in every language.
QStringList PseudoLocaleTest::untranslated() const {
    // The engine of the tests introduces itself, and says what it did with a plan.
    QStringList texts{
        QStringLiteral("fake " MAMBASCOPE_VERSION ", no tensors"), QStringLiteral("The plan was set.")};
    const auto add = [&texts](std::string_view text) {
        texts.append(qt(text));
    };
    for (const std::string& name : presetNames()) {
        add(name);
    }
    for (const Task task : kTasks) {
        add(taskDisplayName(task));
    }
    for (const Linear linear : kLinears) {
        add(linearName(linear));
    }
    if (m_workspace->model()) {
        const auto& model = *m_workspace->model();
        add(model.deviceName);
        add(model.dtype);
    }
    if (m_window->layerView()->figure() != nullptr) {
        add(m_workspace->calibration()->source.checkpointName);
    }
    if (const auto map = m_window->centre()->overview()->map()) {
        add(map->title);
    }
    add(planSummary(m_workspace->plan()));
    if (const Session* session = m_workspace->session(); session != nullptr && session->runs().size() > 1) {
        const auto runs = session->runs();
        const auto difference = compareRuns(*session, runs.front().id, runs.back().id);
        for (const std::string& line : difference.value().plan) {
            texts.append(qt(line).toHtmlEscaped());
        }
        for (const std::string& line : difference.value().conditions) {
            texts.append(qt(line).toHtmlEscaped());
        }
    }
    std::sort(
        texts.begin(), texts.end(), [](const QString& a, const QString& b) { return a.size() > b.size(); });
    return texts;
}

void PseudoLocaleTest::check(const QString& text, const QString& where) {
    // Colour maps, languages, devices and number types have names; columns of the layers' table are headed
    // like the linears, shorter; the hour is QLocale's.
    static const QStringList kNames{
        QStringLiteral("Cividis"), QStringLiteral("Viridis"), QStringLiteral("Deutsch"),
        QStringLiteral("English"), QStringLiteral("in"),      QStringLiteral("dt"),
        QStringLiteral("out"),     QStringLiteral("AM"),      QStringLiteral("PM"),
        QStringLiteral("auto"),    QStringLiteral("cpu"),     QStringLiteral("cuda"),
        QStringLiteral("f32"),     QStringLiteral("tf32"),    QStringLiteral("bf16"),
        QStringLiteral("f16"),     QStringLiteral("int8")};
    static const QRegularExpression kTagOrPath(QStringLiteral("<[^>]*>|(?<=^|\\s)/\\S+"));
    static const QRegularExpression kWord(QStringLiteral("[\\p{L}_][\\p{L}\\p{N}_.]+"));
    QString left = test::outside(text).remove(u'&');
    for (const QString& known : untranslated()) {
        if (!known.isEmpty()) {
            left.replace(known, QLatin1String(" "));
        }
    }
    left.remove(kTagOrPath);
    for (auto match = kWord.globalMatch(left); match.hasNext();) {
        const QString word = match.next().captured();
        if (!kNames.contains(word)) {
            m_complaints.append(QStringLiteral("not translated: \"%1\" in %2: %3").arg(word, where, text));
            return;
        }
    }
}

void PseudoLocaleTest::checkTexts(const QWidget& widget) {
    const QString where =
        QStringLiteral("%1 of %2")
            .arg(
                QLatin1String(widget.metaObject()->className()),
                QLatin1String(
                    widget.parentWidget() != nullptr ? widget.parentWidget()->metaObject()->className()
                                                     : ""));
    check(widget.toolTip(), where);
    check(widget.accessibleName(), where);
    if (const auto* label = qobject_cast<const QLabel*>(&widget)) {
        check(label->text(), where);
    } else if (const auto* button = qobject_cast<const QAbstractButton*>(&widget)) {
        check(button->text(), where);
    } else if (const auto* edit = qobject_cast<const QLineEdit*>(&widget)) {
        check(edit->placeholderText(), where);
    } else if (const auto* box = qobject_cast<const QComboBox*>(&widget)) {
        for (int at = 0; at < box->count(); ++at) {
            check(box->itemText(at), where);
        }
    } else if (const auto* group = qobject_cast<const QGroupBox*>(&widget)) {
        check(group->title(), where);
    } else if (const auto* dock = qobject_cast<const QDockWidget*>(&widget)) {
        check(dock->windowTitle(), where);
    } else if (const auto* header = qobject_cast<const QHeaderView*>(&widget); header && header->model()) {
        for (int at = 0; at < header->count(); ++at) {
            check(header->model()->headerData(at, header->orientation()).toString(), where);
        }
    }
}

void PseudoLocaleTest::checkRoom(const QWidget& widget) {
    const auto* label = qobject_cast<const QLabel*>(&widget);
    const auto* button = qobject_cast<const QAbstractButton*>(&widget);
    // One that says "…" itself and has the rest in its tool tip is not cut off.
    const bool elides = dynamic_cast<const ElidedLabel*>(&widget) != nullptr;
    const QString text = label != nullptr ? label->text() : button != nullptr ? button->text() : QString();
    if (text.isEmpty() || elides) {
        return;
    }
    const bool wraps = label != nullptr && label->wordWrap();
    const QSize needed = wraps ? QSize(0, label->heightForWidth(label->width())) : widget.sizeHint();
    if (needed.width() > widget.width() || needed.height() > widget.height()) {
        m_complaints.append(QStringLiteral("clipped, %1 × %2 instead of %3 × %4: %5")
                                .arg(widget.width())
                                .arg(widget.height())
                                .arg(needed.width())
                                .arg(needed.height())
                                .arg(text));
    }
}

void PseudoLocaleTest::check(const QWidget& root) {
    QCoreApplication::processEvents();
    for (const QWidget* widget : root.findChildren<QWidget*>()) {
        if (widget->isVisibleTo(&root)) {
            checkTexts(*widget);
            checkRoom(*widget);
        }
    }
}

void PseudoLocaleTest::checkDialog(QWidget& dialog) {
    dialog.show();
    QVERIFY(QTest::qWaitForWindowExposed(&dialog));
    check(dialog.windowTitle(), QStringLiteral("a dialog's title"));
    check(dialog);
    dialog.close();
}

void PseudoLocaleTest::checkActions(const QList<QAction*>& actions) {
    for (const QAction* action : actions) {
        check(action->text(), QStringLiteral("a menu"));
        check(action->toolTip(), QStringLiteral("a menu"));
        if (const QMenu* menu = action->menu()) {
            checkActions(menu->actions());
        }
    }
}

void PseudoLocaleTest::work() {
    m_workspace->openCheckpoint(QStringLiteral("tiny"));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), kPatience);
    m_window->messageBar()->clear(); // the made-up model's warning
    m_workspace->calibrate(test::demoCalibration(2));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr && m_workspace->jobs().idle(), kPatience);
    m_workspace->planEditor().edit(presetPlan("W8A8 input").value(), QStringLiteral("[a preset]"));
    QSignalSpy evaluated(m_workspace.get(), &Workspace::evaluated);
    m_workspace->evaluate(test::demoEvaluation({Task::Piqa, Task::Rte}, 30));
    QTRY_COMPARE_WITH_TIMEOUT(evaluated.count(), 2, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->jobs().idle(), kPatience);
}

void PseudoLocaleTest::theCheckFindsWhatItIsFor() {
    QCOMPARE(MainWindow::tr("Clear"), QStringLiteral("[Clear~~]"));
    check(QStringLiteral("[a %1]").arg(QStringLiteral("[b]")) + QStringLiteral(" 12 %"), QString());
    QVERIFY(m_complaints.isEmpty());
    check(QStringLiteral("[a] forgotten"), QString());
    QCOMPARE(m_complaints.size(), 1);
    QLabel label(QStringLiteral("a text that has no room"));
    label.resize(10, 10);
    checkRoom(label);
    QCOMPARE(m_complaints.size(), 2);
    m_complaints.clear();
}

void PseudoLocaleTest::theStartPage() {
    check(*m_window);
}

void PseudoLocaleTest::theWindowAtWork() {
    work();
    for (const Middle middle : {Middle::Overview, Middle::Both, Middle::Layer}) {
        m_workspace->view().setMiddle(middle);
        check(*m_window);
    }
    m_window->takeTour();
    check(*m_window->tour());
    m_window->tour()->end();
    m_window->commandPalette()->open();
    check(*m_window->commandPalette());
}

/// What the plots say is painted, not in widgets.
void PseudoLocaleTest::theFigures() {
    work();
    const auto say = [this](const std::string& text) {
        check(figureText(text), QStringLiteral("a figure"));
    };
    const auto calibration = m_workspace->calibration();
    const QuantPlan plan = m_workspace->plan();
    const WeightStatistics* weights = m_workspace->weights().get();
    for (const OutlierRule rule :
         {OutlierRule::ChannelSpread, OutlierRule::AllElements, OutlierRule::LlmInt8, OutlierRule::Mad}) {
        for (const Side side : {Side::Input, Side::Output}) {
            const FigureOptions options{side, rule, 3, AxisScale::Log};
            const Figure figure = layerFigure(*calibration, 0, options, {&plan, weights, true, true});
            say(figure.title);
            check(captionText(figure.caption), QStringLiteral("a caption"));
            for (const StemPanel& panel : figure.panels) {
                for (const std::string* text :
                     {&panel.title, &panel.subtitle, &panel.xLabel, &panel.yLabel, &panel.afterLabel,
                      &panel.bandLabel, &panel.emptyText}) {
                    say(*text);
                }
            }
            for (const Chart& chart :
                 {distributionChart(*calibration, 0, options), channelRibbons(*calibration, 0, options),
                  resultChart(calibration->spec, {}, {})}) {
                say(chart.title);
                check(captionText(chart.caption), QStringLiteral("a caption"));
                for (const ChartPanel& panel : chart.panels) {
                    for (const std::string* text :
                         {&panel.title, &panel.subtitle, &panel.x.label, &panel.y.label, &panel.emptyText}) {
                        say(*text);
                    }
                    for (const ChartSeries& series : panel.series) {
                        say(series.label);
                    }
                    for (const ChartMark& mark : panel.marks) {
                        say(mark.label);
                    }
                }
            }
            for (const HeatStatistic statistic :
                 {HeatStatistic::Absmax, HeatStatistic::Sigmas, HeatStatistic::WeightAbsmax}) {
                HeatOptions heat;
                heat.statistic = statistic;
                heat.side = side;
                heat.rule = rule;
                const HeatMap map = heatMap(*calibration, nullptr, heat);
                say(map.title);
                check(captionText(map.caption), QStringLiteral("a caption"));
                say(map.valueLabel);
                say(map.emptyText);
            }
        }
    }
    QVERIFY(calibration->at({0, Linear::OutProj}, Side::Input).channels() > 0);
}

void PseudoLocaleTest::theMenus() {
    work();
    checkActions(m_window->menuBar()->actions());
}

void PseudoLocaleTest::theDialogs() {
    work();
    CalibrateDialog calibrate(test::demoCalibration(2), m_window.get());
    checkDialog(calibrate);
    EvaluateDialog evaluate(
        test::demoEvaluation({Task::Piqa}, 3), QStringLiteral("[a plan]"), m_window.get());
    checkDialog(evaluate);
    SettingsDialog settings(Preferences{}, m_window.get());
    checkDialog(settings);
    CompareDialog compare(*m_workspace, *m_theme, m_window.get());
    QSignalSpy compared(&compare, &CompareDialog::compared);
    compare.compare(0, 0);
    QTRY_VERIFY_WITH_TIMEOUT(!compared.isEmpty(), kPatience);
    checkDialog(compare);
    SearchSettings asked;
    asked.target = SearchTarget::Sensitivity;
    asked.samples = 2;
    asked.length = 32;
    m_workspace->search(asked);
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->session()->searches().value().size() == 1, kPatience);
    SearchDialog search(*m_workspace, m_window.get());
    for (const SearchTarget target : {SearchTarget::Alpha, SearchTarget::Bits, SearchTarget::Sensitivity}) {
        search.setTarget(target);
        checkDialog(search);
    }
    SearchesDialog searches(*m_workspace, *m_theme, m_window.get());
    checkDialog(searches);
}

void PseudoLocaleTest::theDialogsOfTheEngine() {
    EngineDialog engine(QString(), m_window.get());
    checkDialog(engine);
    using Purpose = EngineFolderDialog::Purpose;
    const EngineCommand command = engineCommandOf(QStringLiteral(FAKE_ENGINE)).value();
    for (const Purpose purpose : {Purpose::OpenCheckpoint, Purpose::NameNewFolder}) {
        EngineFolderDialog folder(command, purpose, {}, QStringLiteral("model"), m_window.get());
        checkDialog(folder);
    }
}

void PseudoLocaleTest::theSheetsOfTheHelpMenu() {
    const auto trigger = [this](const QString& text) {
        for (QAction* action : m_window->findChildren<QAction*>()) {
            if (action->text().remove(u'&').startsWith(u'[' + text)) {
                action->trigger();
                return;
            }
        }
        QFAIL(qPrintable(text));
    };
    trigger(QStringLiteral("Keyboard Shortcuts"));
    QVERIFY(m_window->findChild<QTextBrowser*>() != nullptr);
    check(*m_window->findChild<QTextBrowser*>()->window());
    QTimer::singleShot(50, this, [this] {
        auto* about = qobject_cast<AboutDialog*>(QApplication::activeModalWidget());
        QVERIFY(about != nullptr);
        check(*about);
        about->accept();
    });
    trigger(QStringLiteral("About"));
}

/// The offscreen platform's own screen is 800 pixels wide, on which no window has its usual size.
int main(int argc, char** argv) {
    QTemporaryFile screen;
    if (!screen.open()) {
        return 1;
    }
    screen.write(R"({"screens": [{"name": "test", "width": 1920, "height": 1200, "logicalDpi": 96, "dpr": 1}]})");
    screen.close();
    qputenv("QT_QPA_PLATFORM", "offscreen:configfile=" + screen.fileName().toUtf8());
    QApplication application(argc, argv);
    PseudoLocaleTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "pseudo_locale_test.moc"
