// SPDX-License-Identifier: GPL-3.0-or-later
// The command line with an engine behind a line that is long, or bad (tests/support/troubled_line.cpp): the
// same results, no way there and back a request, a sentence for every failure, and nothing that stays behind.
#include "tests/e2e/processes.h"
#include "tests/e2e/programs.h"
#include "tests/support/paths.h"
#include "tests/support/process_tree.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QtTest>

#include <csignal>

using namespace mambascope::test;

namespace {

QString engineProgram() {
    return program("mambascope-engine");
}

QString line(const QString& options) {
    return QStringLiteral(TROUBLED_LINE " %1 -- %2").arg(options, engineProgram());
}

QByteArray contents(const QString& file) {
    QFile opened(file);
    return opened.open(QIODevice::ReadOnly) ? opened.readAll() : QByteArray("(cannot be read)");
}

/// A result file without the times that it took.
mambascope::Json timeless(const QString& file) {
    auto json = mambascope::Json::parse(contents(file).toStdString());
    json.erase("seconds");
    for (auto& task : json["tasks"]) {
        task.erase("seconds");
    }
    return json;
}

/// Processes below `parent`, at any depth.
std::vector<int> treeBelow(int parent) {
    std::vector<int> all;
    for (const int child : childrenOf(parent)) {
        all.push_back(child);
        const auto below = treeBelow(child);
        all.insert(all.end(), below.begin(), below.end());
    }
    return all;
}

} // namespace

class RemoteTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void resultsAreTheSame();
    void filesAreThoseOfTheEnginesSide();
    void theProtocolCostsLittle_data();
    void theProtocolCostsLittle();
    void failuresAreExplained_data();
    void failuresAreExplained();
    void aKilledLineEndsTheWorkAndTheEngine();
};

void RemoteTest::resultsAreTheSame() {
    const TemporaryFolder out;
    const QString folder = QString::fromStdString(out.path().string());
    const auto evaluate = [&](const QString& name, const QStringList& engine) {
        const QString calibration = folder + u'/' + name + QStringLiteral(".safetensors");
        const auto run = [&](const QStringList& verb) {
            const Outcome outcome = cli(engine + QStringList{"--device", "cpu", "--quiet"} + verb);
            QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
        };
        run({"calibrate", "demo", "--samples", "4", "--length", "64", "-o", calibration});
        run(
            {"evaluate", "demo", "--limit", "20", "--plan", folder + "/plan.json", "--calibration",
             calibration, "--examples", folder + u'/' + name + ".jsonl", "-o",
             folder + u'/' + name + ".json"});
    };
    QCOMPARE(cli({"plan", "new", "--preset", "W8A8 input", "-o", folder + "/plan.json"}).exitCode, 0);
    evaluate(QStringLiteral("near"), {});
    evaluate(QStringLiteral("far"), {"--engine", line(QStringLiteral("--delay 50"))});
    QCOMPARE(contents(folder + "/far.safetensors"), contents(folder + "/near.safetensors"));
    QCOMPARE(contents(folder + "/far.jsonl"), contents(folder + "/near.jsonl"));
    QVERIFY(timeless(folder + "/far.json") == timeless(folder + "/near.json"));
}

void RemoteTest::filesAreThoseOfTheEnginesSide() {
    const TemporaryFolder out;
    const QString folder = QString::fromStdString(out.path().string());
    const QStringList far{"--engine", line(QStringLiteral("--delay 20"))};
    for (const QStringList& verb :
         {QStringList{"info", "demo", "--hash"}, QStringList{"info", "--cache"},
          QStringList{"tokenize", "demo", "--text", "What is far away?"},
          QStringList{"detokenize", "demo", "--ids", "5,6,7"}}) {
        const Outcome near = cli(verb), there = cli(far + verb);
        QVERIFY2(there.exitCode == 0, there.err.constData());
        QCOMPARE(there.out, near.out);
    }
    QCOMPARE(cli(QStringList{"export", "demo", "-o", folder + "/near"}).exitCode, 0);
    QCOMPARE(cli(far + QStringList{"export", "demo", "-o", folder + "/far"}).exitCode, 0);
    QCOMPARE(contents(folder + "/far/model.safetensors"), contents(folder + "/near/model.safetensors"));
    const Outcome again = cli(far + QStringList{"export", "demo", "-o", folder + "/far"});
    QCOMPARE(again.exitCode, 2);
    QVERIFY2(again.err.contains("exists already"), again.err.constData());
    const Outcome missing = cli(far + QStringList{"info", folder + "/nothing"});
    QCOMPARE(missing.exitCode, 3);
    QCOMPARE(
        cli(far + QStringList{"make-model", "--like", "mamba-tiny", "-o", folder + "/made"}).exitCode, 0);
    QCOMPARE(cli(QStringList{"info", folder + "/made"}).json()["spec"]["layers"].get<int>(), 2);
}

void RemoteTest::theProtocolCostsLittle_data() {
    QTest::addColumn<QStringList>("engine");
    QTest::addColumn<double>("most");
    QTest::newRow("here") << QStringList() << 0.02;
    QTest::newRow("50 ms away") << QStringList{"--engine", line(QStringLiteral("--delay 50"))} << 0.10;
}

