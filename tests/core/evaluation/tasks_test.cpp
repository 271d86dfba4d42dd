// SPDX-License-Identifier: GPL-3.0-or-later
// Prompts and worked examples: evaluation specification, section 4; corner cases: end of section 7.
#include "core/base/file.h"
#include "core/evaluation/evaluator.h"
#include "core/evaluation/tasks.h"
#include "tests/support/paths.h"

#include <QTest>

#include <algorithm>
#include <numeric>
#include <set>

using namespace mambascope;

namespace {

using Ids = std::vector<std::int32_t>;

std::shared_ptr<const Tokenizer> neoX() {
    static const std::shared_ptr<const Tokenizer> tokenizer = [] {
        const auto data = test::sharedData();
        auto opened = Tokenizer::open(data.value_or("") / "gpt-neox-20b-tokenizer" / "20B_tokenizer.json");
        return opened.ok() ? opened.value() : nullptr;
    }();
    return tokenizer;
}

/// Context and continuation tokens of one choice under the GPT-NeoX-20B tokenizer.
ScoreRequest neoXRequest(const TaskItem::Choice& choice) {
    return scoreRequest(*neoX(), choice.context, choice.continuation);
}

/// A data file in a folder of its own.
class DataFile {
public:
    DataFile(const char* name, const std::string& text)
        : m_path(m_folder.path() / name) {
        if (!writeFile(m_path, text, false).ok()) {
            throw std::runtime_error("cannot write the test's data file");
        }
    }
    const std::filesystem::path& path() const { return m_path; }
    void add(const char* name, const std::string& text) const {
        if (!writeFile(m_folder.path() / name, text, false).ok()) {
            throw std::runtime_error("cannot write the test's data file");
        }
    }

private:
    test::TemporaryFolder m_folder;
    std::filesystem::path m_path;
};

std::vector<TaskItem> load(Task task, const char* name, const std::string& text) {
    const DataFile file(name, text);
    auto data = loadTask(task, file.path());
    if (!data.ok()) {
        throw std::runtime_error(describe(data.error()));
    }
    return std::move(data).value().items;
}

TaskItem loadOne(Task task, const Json& line) {
    const auto items = load(task, "data.jsonl", line.dump() + "\n");
    return items.at(0);
}

QString complaint(Task task, const char* name, const std::string& text) {
    const DataFile file(name, text);
    const auto data = loadTask(task, file.path());
    if (data.ok() || data.error().code != ErrorCode::Unreadable || data.error().hint.empty()) {
        return "no complaint";
    }
    const std::string path = file.path().string();
    const std::string& message = data.error().message;
    return QString::fromStdString(message.starts_with(path) ? message.substr(path.size()) : message);
}

Json hellaSwagLine(const char* activity, const char* first, const char* second, const Json& endings) {
    return {
        {"activity_label", activity},
        {"ctx_a", first},
        {"ctx_b", second},
        {"endings", endings},
        {"label", 0}};
}

const Json kFourEndings{"a", "b", "c", "d"};

} // namespace

#define REQUIRE_NEOX()                                                                                       \
    if (!neoX()) {                                                                                           \
        QSKIP("The GPT-NeoX-20B tokenizer is not on this machine (MAMBASCOPE_SHARED_DATA).");                \
    }

class TasksTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesAndChance();
    void taskLists();
    void lambadaExample();
    void lambadaSplitsAtSpacesOnly();
    void hellaSwagExample();
    void hellaSwagCapitalisesTheSecondPart();
    void hellaSwagCapitalisationIsFullUnicode();
    void hellaSwagCleansInOrder();
    void hellaSwagSixLineText();
    void hellaSwagPreparedLines();
    void piqaExample();
    void winoGrandeExample();
    void rteExample();
    void rteOfGlueIsTheSame();
    void copaExample();
    void copaXmlIsTheSame();
    void fileFormsAreTolerated();
    void brokenLinesAreNamed_data();
    void brokenLinesAreNamed();
    void piqaLabelsMustMatch();
    void missingDataIsNamed();
    void tooLongLinesAreRefused();
    void contentDecidesTheHash();
    void orderIsAPermutationFromTheSeed();
    void orderIsTheSameOnEveryMachine();
    void scoreRequestsMoveTrailingSpace();
    void scoreRequestsAreCutToTheLimit();
};

