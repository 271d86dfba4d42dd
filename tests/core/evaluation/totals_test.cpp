// SPDX-License-Identifier: GPL-3.0-or-later
// Requests and tokens over whole data sets: evaluation specification, sections 1, 5 and 7, and the demo's
// golden file.
#include "core/base/file.h"
#include "core/evaluation/evaluator.h"
#include "core/evaluation/tasks.h"
#include "tests/support/paths.h"

#include <QTest>

#include <cmath>
#include <map>
#include <sstream>

using namespace mambascope;

namespace {

struct Totals {
    std::size_t items = 0, requests = 0, tokens = 0, continuation = 0, longest = 0;
    bool operator==(const Totals&) const = default;
};

Totals count(const TaskData& data, const Tokenizer& tokenizer) {
    Totals totals;
    totals.items = data.items.size();
    for (const TaskItem& item : data.items) {
        for (const auto& choice : item.choices) {
            const ScoreRequest request = scoreRequest(tokenizer, choice.context, choice.continuation);
            const std::size_t length = request.context.size() + request.continuation.size();
            ++totals.requests;
            totals.tokens += length;
            totals.continuation += request.continuation.size();
            totals.longest = std::max(totals.longest, length);
        }
    }
    return totals;
}

std::map<int, int> labelCounts(const TaskData& data) {
    std::map<int, int> counts;
    for (const TaskItem& item : data.items) {
        ++counts[item.gold];
    }
    return counts;
}

char* toString(const Totals& t) {
    return QTest::toString(QString("%1 items, %2 requests, %3 tokens, %4 continuation tokens, longest %5")
                               .arg(t.items)
                               .arg(t.requests)
                               .arg(t.tokens)
                               .arg(t.continuation)
                               .arg(t.longest));
}

/// Counts requests; every token has the same probability.
class CountingScorer : public Scorer {
public:
    Result<std::vector<Score>>
    score(std::span<const ScoreRequest> requests, const ScoreSink&, const Job&) override {
        std::vector<Score> scores;
        for (const ScoreRequest& request : requests) {
            scored += request.continuation.size();
            longestInput = std::max(longestInput, request.context.size() + request.continuation.size() - 1);
            scores.push_back({-std::log(50280.0) * static_cast<double>(request.continuation.size()), false});
        }
        return scores;
    }
    std::size_t scored = 0, longestInput = 0;
};

} // namespace

class TotalsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void tasksOfTheDataSets_data();
    void tasksOfTheDataSets();
    void labelsOfTheDataSets();
    void sixLineTextGivesTheSameContexts();
    void sixLineTextAsItStands();
    void copaXmlGivesTheSameItems();
    void documentPerplexity_data();
    void documentPerplexity();
    void contiguousPerplexity();
    void tasksOfTheDemo_data();
    void tasksOfTheDemo();

private:
    std::filesystem::path data(const char* file) const { return *m_data / file; }
    std::optional<std::filesystem::path> m_data;
    std::shared_ptr<const Tokenizer> m_neoX;
};

#define REQUIRE_DATA()                                                                                       \
    if (!m_neoX) {                                                                                           \
        QSKIP("The public data sets are not on this machine (MAMBASCOPE_SHARED_DATA).");                     \
    }

void TotalsTest::initTestCase() {
    m_data = test::sharedData();
    if (m_data) {
        auto opened = Tokenizer::open(*m_data / "gpt-neox-20b-tokenizer" / "20B_tokenizer.json");
        m_neoX = opened.ok() ? opened.value() : nullptr;
    }
}

void TotalsTest::tasksOfTheDataSets_data() {
    QTest::addColumn<int>("task");
    QTest::addColumn<QString>("file");
    QTest::addColumn<QList<qulonglong>>("totals");
    const auto row = [](const char* name, Task task, const char* file, QList<qulonglong> totals) {
        QTest::newRow(name) << static_cast<int>(task) << QString(file) << std::move(totals);
    };
    row("LAMBADA", Task::Lambada, "lambada/lambada_test.jsonl", {5153, 5153, 418644, 7054, 224});
    row("PIQA", Task::Piqa, "piqa/valid.jsonl", {1838, 3676, 133956, 83886, 242});
    row("WinoGrande", Task::WinoGrande, "winogrande/dev.jsonl", {1267, 2534, 57013, 14364, 39});
    row("RTE", Task::Rte, "rte/val.jsonl", {277, 554, 43084, 554, 259});
    row("COPA", Task::Copa, "copa/val.jsonl", {100, 200, 3109, 1553, 22});
    row("HellaSwag raw", Task::HellaSwag, "hellaswag/hellaswag_val_sample1000.jsonl",
        {1000, 4000, 190892, 63140, 126});
    row("HellaSwag prepared", Task::HellaSwag, "hellaswag/hellaswag_val_prepared1000.jsonl",
        {1000, 4000, 326297, 121793, 136});
}

