// SPDX-License-Identifier: GPL-3.0-or-later
// Searches and sweeps in the report, and how they are made again.
#include "core/report/commands.h"
#include "core/report/report.h"
#include "tests/core/report/record_examples.h"
#include "tests/support/paths.h"

#include <QRegularExpression>
#include <QTest>
#include <QXmlStreamReader>

using namespace mambascope;
using namespace mambascope::test;

namespace {

/// The page's texts; the reason in its place if it is not well-formed.
QString textOf(const std::string& page) {
    QXmlStreamReader reader(QByteArray::fromStdString(page));
    QString text;
    while (!reader.atEnd()) {
        reader.readNext();
        if (reader.isCharacters()) {
            text += reader.text().toString() + u' ';
        }
    }
    return reader.hasError() ? QStringLiteral("not well-formed: ") + reader.errorString() : text.simplified();
}

std::unique_ptr<Session> emptySession(const TemporaryFolder& folder) {
    auto session = std::move(Session::create(folder.path() / "s.mscope", false)).value();
    const CheckpointReference checkpoint = exampleCheckpoint("c1");
    return session->setCheckpoint(checkpoint).ok() ? std::move(session) : nullptr;
}

/// Every kind of search, and a sweep whose title looks like HTML.
std::unique_ptr<Session> fullSession(const TemporaryFolder& folder) {
    auto session = emptySession(folder);
    QuantPlan start = examplePlan(0.5);
    start.name = "start </pre><script>";
    const bool kept = session != nullptr && session->addSearch(exampleAlphaTrace(start), "c1").ok() &&
                      session->addSearch(exampleBitsTrace(start), "c1").ok() &&
                      session->addSearch(exampleSensitivityTrace(start), "c1").ok() &&
                      session->addSweep(exampleSweep(start, "<script>alert(1)</script>\nrm -rf x")).ok();
    return kept ? std::move(session) : nullptr;
}

qsizetype count(const std::string& page, const char* what) {
    return QString::fromStdString(page).count(QLatin1String(what));
}

} // namespace

class RecordsReportTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyRecordHasItsFigureAndNothingFromOutside() {
        const TemporaryFolder folder;
        const auto session = fullSession(folder);
        QVERIFY(session != nullptr);
        const std::string page = sessionReport(*session).value();
        QVERIFY2(!textOf(page).startsWith(QStringLiteral("not well-formed")), qPrintable(textOf(page)));
        QCOMPARE(count(page, "<svg"), 4);
        QCOMPARE(count(page, "<script"), 0);
        const QRegularExpression outside(
            QStringLiteral("https?://(?!www\\.w3\\.org/2000/svg\")|url\\(|@import|src=|href="));
        QVERIFY(!QString::fromStdString(page).contains(outside));
        QVERIFY(textOf(page).contains(QStringLiteral("Sweep 1: <script>alert(1)</script>")));
        QVERIFY(textOf(page).contains(QStringLiteral("start </pre><script>: ")));
        QVERIFY(textOf(page).contains(QStringLiteral("of held <out>.txt")));
        QVERIFY(textOf(page).contains(QStringLiteral("Items: <b>PIQA</b> 100 of 1838.")));
        QCOMPARE(sessionReport(*session).value(), page);
        const PrintedReport paper = printedReport(*session).value();
        QCOMPARE(paper.figures.size(), std::size_t{4}); // the same ones
        QVERIFY(std::holds_alternative<Chart>(paper.figures[0]));
        QVERIFY(std::holds_alternative<SweepFigure>(paper.figures[3]));
        QCOMPARE(printedReport(*session).value().html, paper.html);
    }

    void searchesSayWhatWasFound() {
        const TemporaryFolder folder;
        const auto session = fullSession(folder);
        QVERIFY(session != nullptr);
        const QString text = textOf(sessionReport(*session).value());
        QVERIFY(text.contains(
            QStringLiteral("8 windows of 256 tokens of held <out>.txt, at random positions, seed 3")));
        // α: of two sites one has 0.5 and one none; means of (0.02, 0.04) and (0.08, 0.04).
        QVERIFY2(text.contains(QStringLiteral("in_proj 0.5 at 1, off at 1 0.03 0.06")), qPrintable(text));
        // Bits: means of (0.001, 0.02) and (0.03, 0.02), and both ways to spend the budget.
        QVERIFY(text.contains(QStringLiteral("out_proj 8 at 1, 4 at 1 0.0105 0.025")));
        QVERIFY(text.contains(QStringLiteral("6.500 at most, 6.000 used")));
        QVERIFY(text.contains(QStringLiteral("by error, taken 6.000 2.1250 0.000123")));
        QVERIFY(text.contains(QStringLiteral("uniform 4.000 2.2500 0.0045")));
        // Sensitivity, the largest first: 2.75 − 2 and 2.5 − 3.
        QVERIFY(
            text.contains(QStringLiteral("layers.1.x_proj +0.7500 −0.5000 layers.0.x_proj +0.2500 −0.1250")));
    }

    void sweepsHaveIntervalsAndPairedDifferences() {
        const TemporaryFolder folder;
        const auto session = emptySession(folder);
        QVERIFY(session != nullptr);
        QVERIFY(session->addSweep(exampleSweep(examplePlan(0.5), "Ours")).ok());
        const QString text = textOf(sessionReport(*session).value());
        QVERIFY2(text.contains(QStringLiteral("baseline 80.00 71.1–86.7 80.00")), qPrintable(text));
        QVERIFY(text.contains(QStringLiteral("72.00 62.5–79.8 −8.00* 72.00 −8.00*")));
        QVERIFY(text.contains(QStringLiteral("100 a task, drawn at random, seed 5")));
        QVERIFY(!text.contains(QStringLiteral("as tables have it"))); // its own table is another one
        QVERIFY(text.contains(QStringLiteral("There are no results yet.")));
    }

    void recordsThatSayNothingBreakNothing() {
        const TemporaryFolder folder;
        const auto session = emptySession(folder);
        QVERIFY(session != nullptr);
        const OrderedJson odd[] = {
            OrderedJson::object(),
            {{"target", "alpha"}, {"candidates", "0.5"}, {"sites", 3}},
            {{"target", "sensitivity"}, {"sites", {{"layers.0.in_proj", 7}}}},
            {{"title", 3}, {"checkpoints", {1, {{"plans", "x"}}}}},
            {{"checkpoints", {{{"name", "a"}, {"plans", {{{"plan", 1}, {"tasks", {{"piqa", 2}}}}}}}}}}};
        for (const OrderedJson& content : odd) {
            QVERIFY(session->addSearch(content, "c1").ok());
            QVERIFY(session->addSweep(content).ok());
        }
        const QString text = textOf(sessionReport(*session).value());
        QVERIFY2(
            text.contains(QStringLiteral("This record is not the trace of a search.")), qPrintable(text));
        QVERIFY(text.contains(QStringLiteral("This record holds no results of a sweep.")));
        QVERIFY(printedReport(*session).ok());
    }

    void commandsAreOneALineWhateverNamesHold() {
        const TemporaryFolder folder;
        const auto session = fullSession(folder);
        QVERIFY(session != nullptr);
        const std::string lines =
            commandLines(*session, session->searches().value(), session->sweeps().value());
        for (const QString& line : QString::fromStdString(lines).split(u'\n')) {
            const bool known = line.isEmpty() || line.startsWith(u'#') ||
                               line.startsWith(QStringLiteral("MODEL=")) ||
                               line.startsWith(QStringLiteral("DATA=")) ||
                               line.startsWith(QStringLiteral("mambascope-cli "));
            QVERIFY2(known, qPrintable(line));
        }
        const auto has = [&](const char* part) {
            return lines.find(part) != std::string::npos;
        };
        QVERIFY(has("--target alpha --plan search-1-plan.json"));
        QVERIFY(has("--text 'held <out>.txt' --samples 8 --length 256 --seed 3 --grid 0,0.5 "));
        QVERIFY(has("--bits 8,4 --average-bits 6.5 --weighted"));
        QVERIFY(has("export plan --search 3 -o search-3-plan.json"));
        QVERIFY(has("export recipe --sweep 1 -o sweep-1-recipe.json"));
        QVERIFY(has("sweep \"$MODEL\" --recipe sweep-1-recipe.json --data \"$DATA\" --tasks piqa --limit 100 "
                    "--seed 5"));
    }

    void notesOfRunsAreThere() {
        const TemporaryFolder folder;
        const auto session = emptySession(folder);
        QVERIFY(session != nullptr);
        const auto baseline = session->addRun(exampleResult("c1", QuantPlan(), 10));
        QVERIFY(baseline.ok());
        QVERIFY(session->setRunNote(baseline.value(), "before <i>anything</i>").ok());
        QVERIFY(textOf(sessionReport(*session).value()).contains(QStringLiteral("before <i>anything</i>")));
    }

    void runsOnOtherItemsAreNotSetSideBySideInSilence() {
        const TemporaryFolder folder;
        const auto session = emptySession(folder);
        QVERIFY(session != nullptr);
        const char* const warning = "not all measured on the same items";
        QVERIFY(session->addRun(exampleResult("c1", QuantPlan(), 20)).ok());
        QVERIFY(session->addRun(exampleResult("c1", examplePlan(0.5), 20)).ok());
        QCOMPARE(count(sessionReport(*session).value(), warning), 0);
        QVERIFY(session->addRun(exampleResult("c1", examplePlan(0.5), 10)).ok());
        const std::string page = sessionReport(*session).value();
        QCOMPARE(count(page, warning), 1);
        QVERIFY(textOf(page).contains(QStringLiteral(" of 10")));
    }
};

QTEST_APPLESS_MAIN(RecordsReportTest)
#include "records_report_test.moc"
