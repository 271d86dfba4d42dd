// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/commands/fuzzy_match.h"

#include <QTest>

using namespace mambascope::ui;

class FuzzyMatchTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void lettersHaveToComeInOrder();
    void beginningsOfWordsAndSequencesWin_data();
    void beginningsOfWordsAndSequencesWin();
};

void FuzzyMatchTest::lettersHaveToComeInOrder() {
    QVERIFY(fuzzyScore(QStringLiteral("exfig"), QStringLiteral("Export Figure…")).has_value());
    QVERIFY(fuzzyScore(QStringLiteral("EX FIG"), QStringLiteral("Export Figure…")).has_value());
    QVERIFY(!fuzzyScore(QStringLiteral("figex"), QStringLiteral("Export Figure…")).has_value());
    QVERIFY(!fuzzyScore(QStringLiteral("x"), QString()).has_value());
    QCOMPARE(fuzzyScore(QString(), QStringLiteral("anything")), std::optional(0));
    QCOMPARE(fuzzyScore(QStringLiteral("  "), QStringLiteral("anything")), std::optional(0));
}

void FuzzyMatchTest::beginningsOfWordsAndSequencesWin_data() {
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QString>("better");
    QTest::addColumn<QString>("worse");
    QTest::newRow("word starts") << "ef"
                                 << "Export Figure…"
                                 << "Undefined";
    QTest::newRow("sequence") << "eval"
                              << "Evaluate"
                              << "Export Overview as all";
    QTest::newRow("early") << "calib"
                           << "Calibrate…"
                           << "Import Calibration…";
}

void FuzzyMatchTest::beginningsOfWordsAndSequencesWin() {
    QFETCH(const QString, typed);
    QFETCH(const QString, better);
    QFETCH(const QString, worse);
    QVERIFY(fuzzyScore(typed, better).value() > fuzzyScore(typed, worse).value_or(-1000));
}

QTEST_APPLESS_MAIN(FuzzyMatchTest)
#include "fuzzy_match_test.moc"
