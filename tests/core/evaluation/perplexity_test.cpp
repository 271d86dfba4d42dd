// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluation specification, section 5.
#include "core/evaluation/evaluator.h"
#include "tests/support/paths.h"

#include <QTest>

#include <cmath>

using namespace mambascope;

namespace {

using Ids = std::vector<std::int32_t>;

/// One token a byte, and keeps the texts it was given.
class ByteTokenizer : public Tokenizer {
public:
    Ids encode(std::string_view text) const override {
        texts.emplace_back(text);
        Ids ids;
        for (const char c : text) {
            ids.push_back(static_cast<unsigned char>(c));
        }
        return ids;
    }
    std::string decode(std::span<const std::int32_t> ids) const override { return {ids.begin(), ids.end()}; }
    std::int32_t vocabularySize() const override { return 256; }
    mutable std::vector<std::string> texts;
};

/// −1 a token; keeps the requests.
class RecordingScorer : public Scorer {
public:
    Result<std::vector<Score>>
    score(std::span<const ScoreRequest> list, const ScoreSink&, const Job& job) override {
        if (job.stopRequested()) {
            return Error::cancelled();
        }
        requests.assign(list.begin(), list.end());
        std::vector<Score> scores;
        for (const ScoreRequest& request : list) {
            scores.push_back({-static_cast<double>(request.continuation.size()), true});
        }
        return scores;
    }
    std::vector<ScoreRequest> requests;
};

std::string joined(const Ids& ids) {
    std::string text;
    for (const std::int32_t id : ids) {
        text += id == 0 ? 'P' : static_cast<char>(id);
    }
    return text;
}

/// "input>predicted" of every window.
QStringList windows(std::string_view text, PerplexityMethod method, int window) {
    const ByteTokenizer tokenizer;
    RecordingScorer scorer;
    const auto result = perplexity(scorer, tokenizer, text, method, window, {});
    QStringList list;
    for (const ScoreRequest& request : scorer.requests) {
        list << QString::fromStdString(joined(request.context) + ">" + joined(request.continuation));
    }
    return result.ok() ? list : QStringList("failed");
}

std::vector<std::string> documents(const std::string& text) {
    const ByteTokenizer tokenizer;
    RecordingScorer scorer;
    (void)perplexity(scorer, tokenizer, text, PerplexityMethod::Document, 2048, {});
    return tokenizer.texts;
}

const std::string kAlderHill =
    " = Alder Hill = \n \n = = History = = \n \n Alder Hill had 1 @,@ 204 residents in 1990 , and its mayor "
    "'s office ( "
    "built in 1921 ) was called \" the Barn \" . A well @-@ known mill stood 3 @.@ 5 km away . \n";

} // namespace

class PerplexityTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void alderHill();
    void detokenizerSteps_data();
    void detokenizerSteps();
    void headingsOpenDocuments();
    void rollingWindows();
    void contiguousWindows();
    void contiguousRows();
    void measuresByHand();
    void badInputs();
};

void PerplexityTest::alderHill() {
    QCOMPARE(
        documents(kAlderHill),
        std::vector<std::string>{" = Alder Hill =\n\n== History ==\n\nAlder Hill had 1,204 residents in "
                                 "1990, and its mayor's office (built "
                                 "in 1921) was called \"the Barn\". A well-known mill stood 3.5 km away.\n"});
    RecordingScorer scorer;
    const auto data = test::sharedData();
    if (!data) {
        QSKIP("The GPT-NeoX-20B tokenizer is not on this machine (MAMBASCOPE_SHARED_DATA).");
    }
    const auto tokenizer = Tokenizer::open(*data / "gpt-neox-20b-tokenizer" / "20B_tokenizer.json").value();
    const auto result =
        perplexity(scorer, *tokenizer, kAlderHill, PerplexityMethod::Document, 2048, {}).value();
    QCOMPARE(result.words, std::int64_t{50});
    QCOMPARE(result.bytes, std::int64_t{200});
    QCOMPARE(result.tokens, std::int64_t{52});
}

void PerplexityTest::detokenizerSteps_data() {
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::newRow("plural possessive") << "dogs ' home"
                                       << "dogs' home";
    QTest::newRow("number marks") << "1 @,@ 2 @.@ 3 @-@ 4"
                                  << "1,2.3-4";
    QTest::newRow("marks keep the space behind") << "a : b ; c . d ! e ? f , g"
                                                 << "a: b; c. d! e? f, g";
    QTest::newRow("brackets") << "( a ) [ b ] { c }"
                              << "(a) [b] {c}";
    QTest::newRow("over lines") << "( a\nb\n) c"
                                << "(a\nb) c";
    QTest::newRow("not nested") << "( a ( b ) c )"
                                << "(a ( b) c )";
    QTest::newRow("no closer") << "a ( b"
                               << "a ( b";
    QTest::newRow("only space inside") << "a ( ) b"
                                       << "a () b";
    QTest::newRow("quotes") << "\" a \" ' b '"
                            << "\"a\" 'b'";
    QTest::newRow("headings") << "= = = = x = = = y = = z"
                              << "==== x === y == z";
    QTest::newRow("the rest") << "5 \u00B0 C N x it 's"
                              << "5\u00B0C 1 x it's";
    QTest::newRow("lines") << "a \n b"
                           << "a\nb";
}

void PerplexityTest::detokenizerSteps() {
    QFETCH(QString, from);
    QFETCH(QString, to);
    QCOMPARE(documents(from.toStdString()), std::vector<std::string>{to.toStdString()});
}

