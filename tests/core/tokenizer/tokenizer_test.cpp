// SPDX-License-Identifier: GPL-3.0-or-later
// Check values: evaluation specification, section 2.3 (GPT-NeoX-20B tokenizer), unless a line says otherwise.
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/tokenizer/tokenizer.h"
#include "tests/support/paths.h"

#include <QTest>

#include <chrono>
#include <thread>

using namespace mambascope;

namespace {

using Ids = std::vector<std::int32_t>;

std::shared_ptr<const Tokenizer> neoX() {
    static const std::shared_ptr<const Tokenizer> tokenizer = [] {
        const auto data = test::sharedData();
        if (!data) {
            return std::shared_ptr<const Tokenizer>();
        }
        auto opened = Tokenizer::open(*data / "gpt-neox-20b-tokenizer" / "20B_tokenizer.json");
        return opened.ok() ? opened.value() : nullptr;
    }();
    return tokenizer;
}

std::shared_ptr<const Tokenizer> demo() {
    static const auto tokenizer = Tokenizer::open(test::sourceFolder() / "resources" / "demo").value();
    return tokenizer;
}

#define REQUIRE_NEOX()                                                                                       \
    if (!neoX()) {                                                                                           \
        QSKIP("The GPT-NeoX-20B tokenizer is not on this machine (MAMBASCOPE_SHARED_DATA).");                \
    }

/// A byte-level tokenizer with the tokens a b c space(Ġ) ' and a few merges, as text to change.
Json small() {
    return Json::parse(R"({
        "added_tokens": [{"id": 9, "content": "<x>", "special": true, "normalized": false}],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "Ġ": 3, "ab": 4, "bc": 5, "Ġa": 6, "abc": 7, "aa": 8},
            "merges": ["b c", "a b", "Ġ a", "ab c", "a a"]}})");
}

Ids encodeSmall(const Json& json, std::string_view text) {
    const auto tokenizer = Tokenizer::fromJson(json.dump(), "small.json");
    return tokenizer.ok() ? tokenizer.value()->encode(text) : Ids{-1};
}

QString complaint(const Json& json) {
    const auto tokenizer = Tokenizer::fromJson(json.dump(), "small.json");
    return tokenizer.ok() ? QString() : QString::fromStdString(tokenizer.error().message);
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

} // namespace

class TokenizerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void checkValues_data();
    void checkValues();
    void runsOfSpacesAreLeftmostLongest();
    void theNeoXVocabularyIsWhole();
    void invalidUtf8BecomesReplacementCharacters();
    void decodingGivesTheTextBack();
    void demoEndOfTextIsOneToken();
    void mergesByRankNotByPosition();
    void bothNotationsOfMergesAreEqual();
    void longWordsMergeLikeShortOnes();
    void optionsOfTheByteLevelStepAreHonoured();
    void addedTokensMatchAsTheirFlagsSay();
    void aWordOfTheVocabularyMayIgnoreMerges();
    void otherKindsAreRefusedByName_data();
    void otherKindsAreRefusedByName();
    void damagedFilesAreRefused_data();
    void damagedFilesAreRefused();
    void missingFilesAreErrors();
    void severalThreadsGetTheSameIds();
};

void TokenizerTest::checkValues_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QList<int>>("ids");
    const auto row = [](const char* name, const char* text, QList<int> ids) {
        QTest::newRow(name) << QByteArray(text) << std::move(ids);
    };
    row("two words", "Hello world", {12092, 1533});
    row("one space", "because the", {12157, 253});
    row("two spaces", "because  the", {12157, 50276, 783});
    row("runs and lines", "a   b\n\n  c", {66, 50275, 67, 535, 50276, 68});
    row("lines first", "\n\nText", {187, 187, 4312});
    row("contractions", "don't won't", {9903, 626, 1912, 626});
    row("line between spaces", "foo \n bar", {12110, 2490, 2534});
    row("decomposed e acute", "e\u0301", {860});
    row("end of text inside", "Hello<|endoftext|> world", {12092, 0, 1533});
    row("padding token", "<|padding|>", {1});
    row("nothing", "", {});
}

void TokenizerTest::checkValues() {
    REQUIRE_NEOX();
    QFETCH(QByteArray, text);
    QFETCH(QList<int>, ids);
    const Ids encoded = neoX()->encode(text.toStdString());
    QCOMPARE(QList<int>(encoded.begin(), encoded.end()), ids);
}

