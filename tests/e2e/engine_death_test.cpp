// SPDX-License-Identifier: GPL-3.0-or-later
// The engine killed in the middle of work: the command line says so in a sentence, exits 1, and leaves
// nothing half done; the command line killed: no engine stays behind.
#include "tests/e2e/processes.h"
#include "tests/e2e/programs.h"
#include "tests/support/paths.h"

#include <QDir>
#include <QFile>
#include <QtTest>

#include <csignal>

using namespace mambascope::test;

class EngineDeathTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void killedEngineIsReported_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("calibrate") << QStringList{"--device", "cpu",      "calibrate", "demo", "--samples",
                                                  "4000",     "--length", "256",       "-o"};
        QTest::newRow("evaluate") << QStringList{"--device", "cpu", "evaluate", "demo", "-o"};
    }

    void killedEngineIsReported() {
        QFETCH(QStringList, arguments);
        const TemporaryFolder out;
        const QString folder = QString::fromStdString(out.path().string());
        QProcess process;
        process.start(program("mambascope-cli"), arguments << folder + QStringLiteral("/out"));
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(!enginesOf(process.processId()).isEmpty(), 10000);
        const qint64 engine = enginesOf(process.processId()).first();
        // Starting takes well under a second of processor time; each of the two jobs takes many.
        QTRY_VERIFY_WITH_TIMEOUT(processorSeconds(engine) > 2, 60000);
        QCOMPARE(process.state(), QProcess::Running);
        kill(static_cast<pid_t>(engine), SIGKILL);
        QVERIFY(process.waitForFinished(10000));
        QCOMPARE(process.exitCode(), 1);
        const QByteArray said = process.readAllStandardError();
        QVERIFY2(said.contains("engine"), said.constData());
        QVERIFY(QDir(folder).isEmpty());
    }

    void noEngineStaysBehind() {
        const TemporaryFolder out;
        QProcess process;
        process.start(
            program("mambascope-cli"),
            {"--device", "cpu", "calibrate", "demo", "--samples", "4000", "--length", "256", "-o",
             QString::fromStdString((out.path() / "c").string())});
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(!enginesOf(process.processId()).isEmpty(), 10000);
        const qint64 engine = enginesOf(process.processId()).first();
        QTRY_VERIFY_WITH_TIMEOUT(processorSeconds(engine) > 2, 60000);
        process.kill();
        QVERIFY(process.waitForFinished());
        QTRY_VERIFY_WITH_TIMEOUT(!exists(engine), 3000);
    }

    void interruptEndsWith130() {
        const TemporaryFolder out;
        const QString folder = QString::fromStdString(out.path().string());
        QProcess process;
        process.start(
            program("mambascope-cli"), {"--device", "cpu", "calibrate", "demo", "--samples", "4000",
                                        "--length", "256", "-o", folder + QStringLiteral("/c")});
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(!enginesOf(process.processId()).isEmpty(), 10000);
        QTRY_VERIFY_WITH_TIMEOUT(processorSeconds(enginesOf(process.processId()).first()) > 2, 60000);
        kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(10000));
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(QDir(folder).isEmpty());
    }
};

QTEST_GUILESS_MAIN(EngineDeathTest)
#include "engine_death_test.moc"
