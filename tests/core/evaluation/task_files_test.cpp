// SPDX-License-Identifier: GPL-3.0-or-later
// Data files as people have them, the order of items, and the splitting of requests: evaluation
// specification, 2.1 and 4.
#include "core/evaluation/evaluator.h"
#include "tests/core/evaluation/task_data.h"

#include <QTest>

#include <algorithm>
#include <numeric>
#include <set>

using namespace mambascope;
using namespace mambascope::test;

namespace {

using Ids = std::vector<std::int32_t>;

} // namespace

class TaskFilesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fileFormsAreTolerated();
    void brokenLinesAreNamed_data();
    void brokenLinesAreNamed();
    void brokenLinesAreLeftOut_data();
    void brokenLinesAreLeftOut();
    void nothingLeftIsAnError();
    void piqaLabelsMustMatch();
    void missingDataIsNamed();
    void tooLongLinesAreRefused();
    void contentDecidesTheHash();
    void orderIsAPermutationFromTheSeed();
    void orderIsTheSameOnEveryMachine();
    void scoreRequestsMoveTrailingSpace();
    void scoreRequestsAreCutToTheLimit();
};

void TaskFilesTest::fileFormsAreTolerated() {
    const std::string line = R"({"text": "one two"})";
    for (const std::string& text : {line, line + "\n", "\xEF\xBB\xBF" + line + "\r\n", line + "\n\n \n"}) {
        const auto items = load(Task::Lambada, "lambada_test.jsonl", text);
        QCOMPARE(items.size(), std::size_t{1});
        QCOMPARE(items[0].choices[0].continuation, std::string(" two"));
    }
}

void TaskFilesTest::brokenLinesAreNamed_data() {
    QTest::addColumn<int>("task");
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, Task task, const char* file, const char* text,
                        const char* expected) {
        QTest::newRow(name) << static_cast<int>(task) << QByteArray(file) << QByteArray(text)
                            << QString(expected);
    };
    const char* jsonl = "d.jsonl";
    row("empty file", Task::Lambada, jsonl, "", " is empty.");
    row("no JSON", Task::Lambada, jsonl,
        "{\"text\": \"a b\"}\n{\"text\": ", ", line 2: the line is not valid JSON.");
    row("empty line", Task::Lambada, jsonl, "{\"text\": \"a b\"}\n\n{\"text\": \"a b\"}",
        ", line 2: the line is not valid JSON.");
    row("no object", Task::Lambada, jsonl, "[1]", ", line 1: the line is not a JSON object.");
    row("no UTF-8", Task::Lambada, jsonl, "{\"text\": \"a \xFF\"}", ", line 1: the line is not UTF-8 text.");
    row("no field", Task::Lambada, jsonl, "{}", ", line 1: the field \"text\" is missing.");
    row("no string", Task::Lambada, jsonl, "{\"text\": 7}", ", line 1: the field \"text\" is not a string.");
    row("empty text", Task::Lambada, jsonl, "{\"text\": \"\"}", ", line 1: the text is empty.");
    row("three endings", Task::HellaSwag, jsonl,
        R"({"activity_label":"", "ctx_a":"", "ctx_b":"", "endings":["a","b","c"], "label":0})",
        ", line 1: the field \"endings\" is not a list of 4 strings.");
    row("label too large", Task::HellaSwag, jsonl,
        R"({"activity_label":"", "ctx_a":"", "ctx_b":"", "endings":["a","b","c","d"], "label":4})",
        ", line 1: the field \"label\" is not a label from 0 to 3.");
    row("label of a test split", Task::HellaSwag, jsonl,
        R"({"activity_label":"", "ctx_a":"", "ctx_b":"", "endings":["a","b","c","d"], "label":""})",
        ", line 1: the field \"label\" is not a label from 0 to 3.");
    row("half an item", Task::HellaSwag, "d.txt", "c\n0\na\nb\nc\nd\nc\n0\n",
        ", line 8: the file ends inside an item of six lines (context, label, four endings).");
    row("text label", Task::HellaSwag, "d.txt", "c\nx\na\nb\nc\nd\n",
        ", line 2: the label is not a number from 0 to 3.");
    row("no blank", Task::WinoGrande, jsonl,
        R"({"sentence":"a", "option1":"b", "option2":"c", "answer":"1"})",
        ", line 1: the sentence has no blank (_).");
    row("answer 0", Task::WinoGrande, jsonl,
        R"({"sentence":"_", "option1":"b", "option2":"c", "answer":"0"})",
        ", line 1: the field \"answer\" is not a label from 1 to 2.");
    row("RTE label", Task::Rte, jsonl, R"({"premise":"a", "hypothesis":"b", "label":"maybe"})",
        ", line 1: the label is neither \"entailment\" nor \"not_entailment\".");
    row("RTE columns", Task::Rte, "d.tsv", "index\tsentence1\tsentence2\n",
        ", line 1: the table has no column \"label\".");
    row("RTE cells", Task::Rte, "d.tsv", "sentence1\tsentence2\tlabel\na\tb\n",
        ", line 2: the line has 2 columns instead of 3.");
    row("COPA question", Task::Copa, jsonl,
        R"({"premise":"a", "choice1":"b", "choice2":"c", "question":"why", "label":0})",
        ", line 1: the question is neither \"cause\" nor \"effect\".");
    row("COPA item open", Task::Copa, "d.xml", "<c>\n<item id=\"401\">", ", line 2: the item is not closed.");
    row("COPA without id", Task::Copa, "d.xml", "<item ></item>",
        ", line 1: the item has no number as its id.");
    row("COPA without text", Task::Copa, "d.xml",
        "\n<item id=\"401\" asks-for=\"cause\" most-plausible-alternative=\"1\"><p>a</p></item>",
        ", line 2: the item lacks one of its elements p, a1, a2.");
    row("COPA test set", Task::Copa, "d.xml",
        "<item id=\"501\" asks-for=\"cause\" most-plausible-alternative=\"1\"></item>",
        " has no items 401 to 500.");
    row("PIQA without labels", Task::Piqa, jsonl, R"({"goal":"a", "sol1":"b", "sol2":"c"})",
        ", line 1: the item has no label, and there is no label file beside the data.");
}

