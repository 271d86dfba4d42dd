// SPDX-License-Identifier: GPL-3.0-or-later
// evaluate and divergence as a user runs them: baselines, flips, task files, partial results, distributions.
#include "tests/e2e/files.h"
#include "tests/e2e/processes.h"
#include "tests/e2e/programs.h"
#include "tests/support/paths.h"

#include <QDir>
#include <QFile>
#include <QtTest>

#include <csignal>

using namespace mambascope;
using namespace mambascope::test;

namespace {

Json readJson(const QString& path) {
    return Json::parse(readText(path).toStdString());
}

const QByteArray kTask = R"({"format": 1, "name": "pairs", "data": "pairs.jsonl", "metric": "acc_norm",
    "context": "{who} took the", "choices": ["{a}", "{b}"], "gold": {"field": "label"}})";
const QByteArray kLines = R"({"who": "Anya", "a": "ring.", "b": "xq zk.", "label": 0}
{"who": "Karl", "a": "xq zk.", "b": "mirror.", "label": 1}
)";

} // namespace

class EvaluationTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void flipsAgreeWithTheResult() {
        const TemporaryFolder out;
        const QString baseline = inFolder(out, "baseline.json"), plan = inFolder(out, "plan.json"),
                      result = inFolder(out, "result.json"), flips = inFolder(out, "flips.jsonl");
        const QStringList tasks{"--tasks", "rte,copa,hellaswag", "--limit", "60", "--seed", "2"};
        QCOMPARE(cli(QStringList{"evaluate", "demo", "-o", baseline} + tasks).exitCode, 0);
        QCOMPARE(cli({"plan", "new", "--preset", "W4 (mlp)", "-o", plan}).exitCode, 0);
        const Outcome outcome = cli(
            QStringList{
                "evaluate", "demo", "--plan", plan, "-o", result, "--baseline", baseline, "--flips", flips} +
            tasks);
        QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
        const Json json = readJson(result);
        int changed = 0;
        for (const Json& task : json["tasks"]) {
            changed += task["gained"].get<int>() + task["lost"].get<int>();
            QCOMPARE(task["common"].get<int>(), 60);
            QVERIFY(task["delta_interval"][0] <= task["delta"] && task["delta"] <= task["delta_interval"][1]);
        }
        QVERIFY(changed > 0); // four bits per tensor do change something
        QCOMPARE(readText(flips).count('\n'), changed);
        const Json first = Json::parse(readText(flips).split('\n').first().toStdString());
        QVERIFY(first.contains("context") && first["choices"].size() == first["scores"].size());
        QVERIFY(json["average_delta_interval"].is_array());
        // Other data of a task is not comparable.
        QDir().mkpath(inFolder(out, "rte"));
        writeText(
            inFolder(out, "rte/val.jsonl"),
            R"({"premise": "A.", "hypothesis": "B.", "label": "entailment"})");
        const Outcome other = cli(
            {"evaluate", "demo", "--tasks", "rte", "--data", QString::fromStdString(out.path().string()),
             "--baseline", baseline});
        QCOMPARE(other.exitCode, 2);
        QVERIFY2(other.err.contains("other data"), other.err.constData());
    }

    void taskFilesRunBesideBuiltInTasks() {
        const TemporaryFolder out;
        const QString task = inFolder(out, "task.json");
        writeText(task, kTask);
        writeText(inFolder(out, "pairs.jsonl"), kLines);
        const Outcome outcome =
            cli({"evaluate", "demo", "--tasks", QStringLiteral("copa,") + task, "--limit", "10"});
        QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
        const Json tasks = outcome.json()["tasks"];
        QCOMPARE(tasks["copa"]["n"].get<int>(), 10);
        QCOMPARE(tasks["pairs"]["n"].get<int>(), 2);
        QCOMPARE(tasks["pairs"]["chance"].get<double>(), 0.5);
        // The demo has never seen the letters of the wrong choices in this order.
        QCOMPARE(tasks["pairs"]["acc_norm"].get<double>(), 1.0);
        writeText(inFolder(out, "pairs.jsonl"), kLines + R"({"who": "Karl", "a": "x", "label": 1})");
        const Outcome broken = cli({"evaluate", "demo", "--tasks", task});
        QCOMPARE(broken.exitCode, 3);
        QVERIFY2(
            broken.err.contains("pairs.jsonl, line 3") && broken.err.contains("\"b\""),
            broken.err.constData());
    }

    void flipsNeedABaselineWithItems() {
        const TemporaryFolder out;
        const QString flips = inFolder(out, "flips.jsonl"), baseline = inFolder(out, "baseline.json");
        QCOMPARE(cli({"evaluate", "demo", "--flips", flips}).exitCode, 2);
        const QStringList copa{"evaluate", "demo", "--tasks", "copa", "--limit", "5"};
        writeText(baseline, cli(copa).out); // standard output has no items
        const Outcome outcome = cli(copa + QStringList{"--baseline", baseline, "--flips", flips});
        QCOMPARE(outcome.exitCode, 2);
        QVERIFY2(outcome.err.contains("which items"), outcome.err.constData());
        QVERIFY(!QFile::exists(flips));
    }

    void interruptKeepsThePartialResult() {
        const TemporaryFolder out;
        const QString result = inFolder(out, "r.json");
        QProcess process;
        process.start(program("mambascope-cli"), {"--device", "cpu", "evaluate", "demo", "-o", result});
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(!enginesOf(process.processId()).isEmpty(), 30000);
        QTRY_VERIFY_WITH_TIMEOUT(processorSeconds(enginesOf(process.processId()).first()) > 3, 300000);
        kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(120000));
        QCOMPARE(process.exitCode(), 130);
        const Json json = readJson(result);
        QCOMPARE(json["partial"].get<bool>(), true);
        const Json& lambada = json["tasks"]["lambada"]; // the first task
        QVERIFY(
            lambada["n"].get<int>() > 0 &&
            lambada["n"].get<int>() == static_cast<int>(lambada["items"].size()));
        QVERIFY(process.readAllStandardError().contains("partial"));
    }

    void divergenceFromItselfIsZero() {
        const TemporaryFolder out;
        const QString text = inFolder(out, "text.txt"), plan = inFolder(out, "plan.json");
        QFile demo(QString::fromStdString((sourceFolder() / "resources/demo/calibration.txt").string()));
        QVERIFY(demo.open(QIODevice::ReadOnly));
        writeText(text, demo.read(6000));
        const QStringList divergence{"divergence", "demo", "--text",    text,
                                     "--window",   "64",   "--windows", "6"};
        const Outcome same = cli(divergence);
        QVERIFY2(same.exitCode == 0, same.err.constData());
        QCOMPARE(same.json()["positions"].get<int>(), 6 * 64);
        QCOMPARE(same.json()["kl_mean"].get<double>(), 0.0);
        QCOMPARE(same.json()["kl_max"].get<double>(), 0.0);
        QCOMPARE(same.json()["top_agreement"].get<double>(), 1.0);
        QCOMPARE(cli({"plan", "new", "--preset", "W4 (mlp)", "-o", plan}).exitCode, 0);
        const Json other = cli(divergence + QStringList{"--plan", plan}).json();
        const double mean = other["kl_mean"].get<double>();
        QVERIFY(mean > 0 && mean <= other["kl_max"].get<double>());
        QVERIFY(other["top_agreement"].get<double>() < 1);
        QCOMPARE(other["baseline_token_perplexity"], same.json()["token_perplexity"]);
        QCOMPARE(cli({"divergence", "demo", "--text", text, "--window", "60000"}).exitCode, 3);
    }
};

QTEST_GUILESS_MAIN(EvaluationTest)
#include "evaluation_test.moc"
