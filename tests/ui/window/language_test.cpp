// SPDX-License-Identifier: GPL-3.0-or-later
// The language of the window: which one it is, and whether the German one is whole.
#include "tests/ui/window/bench.h"
#include "ui/dialogs/calibrate_dialog.h"
#include "ui/dialogs/compare_dialog.h"
#include "ui/dialogs/engine_dialog.h"
#include "ui/dialogs/evaluate_dialog.h"
#include "ui/dialogs/search_dialog.h"
#include "ui/dialogs/searches_dialog.h"
#include "ui/docks/plan_panel.h"
#include "ui/docks/plan_table.h"
#include "ui/models/core_words.h"
#include "ui/theme/theme.h"
#include "ui/window/command_palette.h"
#include "ui/window/language.h"
#include "ui/window/main_window.h"
#include "ui/window/message_bar.h"

#include <QAbstractButton>
#include <QHeaderView>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QMenuBar>
#include <QProcess>
#include <QRegularExpression>
#include <QScrollBar>
#include <QSettings>
#include <QTranslator>
#include <QXmlStreamReader>
#include <QtTest>

#include <algorithm>
#include <vector>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

struct Entry {
    QString context, source, type;
    QStringList translations; ///< one, or one a plural form
    bool plural = false;
};

std::vector<Entry> entriesOf(const QString& path) {
    QFile file(path);
    std::vector<Entry> entries;
    if (!file.open(QIODevice::ReadOnly)) {
        return entries;
    }
    QXmlStreamReader xml(&file);
    QString context;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement) {
            continue;
        }
        if (xml.name() == QLatin1String("name")) {
            context = xml.readElementText();
        } else if (xml.name() == QLatin1String("message")) {
            entries.push_back(
                {context, {}, {}, {}, xml.attributes().hasAttribute(QStringLiteral("numerus"))});
        } else if (xml.name() == QLatin1String("source")) {
            entries.back().source = xml.readElementText();
        } else if (xml.name() == QLatin1String("translation")) {
            entries.back().type = xml.attributes().value(QStringLiteral("type")).toString();
            if (!entries.back().plural) {
                entries.back().translations.append(xml.readElementText());
            }
        } else if (xml.name() == QLatin1String("numerusform")) {
            entries.back().translations.append(xml.readElementText());
        }
    }
    return xml.hasError() ? std::vector<Entry>() : entries;
}

QString germanFile() {
    return QString::fromStdString(
        (test::sourceFolder() / "resources/translations/mambascope_de.ts").string());
}

/// What has to be the same in every language: places for values, and the files that a filter names.
QStringList placeholders(const QString& text) {
    static const QRegularExpression kPlace(QStringLiteral("%L?\\d+|%n|\\*\\.\\w+|</?\\w+>"));
    QStringList found;
    for (auto match = kPlace.globalMatch(text); match.hasNext();) {
        found.append(match.next().captured());
    }
    found.sort();
    return found;
}

/// The letter behind the single "&" of a text.
QChar mnemonic(QString text) {
    text.remove(QLatin1String("&&"));
    const qsizetype at = text.indexOf(u'&');
    return at >= 0 && at + 1 < text.size() ? text[at + 1].toLower() : QChar();
}

QString clashes(const QStringList& texts) {
    QMap<QChar, QString> taken;
    QString found;
    for (const QString& text : texts) {
        const QChar key = mnemonic(text);
        if (!key.isNull() && taken.contains(key)) {
            found += QStringLiteral("%1 and %2; ").arg(taken[key], text);
        }
        taken[key] = text;
    }
    return found;
}

/// Mnemonics that two entries of one menu share, here and in the menus below.
QString menuClashes(const QList<QAction*>& actions) {
    QStringList texts;
    QString below;
    for (const QAction* action : actions) {
        texts.append(action->text());
        if (const QMenu* menu = action->menu()) {
            below += menuClashes(menu->actions());
        }
    }
    return clashes(texts) + below;
}