void TokenizerTest::runsOfSpacesAreLeftmostLongest() {
    REQUIRE_NEOX();
    for (int n = 2; n <= 24; ++n) {
        // Token of n spaces: 50278 − n; the word behind has no leading space: b = 67.
        QCOMPARE(neoX()->encode(std::string(static_cast<std::size_t>(n), ' ') + "b"), (Ids{50278 - n, 67}));
    }
    QCOMPARE(neoX()->encode(std::string(26, ' ') + "b"), (Ids{50254, 50276, 67}));
    // Of 25 spaces the last one stays with the text that follows: Ġthe = 253.
    QCOMPARE(neoX()->encode(std::string(25, ' ') + "the"), (Ids{50254, 253}));
}

void TokenizerTest::theNeoXVocabularyIsWhole() {
    REQUIRE_NEOX();
    QCOMPARE(neoX()->vocabularySize(), 50277);
    for (std::int32_t id = 0; id < 50277; ++id) {
        QVERIFY2(!neoX()->decode(std::span(&id, 1)).empty(), std::to_string(id).c_str());
    }
}

void TokenizerTest::invalidUtf8BecomesReplacementCharacters() {
    // Unicode 3.9, table 3-8: each maximal part of an ill-formed sequence is one U+FFFD.
    const std::string bad = "\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64";
    const std::string good = "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd";
    QCOMPARE(demo()->encode(bad), demo()->encode(good));
    // Table 3-5 and 3-6: surrogates and overlong forms have no well-formed part at all.
    QCOMPARE(demo()->encode("\xED\xA0\x80"), demo()->encode("\uFFFD\uFFFD\uFFFD"));
    QCOMPARE(
        demo()->encode("\xC0\xAF\xF4\x90\x80\x80"), demo()->encode("\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"));
}

void TokenizerTest::decodingGivesTheTextBack() {
    std::vector<std::string> texts{
        "It's  a\ttest,\r\n\u00a0 of 12 ½ things… \u65e5\u672c\u8a9e \U0001F600!  ",
        std::string("zero\0byte", 9), "\u0085\u2028 \u3000x", "'''s 'll'lll"};
    for (int c = 1; c < 0x3000; ++c) {
        texts.push_back(QString(QChar(c)).normalized(QString::NormalizationForm_C).toStdString());
    }
    for (const auto& text : texts) {
        QCOMPARE(demo()->decode(demo()->encode(text)), text);
        if (neoX()) {
            QCOMPARE(neoX()->decode(neoX()->encode(text)), text);
        }
    }
    QCOMPARE(demo()->decode(Ids{-1, 1 << 30, demo()->vocabularySize()}), std::string());
}

void TokenizerTest::demoEndOfTextIsOneToken() {
    // resources/demo/tokenizer.json: <|endoftext|> 0, a 66, b 67; vocabulary of 4096.
    QCOMPARE(demo()->encode("<|endoftext|>b"), (Ids{0, 67}));
    QCOMPARE(demo()->vocabularySize(), 4096);
}

void TokenizerTest::mergesByRankNotByPosition() {
    // "b c" has rank 0 and wins over "a b" (rank 1) though it stands further right.
    QCOMPARE(encodeSmall(small(), "abc"), (Ids{0, 5}));
    QCOMPARE(encodeSmall(small(), "ab"), (Ids{4}));
    // Equal ranks: the leftmost first.
    QCOMPARE(encodeSmall(small(), "aaa"), (Ids{8, 0}));
    // " a" is one word, "a b" two; a byte without a token is left out.
    QCOMPARE(encodeSmall(small(), "ab a"), (Ids{4, 6}));
    QCOMPARE(encodeSmall(small(), "azb"), (Ids{4}));
}

void TokenizerTest::bothNotationsOfMergesAreEqual() {
    Json pairs = small();
    pairs["model"]["merges"] = Json::parse(R"([["b","c"],["a","b"],["Ġ","a"],["ab","c"],["a","a"]])");
    for (const char* text : {"abc", "aaa ab a", "abcabc bc", "<x>ab"}) {
        QCOMPARE(encodeSmall(pairs, text), encodeSmall(small(), text));
    }
}

void TokenizerTest::longWordsMergeLikeShortOnes() {
    // 41 pairs "ab": every pair merges by itself, whichever way the word is worked on.
    for (const std::size_t n : {1u, 19u, 20u, 21u, 1000u}) {
        QCOMPARE(encodeSmall(small(), repeated("ab", n)), Ids(n, 4));
        QCOMPARE(encodeSmall(small(), repeated("aab", n)), [&] {
            Ids expected;
            for (std::size_t i = 0; i < n; ++i) {
                expected.insert(expected.end(), {0, 4});
            }
            return expected;
        }());
    }
    // An odd number of a: pairs from the left, one a left over.
    Ids expected(50, 8);
    expected.push_back(0);
    QCOMPARE(encodeSmall(small(), std::string(101, 'a')), expected);
    // One word of a million letters is no problem.
    QCOMPARE(encodeSmall(small(), std::string(1000000, 'a')).size(), std::size_t{500000});
}