void TasksTest::namesAndChance() {
    for (const Task task : kTasks) {
        QCOMPARE(parseTask(taskName(task)), std::optional(task));
        QCOMPARE(parseTask(taskDisplayName(task)), std::optional(task));
        QCOMPARE(publishedMetric(task), task == Task::HellaSwag ? std::string_view("acc_norm") : "acc");
    }
    QCOMPARE(chanceLevel(Task::Lambada), 0.0);
    QCOMPARE(chanceLevel(Task::HellaSwag), 0.25);
    QCOMPARE(chanceLevel(Task::Rte), 0.5);
    QVERIFY(!parseTask("squad"));
}

void TasksTest::taskLists() {
    QCOMPARE(parseTaskList("all").value(), std::vector<Task>(kTasks.begin(), kTasks.end()));
    QCOMPARE(parseTaskList("copa, LAMBADA,copa").value(), (std::vector<Task>{Task::Copa, Task::Lambada}));
    for (const char* bad : {"", "copa,", "copa;rte", "squad"}) {
        const auto tasks = parseTaskList(bad);
        QVERIFY(!tasks.ok());
        QCOMPARE(tasks.error().code, ErrorCode::Usage);
    }
}

void TasksTest::lambadaExample() {
    const auto item = loadOne(
        Task::Lambada, {{"text", "Mira baked all morning for the village fair. When the judges reached her "
                                 "table, each of them cut a "
                                 "slice of the plum tart and ate it in silence.\n\n\"Well?\" she said at "
                                 "last. \"Do you like my tart"}});
    QCOMPARE(item.choices.size(), std::size_t{1});
    QVERIFY(
        item.choices[0].context.ends_with(" Do you like my") ||
        item.choices[0].context.ends_with("\"Do you like my"));
    QCOMPARE(item.choices[0].continuation, std::string(" tart"));
    REQUIRE_NEOX();
    const ScoreRequest request = neoXRequest(item.choices[0]);
    QCOMPARE(request.context.size(), std::size_t{48});
    QCOMPARE(request.context.back(), 619);
    QCOMPARE(request.continuation, Ids{33381});
}

void TasksTest::lambadaSplitsAtSpacesOnly() {
    const auto twoLines = loadOne(Task::Lambada, {{"text", "one  two three\n\nfour"}});
    QCOMPARE(twoLines.choices[0].context, std::string("one  two"));
    QCOMPARE(twoLines.choices[0].continuation, std::string(" three\n\nfour"));
    const auto oneWord = loadOne(Task::Lambada, {{"text", "word"}});
    QCOMPARE(oneWord.choices[0].context, std::string());
    QCOMPARE(oneWord.choices[0].continuation, std::string(" word"));
}

void TasksTest::hellaSwagExample() {
    const auto item = loadOne(
        Task::HellaSwag,
        hellaSwagLine(
            "Home and Garden",
            "[header] How to clean a garden rake [title] Knock off the dry soil. [step] Tap the rake against "
            "a hard "
            "surface.",
            "",
            {"[substeps] Use a stiff brush on what is left.",
             "Rinse the metal head with a hose. [title] Dry the rake. [step] Hang it up by the handle.",
             "Bake the rake at 200 degrees.", "Then tap the rake on a pillow until it sleeps."}));
    // The context ends in the space between ctx_a and the empty ctx_b; it moves to the continuation's side
    // when split.
    QCOMPARE(
        item.choices[0].context, std::string("Home and Garden: How to clean a garden rake. Knock off the dry "
                                             "soil. Tap the rake against a hard "
                                             "surface."));
    QCOMPARE(item.choices[0].continuation, std::string("  Use a stiff brush on what is left."));
    QCOMPARE(
        item.choices[1].continuation,
        std::string(" Rinse the metal head with a hose.. Dry the rake. Hang it up by the handle."));
    const int lengths[] = {35, 74, 29, 46};
    for (std::size_t k = 0; k < 4; ++k) {
        QCOMPARE(item.choices[k].length, lengths[k]);
    }
    REQUIRE_NEOX();
    const std::size_t counts[] = {10, 21, 8, 13};
    for (std::size_t k = 0; k < 4; ++k) {
        const ScoreRequest request = neoXRequest(item.choices[k]);
        QCOMPARE(request.context.size(), std::size_t{27});
        QCOMPARE(request.continuation.size(), counts[k]);
    }
    const Ids first = neoXRequest(item.choices[0]).continuation;
    QCOMPARE(Ids(first.begin(), first.begin() + 2), (Ids{50276, 11244}));
    const Ids second = neoXRequest(item.choices[1]).continuation;
    QCOMPARE(Ids(second.begin(), second.begin() + 2), (Ids{416, 38424}));
}