void TotalsTest::tasksOfTheDataSets() {
    REQUIRE_DATA();
    QFETCH(int, task);
    QFETCH(QString, file);
    QFETCH(QList<qulonglong>, totals);
    const auto loaded = loadTask(static_cast<Task>(task), *m_data / file.toStdString());
    QVERIFY2(loaded.ok(), loaded.ok() ? "" : loaded.error().message.c_str());
    QCOMPARE(count(loaded.value(), *m_neoX), (Totals{totals[0], totals[1], totals[2], totals[3], totals[4]}));
}

void TotalsTest::labelsOfTheDataSets() {
    REQUIRE_DATA();
    QCOMPARE(
        labelCounts(loadTask(Task::HellaSwag, data("hellaswag/hellaswag_val_full.txt")).value()),
        (std::map<int, int>{{0, 2515}, {1, 2485}, {2, 2584}, {3, 2458}}));
    QCOMPARE(labelCounts(loadTask(Task::Piqa, *m_data).value()), (std::map<int, int>{{0, 910}, {1, 928}}));
    QCOMPARE(
        labelCounts(loadTask(Task::WinoGrande, *m_data).value()), (std::map<int, int>{{0, 628}, {1, 639}}));
    QCOMPARE(labelCounts(loadTask(Task::Rte, *m_data).value()), (std::map<int, int>{{0, 146}, {1, 131}}));
    QCOMPARE(labelCounts(loadTask(Task::Copa, *m_data).value()), (std::map<int, int>{{0, 55}, {1, 45}}));
    // Without the original file the folder's six-line text is found.
    QCOMPARE(loadTask(Task::HellaSwag, *m_data).value().file, data("hellaswag/hellaswag_val_full.txt"));
}

void TotalsTest::sixLineTextGivesTheSameContexts() {
    REQUIRE_DATA();
    const auto full = loadTask(Task::HellaSwag, data("hellaswag/hellaswag_val_full.txt")).value();
    QCOMPARE(full.items.size(), std::size_t{10042});
    // The capital-letter rule fires for exactly the ActivityNet items, the first 3,243; in seven of these the
    // last fragment begins with a digit or a quote (as in "3 the guy"), which have no capital form.
    const auto text = readFile(data("hellaswag/hellaswag_val_full.txt")).value();
    std::istringstream lines(text);
    std::string line;
    int changed = 0;
    for (std::size_t i = 0; std::getline(lines, line); ++i) {
        if (i % 6 == 0 && full.items[i / 6].choices[0].context != line) {
            ++changed;
            QVERIFY2(i / 6 < 3243, line.c_str());
        }
    }
    QCOMPARE(changed, 3243 - 7);
    // "pos" of a prepared line is the item's position in the full set.
    const auto path = data("hellaswag/hellaswag_val_prepared1000.jsonl");
    const auto prepared = loadTask(Task::HellaSwag, path).value();
    std::istringstream preparedLines(readFile(path).value());
    for (const TaskItem& item : prepared.items) {
        std::getline(preparedLines, line);
        const auto& same = full.items[Json::parse(line)["pos"].get<std::size_t>()];
        QCOMPARE(same.choices[0].context, item.choices[0].context);
        QCOMPARE(same.gold, item.gold);
    }
}