void TokenizerTest::optionsOfTheByteLevelStepAreHonoured() {
    Json prefixed = small();
    prefixed["pre_tokenizer"]["add_prefix_space"] = true;
    QCOMPARE(encodeSmall(prefixed, "ac"), (Ids{6, 2}));             // Ġa c
    QCOMPARE(encodeSmall(prefixed, " ac"), (Ids{6, 2}));            // has one already
    QCOMPARE(encodeSmall(prefixed, "c<x>b"), (Ids{3, 2, 9, 3, 1})); // every piece between added tokens
    Json whole = small();
    whole["pre_tokenizer"]["use_regex"] = false;
    whole["model"]["vocab"]["aĠ"] = 10;
    whole["model"]["merges"].push_back("a Ġ");
    QCOMPARE(encodeSmall(whole, "a b"), (Ids{10, 1})); // merged across the words
    Json cut = whole;
    cut["pre_tokenizer"]["use_regex"] = true;
    QCOMPARE(encodeSmall(cut, "a b"), (Ids{0, 3, 1}));
    Json sequence = small();
    sequence["normalizer"] = Json::parse(R"({"type": "Sequence", "normalizers": [{"type": "NFC"}]})");
    QCOMPARE(encodeSmall(sequence, "abc"), (Ids{0, 5}));
    Json none = small();
    none["normalizer"] = nullptr;
    QCOMPARE(encodeSmall(none, "abc"), (Ids{0, 5}));
}

void TokenizerTest::addedTokensMatchAsTheirFlagsSay() {
    Json json = small();
    json["added_tokens"].push_back({{"id", 10}, {"content", "<x>y"}, {"normalized", true}});
    json["added_tokens"].push_back({{"id", 11}, {"content", "aba"}, {"single_word", true}});
    json["added_tokens"].push_back({{"id", 12}, {"content", "<s>"}, {"lstrip", true}, {"rstrip", true}});
    json["added_tokens"].push_back({{"id", 13}, {"content", "\u00e9"}, {"normalized", true}});
    json["added_tokens"].push_back({{"id", 14}, {"content", "<x>bb"}, {"normalized", false}});
    QCOMPARE(encodeSmall(json, "<x>y"), (Ids{9})); // raw tokens go first; y has no token
    QCOMPARE(encodeSmall(json, "<x>bb"), (Ids{14}));
    QCOMPARE(encodeSmall(json, "<x>bc"), (Ids{9, 5}));
    QCOMPARE(encodeSmall(json, "aba"), (Ids{11}));
    QCOMPARE(encodeSmall(json, "abab"), (Ids{4, 4}));
    QCOMPARE(encodeSmall(json, "c  <s> \n b"), (Ids{2, 12, 1}));
    QCOMPARE(encodeSmall(json, "be\u0301"), (Ids{1, 13})); // found after normalisation
}

void TokenizerTest::aWordOfTheVocabularyMayIgnoreMerges() {
    Json json = small();
    QCOMPARE(encodeSmall(json, "abc"), (Ids{0, 5}));
    json["model"]["ignore_merges"] = true;
    QCOMPARE(encodeSmall(json, "abc"), (Ids{7}));
}

