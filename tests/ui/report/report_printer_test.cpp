// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/report/report_printer.h"

#include "core/base/file.h"
#include "tests/core/report/record_examples.h"
#include "tests/core/session/examples.h"
#include "tests/support/paths.h"
#include "tests/ui/window/pseudo_locale.h"
#include "ui/models/core_words.h"
#include "ui/report/report_command.h"

#include <QAbstractTextDocumentLayout>
#include <QRegularExpression>
#include <QTest>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextTable>

#include <cmath>

using namespace mambascope;
using namespace mambascope::test;
using namespace mambascope::ui;

namespace {

/// A session with a calibration and so many runs.
std::unique_ptr<Session> example(const TemporaryFolder& folder, int runs) {
    auto session = std::move(Session::create(folder.path() / "one.mscope", false)).value();
    const CheckpointReference checkpoint = exampleCheckpoint("c1");
    bool made = session->setCheckpoint(checkpoint).ok() &&
                session->addCalibration(exampleCalibration(checkpoint, 1)).ok() &&
                session->setPlan(examplePlan(0.5), "α").ok();
    for (int run = 0; run < runs; ++run) {
        const QuantPlan plan = run == 0 ? QuantPlan() : examplePlan(run / 100.0);
        made = made && session->addRun(exampleResult("c1", plan, 20)).ok();
    }
    return made ? std::move(session) : nullptr;
}

qsizetype pages(const QByteArray& pdf) {
    static const QRegularExpression page(QStringLiteral("/Type /Page\\b(?!s)"));
    return QString::fromLatin1(pdf).count(page);
}

} // namespace

class ReportPrinterTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void moreRunsTakeMorePages() {
        const TemporaryFolder few, many;
        const auto small = example(few, 2), large = example(many, 30);
        QVERIFY(small && large);
        const QByteArray pdf = renderReport(printedReport(*small).value());
        QVERIFY(pdf.startsWith("%PDF-"));
        QVERIFY(pages(pdf) >= 1);
        QVERIFY(pages(renderReport(printedReport(*large).value())) > pages(pdf));
    }

    void theSameSessionGivesTheSameBytes() {
        const TemporaryFolder folder;
        const auto session = example(folder, 2);
        const QByteArray first = renderReport(printedReport(*session).value());
        QHashSeed::setDeterministicGlobalSeed(); // as another process has another seed
        QVERIFY(renderReport(printedReport(*session).value()) == first);
        QVERIFY(first.contains("/CreationDate (D:20250101000000Z")); // whenever it is made
    }

    /// In a language in which every text stands in brackets: what does not was forgotten.
    void theReportIsInOneLanguage() {
        const TemporaryFolder folder;
        const auto session = example(folder, 2);
        QVERIFY(
            session && session->addSearch(exampleAlphaTrace(examplePlan(0.5)), "c1").ok() &&
            session->addSweep(exampleSweep(examplePlan(0.5), "Ours")).ok());
        const std::string page = sessionReport(*session).value();
        QCOMPARE(reportText(page), page); // English
        PseudoLocale language;
        QCoreApplication::installTranslator(&language);
        const QString said = QString::fromStdString(reportText(page));
        QCoreApplication::removeTranslator(&language);
        QVERIFY(said.contains(QStringLiteral("<html lang=\"[en~]\">")));
        static const QRegularExpression verbatim(
            QStringLiteral("<(style|code|pre|title)\\b.*?</\\1>|<span translate=\"no\">.*?</span>"),
            QRegularExpression::DotMatchesEverythingOption);
        // Names: of models, tasks, metrics, linears, texts, and a plan in its own notation.
        static const QRegularExpression names(QStringLiteral(
            "model c1|Mamba|LAMBADA|HellaSwag|PIQA|acc(_norm)?|(in|x|dt|out)_proj|text\\.txt|mine|unofficial "
            "form|"
            "(W8A8 α: )?W8 A8 \\(inputs, static\\) α 0\\.5"));
        static const QRegularExpression tag(QStringLiteral("<[^>]*>")), word(QStringLiteral("\\p{L}{3,}"));
        QStringList left;
        for (const QString& text : QString(said).remove(verbatim).split(tag)) {
            if (word.match(outside(QString(text).remove(names))).hasMatch()) {
                left.append(text.trimmed());
            }
        }
        QCOMPARE(left.join(u'\n'), QString());
    }

    void rowsStayWhole() {
        QString html =
            QStringLiteral("<p>Above</p><table><thead><tr><th>n</th><th>x</th></tr></thead><tbody>");
        for (int row = 0; row < 60; ++row) {
            html += QStringLiteral("<tr><th>%1</th><td>one%2</td></tr>")
                        .arg(row)
                        .arg(QStringLiteral("<br/>more").repeated(row % 4));
        }
        QTextDocument document;
        document.setHtml(html + QStringLiteral("</tbody></table><p>Below</p>"));
        document.setPageSize(QSizeF(300, 250));
        const auto cut = [&document] {
            const auto* table = qobject_cast<QTextTable*>(document.rootFrame()->childFrames().constFirst());
            int count = 0;
            for (int row = 0; row < table->rows(); ++row) {
                const QTextTableCell cell = table->cellAt(row, 1);
                const QRectF place =
                    document.documentLayout()->blockBoundingRect(cell.firstCursorPosition().block());
                count += std::floor(place.top() / 250) < std::floor(place.bottom() / 250) ? 1 : 0;
            }
            return count;
        };
        QVERIFY(cut() > 0);
        keepRowsWhole(document);
        QCOMPARE(cut(), 0);
        const QRectF last = document.documentLayout()->blockBoundingRect(document.lastBlock());
        QVERIFY(document.pageCount() > 5 && last.bottom() > 250 * (document.pageCount() - 1));
    }

    void theFigureIsDrawn() {
        const TemporaryFolder folder;
        const auto session = example(folder, 1);
        PrintedReport report = printedReport(*session).value();
        QCOMPARE(report.figures.size(), std::size_t{1});
        QVERIFY(report.html.find("figure-0") != std::string::npos);
        const QByteArray with = renderReport(report);
        std::get<Figure>(report.figures[0]).panels.clear();
        QVERIFY(renderReport(report).size() < with.size()); // the panels' strokes are in it
    }

    void figuresOfSearchesAndSweepsAreDrawn() {
        const TemporaryFolder folder;
        const auto session = example(folder, 0);
        QVERIFY(
            session && session->addSearch(exampleAlphaTrace(examplePlan(0.5)), "c1").ok() &&
            session->addSweep(exampleSweep(examplePlan(0.5), "Ours")).ok());
        PrintedReport report = printedReport(*session).value();
        QCOMPARE(report.figures.size(), std::size_t{3});
        const QByteArray all = renderReport(report);
        QVERIFY(renderReport(report) == all);
        PrintedReport without = report;
        std::get<Chart>(without.figures[0]).panels.clear(); // the search comes before the calibration
        const qsizetype noChart = renderReport(without).size();
        QVERIFY(noChart < all.size());
        std::get<SweepFigure>(without.figures[1]).panels.clear();
        QVERIFY(renderReport(without).size() < noChart);
    }

    void theExtensionChooses() {
        const TemporaryFolder folder;
        const auto session = example(folder, 1);
        QVERIFY(exportReport(*session, folder.path() / "r.html", false).ok());
        QCOMPARE(readFile(folder.path() / "r.html").value(), sessionReport(*session).value());
        QVERIFY(exportReport(*session, folder.path() / "r.pdf", false).ok());
        QCOMPARE(exportReport(*session, folder.path() / "r.pdf", false).error().code, ErrorCode::Usage);
        QCOMPARE(exportReport(*session, folder.path() / "r.docx", false).error().code, ErrorCode::Usage);
    }

    void theCommandReadsASession() {
        const TemporaryFolder folder;
        example(folder, 1).reset();
        const QString session = QString::fromStdString((folder.path() / "one.mscope").string());
        const QString file = QString::fromStdString((folder.path() / "r.pdf").string());
        QCOMPARE(runReportCommand({session, QStringLiteral("-o"), file}), 0);
        QCOMPARE(runReportCommand({session, QStringLiteral("-o"), file}), 2); // not without --force
        QCOMPARE(runReportCommand({session, QStringLiteral("-o"), file, QStringLiteral("--force")}), 0);
        QCOMPARE(runReportCommand({session}), 2);
        QCOMPARE(runReportCommand({file, QStringLiteral("-o"), file, QStringLiteral("--force")}), 3);
    }
};

QTEST_MAIN(ReportPrinterTest)
#include "report_printer_test.moc"