void TotalsTest::sixLineTextAsItStands() {
    REQUIRE_DATA();
    // The total of the file without restored capitals: the same lines in prepared form.
    std::istringstream lines(readFile(data("hellaswag/hellaswag_val_full.txt")).value());
    std::string prepared, context, label, ending;
    while (std::getline(lines, context) && std::getline(lines, label)) {
        Json item{{"query", context}, {"gold", label}, {"choices", Json::array()}};
        for (int k = 0; k < 4 && std::getline(lines, ending); ++k) {
            item["choices"].push_back(ending);
        }
        prepared += item.dump() + "\n";
    }
    const test::TemporaryFolder folder;
    QVERIFY(writeFile(folder.path() / "hellaswag_val.jsonl", prepared, false).ok());
    const auto loaded = loadTask(Task::HellaSwag, folder.path());
    QVERIFY(loaded.ok());
    QCOMPARE(count(loaded.value(), *m_neoX), (Totals{10042, 40168, 3208073, 1188113, 147}));
}

void TotalsTest::copaXmlGivesTheSameItems() {
    REQUIRE_DATA();
    const auto json = loadTask(Task::Copa, data("copa/val.jsonl")).value();
    const auto xml = loadTask(Task::Copa, data("copa/copa-dev.xml")).value();
    QCOMPARE(xml.items.size(), json.items.size());
    for (std::size_t i = 0; i < xml.items.size(); ++i) {
        QCOMPARE(xml.items[i].index, json.items[i].index);
        QCOMPARE(xml.items[i].gold, json.items[i].gold);
        for (std::size_t k = 0; k < 2; ++k) {
            QCOMPARE(xml.items[i].choices[k].context, json.items[i].choices[k].context);
            QCOMPARE(xml.items[i].choices[k].continuation, json.items[i].choices[k].continuation);
        }
    }
}

void TotalsTest::documentPerplexity_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QList<qlonglong>>("totals");
    QTest::newRow("test") << "wikitext-2/wiki.test.raw" << QList<qlonglong>{241335, 1290527, 277199, 165};
    QTest::newRow("valid") << "wikitext-2/wiki.valid.raw" << QList<qlonglong>{214006, 1146785, 242437, 147};
}

void TotalsTest::documentPerplexity() {
    REQUIRE_DATA();
    QFETCH(QString, file);
    QFETCH(QList<qlonglong>, totals);
    const auto text = readFile(*m_data / file.toStdString()).value();
    CountingScorer scorer;
    const auto result = perplexity(scorer, *m_neoX, text, PerplexityMethod::Document, 2048, {});
    QVERIFY(result.ok());
    QCOMPARE(result.value().words, totals[0]);
    QCOMPARE(result.value().bytes, totals[1]);
    QCOMPARE(result.value().tokens, totals[2]);
    QCOMPARE(result.value().windows, totals[3]);
    QCOMPARE(scorer.scored, static_cast<std::size_t>(totals[2])); // every token exactly once
    QCOMPARE(scorer.longestInput, std::size_t{2048});
}

void TotalsTest::contiguousPerplexity() {
    REQUIRE_DATA();
    const auto text = readFile(data("wikitext-2/wiki.test.raw")).value();
    CountingScorer scorer;
    const auto result = perplexity(scorer, *m_neoX, text, PerplexityMethod::Contiguous, 2048, {});
    QVERIFY(result.ok());
    QCOMPARE(result.value().tokens, std::int64_t{288730});
    QCOMPARE(result.value().windows, std::int64_t{140});
    QCOMPARE(scorer.scored, std::size_t{140} * 2047);
    QVERIFY(std::abs(result.value().tokenPerplexity - 50280) < 1e-6);
}

void TotalsTest::tasksOfTheDemo_data() {
    QTest::addColumn<int>("task");
    for (const Task task : kTasks) {
        QTest::newRow(taskName(task).data()) << static_cast<int>(task);
    }
}

void TotalsTest::tasksOfTheDemo() {
    QFETCH(int, task);
    const auto folder = test::sourceFolder() / "resources" / "demo";
    const auto tokenizer = Tokenizer::open(folder).value();
    const auto golden = Json::parse(readFile(test::goldenFolder() / "demo_expected.json").value());
    const Json& expected = golden["requests"][std::string(taskName(static_cast<Task>(task)))];
    const auto loaded = loadTask(static_cast<Task>(task), folder / "tasks");
    QVERIFY2(loaded.ok(), loaded.ok() ? "" : loaded.error().message.c_str());
    QCOMPARE(
        count(loaded.value(), *tokenizer), (Totals{
                                               expected["items"], expected["requests"], expected["tokens"],
                                               expected["continuation_tokens"], expected["longest"]}));
}

QTEST_APPLESS_MAIN(TotalsTest)
#include "totals_test.moc"