void PerplexityTest::headingsOpenDocuments() {
    // Blank text in front is dropped; a second-level heading opens nothing; "= =" alone is no heading of
    // level one.
    QCOMPARE(
        documents("\n \n= A =\nx\n= = B = =\n= = = C = = =\n= D =\n"),
        (std::vector<std::string>{"= A =\nx\n== B ==\n=== C ===", "= D =\n"}));
    QCOMPARE(documents("front\n= A =\n"), (std::vector<std::string>{"front", "= A =\n"}));
    QCOMPARE(documents("no heading\nat all"), (std::vector<std::string>{"no heading\nat all"}));
}

void PerplexityTest::rollingWindows() {
    // The example of section 5.1: L = 3, N = 7. Input (P, t0, t1) predicts t0 t1 t2, (t2, t3, t4) predicts t3
    // t4 t5, (t3, t4, t5) predicts t6. Context and continuation together are the input and the last predicted
    // token.
    QCOMPARE(windows("abcdefg", PerplexityMethod::Document, 3), (QStringList{"P>abc", "c>def", "def>g"}));
    QCOMPARE(windows("abcdef", PerplexityMethod::Document, 3), (QStringList{"P>abc", "c>def"}));
    QCOMPARE(windows("abcde", PerplexityMethod::Document, 3), (QStringList{"P>abc", "bc>de"}));
    QCOMPARE(windows("abcd", PerplexityMethod::Document, 3), (QStringList{"P>abc", "abc>d"}));
    QCOMPARE(windows("ab", PerplexityMethod::Document, 3), (QStringList{"P>ab"}));
}

void PerplexityTest::contiguousWindows() {
    // Windows of L, the rest dropped; all but the first token of each are scored.
    QCOMPARE(windows("abcdefgh", PerplexityMethod::Contiguous, 3), (QStringList{"a>bc", "d>ef"}));
    QCOMPARE(windows("abc", PerplexityMethod::Contiguous, 3), (QStringList{"a>bc"}));
}

void PerplexityTest::contiguousRows() {
    const ByteTokenizer tokenizer;
    RecordingScorer scorer;
    (void)perplexity(scorer, tokenizer, " a b\n \n\nc\n", PerplexityMethod::Contiguous, 2, {});
    // Rows " a b\n", "", "", "c\n", joined by two line feeds.
    QCOMPARE(tokenizer.texts.at(0), std::string(" a b\n\n\n\n\n\n\nc\n"));
    (void)perplexity(scorer, tokenizer, "a\nb", PerplexityMethod::Contiguous, 2, {});
    QCOMPARE(tokenizer.texts.at(1), std::string("a\n\n\nb"));
}

void PerplexityTest::measuresByHand() {
    const ByteTokenizer tokenizer;
    RecordingScorer scorer;
    // "ab cd\n": 6 tokens of −1 each; 2 runs of white space, so 3 words; 6 bytes.
    const auto document =
        perplexity(scorer, tokenizer, "ab cd\n", PerplexityMethod::Document, 2048, {}).value();
    QCOMPARE(document.words, std::int64_t{3});
    QCOMPARE(document.bytes, std::int64_t{6});
    QCOMPARE(document.logLikelihood, -6.0);
    QVERIFY(std::abs(document.wordPerplexity - std::exp(2.0)) < 1e-12);
    QVERIFY(std::abs(document.bytePerplexity - std::exp(1.0)) < 1e-12);
    QVERIFY(std::abs(document.bitsPerByte - 1 / std::log(2.0)) < 1e-12);
    const OrderedJson json = toJson(document);
    QVERIFY(json["method"] == "document");
    QVERIFY(json["window"] == 2048);
    QVERIFY(!json.contains("token_perplexity"));
    // Windows of 3 tokens, 2 scored in each: −1 a token.
    const auto contiguous =
        perplexity(scorer, tokenizer, "abcdefgh", PerplexityMethod::Contiguous, 3, {}).value();
    QCOMPARE(contiguous.windows, std::int64_t{2});
    QCOMPARE(contiguous.logLikelihood, -4.0);
    QVERIFY(std::abs(contiguous.tokenPerplexity - std::exp(1.0)) < 1e-12);
    QVERIFY(toJson(contiguous)["method"] == "contiguous");
}

void PerplexityTest::badInputs() {
    const ByteTokenizer tokenizer;
    RecordingScorer scorer;
    const auto code = [&](std::string_view text, PerplexityMethod method, int window, const Job& job) {
        const auto result = perplexity(scorer, tokenizer, text, method, window, job);
        return result.ok() ? ErrorCode::Failed : result.error().code;
    };
    QCOMPARE(code("", PerplexityMethod::Document, 8, {}), ErrorCode::Unreadable);
    QCOMPARE(code(" \n \n", PerplexityMethod::Document, 8, {}), ErrorCode::Unreadable);
    QCOMPARE(code("short", PerplexityMethod::Contiguous, 8, {}), ErrorCode::Unreadable);
    QCOMPARE(code("text", PerplexityMethod::Document, 1, {}), ErrorCode::Usage);
    std::stop_source source;
    source.request_stop();
    QCOMPARE(code("text", PerplexityMethod::Document, 8, {source.get_token(), {}}), ErrorCode::Cancelled);
    QCOMPARE(
        code("long enough", PerplexityMethod::Contiguous, 8, {source.get_token(), {}}), ErrorCode::Cancelled);
}

QTEST_APPLESS_MAIN(PerplexityTest)
#include "perplexity_test.moc"