/// Mnemonics that two controls of a dialog share, or a control and one of `others`.
QString dialogClashes(const QWidget& dialog, const QStringList& others = {}) {
    QStringList texts = others;
    for (const QWidget* widget : dialog.findChildren<QWidget*>()) {
        if (const auto* label = qobject_cast<const QLabel*>(widget); label != nullptr && label->buddy()) {
            texts.append(label->text());
        } else if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) {
            texts.append(button->text());
        }
    }
    return clashes(texts);
}

} // namespace

class LanguageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void theFirstKnownLanguageOfTheDesktopIsTaken_data();
    void theFirstKnownLanguageOfTheDesktopIsTaken();
    void theMenuKeepsTheChoice();
    void everyTextIsTranslated();
    void placesForValuesAgree();
    void spacesAndMnemonicsAgree();
    void theWindowIsGerman();
    void noMnemonicIsTakenTwiceInGerman();
    void pluralsAreGerman();
    void figuresAreGerman();
    void reportsAreGerman();
    void thePlanTableFitsASmallWindow();
    void thePaletteUnderstandsBothLanguages();

private:
    void german();

    std::unique_ptr<test::WarningCollector> m_warnings;
    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<MainWindow> m_window;
};

void LanguageTest::initTestCase() {
    QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test"));
}

void LanguageTest::init() {
    QSettings().clear();
    m_warnings = std::make_unique<test::WarningCollector>();
    m_theme = std::make_unique<Theme>(qApp);
    m_folder = std::make_unique<test::TemporaryFolder>();
    m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
}

void LanguageTest::cleanup() {
    m_window.reset();
    m_workspace.reset();
    m_theme.reset();
    qDeleteAll(qApp->findChildren<QTranslator*>());
    const QString warnings = m_warnings->text();
    m_warnings.reset();
    QVERIFY2(warnings.isEmpty(), qPrintable(warnings));
}

void LanguageTest::german() {
    storeLanguage(Language::German);
    installLanguage(*qApp);
    m_window = std::make_unique<MainWindow>(*m_workspace, *m_theme);
}

void LanguageTest::theFirstKnownLanguageOfTheDesktopIsTaken_data() {
    QTest::addColumn<Language>("choice");
    QTest::addColumn<QStringList>("desktop");
    QTest::addColumn<Language>("expected");
    const auto row = [](const char* name, Language choice, const QStringList& desktop, Language expected) {
        QTest::newRow(name) << choice << desktop << expected;
    };
    const QString de = QStringLiteral("de"), en = QStringLiteral("en-GB"), fr = QStringLiteral("fr-FR");
    row("German", Language::System, {QStringLiteral("de-DE"), de}, Language::German);
    row("Austria", Language::System, {QStringLiteral("de-AT")}, Language::German);
    row("English before German", Language::System, {en, de}, Language::English);
    row("unknown before German", Language::System, {fr, de, en}, Language::German);
    row("unknown", Language::System, {fr}, Language::English);
    row("none", Language::System, {QStringLiteral("C")}, Language::English);
    row("chosen against the desktop", Language::English, {de}, Language::English);
    row("chosen on an English desktop", Language::German, {en}, Language::German);
}

void LanguageTest::theFirstKnownLanguageOfTheDesktopIsTaken() {
    QFETCH(Language, choice);
    QFETCH(QStringList, desktop);
    QFETCH(Language, expected);
    QCOMPARE(resolvedLanguage(choice, desktop), expected);
}

void LanguageTest::theMenuKeepsTheChoice() {
    m_window = std::make_unique<MainWindow>(*m_workspace, *m_theme);
    m_window->show();
    QCOMPARE(storedLanguage(), Language::System);
    const auto action = [this](const char* text) {
        const QList<QAction*> all = m_window->findChildren<QAction*>();
        const auto found = std::find_if(
            all.begin(), all.end(), [&](const QAction* each) { return each->text() == QLatin1String(text); });
        return found == all.end() ? nullptr : *found;
    };
    QVERIFY(action("&Deutsch") != nullptr);
    action("&Deutsch")->trigger();
    QCOMPARE(storedLanguage(), Language::German);
    QCOMPARE(
        m_window->messageBar()->text(),
        QStringLiteral("The language changes when Mambascope starts the next time."));
    m_window->messageBar()->clear();
    action("&Deutsch")->trigger(); // nothing new
    QVERIFY(!m_window->messageBar()->isVisible());
    m_window = std::make_unique<MainWindow>(*m_workspace, *m_theme);
    QVERIFY(action("&Deutsch")->isChecked() && !action("&English")->isChecked());
    action("&English")->trigger();
    QCOMPARE(storedLanguage(), Language::English);
}