void TasksTest::hellaSwagCapitalisesTheSecondPart() {
    const auto item = loadOne(
        Task::HellaSwag,
        hellaSwagLine(
            "Painting fence", "A boy opens a can of paint.", "then the Boy's sister", kFourEndings));
    QCOMPARE(
        item.choices[3].context,
        std::string("Painting fence: A boy opens a can of paint. Then the boy's sister"));
    Json digits = hellaSwagLine("a", "b", "c", kFourEndings);
    digits["label"] = "3";
    QCOMPARE(loadOne(Task::HellaSwag, digits).gold, 3);
}

void TasksTest::hellaSwagCapitalisationIsFullUnicode() {
    // Python's str.capitalize: ß → Ss, final sigma, İ → i̇, Dž → ǅ (title, not upper case).
    const std::pair<const char*, const char*> cases[] = {
        {"ßA", "Ssa"},  {"ΟΔΟΣ", "Οδος"},   {"ΟΔΟΣ ΟΣΑ", "Οδος οσα"}, {"AΣ'B", "Aσ'b"},  {"AΣ'", "Aς'"},
        {"a Σ", "A σ"}, {"aİ", "Ai\u0307"}, {"\u01C6x", "\u01C5x"},   {"\uFB01N", "Fin"}};
    for (const auto& [from, to] : cases) {
        const auto item = loadOne(Task::HellaSwag, hellaSwagLine("x", "y", from, kFourEndings));
        QCOMPARE(item.choices[0].context, std::string("x: y ") + to);
    }
}

void TasksTest::hellaSwagCleansInOrder() {
    const auto item = loadOne(
        Task::HellaSwag,
        hellaSwagLine(
            "\u001F x", "y", "z \u3000",
            {"  a [title] b\u2009", "end [tag]", "a [one\ntwo] b [x]]", "a   b    c [title]"}));
    // U+001F and the other characters of str.isspace are trimmed first; spaces inside halve once, from left
    // to right.
    QCOMPARE(item.choices[0].context, std::string("x: y Z"));
    QCOMPARE(item.choices[0].continuation, std::string(" a. b"));
    QCOMPARE(item.choices[1].continuation, std::string(" end "));
    QCOMPARE(item.choices[2].continuation, std::string(" a [one\ntwo] b ]"));
    QCOMPARE(item.choices[3].continuation, std::string(" a  b  c. "));
}

void TasksTest::hellaSwagSixLineText() {
    const DataFile file(
        "hellaswag_val_full.txt",
        "Painting fence: A boy opens a can of paint. then the boy\r\n2\r\na\r\nb\r\nc\r\nd\r\n"
        "Rakes: He said \"stop.\" \n0\na\nb\nc\nd\n\n");
    const auto data = loadTask(Task::HellaSwag, file.path());
    QVERIFY(data.ok());
    QVERIFY(QString::fromStdString(data.value().note).contains("leading spaces"));
    const auto& items = data.value().items;
    QCOMPARE(items.size(), std::size_t{2});
    QCOMPARE(
        items[0].choices[0].context, std::string("Painting fence: A boy opens a can of paint. Then the boy"));
    QCOMPARE(items[0].gold, 2);
    QCOMPARE(items[0].choices[3].continuation, std::string(" d"));
    QCOMPARE(items[1].choices[0].context, std::string("Rakes: He said \"stop.\" ")); // a complete sentence
    QCOMPARE(items[1].index, 1);
}

void TasksTest::hellaSwagPreparedLines() {
    const auto item =
        loadOne(Task::HellaSwag, {{"query", "Q [x]"}, {"choices", {" a", "b ", "[c]", "d"}}, {"gold", 1}});
    QCOMPARE(item.choices[0].context, std::string("Q [x]"));
    QCOMPARE(item.choices[0].continuation, std::string("  a"));
    QCOMPARE(item.choices[2].continuation, std::string(" [c]"));
    QCOMPARE(item.choices[1].length, 2);
    QCOMPARE(item.gold, 1);
}

void TasksTest::piqaExample() {
    const Json line{
        {"goal", "keep a picnic blanket from blowing away"},
        {"sol1", "Put a smooth stone on each corner."},
        {"sol2", "Put a feather on each corner. "}};
    const DataFile file("valid.jsonl", line.dump() + "\n" + line.dump());
    file.add("valid-labels.lst", "0\n1\n");
    const auto data = loadTask(Task::Piqa, file.path());
    QVERIFY(data.ok());
    const TaskItem& item = data.value().items[0];
    QCOMPARE(data.value().items[1].gold, 1);
    QCOMPARE(item.gold, 0);
    QCOMPARE(
        item.choices[0].context, std::string("Question: keep a picnic blanket from blowing away\nAnswer:"));
    QCOMPARE(item.choices[0].length, 34);
    QCOMPARE(item.choices[1].length, 30);
    REQUIRE_NEOX();
    const ScoreRequest first = neoXRequest(item.choices[0]);
    QCOMPARE(first.context.size(), std::size_t{12});
    QCOMPARE(Ids(first.context.end() - 3, first.context.end()), (Ids{187, 32869, 27}));
    QCOMPARE(first.continuation, (Ids{9272, 247, 6032, 8805, 327, 1016, 7145, 15}));
    QCOMPARE(neoXRequest(item.choices[1]).continuation, (Ids{9272, 247, 22676, 327, 1016, 7145, 15, 209}));
}

