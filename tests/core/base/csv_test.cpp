// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"

#include <QTest>

using namespace mambascope;

class CsvTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // RFC 4180, section 2, rules 5 to 7.
    void fieldsAreQuotedWhereTheyHaveToBe() {
        QCOMPARE(csvField("plain text; 0.5"), std::string("plain text; 0.5"));
        QCOMPARE(csvField(""), std::string());
        QCOMPARE(csvField("a,b"), std::string("\"a,b\""));
        QCOMPARE(csvField("a\r\nb"), std::string("\"a\r\nb\""));
        QCOMPARE(csvField("the \"best\""), std::string("\"the \"\"best\"\"\""));
        QCOMPARE(csvQuoted("plain"), std::string("\"plain\""));
    }
};

QTEST_APPLESS_MAIN(CsvTest)
#include "csv_test.moc"