void RemoteTest::theProtocolCostsLittle() {
    QFETCH(QStringList, engine);
    QFETCH(double, most);
    const Outcome outcome =
        cli(engine +
            QStringList{"--device", "cpu", "--quiet", "bench", "demo", "--length", "32", "--repeat", "1"});
    QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
    const auto protocol = outcome.json()["protocol"];
    qInfo().noquote() << QString::fromStdString(protocol.dump());
    QCOMPARE(protocol["round_trips"].get<int>(), 1);  // of six tasks
    QVERIFY(protocol["seconds"].get<double>() > 0.5); // else the share says nothing
    QVERIFY(protocol["share"].get<double>() <= most);
}

void RemoteTest::failuresAreExplained_data() {
    QTest::addColumn<QString>("engine");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const QString& engine, const char* expected) {
        QTest::newRow(name) << engine << QString::fromUtf8(expected);
    };
    // The demo's tokenizer alone has more bytes than that: the line breaks after the greeting.
    row("the line breaks", line(QStringLiteral("--cut-out 3000")), "ended with status 255");
    row("ssh breaks", QStringLiteral("%SSH% --cut-out 3000 -- ") + engineProgram(),
        "The connection to the engine's machine was lost");
    row("ssh does not connect", QStringLiteral("%SSH% --cut-out 0 -- ") + engineProgram(),
        "ssh could not start the engine");
    row("no such program there", QStringLiteral("%SSH% -- nothing-there"),
        "The engine program was not found on the other machine");
    row("no such program here", QStringLiteral("nothing-here"), "“nothing-here” was not found");
    row("a login message", QStringLiteral("sh -c 'echo Welcome to host; exec %1'").arg(engineProgram()),
        "Something else than the engine answered: “Welcome to host”");
    row("never answers", QStringLiteral("sleep 60"), "did not answer within 1 s");
    row("bytes are changed", line(QStringLiteral("--flip-out 3000")), "A message was damaged on its way");
    row("bytes are changed there", line(QStringLiteral("--flip-in 100")), "A message was damaged on its way");
    row("bytes are lost", line(QStringLiteral("--drop-out 3000")), "A message was damaged on its way");
}

void RemoteTest::failuresAreExplained() {
    QFETCH(QString, engine);
    QFETCH(QString, expected);
    const TemporaryFolder out;
    const QString folder = QString::fromStdString(out.path().string());
    QVERIFY(QFile::link(QStringLiteral(TROUBLED_LINE), folder + "/ssh"));
    engine.replace(QStringLiteral("%SSH%"), folder + "/ssh");
    QElapsedTimer timer;
    timer.start();
    QProcess process;
    const QString timeout =
        expected.contains(QStringLiteral("within 1 s")) ? QStringLiteral("1") : QStringLiteral("60");
    process.start(
        program("mambascope-cli"), {"--engine-timeout", timeout, "--engine", engine, "--device", "cpu",
                                    "--quiet", "evaluate", "demo", "--limit", "5", "-o", folder + "/r.json"});
    QVERIFY(process.waitForStarted());
    std::vector<int> started;
    while (!process.waitForFinished(20) && timer.elapsed() < 60000) {
        for (const int pid : treeBelow(static_cast<int>(process.processId()))) {
            started.push_back(pid);
        }
    }
    const QByteArray said = process.readAllStandardError();
    QCOMPARE(process.state(), QProcess::NotRunning);
    QCOMPARE(process.exitCode(), 1);
    QVERIFY2(QString::fromUtf8(said).contains(expected), said.constData());
    QVERIFY(said.trimmed().count('\n') >= 1); // the sentence, and a hint
    QVERIFY(!QFile::exists(folder + "/r.json"));
    for (const int pid : started) {
        QTRY_VERIFY_WITH_TIMEOUT(!runs(pid), 10000);
    }
}

void RemoteTest::aKilledLineEndsTheWorkAndTheEngine() {
    const TemporaryFolder out;
    const QString folder = QString::fromStdString(out.path().string());
    QProcess process;
    process.start(
        program("mambascope-cli"),
        {"--engine", line(QStringLiteral("--delay 5")), "--device", "cpu", "calibrate", "demo", "--samples",
         "4000", "--length", "256", "-o", folder + "/c"});
    QVERIFY(process.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(treeBelow(static_cast<int>(process.processId())).size() == 2, 10000);
    const std::vector<int> tree = treeBelow(static_cast<int>(process.processId()));
    QTRY_VERIFY_WITH_TIMEOUT(processorSeconds(tree[1]) > 2, 60000);
    QVERIFY(::kill(tree[0], SIGKILL) == 0);
    QVERIFY(process.waitForFinished(10000));
    QCOMPARE(process.exitCode(), 1);
    const QByteArray said = process.readAllStandardError();
    QVERIFY2(said.contains("The engine was ended by signal 9 (SIGKILL)"), said.constData());
    QTRY_VERIFY_WITH_TIMEOUT(!runs(tree[1]), 10000);
    QVERIFY(QDir(folder).isEmpty());
}

QTEST_GUILESS_MAIN(RemoteTest)
#include "remote_test.moc"