void TasksTest::winoGrandeExample() {
    const auto item = loadOne(
        Task::WinoGrande, {{"sentence", "The kettle did not fit on the shelf because the _ was too wide."},
                           {"option1", "kettle"},
                           {"option2", "shelf"},
                           {"answer", "1"}});
    QCOMPARE(item.gold, 0);
    QCOMPARE(item.choices[0].context, std::string("The kettle did not fit on the shelf because the kettle"));
    QCOMPARE(item.choices[1].context, std::string("The kettle did not fit on the shelf because the shelf"));
    for (const auto& choice : item.choices) {
        QCOMPARE(choice.continuation, std::string(" was too wide."));
    }
    REQUIRE_NEOX();
    QCOMPARE(neoXRequest(item.choices[0]).context.size(), std::size_t{13});
    QCOMPARE(neoXRequest(item.choices[1]).context.size(), std::size_t{12});
    QCOMPARE(neoXRequest(item.choices[0]).continuation, (Ids{369, 1512, 4618, 15}));
    QCOMPARE(neoXRequest(item.choices[1]).continuation, (Ids{369, 1512, 4618, 15}));
}

void TasksTest::rteExample() {
    const auto item = loadOne(
        Task::Rte, {{"premise", "Lena moved to Porto in March and opened a small bakery there."},
                    {"hypothesis", "Lena runs a bakery in Porto."},
                    {"label", "entailment"}});
    QCOMPARE(item.gold, 0);
    QCOMPARE(
        item.choices[0].context,
        std::string(
            "Lena moved to Porto in March and opened a small bakery there.\nQuestion: Lena runs a bakery in "
            "Porto. True or False?\nAnswer:"));
    REQUIRE_NEOX();
    QCOMPARE(neoXRequest(item.choices[0]).context.size(), std::size_t{36});
    QCOMPARE(neoXRequest(item.choices[0]).continuation, Ids{11793});
    QCOMPARE(neoXRequest(item.choices[1]).continuation, Ids{16708});
}

void TasksTest::rteOfGlueIsTheSame() {
    const Json superGlue{{"premise", "P."}, {"hypothesis", "H."}, {"label", "not_entailment"}};
    const auto expected = loadOne(Task::Rte, superGlue);
    const auto json = loadOne(Task::Rte, {{"sentence1", "P."}, {"sentence2", "H."}, {"label", 1}});
    const auto table =
        load(Task::Rte, "dev.tsv", "index\tsentence1\tsentence2\tlabel\n0\tP.\tH.\tnot_entailment\n");
    for (const TaskItem& item : {json, table.at(0)}) {
        QCOMPARE(item.index, 0);
        QCOMPARE(item.gold, 1);
        QCOMPARE(item.choices[1].context, expected.choices[1].context);
        QCOMPARE(item.choices[1].continuation, std::string(" False"));
    }
}

void TasksTest::copaExample() {
    const auto item = loadOne(
        Task::Copa, {{"premise", "The river rose overnight."},
                     {"choice1", "The bridge was closed."},
                     {"choice2", "The bakery opened early."},
                     {"question", "effect"},
                     {"label", 0}});
    QCOMPARE(item.choices[0].context, std::string("The river rose overnight therefore"));
    QCOMPARE(item.choices[0].continuation, std::string("  the bridge was closed."));
    QCOMPARE(item.choices[1].continuation, std::string("  the bakery opened early."));
    const auto cause = loadOne(
        Task::Copa, {{"premise", " Ünlü geldi… "},
                     {"choice1", "I left."},
                     {"choice2", "Ömer left."},
                     {"question", "cause"},
                     {"label", "1"}});
    QCOMPARE(cause.choices[0].context, std::string("Ünlü geldi because")); // one character less, not one byte
    QCOMPARE(cause.choices[0].continuation, std::string("  i left."));
    QCOMPARE(cause.choices[1].continuation, std::string("  ömer left."));
    QCOMPARE(cause.gold, 1);
    REQUIRE_NEOX();
    QCOMPARE(neoXRequest(item.choices[0]).context, (Ids{510, 8281, 9461, 13463, 3103}));
    QCOMPARE(neoXRequest(item.choices[0]).continuation, (Ids{50276, 783, 9729, 369, 4581, 15}));
    QCOMPARE(neoXRequest(item.choices[1]).continuation, (Ids{50276, 783, 35246, 1771, 5485, 2393, 15}));
}

