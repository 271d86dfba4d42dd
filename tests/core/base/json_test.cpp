// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"

#include <QTest>

using namespace mambascope;

namespace {

std::string nested(int depth, char open, char close) {
    return std::string(static_cast<std::size_t>(depth), open) +
           std::string(static_cast<std::size_t>(depth), close);
}

} // namespace

class JsonTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void parses() {
        const Result<Json> json = parseJson(R"({"a": [1, 2.5, "x"], "b": null})", "test");
        QVERIFY(json.ok());
        QCOMPARE(json.value()["a"][1].get<double>(), 2.5);
    }

    void toleratesAByteOrderMark() { QVERIFY(parseJson("\xEF\xBB\xBF{}", "test").ok()); }

    void theLastOfTwoEqualKeysCounts() {
        QCOMPARE(parseJson(R"({"a": 1, "a": 2})", "test").value()["a"].get<int>(), 2);
    }

    void commentsOnlyWhereAllowed() {
        const std::string text = "{ // [[[[\n \"a\": /* ]]] */ 1 }";
        QVERIFY(!parseJson(text, "test").ok());
        QCOMPARE(parseJson(text, "test", true).value()["a"].get<int>(), 1);
    }

    void refusesWithPlaceAndReason_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("place");
        // Columns count from 1 and point to the character that cannot stand there, or just behind the end.
        QTest::newRow("nothing") << QByteArray() << "line 1, column 1";
        QTest::newRow("not closed") << QByteArray("{\"a\": 1") << "line 1, column 8";
        QTest::newRow("comma too many") << QByteArray("{\n  \"a\": 1,\n}") << "line 3, column 1";
        QTest::newRow("second value") << QByteArray("{} {}") << "line 1, column 4";
        QTest::newRow("no JSON at all") << QByteArray("<html>") << "line 1, column 1";
        QTest::newRow("invalid UTF-8") << QByteArray("{\"\xff\": 1}") << "line 1, column 3";
        QTest::newRow("NUL") << QByteArray("{\"a\": \0}", 8) << "line 1, column 7";
        QTest::newRow("huge number") << QByteArray("[1e999]") << "number overflow";
    }

    void refusesWithPlaceAndReason() {
        QFETCH(QByteArray, text);
        QFETCH(QString, place);
        const Result<Json> json = parseJson(text.toStdString(), "plan.json");
        QVERIFY(!json.ok());
        QCOMPARE(json.error().code, ErrorCode::Unreadable);
        const QString message = QString::fromStdString(json.error().message);
        QVERIFY2(message.startsWith("plan.json is not valid JSON: "), qPrintable(message));
        QVERIFY2(message.contains(place), qPrintable(message));
        QVERIFY2(!message.contains("json.exception"), qPrintable(message));
        QVERIFY2(message.count('.') >= 1 && message.endsWith('.'), qPrintable(message));
    }

    void limitsTheDepth_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("accepted");
        QTest::newRow("64 levels") << QByteArray::fromStdString(nested(64, '[', ']')) << true;
        QTest::newRow("65 levels") << QByteArray::fromStdString(nested(65, '[', ']')) << false;
        QTest::newRow("10 million levels, open") << QByteArray(10'000'000, '[') << false;
        QTest::newRow("brackets in strings do not count")
            << QByteArray("[\"" + QByteArray(1000, '[') + "\\\"" + QByteArray(1000, '{') + "\"]") << true;
        QTest::newRow("siblings do not add up")
            << QByteArray("[" + QByteArray("[],").repeated(1000) + "[]]") << true;
    }

    void limitsTheDepth() {
        QFETCH(QByteArray, text);
        QFETCH(bool, accepted);
        const Result<Json> json = parseJson(text.toStdString(), "deep");
        QCOMPARE(json.ok(), accepted);
        if (!accepted) {
            QVERIFY(
                json.error().message.find("line 1, column 65: it is nested deeper than 64") !=
                std::string::npos);
        }
    }
};

QTEST_APPLESS_MAIN(JsonTest)
#include "json_test.moc"
