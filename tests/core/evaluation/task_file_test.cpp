// SPDX-License-Identifier: GPL-3.0-or-later
// Tasks that a JSON file describes: docs/evaluation.md, section 10.
#include "core/evaluation/evaluator.h"
#include "core/evaluation/task_file.h"
#include "tests/core/evaluation/task_data.h"

#include <QTest>

using namespace mambascope;
using namespace mambascope::test;

namespace {

const Json kCapitals{
    {"format", 1},
    {"name", "capitals"},
    {"title", "Capitals"},
    {"data", "capitals.jsonl"},
    {"metric", "acc"},
    {"context", "Question: the capital of {country}?\nAnswer:"},
    {"choices", {"{right}", "{wrong}", "{{none}}"}},
    {"gold", {{"field", "label"}}}};

const char* const kLines = R"({"country": "Peru", "right": "Lima", "wrong": "Cusco", "label": 0}
{"country": "{x}", "right": " Ömer", "wrong": "B", "label": "2"}
)";

/// A task file with its data beside it; `change` is merged into the capitals' description.
class TaskFiles {
public:
    explicit TaskFiles(const Json& change = Json::object(), const std::string& lines = kLines)
        : m_data("capitals.jsonl", lines) {
        Json task = kCapitals;
        task.merge_patch(change);
        m_data.add("task.json", task.dump());
    }
    std::filesystem::path task() const { return m_data.path().parent_path() / "task.json"; }

private:
    DataFile m_data;
};

} // namespace

class TaskFileTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void choicesFromFields();
    void choicesFromAList();
    void goldAsLabel();
    void greedyWithTarget();
    void greedyLastWord();
    void chanceIsTheMeanOverItems();
    void descriptionAndDataDecideTheHash();
    void commentsAreAllowed();
    void badDescriptionsAreRefused_data();
    void badDescriptionsAreRefused();
    void badLinesAreNamed_data();
    void badLinesAreNamed();
    void listsOfTasks();
    void resultsKeepTheTask();
};

void TaskFileTest::choicesFromFields() {
    const TaskFiles files;
    const TaskData data = loadTaskFile(files.task()).value();
    QCOMPARE(data.task, Task::FileChoice);
    QCOMPARE(data.name(), std::string("capitals"));
    QCOMPARE(data.title(), std::string("Capitals"));
    QCOMPARE(data.items.size(), std::size_t{2});
    const TaskItem& first = data.items[0];
    QCOMPARE(first.gold, 0);
    QCOMPARE(first.choices[0].context, std::string("Question: the capital of Peru?\nAnswer:"));
    QCOMPARE(first.choices[0].continuation, std::string(" Lima"));
    QCOMPARE(first.choices[2].continuation, std::string(" {none}"));
    const TaskItem& second = data.items[1];
    QCOMPARE(second.index, 1);
    QCOMPARE(second.gold, 2);
    // Fields go in verbatim: no second substitution, no trimming; code points, without the delimiter.
    QCOMPARE(second.choices[0].context, std::string("Question: the capital of {x}?\nAnswer:"));
    QCOMPARE(second.choices[0].continuation, std::string("  Ömer"));
    QCOMPARE(second.choices[0].length, 5);
}

void TaskFileTest::choicesFromAList() {
    const TaskFiles files(
        {{"choices", {{"field", "options"}}},
         {"context", "{n}:"},
         {"metric", "acc_norm"},
         {"delimiter", ""},
         {"gold", {{"field", "answer"}, {"first", 1}}}},
        R"({"n": 7, "options": ["a", "bc", "d"], "answer": 3}
)");
    const TaskData data = loadTaskFile(files.task()).value();
    QCOMPARE(data.task, Task::FileChoiceNorm);
    QCOMPARE(publishedMetric(data.task), std::string_view("acc_norm"));
    QCOMPARE(data.items[0].gold, 2);
    QCOMPARE(data.items[0].choices[1].context, std::string("7:"));
    QCOMPARE(data.items[0].choices[1].continuation, std::string("bc"));
}

void TaskFileTest::goldAsLabel() {
    const TaskFiles files(
        {{"context", "{s} True or False?"},
         {"choices", {"True", "False"}},
         {"gold", {{"field", "truth"}, {"labels", {"yes", "no"}}}}},
        R"({"s": "A.", "truth": "no"}
)");
    const TaskData data = loadTaskFile(files.task()).value();
    QCOMPARE(data.items[0].gold, 1);
    QCOMPARE(data.items[0].choices[1].continuation, std::string(" False"));
}