void TasksTest::copaXmlIsTheSame() {
    const auto items = load(
        Task::Copa, "copa-dev.xml",
        "\xEF\xBB\xBF<?xml version=\"1.0\"?><copa-corpus version=\"1.0\">\n"
        "<!-- <item id=\"402\"> -->\n"
        "<item id=\"400\" asks-for=\"cause\" "
        "most-plausible-alternative=\"1\"><p>X.</p><a1>A</a1><a2>B</a2></item>\n"
        "<item most-plausible-alternative='2' asks-for = 'effect'\n id='403'>\n"
        "<p>\n Tom &amp; I ate &#8220;fish&#x201d;. </p><a2>He's &lt;ill&gt;.</a2><a1>Nothing &unknown; "
        "&quot;x&apos;</a1>\n"
        "</item></copa-corpus>");
    QCOMPARE(items.size(), std::size_t{1});
    QCOMPARE(items[0].index, 2); // row in SuperGLUE's file
    QCOMPARE(items[0].gold, 1);
    QCOMPARE(items[0].choices[0].context, std::string("Tom & I ate “fish” therefore"));
    QCOMPARE(items[0].choices[0].continuation, std::string("  nothing &unknown; \"x'"));
    QCOMPARE(items[0].choices[1].continuation, std::string("  he's <ill>."));
}

void TasksTest::fileFormsAreTolerated() {
    const std::string line = R"({"text": "one two"})";
    for (const std::string& text : {line, line + "\n", "\xEF\xBB\xBF" + line + "\r\n", line + "\n\n \n"}) {
        const auto items = load(Task::Lambada, "lambada_test.jsonl", text);
        QCOMPARE(items.size(), std::size_t{1});
        QCOMPARE(items[0].choices[0].continuation, std::string(" two"));
    }
}

void TasksTest::brokenLinesAreNamed_data() {
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

void TasksTest::brokenLinesAreNamed() {
    QFETCH(int, task);
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, text);
    QFETCH(QString, expected);
    QCOMPARE(complaint(static_cast<Task>(task), file.constData(), text.toStdString()), expected);
}

void TasksTest::piqaLabelsMustMatch() {
    const std::string line = R"({"goal":"a", "sol1":"b", "sol2":"c"})";
    for (const char* labels : {"0\n1\n", "2\n", "x\n", ""}) {
        const DataFile file("valid.jsonl", line);
        file.add("valid-labels.lst", labels);
        const auto data = loadTask(Task::Piqa, file.path());
        QVERIFY(!data.ok());
        QVERIFY(QString::fromStdString(data.error().message).contains("valid-labels.lst"));
    }
}

void TasksTest::missingDataIsNamed() {
    const test::TemporaryFolder folder;
    for (const Task task : kTasks) {
        const auto data = loadTask(task, folder.path());
        QVERIFY(!data.ok());
        QCOMPARE(data.error().code, ErrorCode::Unreadable);
        QVERIFY(data.error().message.find(taskDisplayName(task)) != std::string::npos);
    }
}

void TasksTest::tooLongLinesAreRefused() {
    const std::string text = "{\"text\": \"" + std::string(std::size_t{100} << 20, 'a') + "\"}";
    QCOMPARE(complaint(Task::Lambada, "d.jsonl", text), QString(", line 1: the line is longer than 16 MiB."));
}

void TasksTest::contentDecidesTheHash() {
    const std::string line = R"({"goal":"a", "sol1":"b", "sol2":"c"})";
    std::set<std::string> hashes;
    for (const char* label : {"0", "1"}) {
        const DataFile file("valid.jsonl", line);
        file.add("valid-labels.lst", label);
        hashes.insert(loadTask(Task::Piqa, file.path()).value().fileHash);
    }
    QCOMPARE(hashes.size(), std::size_t{2}); // other labels are other data
}

void TasksTest::orderIsAPermutationFromTheSeed() {
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

void TasksTest::orderIsTheSameOnEveryMachine() {
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

void TasksTest::scoreRequestsMoveTrailingSpace() {
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

void TasksTest::scoreRequestsAreCutToTheLimit() {
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

QTEST_APPLESS_MAIN(TasksTest)
#include "tasks_test.moc"