void TokenizerTest::otherKindsAreRefusedByName_data() {
    QTest::addColumn<QByteArray>("patch");
    QTest::addColumn<QString>("named");
    QTest::newRow("WordPiece") << QByteArray(R"({"model": {"type": "WordPiece"}})") << "WordPiece";
    QTest::newRow("Unigram") << QByteArray(R"({"model": {"type": "Unigram"}})") << "Unigram";
    QTest::newRow("byte fallback") << QByteArray(R"({"model": {"byte_fallback": true}})") << "byte fallback";
    QTest::newRow("prefix") << QByteArray(R"({"model": {"continuing_subword_prefix": "##"}})")
                            << "continuing_subword_prefix";
    QTest::newRow("dropout") << QByteArray(R"({"model": {"dropout": 0.1}})") << "dropout";
    QTest::newRow("normalizer") << QByteArray(R"({"normalizer": {"type": "NFKC"}})") << "NFKC";
    QTest::newRow("in a sequence")
        << QByteArray(R"({"normalizer": {"type": "Sequence", "normalizers": [{"type": "Lowercase"}]}})")
        << "Lowercase";
    QTest::newRow("pre-tokenizer") << QByteArray(R"({"pre_tokenizer": {"type": "Metaspace"}})")
                                   << "Metaspace";
    QTest::newRow("no pre-tokenizer")
        << QByteArray(R"({"pre_tokenizer": null})") << "no byte-level pre-tokenizer";
}

void TokenizerTest::otherKindsAreRefusedByName() {
    QFETCH(QByteArray, patch);
    QFETCH(QString, named);
    Json json = small();
    json.merge_patch(Json::parse(patch.toStdString()));
    const QString message = complaint(json);
    QVERIFY2(message.contains(named) && message.contains("small.json"), qPrintable(message));
}

void TokenizerTest::damagedFilesAreRefused_data() {
    QTest::addColumn<QByteArray>("patch");
    const auto row = [](const char* name, const char* patch) {
        QTest::newRow(name) << QByteArray(patch);
    };
    row("no model", R"({"model": null})");
    row("no vocabulary", R"({"model": {"vocab": null}})");
    row("vocabulary is a list", R"({"model": {"vocab": ["a"]}})");
    row("no merges", R"({"model": {"merges": null}})");
    row("negative id", R"({"model": {"vocab": {"a": -1}}})");
    row("huge id", R"({"model": {"vocab": {"a": 18446744073709551615}}})");
    row("large id", R"({"model": {"vocab": {"a": 1073741824}}})");
    row("id is a text", R"({"model": {"vocab": {"a": "0"}}})");
    row("id is no whole number", R"({"model": {"vocab": {"a": 0.5}}})");
    row("one id twice", R"({"model": {"vocab": {"a": 1}}})");
    row("unknown part", R"({"model": {"merges": ["a z"]}})");
    row("unknown result", R"({"model": {"merges": ["c c"]}})");
    row("no pair", R"({"model": {"merges": ["ab"]}})");
    row("three parts", R"({"model": {"merges": [["a", "b", "c"]]}})");
    row("merge of numbers", R"({"model": {"merges": [[0, 1]]}})");
    row("merge is a number", R"({"model": {"merges": [7]}})");
    row("added tokens", R"({"added_tokens": {"a": 1}})");
    row("added token without id", R"({"added_tokens": [{"content": "<y>"}]})");
    row("added token without content", R"({"added_tokens": [{"id": 3, "content": ""}]})");
    row("added token is a text", R"({"added_tokens": ["<y>"]})");
    row("added token of 257 bytes",
        ("{\"added_tokens\": [{\"id\": 3, \"content\": \"" + std::string(257, 'y') + "\"}]}").c_str());
    row("added token with a taken id", R"({"added_tokens": [{"id": 3, "content": "<y>"}]})");
    row("added token with a huge id",
        R"({"added_tokens": [{"id": 18446744073709551615, "content": "<y>"}]})");
    row("normalizer is a number", R"({"normalizer": 3})");
    row("pre-tokenizer is a list", R"({"pre_tokenizer": []})");
}

void TokenizerTest::damagedFilesAreRefused() {
    QFETCH(QByteArray, patch);
    Json json = small();
    json.merge_patch(Json::parse(patch.toStdString()));
    const auto tokenizer = Tokenizer::fromJson(json.dump(), "small.json");
    QVERIFY(!tokenizer.ok());
    QCOMPARE(tokenizer.error().code, ErrorCode::Unreadable);
    QVERIFY(tokenizer.error().message.starts_with("small.json"));
    QVERIFY(tokenizer.error().message.ends_with("."));
}

void TokenizerTest::missingFilesAreErrors() {
    const test::TemporaryFolder folder;
    QVERIFY(!Tokenizer::open(folder.path()).ok());
    for (const char* text : {"", "[]", "{", "null", "{}", "\xFF"}) {
        QVERIFY(!Tokenizer::fromJson(text, "t").ok());
    }
    // Whatever is cut off a real file, the answer is an error.
    const auto whole = readFile(test::sourceFolder() / "resources" / "demo" / "tokenizer.json").value();
    for (std::size_t n = 0; n < whole.size(); n += 20011) {
        QVERIFY(!Tokenizer::fromJson(std::string_view(whole).substr(0, n), "t").ok());
    }
}

void TokenizerTest::severalThreadsGetTheSameIds() {
    const auto text = readFile(test::sourceFolder() / "resources" / "demo" / "calibration.txt").value();
    const Ids expected = demo()->encode(text);
    std::vector<Ids> results(4);
    {
        std::vector<std::jthread> threads;
        for (Ids& result : results) {
            threads.emplace_back([&] { result = demo()->encode(text); });
        }
    }
    for (const Ids& result : results) {
        QCOMPARE(result, expected);
    }
    // tests/golden/demo_expected.json, calibration.tokens_in_file
    const auto golden = Json::parse(readFile(test::goldenFolder() / "demo_expected.json").value());
    QCOMPARE(expected.size(), golden["calibration"]["tokens_in_file"].get<std::size_t>());
}

QTEST_APPLESS_MAIN(TokenizerTest)
#include "tokenizer_test.moc"