void TaskFileTest::greedyWithTarget() {
    const TaskFiles files(
        {{"metric", "greedy"},
         {"context", "{country}:"},
         {"target", "{right}."},
         {"choices", nullptr},
         {"gold", nullptr}});
    const TaskData data = loadTaskFile(files.task()).value();
    QCOMPARE(data.task, Task::FileGreedy);
    QCOMPARE(data.items[0].choices.size(), std::size_t{1});
    QCOMPARE(data.items[0].choices[0].context, std::string("Peru:"));
    QCOMPARE(data.items[0].choices[0].continuation, std::string(" Lima."));
    QCOMPARE(data.identity->chance, 0.0);
}

void TaskFileTest::greedyLastWord() {
    const TaskFiles files(
        {{"metric", "greedy"},
         {"text", "{t}"},
         {"context", nullptr},
         {"choices", nullptr},
         {"gold", nullptr}},
        R"({"t": "one  two three\nfour"}
)");
    const TaskData data = loadTaskFile(files.task()).value();
    // Cut at the last U+0020, as LAMBADA is.
    QCOMPARE(data.items[0].choices[0].context, std::string("one  two"));
    QCOMPARE(data.items[0].choices[0].continuation, std::string(" three\nfour"));
}

void TaskFileTest::chanceIsTheMeanOverItems() {
    QCOMPARE(loadTaskFile(TaskFiles().task()).value().identity->chance, 1.0 / 3);
    const TaskFiles files(
        {{"choices", {{"field", "options"}}}, {"context", "x"}, {"gold", {{"field", "answer"}}}},
        R"({"options": ["a", "b"], "answer": 1}
{"options": ["a", "b", "c", "d"], "answer": 1}
)");
    QCOMPARE(loadTaskFile(files.task()).value().identity->chance, 0.375); // (1/2 + 1/4) / 2
}

void TaskFileTest::descriptionAndDataDecideTheHash() {
    const std::string hash = loadTaskFile(TaskFiles().task()).value().fileHash;
    QCOMPARE(loadTaskFile(TaskFiles().task()).value().fileHash, hash);
    QVERIFY(loadTaskFile(TaskFiles(Json{{"context", "{country}"}}).task()).value().fileHash != hash);
    const TaskFiles otherData(Json::object(), std::string(kLines) + kLines);
    QVERIFY(loadTaskFile(otherData.task()).value().fileHash != hash);
}

void TaskFileTest::commentsAreAllowed() {
    const DataFile data("capitals.jsonl", kLines);
    data.add("task.json", "// ours\n" + kCapitals.dump());
    QVERIFY(loadTaskFile(data.path().parent_path() / "task.json").ok());
}

void TaskFileTest::badDescriptionsAreRefused_data() {
    QTest::addColumn<QByteArray>("change");
    QTest::addColumn<QString>("complaint");
    const auto row = [](const char* name, const char* change, const char* complaint) {
        QTest::newRow(name) << QByteArray(change) << QString::fromUtf8(complaint);
    };
    row("unknown key", R"({"contxt": "x"})", "\"contxt\" is not known here");
    row("no data", R"({"data": null})", "\"data\" is missing");
    row("newer format", R"({"format": 2})", "\"format\"");
    row("built-in name", R"({"name": "piqa"})", "built-in");
    row("name with a slash", R"({"name": "a/b"})", "\"name\"");
    row("unknown metric", R"({"metric": "f1"})", "\"metric\"");
    row("one choice", R"({"choices": ["a"]})", "fewer than two");
    row("choices of numbers", R"({"choices": [1, 2]})", "\"choices\"");
    row("unknown key in choices", R"({"choices": {"field": "x", "regex": "y"}})", "\"regex\" is not known");
    row("unknown key in gold", R"({"gold": {"column": "x"}})", "\"column\" is not known");
    row("labels for other choices", R"({"gold": {"labels": ["a", "b"]}})", "\"labels\"");
    row("first and labels", R"({"gold": {"first": 1, "labels": ["a", "b", "c"]}})", "exclude each other");
    row("open brace", R"({"context": "a {country"})", "\"context\"");
    row("closing brace", R"({"context": "a } b"})", "closing brace");
    row("empty field", R"({"choices": ["{}", "b"]})", "a choice");
    row("target without greedy", R"({"target": "x"})", "\"target\"");
    row("choices with greedy", R"({"metric": "greedy", "target": "x"})", "\"choices\"");
}