void TaskFilesTest::brokenLinesAreNamed() {
    QFETCH(int, task);
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, text);
    QFETCH(QString, expected);
    QCOMPARE(complaint(static_cast<Task>(task), file.constData(), text.toStdString()), expected);
}

void TaskFilesTest::brokenLinesAreLeftOut_data() {
    QTest::addColumn<int>("task");
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("good");
    QTest::addColumn<QByteArray>("bad");
    QTest::addColumn<int>("line"); // that is complained about, of two good lines around a bad one
    const auto row = [](const char* name, Task task, const char* file, const char* good,
                        const QByteArray& bad, int line = 2) {
        QTest::newRow(name) << static_cast<int>(task) << QByteArray(file) << QByteArray(good) << bad << line;
    };
    const char* lambada = "{\"text\": \"a b\"}\n";
    row("no JSON", Task::Lambada, "d.jsonl", lambada, "{\"text\": \n");
    row("no UTF-8", Task::Lambada, "d.jsonl", lambada, "{\"text\": \"a \xFF\"}\n");
    row("no field", Task::Lambada, "d.jsonl", lambada, "{}\n");
    row("too long", Task::Lambada, "d.jsonl", lambada,
        "{\"text\": \"" + QByteArray(17 << 20, 'a') + " b\"}\n");
    row("wrong label", Task::WinoGrande, "d.jsonl",
        "{\"sentence\":\"_ a\", \"option1\":\"b\", \"option2\":\"c\", \"answer\":\"1\"}\n",
        "{\"sentence\":\"_ a\", \"option1\":\"b\", \"option2\":\"c\", \"answer\":\"3\"}\n");
    row("six lines", Task::HellaSwag, "d.txt", "c\n0\na\nb\nc\nd\n", "c\n7\na\nb\nc\nd\n", 8);
    row("XML", Task::Copa, "d.xml",
        "<item id=\"401\" asks-for=\"cause\" most-plausible-alternative=\"1\"><p>a.</p><a1>b.</a1>"
        "<a2>c.</a2></item>\n",
        "<item id=\"402\" asks-for=\"cause\" most-plausible-alternative=\"3\"></item>\n");
}

