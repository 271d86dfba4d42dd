// SPDX-License-Identifier: GPL-3.0-or-later
// What a session knows is not computed again; a clear difference ends a task; and how long an edit takes.
#include "tests/e2e/files.h"
#include "tests/e2e/programs.h"
#include "tests/support/paths.h"

#include <QFile>
#include <QtTest>

using namespace mambascope;
using namespace mambascope::test;

namespace {

Json readJson(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? Json::parse(file.readAll().toStdString()) : Json();
}

std::size_t runsIn(const QString& session) {
    return cli({"session", session, "list"}).json()["runs"].size();
}

} // namespace

class CachedResultsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theSessionHasTheResult() {
        const TemporaryFolder out;
        const QString session = inFolder(out, "s.mscope"), first = inFolder(out, "a.json"),
                      second = inFolder(out, "b.json"), third = inFolder(out, "c.json");
        const QStringList evaluate{"evaluate", "demo", "--session", session, "--limit", "12"};
        const auto run = [&](const QStringList& more) {
            return cli(evaluate + more);
        };
        Outcome outcome = run({"--tasks", "copa,rte", "-o", first});
        QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
        QVERIFY(!outcome.err.contains("From the session"));
        outcome = run({"--tasks", "rte,piqa,copa", "-o", second});
        QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
        QVERIFY2(outcome.err.contains("From the session: 2 of 3 tasks"), outcome.err.constData());
        const Json a = readJson(first), b = readJson(second);
        QCOMPARE(b["tasks"]["rte"], a["tasks"]["rte"]); // to the seconds it took then
        QCOMPARE(b["tasks"]["piqa"]["n"].get<int>(), 12);
        QCOMPARE(runsIn(session), std::size_t{2});
        // All of it is known: no run is added.
        outcome = run({"--tasks", "rte,piqa,copa", "-o", third});
        QVERIFY2(outcome.err.contains("From the session: 3 of 3 tasks"), outcome.err.constData());
        QCOMPARE(readJson(third)["tasks"], b["tasks"]);
        QCOMPARE(runsIn(session), std::size_t{2});
        // Unless that is not wanted, or it is something else.
        outcome = run({"--tasks", "copa", "--no-cache"});
        QVERIFY(!outcome.err.contains("From the session"));
        QCOMPARE(runsIn(session), std::size_t{3});
        QVERIFY(!run({"--tasks", "copa", "--seed", "1"}).err.contains("From the session"));
        const QString plan = inFolder(out, "plan.json");
        QCOMPARE(cli({"plan", "new", "--preset", "W8 (mlp)", "-o", plan}).exitCode, 0);
        QVERIFY(!run({"--tasks", "copa", "--plan", plan}).err.contains("From the session"));
        QVERIFY(run({"--tasks", "copa", "--plan", plan}).err.contains("From the session: 1 of 1 tasks"));
    }

    void sessionsTakeTaskFiles() {
        const TemporaryFolder out;
        const QString session = inFolder(out, "s.mscope"), task = inFolder(out, "pairs.json");
        writeText(
            task, R"({"format": 1, "name": "pairs", "title": "Pairs", "data": "pairs.jsonl", "metric": "acc",
                "context": "{who} took the", "choices": ["{a}", "{b}"], "gold": {"field": "label"}})");
        writeText(
            inFolder(out, "pairs.jsonl"), R"({"who": "Anya", "a": "ring.", "b": "xq zk.", "label": 0})");
        const QStringList evaluate{"evaluate", "demo", "--tasks", task, "--session", session};
        const Outcome outcome = cli(evaluate);
        QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
        const Outcome listed = cli({"session", session, "list"});
        QCOMPARE(listed.json()["runs"][0]["tasks"][0].get<std::string>(), std::string("pairs"));
        QVERIFY(cli(evaluate).err.contains("From the session: 1 of 1 tasks"));
        // Other data under the same name is another task.
        writeText(
            inFolder(out, "pairs.jsonl"), R"({"who": "Karl", "a": "ring.", "b": "xq zk.", "label": 0})");
        QVERIFY(!cli(evaluate).err.contains("From the session"));
        const QByteArray report = cli({"session", session, "report", "-o", inFolder(out, "r.html")}).err;
        QFile page(inFolder(out, "r.html"));
        QVERIFY2(page.open(QIODevice::ReadOnly), report.constData());
        QVERIFY(page.readAll().contains("Pairs, acc"));
    }

    void aClearDifferenceStopsEarly() {
        const TemporaryFolder out;
        const QString baseline = inFolder(out, "baseline.json"), plan = inFolder(out, "plan.json");
        const QStringList piqa{"evaluate", "demo", "--tasks", "piqa"};
        QCOMPARE(cli(piqa + QStringList{"--early-stop", "0.01"}).exitCode, 2); // compared with what?
        QCOMPARE(cli(piqa + QStringList{"-o", baseline}).exitCode, 0);
        QCOMPARE(cli({"plan", "new", "-o", plan}).exitCode, 0);
        QCOMPARE(cli({"plan", "set", plan, "--w-bits", "2"}).exitCode, 0); // next to guessing
        const Outcome outcome =
            cli(piqa + QStringList{"--plan", plan, "--baseline", baseline, "--early-stop", "0.01"});
        QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
        const Json json = outcome.json(), task = json["tasks"]["piqa"];
        QVERIFY(task["stopped_early"]["p_anytime"].get<double>() <= 0.01);
        QVERIFY(task["n"].get<int>() < task["total"].get<int>());
        QCOMPARE(json["partial"].get<bool>(), false);
        QVERIFY(task["lost"].get<int>() > task["gained"].get<int>());
    }

    void anEditIsShownAtOnce() {
        // The target for the first interval is one second after the edit; the bench fails if a number depends
        // on what was kept.
        const Outcome outcome =
            cli({"bench", "demo", "--tasks", "copa,rte,piqa", "--limit", "40", "--repeat", "1"});
        QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
        const Json json = outcome.json();
        QCOMPARE(json["edits"].size(), std::size_t{4});
        for (const Json& edit : json["edits"]) {
            QVERIFY(edit["first_interval_seconds"].get<double>() <= 1.0);
            qInfo(
                "layer %d: %.2f of a full evaluation, first interval after %.3f s", edit["layer"].get<int>(),
                edit["ratio"].get<double>(), edit["first_interval_seconds"].get<double>());
        }
        QCOMPARE(json["edits"][0]["layer"].get<int>(), 7);
        QVERIFY(json["edits"][0]["ratio"].get<double>() < 0.8); // one layer of eight, and the head
        QVERIFY(json["forking_gain"].get<double>() > 0);
        QVERIFY(json["cached_result_seconds"].get<double>() < 0.5);
    }
};

QTEST_GUILESS_MAIN(CachedResultsTest)
#include "cached_results_test.moc"
