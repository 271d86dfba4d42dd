// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/tokenizer.h"

#include "tests/support/paths.h"

#include <QTest>

using namespace mambascope;

/// The demo's tokenizer has 4096 ids (vocab_size in resources/demo/config.json).
class FittingTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void idsMustBeRowsAndFewRowsMayBeLeft_data() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<bool>("fits");
        QTest::newRow("exactly") << 4096 << true;
        QTest::newRow("padded to a multiple of 16") << 4112 << true;
        QTest::newRow("as much padding as there may be") << 4096 + 1023 << true;
        QTest::newRow("a row too many") << 4096 + 1024 << false;
        QTest::newRow("an id too many") << 4095 << false;
        QTest::newRow("Mamba's") << 50280 << false;
    }

    void idsMustBeRowsAndFewRowsMayBeLeft() {
        QFETCH(int, rows);
        QFETCH(bool, fits);
        const auto opened = openTokenizerFor(test::sourceFolder() / "resources/demo/tokenizer.json", rows);
        QCOMPARE(opened.ok(), fits);
        if (fits) {
            QCOMPARE(opened.value()->vocabularySize(), 4096);
            return;
        }
        QCOMPARE(opened.error().code, ErrorCode::Unreadable);
        for (const std::string& words : {std::string("4096 token ids"), std::to_string(rows) + " rows"}) {
            QVERIFY2(opened.error().message.find(words) != std::string::npos, opened.error().message.c_str());
        }
        QVERIFY(!opened.error().hint.empty());
    }

    void whatIsNoTokenizerIsRefused() {
        QVERIFY(!openTokenizerFor("/nonexistent/tokenizer.json", 4096).ok());
        QVERIFY(!openTokenizerFor(test::sourceFolder() / "resources/demo/config.json", 4096).ok());
    }

    /// 50 277 ids; the embeddings of the published models have 50 280 rows, Mamba-2's 50 288.
    void theRealTokenizerFitsThePublishedModels() {
        const auto data = test::sharedData();
        const auto file = data.value_or("") / "gpt-neox-20b-tokenizer" / "20B_tokenizer.json";
        if (!data || !std::filesystem::exists(file)) {
            QSKIP("The GPT-NeoX-20B tokenizer is not on this machine (MAMBASCOPE_SHARED_DATA).");
        }
        QVERIFY(openTokenizerFor(file, 50280).ok());
        QVERIFY(openTokenizerFor(file, 50288).ok());
        QVERIFY(!openTokenizerFor(file, 50276).ok());
        QVERIFY(!openTokenizerFor(file, 65024).ok()); // FalconMamba's rows
    }
};

QTEST_APPLESS_MAIN(FittingTest)
#include "fitting_test.moc"