void TaskFilesTest::brokenLinesAreLeftOut() {
    QFETCH(int, task);
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, good);
    QFETCH(QByteArray, bad);
    QFETCH(int, line);
    const DataFile data(file.constData(), (good + bad + good).toStdString());
    QVERIFY(!loadTask(static_cast<Task>(task), data.path()).ok());
    const auto loaded = loadTask(static_cast<Task>(task), data.path(), BrokenLines::LeaveOut);
    QVERIFY(loaded.ok());
    QCOMPARE(loaded.value().items.size(), std::size_t{2});
    QCOMPARE(loaded.value().leftOut.size(), std::size_t{1});
    const std::string where = data.path().string() + ", line " + std::to_string(line) + ": ";
    QVERIFY(loaded.value().leftOut.front().starts_with(where));
    QVERIFY(loaded.value().note.find("1 broken line was left out") != std::string::npos);
    // The items are those of a file without the line, and keep their places.
    const auto whole = load(static_cast<Task>(task), file.constData(), (good + good).toStdString());
    QCOMPARE(loaded.value().items[1].choices[0].context, whole[1].choices[0].context);
    const bool numbered = static_cast<Task>(task) == Task::Copa; // by its id, here the same one twice
    QCOMPARE(loaded.value().items[1].index, numbered ? 0 : 2);
}

void TaskFilesTest::nothingLeftIsAnError() {
    const DataFile data("d.jsonl", "{}\n{\n");
    const auto loaded = loadTask(Task::Lambada, data.path(), BrokenLines::LeaveOut);
    QVERIFY(!loaded.ok());
    QCOMPARE(loaded.error().code, ErrorCode::Unreadable);
    QVERIFY(loaded.error().message.find(", line 1: ") != std::string::npos);
}

void TaskFilesTest::piqaLabelsMustMatch() {
    const std::string line = R"({"goal":"a", "sol1":"b", "sol2":"c"})";
    for (const char* labels : {"0\n1\n", "2\n", "x\n", ""}) {
        const DataFile file("valid.jsonl", line);
        file.add("valid-labels.lst", labels);
        const auto data = loadTask(Task::Piqa, file.path());
        QVERIFY(!data.ok());
        QVERIFY(QString::fromStdString(data.error().message).contains("valid-labels.lst"));
    }
    // A label that is none costs its item; a list of another length belongs to other data.
    const DataFile three("valid.jsonl", line + "\n" + line + "\n" + line);
    three.add("valid-labels.lst", "1\nx\n1\n");
    const auto loaded = loadTask(Task::Piqa, three.path(), BrokenLines::LeaveOut).value();
    QCOMPARE(loaded.items.size(), std::size_t{2});
    QVERIFY(loaded.leftOut.front().find("valid-labels.lst, line 2: ") != std::string::npos);
    const DataFile two("valid.jsonl", line + "\n" + line);
    two.add("valid-labels.lst", "1\n");
    QVERIFY(!loadTask(Task::Piqa, two.path(), BrokenLines::LeaveOut).ok());
}

void TaskFilesTest::missingDataIsNamed() {
    const test::TemporaryFolder folder;
    for (const Task task : kTasks) {
        const auto data = loadTask(task, folder.path());
        QVERIFY(!data.ok());
        QCOMPARE(data.error().code, ErrorCode::Unreadable);
        QVERIFY(data.error().message.find(taskDisplayName(task)) != std::string::npos);
    }
}

void TaskFilesTest::tooLongLinesAreRefused() {
    const std::string text = "{\"text\": \"" + std::string(std::size_t{100} << 20, 'a') + "\"}";
    QCOMPARE(complaint(Task::Lambada, "d.jsonl", text), QString(", line 1: the line is longer than 16 MiB."));
}

void TaskFilesTest::contentDecidesTheHash() {
    const std::string line = R"({"goal":"a", "sol1":"b", "sol2":"c"})";
    std::set<std::string> hashes;
    for (const char* label : {"0", "1"}) {
        const DataFile file("valid.jsonl", line);
        file.add("valid-labels.lst", label);
        hashes.insert(loadTask(Task::Piqa, file.path()).value().fileHash);
    }
    QCOMPARE(hashes.size(), std::size_t{2}); // other labels are other data
}

