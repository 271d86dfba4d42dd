// SPDX-License-Identifier: GPL-3.0-or-later
// A sweep as a user runs it: killed, stopped and resumed it leaves the same files as one that ran through.
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

qsizetype runsIn(const QString& folder) {
    return QDir(folder + QStringLiteral("/runs")).entryList({"*.json"}, QDir::Files).size();
}

/// All that a sweep writes but its times, by name.
QMap<QString, QByteArray> filesOf(const QString& folder) {
    QMap<QString, QByteArray> files;
    for (const char* part : {"", "/runs"}) {
        const QDir dir(folder + QLatin1String(part));
        for (const QString& name : dir.entryList(QDir::Files)) {
            if (name != QStringLiteral("timings.csv")) {
                files[QLatin1String(part) + u'/' + name] = readText(dir.filePath(name));
            }
        }
    }
    return files;
}

} // namespace

class SweepTest : public QObject {
    Q_OBJECT

private:
    TemporaryFolder m_out;
    QString m_recipe;
    QMap<QString, QByteArray> m_whole;

    QStringList sweep(const QString& folder) const {
        return {"sweep",     "demo", "--recipe", m_recipe, "--limit", "60",
                "--samples", "4",    "--length", "64",     "-o",      folder};
    }

    /// Starts the sweep and sends a signal once at least one result is stored; the exit code, or −2 for a
    /// crash.
    int cutShort(const QString& folder, int signal) {
        QProcess process;
        process.start(program("mambascope-cli"), QStringList{"--device", "cpu"} + sweep(folder));
        if (!process.waitForStarted()) {
            return -1;
        }
        for (int waited = 0; waited < 300000 && runsIn(folder) == 0; waited += 5) {
            process.waitForFinished(5);
        }
        kill(static_cast<pid_t>(process.processId()), signal);
        process.waitForFinished(120000);
        return process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2;
    }

private Q_SLOTS:
    void initTestCase() {
        m_recipe = inFolder(m_out, "recipe.json");
        QFile file(m_recipe);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"json({"format": 1, "name": "two", "plans": ["baseline", "W8A8 (mlp)"]} // few)json");
        file.close();
        const QString folder = inFolder(m_out, "whole");
        const Outcome outcome = cli(QStringList{"--device", "cpu"} + sweep(folder));
        QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
        m_whole = filesOf(folder);
        QCOMPARE(runsIn(folder), 12); // two plans, six tasks
        QCOMPARE(outcome.out, m_whole["/table.md"]);
        for (const char* name : {"/results.json", "/table.csv", "/table.tex"}) {
            QVERIFY2(!m_whole[QLatin1String(name)].isEmpty(), name);
        }
        QVERIFY(outcome.err.contains("12 of 12"));
    }

    void tablesHoldTheResults() {
        const Json json = Json::parse(m_whole["/results.json"].toStdString());
        const Json& plans = json["checkpoints"][0]["plans"];
        QCOMPARE(plans.size(), std::size_t{2});
        QCOMPARE(plans[1]["tasks"].size(), std::size_t{6});
        QCOMPARE(plans[1]["tasks"]["piqa"]["common"].get<int>(), 60);
        // The same numbers as the evaluate verb's.
        const Outcome evaluated = cli({"--device", "cpu", "evaluate", "demo", "--limit", "60"});
        for (const auto& [name, task] : evaluated.json()["tasks"].items()) {
            QCOMPARE(plans[0]["tasks"][name]["acc"].get<double>(), task["acc"].get<double>());
        }
        QVERIFY(m_whole["/table.md"].contains("| W8A8 (mlp) |"));
    }

    void killedSweepGoesOn() {
        const QString folder = inFolder(m_out, "killed");
        QCOMPARE(cutShort(folder, SIGKILL), -2);
        const qsizetype kept = runsIn(folder);
        QVERIFY(kept > 0 && kept < 12);
        QVERIFY(!QFile::exists(folder + QStringLiteral("/results.json")));
        const Outcome resumed = cli(QStringList{"--device", "cpu"} + sweep(folder));
        QVERIFY2(resumed.exitCode == 0, resumed.err.constData());
        QCOMPARE(resumed.err.count(" of 12  "), 12 - kept); // a line for each that was missing
        for (const auto& [name, text] : m_whole.asKeyValueRange()) {
            QVERIFY2(filesOf(folder).value(name) == text, qPrintable(name));
        }
    }

    void stoppedSweepGoesOnWithTwoEngines() {
        const QString folder = inFolder(m_out, "stopped");
        QCOMPARE(cutShort(folder, SIGINT), 130);
        QVERIFY(!QFile::exists(folder + QStringLiteral("/results.json")));
        const Outcome resumed = cli(sweep(folder) + QStringList{"--devices", "cpu,cpu"});
        QVERIFY2(resumed.exitCode == 0, resumed.err.constData());
        QCOMPARE(filesOf(folder), m_whole);
    }

    void foldersAreNotMixedUp() {
        const QString folder = inFolder(m_out, "whole");
        QStringList other = sweep(folder);
        other[5] = QStringLiteral("61"); // the limit
        const Outcome refused = cli(other);
        QCOMPARE(refused.exitCode, 2);
        QVERIFY2(refused.err.contains("another sweep"), refused.err.constData());
        QCOMPARE(filesOf(folder), m_whole);
        const Outcome foreign = cli(sweep(QString::fromStdString(m_out.path().string())));
        QCOMPARE(foreign.exitCode, 2);
        QVERIFY2(foreign.err.contains("not the folder of a sweep"), foreign.err.constData());
    }

    void badSweepsAreRefused() {
        const QString folder = inFolder(m_out, "refused");
        const Outcome recipe = cli({"sweep", "demo", "--recipe", "paper-table-9", "-o", folder});
        QCOMPARE(recipe.exitCode, 2);
        QVERIFY2(recipe.err.contains("alpha-grid"), recipe.err.constData());
        const QString model = QString::fromStdString((fixtureFolder() / "hf-f32").string());
        const QString data = QString::fromStdString((sourceFolder() / "resources/demo/tasks").string());
        const Outcome calibration =
            cli({"sweep", model, "--recipe", "paper-table-1", "--data", data, "-o", folder});
        QCOMPARE(calibration.exitCode, 2);
        QVERIFY2(calibration.err.contains("--calibration"), calibration.err.constData());
        QCOMPARE(cli({"sweep", "--recipe", "alpha-grid", "-o", folder}).exitCode, 2);
        QCOMPARE(
            cli({"sweep", "demo", "--recipe", "alpha-grid", "--devices", "tpu", "-o", folder}).exitCode, 2);
        QVERIFY(!QFile::exists(folder));
    }
};

QTEST_GUILESS_MAIN(SweepTest)
#include "sweep_test.moc"
