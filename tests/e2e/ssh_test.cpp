// SPDX-License-Identifier: GPL-3.0-or-later
// An engine behind a real ssh: a server of its own on the loopback interface, with keys that are thrown away.
#include "tests/e2e/processes.h"
#include "tests/e2e/programs.h"
#include "tests/support/paths.h"
#include "tests/support/process_tree.h"

#include <QFile>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTcpSocket>
#include <QtTest>

#include <csignal>
#include <memory>
#include <pwd.h>
#include <unistd.h>

using namespace mambascope::test;

class SshTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void anEvaluationIsTheSame();
    void aHostWithoutTheProgram();
    void aHostThatDoesNotListen();
    void aKeyThatIsNotTaken();
    void aConnectionThatBreaks();

private:
    QString path(const char* name) const {
        return QString::fromStdString((m_folder->path() / name).string());
    }
    void write(const char* name, const QString& text) const {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text.toUtf8());
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    }
    bool makeKey(const char* name) const {
        return QProcess::execute(
                   QStringLiteral("ssh-keygen"),
                   {"-q", "-t", "ed25519", "-N", QString(), "-f", path(name)}) == 0;
    }
    QString ssh(const QString& remoteCommand, const char* key = "user", int port = 0) const {
        const passwd* user = ::getpwuid(::getuid());
        return QStringLiteral(
                   "ssh -F none -p %1 -i '%2' -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes "
                   "-o 'UserKnownHostsFile=%3' -o StrictHostKeyChecking=no -o LogLevel=ERROR "
                   "%4@127.0.0.1 %5")
            .arg(port == 0 ? m_port : port)
            .arg(path(key), path("known"), QString::fromLocal8Bit(user->pw_name), remoteCommand);
    }
    Outcome evaluate(const QString& engine, const QString& examples) const {
        return cli(
            {"--engine", engine, "--device", "cpu", "--quiet", "evaluate", "demo", "--limit", "5",
             "--examples", examples});
    }

    std::unique_ptr<TemporaryFolder> m_folder;
    QProcess m_server;
    int m_port = 0;
};

void SshTest::initTestCase() {
    const QString server =
        QStandardPaths::findExecutable(QStringLiteral("sshd"), {"/usr/sbin", "/usr/local/sbin", "/sbin"});
    if (server.isEmpty() || QStandardPaths::findExecutable(QStringLiteral("ssh")).isEmpty()) {
        QSKIP("There is no ssh, or no sshd (openssh-server), on this machine.");
    }
    m_folder = std::make_unique<TemporaryFolder>();
    QVERIFY(makeKey("host") && makeKey("user") && makeKey("stranger"));
    {
        QTcpServer probe;
        QVERIFY(probe.listen(QHostAddress::LocalHost));
        m_port = probe.serverPort();
    }
    QVERIFY(QFile::copy(path("user.pub"), path("authorized")));
    write(
        "config",
        QStringLiteral("ListenAddress 127.0.0.1\nPort %1\nHostKey \"%2\"\nAuthorizedKeysFile \"%3\"\n"
                       "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
                       "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n")
            .arg(m_port)
            .arg(path("host"), path("authorized")));
    if (::getuid() == 0) { // where a server that root starts puts itself before it knows whom it serves
        QDir().mkpath(QStringLiteral("/run/sshd"));
    }
    m_server.start(server, {"-D", "-e", "-f", path("config")});
    QTcpSocket socket;
    for (int i = 0; i < 100 && m_server.state() != QProcess::NotRunning; ++i) {
        socket.connectToHost(QHostAddress::LocalHost, static_cast<quint16>(m_port));
        if (socket.waitForConnected(100)) {
            return;
        }
        m_server.waitForFinished(50);
    }
    QSKIP(("sshd does not run here: " + m_server.readAllStandardError().trimmed()).constData());
}

void SshTest::cleanupTestCase() {
    if (m_server.state() != QProcess::NotRunning) {
        m_server.terminate();
        QVERIFY(m_server.waitForFinished(5000));
    }
}

void SshTest::anEvaluationIsTheSame() {
    const Outcome near = evaluate(program("mambascope-engine"), path("near.jsonl"));
    QVERIFY2(near.exitCode == 0, near.err.constData());
    const Outcome far = evaluate(ssh(program("mambascope-engine")), path("far.jsonl"));
    QVERIFY2(far.exitCode == 0, far.err.constData());
    QFile a(path("near.jsonl")), b(path("far.jsonl"));
    QVERIFY(a.open(QIODevice::ReadOnly) && b.open(QIODevice::ReadOnly));
    const QByteArray items = a.readAll();
    QCOMPARE(items.count('\n'), 30); // five of each of six tasks
    QCOMPARE(b.readAll(), items);
    const Outcome info = cli({"--engine", ssh(program("mambascope-engine")), "info", "demo"});
    QCOMPARE(info.out, cli({"info", "demo"}).out);
}

void SshTest::aHostWithoutTheProgram() {
    const Outcome outcome = evaluate(ssh(QStringLiteral("nothing-there")), path("a"));
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(
        outcome.err.contains("The engine program was not found on the other machine") &&
            outcome.err.contains("Install mambascope-engine there"),
        outcome.err.constData());
}

void SshTest::aHostThatDoesNotListen() {
    const Outcome outcome = evaluate(ssh(QStringLiteral("mambascope-engine"), "user", 1), path("b"));
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(
        outcome.err.contains("ssh could not start the engine: “ssh: connect to host 127.0.0.1 port 1: "
                             "Connection refused"),
        outcome.err.constData());
}

void SshTest::aKeyThatIsNotTaken() {
    const Outcome outcome = evaluate(ssh(QStringLiteral("mambascope-engine"), "stranger"), path("c"));
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(
        outcome.err.contains("ssh could not start the engine: “") &&
            outcome.err.contains("Permission denied"),
        outcome.err.constData());
}

void SshTest::aConnectionThatBreaks() {
    QProcess process;
    process.start(
        program("mambascope-cli"),
        {"--engine", ssh(program("mambascope-engine")), "--device", "cpu", "calibrate", "demo", "--samples",
         "4000", "--length", "256", "-o", path("d")});
    QVERIFY(process.waitForStarted());
    // The server's processes for this connection; the engine is the last of them.
    std::vector<int> chain;
    const auto follow = [&] {
        chain.assign(1, static_cast<int>(m_server.processId()));
        for (auto below = childrenOf(chain.back()); !below.empty(); below = childrenOf(chain.back())) {
            chain.push_back(below.back());
        }
        return chain.size() > 2 && processorSeconds(chain.back()) > 2;
    };
    QTRY_VERIFY_WITH_TIMEOUT(follow(), 60000);
    for (std::size_t i = 1; i + 1 < chain.size(); ++i) {
        ::kill(chain[i], SIGKILL);
    }
    QVERIFY(process.waitForFinished(15000));
    QCOMPARE(process.exitCode(), 1);
    const QByteArray said = process.readAllStandardError();
    QVERIFY2(said.contains("The connection to the engine's machine was lost (ssh"), said.constData());
    QVERIFY(!QFile::exists(path("d")));
    QTRY_VERIFY_WITH_TIMEOUT(!runs(chain.back()), 15000);
}

QTEST_GUILESS_MAIN(SshTest)
#include "ssh_test.moc"
