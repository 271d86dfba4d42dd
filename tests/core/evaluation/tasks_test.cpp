// SPDX-License-Identifier: GPL-3.0-or-later
// Prompts and worked examples: evaluation specification, section 4; corner cases: end of section 7.
#include "core/evaluation/evaluator.h"
#include "core/evaluation/tasks.h"
#include "tests/core/evaluation/task_data.h"

#include <QTest>

#include <algorithm>
#include <numeric>
#include <set>

using namespace mambascope;
using namespace mambascope::test;

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
    QVERIFY(item.choices[0].context.ends_with("she said at last. \"Do you like my"));
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

QTEST_APPLESS_MAIN(TasksTest)
#include "tasks_test.moc"