void TaskFileTest::badDescriptionsAreRefused() {
    QFETCH(QByteArray, change);
    QFETCH(QString, complaint);
    const TaskFiles files(Json::parse(change.toStdString()));
    const auto data = loadTaskFile(files.task());
    QVERIFY(!data.ok());
    QCOMPARE(data.error().code, ErrorCode::Unreadable);
    const QString message = QString::fromStdString(data.error().message);
    QVERIFY2(message.contains("task.json") && message.contains(complaint), qPrintable(message));
}

void TaskFileTest::badLinesAreNamed_data() {
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QString>("complaint");
    const auto row = [](const char* name, const char* line, const char* complaint) {
        QTest::newRow(name) << QByteArray(line) << QString::fromUtf8(complaint);
    };
    row("missing field", R"({"country": "x", "right": "y", "label": 0})", "the field \"wrong\" is missing");
    row("no text", R"({"country": "x", "right": "y", "wrong": 1.5, "label": 0})",
        "\"wrong\" is not a string");
    row("label out of range", R"({"country": "x", "right": "y", "wrong": "z", "label": 3})", "from 0 to 2");
    row("no JSON", "{", "not valid JSON");
}

void TaskFileTest::badLinesAreNamed() {
    QFETCH(QByteArray, line);
    QFETCH(QString, complaint);
    const TaskFiles files(Json::object(), kLines + line.toStdString() + "\n");
    const auto data = loadTaskFile(files.task());
    QVERIFY(!data.ok());
    QCOMPARE(data.error().code, ErrorCode::Unreadable);
    const QString message = QString::fromStdString(data.error().message);
    QVERIFY2(
        message.contains("capitals.jsonl, line 3: ") && message.contains(complaint), qPrintable(message));
}

void TaskFileTest::listsOfTasks() {
    const auto demo = test::sourceFolder() / "resources" / "demo" / "tasks";
    const TaskFiles files;
    const auto both = loadTasks("copa, " + files.task().string(), demo).value();
    QCOMPARE(both.size(), std::size_t{2});
    QCOMPARE(both[0].task, Task::Copa);
    QCOMPARE(both[1].name(), std::string("capitals"));
    QCOMPARE(loadTasks("all,copa", demo).value().size(), std::size_t{6});
    QVERIFY(loadTasks(files.task().string(), std::nullopt).ok()); // needs no data folder
    const TaskFiles twin;
    for (const std::string& bad :
         {std::string("copa"), std::string("squad"), std::string(),
          files.task().string() + "," + twin.task().string()}) {
        const auto tasks = loadTasks(bad, std::nullopt);
        QVERIFY2(!tasks.ok(), bad.c_str());
        QCOMPARE(tasks.error().code, ErrorCode::Usage);
    }
}

void TaskFileTest::resultsKeepTheTask() {
    const TaskData data = loadTaskFile(TaskFiles(Json{{"metric", "acc_norm"}}).task()).value();
    TaskResult task;
    task.task = data.task;
    task.identity = data.identity;
    task.dataHash = data.fileHash;
    for (const TaskItem& item : data.items) {
        const std::vector<Score> scores{{-4, false}, {-3, false}, {-9, false}};
        task.items.push_back(itemResult(item, scores, data.task));
    }
    // Item 0: −4/4, −3/5, −9/6 picks 1, gold 0; item 1: −4/5, −3/1, −9/6 picks 0, gold 2.
    QCOMPARE(task.items[0].predictedNorm, 1);
    QCOMPARE(task.items[1].predictedNorm, 0);
    task.metrics = taskMetrics(data.task, task.items, 2);
    EvaluationResult result;
    result.plan = OrderedJson::object();
    result.tasks = {task};
    const std::string text = toJson(result, nullptr, true).dump();
    const auto read = evaluationFromJson(Json::parse(text), "r.json").value();
    QCOMPARE(read.tasks.size(), std::size_t{1});
    QCOMPARE(read.tasks[0].name(), std::string("capitals"));
    QCOMPARE(read.tasks[0].chance(), 1.0 / 3);
    QVERIFY(read.counterpart(task) != nullptr);
    QCOMPARE(toJson(read, nullptr, true).dump(), text);
    const EvaluationResult* one[] = {&read};
    QVERIFY(QString::fromStdString(toMarkdown(one)).contains("| Capitals | **acc_norm** | 2 | 33.3 |"));
}

QTEST_APPLESS_MAIN(TaskFileTest)
#include "task_file_test.moc"