/// lupdate reads the sources again: what it would add is not translated, what it would drop is out of date.
void LanguageTest::everyTextIsTranslated() {
    const QString copy = QString::fromStdString((m_folder->path() / "mambascope_de.ts").string());
    QVERIFY(QFile::copy(germanFile(), copy));
    QProcess lupdate;
    lupdate.setWorkingDirectory(QString::fromStdString(test::sourceFolder().string()));
    lupdate.start(
        QStringLiteral(LUPDATE), {QStringLiteral("-locations"), QStringLiteral("none"), QStringLiteral("-I"),
                                  QStringLiteral("."), QStringLiteral("ui"), QStringLiteral("-ts"), copy});
    QVERIFY(lupdate.waitForFinished(120'000));
    QCOMPARE(lupdate.exitCode(), 0);
    const std::vector<Entry> entries = entriesOf(copy);
    QVERIFY(!entries.empty());
    QStringList missing;
    for (const Entry& entry : entries) {
        if (!entry.type.isEmpty() || entry.translations.contains(QString())) {
            missing.append(QStringLiteral("%1: %2 (%3)").arg(entry.context, entry.source, entry.type));
        }
        QCOMPARE(entry.translations.size(), entry.plural ? 2 : 1); // German: one, and all others
    }
    QVERIFY2(missing.isEmpty(), qPrintable(missing.join(u'\n')));
}

void LanguageTest::placesForValuesAgree() {
    for (const Entry& entry : entriesOf(germanFile())) {
        for (const QString& translation : entry.translations) {
            QCOMPARE(placeholders(translation), placeholders(entry.source));
        }
    }
}

void LanguageTest::spacesAndMnemonicsAgree() {
    const auto outer = [](const QString& text) {
        return QPair(text.left(text.indexOf(text.trimmed())), text.endsWith(u' '));
    };
    const auto isShortcut = [](const QString& text) {
        return text.startsWith(QLatin1String("Ctrl+")) && !text.contains(u' ');
    };
    for (const Entry& entry : entriesOf(germanFile())) {
        for (const QString& translation : entry.translations) {
            QVERIFY2(outer(translation) == outer(entry.source), qPrintable(entry.source));
            QVERIFY2(
                mnemonic(translation).isNull() == mnemonic(entry.source).isNull(), qPrintable(entry.source));
            QVERIFY2(
                translation.endsWith(u'…') == entry.source.endsWith(u'…') &&
                    isShortcut(translation) == isShortcut(entry.source),
                qPrintable(entry.source));
        }
    }
}

void LanguageTest::theWindowIsGerman() {
    german();
    QCOMPARE(m_window->menuBar()->actions().first()->text(), QStringLiteral("&Datei"));
    // Qt's own texts come with it.
    const CalibrateDialog dialog(m_workspace->view().data().calibration, m_window.get());
    QStringList buttons;
    for (const QAbstractButton* button : dialog.findChildren<QAbstractButton*>()) {
        buttons.append(button->text().remove(u'&'));
    }
    QVERIFY2(buttons.contains(QStringLiteral("Abbrechen")), qPrintable(buttons.join(u' ')));
    QVERIFY2(buttons.contains(QStringLiteral("Kalibrieren")), qPrintable(buttons.join(u' ')));
}

void LanguageTest::noMnemonicIsTakenTwiceInGerman() {
    german();
    QCOMPARE(menuClashes(m_window->menuBar()->actions()), QString());
    QStringList menus;
    for (const QAction* menu : m_window->menuBar()->actions()) {
        menus.append(menu->text());
    }
    QCOMPARE(dialogClashes(*m_window->planPanel(), menus), QString());
    const CalibrateDialog calibrate(m_workspace->view().data().calibration, m_window.get());
    QCOMPARE(dialogClashes(calibrate), QString());
    const EvaluateDialog evaluate(
        m_workspace->view().data().evaluation, QStringLiteral("plan"), m_window.get());
    QCOMPARE(dialogClashes(evaluate), QString());
    const EngineDialog engine(QString(), m_window.get());
    QCOMPARE(dialogClashes(engine), QString());
    const CompareDialog compare(*m_workspace, *m_theme, m_window.get());
    QCOMPARE(dialogClashes(compare), QString());
    const SearchDialog search(*m_workspace, m_window.get());
    QCOMPARE(dialogClashes(search), QString());
    const SearchesDialog searches(*m_workspace, *m_theme, m_window.get());
    QCOMPARE(dialogClashes(searches), QString());
}

void LanguageTest::pluralsAreGerman() {
    german();
    const auto more = [](int count) {
        return QCoreApplication::translate("mambascope::ui::MessageBar", "%n more", nullptr, count);
    };
    QCOMPARE(more(1), QStringLiteral("1 weitere"));
    QCOMPARE(more(3), QStringLiteral("3 weitere"));
}

void LanguageTest::figuresAreGerman() {
    QLocale::setDefault(QLocale(QLocale::German, QLocale::Germany));
    storeLanguage(Language::German);
    installLanguage(*qApp);
    QCOMPARE(figureText("mamba-demo · layer 7"), QStringLiteral("mamba-demo · Schicht 7"));
    QCOMPARE(figureText("out_proj input"), QStringLiteral("Eingang von out_proj"));
    QCOMPARE(
        figureText("384 channels · 1 outlier · max 0.53 at channel 173"),
        QStringLiteral("384 Kanäle · 1 Ausreißer · Max. 0,53 bei Kanal 173"));
    QCOMPARE(figureText("mean + 6σ"), QStringLiteral("Mittelwert + 6σ"));
    QCOMPARE(
        figureText("after smoothing, α 0.5, and zeroing: max 3.1"),
        QStringLiteral("nach Glättung, α 0,5, und Nullen: Max. 3,1"));
    QCOMPARE(
        figureText("mean α of the smoothed sites"), QStringLiteral("mittleres α der geglätteten Stellen"));
    QCOMPARE(figureText("99.9 %"), QStringLiteral("99,9 %"));
    QCOMPARE(figureText("W8A8 input"), QStringLiteral("W8A8 input")); // a plan's name
    QCOMPARE(
        captionText(
            "Largest absolute activation of every channel at the inputs of the linear layers of layer 7 of "
            "mamba-demo, over wiki.train.raw, 16 contiguous windows × 512 tokens (8192 tokens). The band "
            "reaches to the mean of the channel maxima plus 6.5 standard deviations (rule channel-spread, "
            "k = 6.5); channels above it are marked. Theirs is another sentence."),
        QStringLiteral(
            "Größte absolute Aktivierung jedes Kanals an den Eingängen der linearen Schichten von Schicht "
            "7 von mamba-demo, gemessen auf wiki.train.raw, 16 zusammenhängende Fenster × 512 Token (8192 "
            "Token). Das Band reicht bis zum Mittelwert der Kanalmaxima plus 6,5 Standardabweichungen "
            "(Regel channel-spread, k = 6,5); Kanäle darüber sind markiert. Theirs is another sentence."));
    QLocale::setDefault(QLocale::c());
}

void LanguageTest::reportsAreGerman() {
    QLocale::setDefault(QLocale(QLocale::German, QLocale::Germany));
    storeLanguage(Language::German);
    installLanguage(*qApp);
    const auto cell = [](const char* english) {
        const std::string page = reportText("<td>" + std::string(english) + "</td>");
        return QString::fromStdString(page).mid(4).chopped(5);
    };
    QCOMPARE(cell("outlier channels"), QStringLiteral("Ausreißerkanäle"));
    QCOMPARE(cell("+0.50*"), QStringLiteral("+0,50*"));
    QCOMPARE(cell("&lt; 0.001"), QStringLiteral("&lt; 0,001"));
    QCOMPARE(cell("3 of 24"), QStringLiteral("3 von 24"));
    QCOMPARE(cell("0.5 at 12, off at 3"), QStringLiteral("0,5 in 12; aus in 3"));
    QCOMPARE(cell("Search 3: α of every site."), QStringLiteral("Suche 3: α jeder Stelle."));
    QCOMPARE(cell("One site at a time on"), QStringLiteral("Je eine Stelle an"));
    QCOMPARE(
        cell("Session a.mscope, by mambascope 0.1.0."),
        QStringLiteral("Sitzung a.mscope, von mambascope 0.1.0."));
    QCOMPARE(cell("run 2: best of 3"), QStringLiteral("Lauf 2: best of 3")); // a plan's name
    QCOMPARE(
        cell("layers 3–7, in_proj: weight bits off → 8"),
        QStringLiteral("Schichten 3–7, in_proj: Gewichtsbits aus → 8"));
    QCOMPARE(cell("<span translate=\"no\">all</span>"), QStringLiteral("<span translate=\"no\">all</span>"));
    QCOMPARE(cell("<code>size</code>"), QStringLiteral("<code>size</code>"));
    QVERIFY(reportText("<html lang=\"en\">").find("lang=\"de\"") != std::string::npos);
    QLocale::setDefault(QLocale::c());
}

/// All columns are in sight on the smallest screen that the window is made for.
void LanguageTest::thePlanTableFitsASmallWindow() {
    german();
    m_window->setAsksBeforeClosing(false);
    m_window->resize(1280, 720);
    m_window->show();
    m_workspace->openCheckpoint(QStringLiteral("tiny"));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), 20'000);
    m_window->messageBar()->clear();
    m_workspace->calibrate(test::demoCalibration(2));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->calibration() != nullptr && m_workspace->jobs().idle(), 20'000);
    m_workspace->planEditor().edit(presetPlan("SmoothQuant W8A8 α=0.5").value(), QStringLiteral("α"));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->jobs().idle(), 20'000); // the weights are read
    auto* table = m_window->findChild<PlanTable*>();
    QVERIFY(table != nullptr);
    QCoreApplication::processEvents();
    QVERIFY2(table->width() < 800, qPrintable(QString::number(table->width()))); // beside the results
    QVERIFY2(
        table->horizontalScrollBar()->maximum() == 0,
        qPrintable(QStringLiteral("%1 columns in %2 pixels need %3")
                       .arg(table->model()->columnCount())
                       .arg(table->viewport()->width())
                       .arg(table->horizontalHeader()->length())));
}

void LanguageTest::thePaletteUnderstandsBothLanguages() {
    german();
    m_window->setAsksBeforeClosing(false);
    m_window->show();
    m_workspace->openCheckpoint(QStringLiteral("tiny"));
    QTRY_VERIFY_WITH_TIMEOUT(m_workspace->model().has_value(), 30'000);
    const auto* list = m_window->commandPalette()->findChild<QListView*>();
    for (const char* typed : {"Kanal 3", "kanal 3", "channel 3"}) {
        m_window->commandPalette()->open(QString::fromLatin1(typed));
        QCOMPARE(
            list->model()->index(0, 0).data().toString(), QStringLiteral("Kanal 3 von Schicht 0, out_proj"));
    }
    for (const char* typed : {"Schicht 2 x", "layer 2 x"}) {
        m_window->commandPalette()->open(QString::fromLatin1(typed));
        QCOMPARE(list->model()->index(0, 0).data().toString(), QStringLiteral("Schicht 2, x_proj"));
    }
}

QTEST_MAIN(LanguageTest)
#include "language_test.moc"
