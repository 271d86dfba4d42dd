// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/report.h"

#include "core/figure/svg.h"
#include "core/report/html.h"
#include "tests/core/session/examples.h"
#include "tests/support/paths.h"

#include <QRegularExpression>
#include <QTest>
#include <QXmlStreamReader>

#include <cmath>
#include <limits>

using namespace mambascope;
using namespace mambascope::test;

namespace {

/// The elements and texts of a well-formed page; fails the test where it is not.
struct Parsed {
    QStringList elements;
    QString text;
};
Parsed parsed(const std::string& page) {
    Parsed result;
    QXmlStreamReader reader(QByteArray::fromStdString(page));
    while (!reader.atEnd()) {
        reader.readNext();
        if (reader.isStartElement()) {
            result.elements << reader.name().toString();
        } else if (reader.isCharacters()) {
            result.text += reader.text();
        }
    }
    if (reader.hasError()) {
        result.text =
            QStringLiteral("not well-formed, line %1: %2").arg(reader.lineNumber()).arg(reader.errorString());
        result.elements.clear();
    }
    return result;
}

std::unique_ptr<Session> example(const TemporaryFolder& folder) {
    auto session = Session::create(folder.path() / "s & co.mscope", false).value();
    CheckpointReference checkpoint = exampleCheckpoint("c1");
    checkpoint.name = "model <script>alert(1)</script>";
    session->setCheckpoint(checkpoint).ok();
    session->addCalibration(exampleCalibration(checkpoint, 1)).ok();
    session->addRun(exampleResult("c1", QuantPlan(), 30)).ok();
    session->setPlan(examplePlan(0.5), "α").ok();
    session->addRun(exampleResult("c1", examplePlan(0.5), 30)).ok();
    session->setNotes("a < b & \"c\"").ok();
    return session;
}

} // namespace

class ReportTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thePageIsWellFormedAndNeedsNothingElse() {
        const TemporaryFolder folder;
        const auto session = example(folder);
        const auto page = sessionReport(*session);
        QVERIFY(page.ok());
        const Parsed content = parsed(page.value());
        QVERIFY2(!content.elements.isEmpty(), qPrintable(content.text));
        QVERIFY(content.elements.contains(QStringLiteral("svg")));
        QVERIFY(!content.elements.contains(QStringLiteral("script")));
        QVERIFY(!content.elements.contains(QStringLiteral("link")));
        QVERIFY(!content.elements.contains(QStringLiteral("img")));
        const QString text = QString::fromStdString(page.value());
        // No address but the name of SVG, and nothing that a style could load.
        const QRegularExpression address(
            QStringLiteral("https?://(?!www\\.w3\\.org/2000/svg\")|url\\(|@import|src="));
        QVERIFY2(!text.contains(address), qPrintable(address.match(text).captured()));
        QVERIFY(text.contains(QStringLiteral("prefers-color-scheme: dark")));
        // What the user wrote is text, whatever it looks like.
        QVERIFY(content.text.contains(QStringLiteral("model <script>alert(1)</script>")));
        QVERIFY(content.text.contains(QStringLiteral("a < b & \"c\"")));
    }

    void itSaysWhatTheSessionHolds() {
        const TemporaryFolder folder;
        const auto session = example(folder);
        const QString text = parsed(sessionReport(*session).value()).text;
        QVERIFY(text.contains(QString::fromStdString(planSummary(examplePlan(0.5)))));
        for (const std::string& line : planDiff(QuantPlan(), examplePlan(0.5), 2)) {
            QVERIFY2(text.contains(QString::fromStdString(line)), line.c_str());
        }
        QVERIFY(text.contains(QStringLiteral("3 of 5 tokens")));
        // 15 of 30 right: 50 per cent, Wilson's interval by hand (z = 1.96): 33.2 to 66.8.
        QVERIFY(text.contains(QStringLiteral("50.00 33.2–66.8")));
        QVERIFY(text.contains(QStringLiteral("∞"))); // the example's perplexity
        QVERIFY(text.contains(QStringLiteral("McNemar")));
        QVERIFY(text.contains(QStringLiteral("unofficial form")));
        QVERIFY(
            text.contains(QStringLiteral("mambascope-cli session 's & co.mscope' export plan -o plan.json")));
        QVERIFY(text.contains(QStringLiteral("--seed -7")));
    }

    void theSameSessionGivesTheSamePage() {
        const TemporaryFolder folder;
        const auto session = example(folder);
        QCOMPARE(sessionReport(*session).value(), sessionReport(*session).value());
    }

    void anEmptySessionHasAPageToo() {
        const TemporaryFolder folder;
        const auto session = Session::create(folder.path() / "empty.mscope", false).value();
        const auto page = sessionReport(*session);
        QVERIFY(page.ok());
        const Parsed content = parsed(page.value());
        QVERIFY2(!content.elements.isEmpty(), qPrintable(content.text));
        QVERIFY(content.text.contains(QStringLiteral("no results yet")));
    }

    void numbersReadLikeNumbers() {
        QCOMPARE(html::number(1234.5678, 2), std::string("1234.57"));
        QCOMPARE(html::number(-0.004, 2), std::string("0.00"));
        QCOMPARE(html::signedNumber(0.5, 1), std::string("+0.5"));
        QCOMPARE(html::signedNumber(-0.5, 1), std::string("−0.5"));
        QCOMPARE(html::signedNumber(0.001, 1), std::string("0.0"));
        QCOMPARE(html::number(std::numeric_limits<double>::infinity(), 1), std::string("∞"));
        QCOMPARE(html::number(std::nan(""), 1), std::string("–"));
        QVERIFY(html::number(1e300, 2).size() < 40);
    }

    void everyOutlierIsDrawnAtEveryWidth() {
        Figure figure;
        figure.title = "a < b";
        StemPanel panel;
        panel.title = "out_proj input";
        panel.values.assign(20000, 1.0f);
        panel.values[17321] = 1000.0f;
        panel.marks = {{17321, 1000.0f, "17321"}};
        panel.bandLow = 0;
        panel.bandHigh = 10;
        figure.panels = {panel, panel, StemPanel{}};
        figure.panels[2].emptyText = "nothing here";
        const std::string svg = figureToSvg(figure, {300, 200, 2});
        const Parsed content = parsed(svg);
        QVERIFY2(!content.elements.isEmpty(), qPrintable(content.text));
        QCOMPARE(content.elements.count(QStringLiteral("circle")), 2);
        QVERIFY(content.text.contains(QStringLiteral("17321")));
        QVERIFY(content.text.contains(QStringLiteral("nothing here")));
        // Two columns, two rows.
        QVERIFY(svg.find("viewBox=\"0 0 600 400\"") != std::string::npos);
        // The stem of the outlier reaches to the mark: the same height, in the column below it.
        const QRegularExpression circle(QStringLiteral("cy=\"([0-9.]+)\""));
        const QString height = circle.match(QString::fromStdString(svg)).captured(1);
        QVERIFY(!height.isEmpty());
        QVERIFY2(svg.find("V" + height.toStdString()) != std::string::npos, qPrintable(height));
    }
};

QTEST_APPLESS_MAIN(ReportTest)
#include "report_test.moc"