void TaskFilesTest::orderIsAPermutationFromTheSeed() {
    const auto order = itemOrder(10042, 0, 7);
    std::vector<int> sorted = order;
    std::sort(sorted.begin(), sorted.end());
    std::vector<int> all(10042);
    std::iota(all.begin(), all.end(), 0);
    QCOMPARE(sorted, all);
    QVERIFY(order != all);
    QVERIFY(order != itemOrder(10042, 0, 8));
    // A shorter run is the beginning of a longer one.
    QCOMPARE(itemOrder(10042, 100, 7), std::vector<int>(order.begin(), order.begin() + 100));
    QCOMPARE(itemOrder(5, 100, 7).size(), std::size_t{5});
    QVERIFY(itemOrder(0, 0, 0).empty());
    // HellaSwag is ordered by source (3,243 of 10,042 items are ActivityNet's): a sample of 1,000 must hold
    // its share of 32.3 % within five standard deviations (14.05 items each).
    const auto sample = itemOrder(10042, 1000, 0);
    const auto activityNet = std::count_if(sample.begin(), sample.end(), [](int row) { return row < 3243; });
    QVERIFY(std::abs(static_cast<double>(activityNet) - 322.9) < 5 * 14.05);
}

void TaskFilesTest::orderIsTheSameOnEveryMachine() {
    // SplitMix64 from seed 0 gives 0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F,
    // 0xF88BB8A8724C81EC (the generator's published first outputs). Modulo 5, 4, 3, 2 that is 4, 0, 0, 0:
    // swap 0↔4, then nothing.
    const std::uint64_t outputs[] = {
        0xE220A8397B1DCDAFu, 0x6E789E6AA1B965F4u, 0x06C45D188009454Fu, 0xF88BB8A8724C81ECu};
    std::vector<int> expected{0, 1, 2, 3, 4};
    for (std::size_t i = 0; i < 4; ++i) {
        std::swap(expected[i], expected[i + outputs[i] % (5 - i)]);
    }
    QCOMPARE(itemOrder(5, 0, 0), expected);
}

void TaskFilesTest::scoreRequestsMoveTrailingSpace() {
    const auto tokenizer = Tokenizer::open(test::sourceFolder() / "resources" / "demo").value();
    const Ids whole = tokenizer->encode("one \x1F two");
    const Ids context = tokenizer->encode("one");
    const ScoreRequest request = scoreRequest(*tokenizer, "one \x1F", " two");
    QCOMPARE(request.context, context);
    QCOMPARE(
        request.continuation, Ids(whole.begin() + static_cast<std::ptrdiff_t>(context.size()), whole.end()));
    // An empty context is the end-of-text token; one that begins the continuation takes its place.
    QCOMPARE(scoreRequest(*tokenizer, "", " two").context, Ids{0});
    QCOMPARE(scoreRequest(*tokenizer, "", " two").continuation, tokenizer->encode(" two"));
    QCOMPARE(scoreRequest(*tokenizer, "", "<|endoftext|> two").context, Ids{0});
    QCOMPARE(scoreRequest(*tokenizer, "", "<|endoftext|> two").continuation, tokenizer->encode(" two"));
}

void TaskFilesTest::scoreRequestsAreCutToTheLimit() {
    const auto tokenizer = Tokenizer::open(test::sourceFolder() / "resources" / "demo").value();
    // "a" 66, "b" 67, "," 13: single tokens with nothing to merge.
    const ScoreRequest left = scoreRequest(*tokenizer, "a,a,a,", "b,", 4);
    QCOMPARE(left.context, (Ids{13, 66, 13}));
    QCOMPARE(left.continuation, (Ids{67, 13}));
    const ScoreRequest inside = scoreRequest(*tokenizer, "a,", "b,b,b,", 4);
    QCOMPARE(inside.context, Ids{13});
    QCOMPARE(inside.continuation, (Ids{67, 13, 67, 13}));
    const ScoreRequest whole = scoreRequest(*tokenizer, "a,", "b,", 4);
    QCOMPARE(whole.context, (Ids{66, 13}));
}

QTEST_APPLESS_MAIN(TaskFilesTest)
#include "task_files_test.moc"
