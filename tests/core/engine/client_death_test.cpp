// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/child_process.h"
#include "core/engine/client.h"
#include "core/engine/protocol.h"
#include "tests/core/engine/client_fixture.h"
#include "tests/core/engine/fake_engine.h"

#include <QTest>

#include <array>
#include <chrono>
#include <csignal>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mambascope;
using namespace mambascope::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

std::unique_ptr<EngineClient> startShell(const std::string& script) {
    auto client = EngineClient::start({{"/bin/sh", "-c", script}});
    return client.ok() ? std::move(client).value() : nullptr;
}

bool goneWithin(int pid, std::chrono::milliseconds limit) {
    const auto end = Clock::now() + limit;
    while (!gone(pid) && Clock::now() < end) {
        std::this_thread::sleep_for(10ms);
    }
    return gone(pid);
}

} // namespace

class ClientDeathTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void deathIsExplained_data();
    void deathIsExplained();
    void killedInTheMiddle();
    void theEngineDiesWithItsParent();
    void destructionEndsTheEngine();
    void anEngineThatNobodyWaitsForLeaves();
    void stopWhileTheEngineDoesNotAnswer();
    void programThatDoesNotExist();
    void somethingElseAnswers_data();
    void somethingElseAnswers();
    void anotherProtocolVersion_data();
    void anotherProtocolVersion();
};

void ClientDeathTest::deathIsExplained_data() {
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("detail");
    QTest::newRow("exit") << "tiny,exit=2"
                          << "The engine ended with status 7."
                          << "about to leave";
    QTest::newRow("abort") << "tiny,abort=2"
                           << "The engine was ended by signal 6 (SIGABRT)."
                           << "about to abort";
}

void ClientDeathTest::deathIsExplained() {
    QFETCH(QString, model);
    QFETCH(QString, message);
    QFETCH(QString, detail);
    const auto client = startFake();
    QVERIFY(client->load({model.toStdString()}, {}).ok());
    const auto error = client->calibrate(windows(5), {}).error();
    QCOMPARE(error.code, ErrorCode::EngineLost);
    QCOMPARE(QString::fromStdString(error.message), message);
    QVERIFY(QString::fromStdString(error.context).contains(detail));
    QVERIFY(!error.hint.empty());
    QCOMPARE(client->info().error().code, ErrorCode::EngineLost);
}

void ClientDeathTest::killedInTheMiddle() {
    const auto client = startFake();
    QVERIFY(client->load({"tiny,batch=20"}, {}).ok());
    const int pid = client->processId();
    std::thread killer([pid] {
        std::this_thread::sleep_for(150ms);
        ::kill(pid, SIGKILL);
    });
    const auto error = client->calibrate(windows(1000), {}).error();
    killer.join();
    QCOMPARE(error.code, ErrorCode::EngineLost);
    QCOMPARE(error.message, std::string("The engine was ended by signal 9 (SIGKILL)."));
    QVERIFY(error.hint.find("memory") != std::string::npos);
}

void ClientDeathTest::theEngineDiesWithItsParent() {
    auto parent = ChildProcess::start({FAKE_ENGINE, "--parent"});
    QVERIFY(parent.ok());
    const auto status = parent.value()->waitForEnd(20s);
    QVERIFY(status.has_value());
    QVERIFY(WIFSIGNALED(*status) && WTERMSIG(*status) == SIGKILL);
    std::array<char, 32> text{};
    QVERIFY(::read(parent.value()->output(), text.data(), text.size() - 1) > 0);
    const int engine = std::atoi(text.data());
    QVERIFY(engine > 1);
    QVERIFY(goneWithin(engine, 2s));
}

void ClientDeathTest::destructionEndsTheEngine() {
    auto client = startFake();
    QVERIFY(client->load({"tiny"}, {}).ok());
    const int pid = client->processId();
    const auto begin = Clock::now();
    client.reset();
    QVERIFY(gone(pid));
    QVERIFY(Clock::now() - begin < 2s); // by itself, not killed

    auto stubborn = startShell("trap '' TERM; while true; do sleep 0.1; done");
    const int stubbornPid = stubborn->processId();
    stubborn.reset();
    QVERIFY(gone(stubbornPid));
}

void ClientDeathTest::anEngineThatNobodyWaitsForLeaves() {
    // As behind a remote shell whose connection broke: no signal comes, only the end of the input.
    auto process = ChildProcess::start({FAKE_ENGINE});
    QVERIFY(process.ok());
    protocol::Channel channel(process.value()->output(), process.value()->input());
    QVERIFY(channel.send(protocol::hello()).ok());
    const Json load{
        {"model", "tiny,deaf,batch=50"}, {"device", "auto"}, {"dtype", "f32"}, {"threads", 0}, {"reuse", 0}};
    QVERIFY(channel.send({{"id", 1}, {"op", "load"}, {"args", load}}).ok());
    const Json prompt{{"prompt", Json::binary({1, 0, 0, 0})}, {"count", 10000}}; // eight minutes, and deaf
    QVERIFY(channel.send({{"id", 2}, {"op", "generate"}, {"args", prompt}}).ok());
    Json message = Json::object();
    while (message.value("id", 0) != 1 || message["type"] != "result") {
        message = channel.receive().value();
    }
    std::this_thread::sleep_for(200ms);
    process.value()->closeInput();
    const auto status = process.value()->waitForEnd(15s); // it gives the request 5 s
    QVERIFY(status.has_value());
    QVERIFY(WIFEXITED(*status));
    QCOMPARE(WEXITSTATUS(*status), 1);
}

void ClientDeathTest::stopWhileTheEngineDoesNotAnswer() {
    const auto client = startShell("exec sleep 60");
    const StopAfter stop(200ms);
    const auto begin = Clock::now();
    QCOMPARE(client->waitUntilReady(stop.job()).error().code, ErrorCode::Cancelled);
    QVERIFY(Clock::now() - begin < 5s);
    QVERIFY(gone(client->processId()));
    QCOMPARE(client->info().error().code, ErrorCode::EngineLost);
}

void ClientDeathTest::programThatDoesNotExist() {
    const auto missing = EngineClient::start({{"no-such-engine-program"}});
    QCOMPARE(missing.error().code, ErrorCode::EngineLost);
    QVERIFY(missing.error().message.find("no-such-engine-program") != std::string::npos);
    QVERIFY(!missing.error().hint.empty());
    const auto noProgram = EngineClient::start({{"/etc/passwd"}});
    QVERIFY(noProgram.error().message.find("cannot be run") != std::string::npos);
    QCOMPARE(EngineClient::start({}).error().code, ErrorCode::EngineLost);
}

void ClientDeathTest::somethingElseAnswers_data() {
    QTest::addColumn<QString>("script");
    QTest::addColumn<QString>("expected");
    const QString engine = QStringLiteral(" exec " FAKE_ENGINE);
    QTest::newRow("a banner") << "echo 'Welcome to host (4 updates)'; sleep 0.05; echo more;" + engine
                              << "“Welcome to host (4 updates)”";
    QTest::newRow("a banner in pieces")
        << "printf 'He'; sleep 0.1; printf 'llo you\\n';" + engine << "“Hello you”";
    QTest::newRow("a short text and the end") << "printf Hi"
                                              << "“Hi”";
    QTest::newRow("a line break first") << "printf '\\n\\nabc\\n';" + engine << "Something else";
    QTest::newRow("zeros") << "head -c 100 /dev/zero; cat >/dev/null"
                           << "Something else";
    QTest::newRow("a MessagePack map that is no hello")
        << "printf '\\001\\000\\000\\000\\200'; cat >/dev/null"
        << "Something else";
    QTest::newRow("nothing, status 3") << "exit 3"
                                       << "ended with status 3 before it was ready";
    QTest::newRow("only closes its output") << "exec >&-; sleep 30"
                                            << "closed its connection";
    QTest::newRow("not found behind a shell") << "no-such-command-here"
                                              << "was not found";
}

void ClientDeathTest::somethingElseAnswers() {
    QFETCH(QString, script);
    QFETCH(QString, expected);
    const auto client = startShell(script.toStdString());
    QVERIFY(client);
    const int pid = client->processId();
    const auto error = client->info().error();
    QCOMPARE(error.code, ErrorCode::EngineLost);
    QVERIFY2(QString::fromStdString(error.message).contains(expected), describe(error).c_str());
    QVERIFY(goneWithin(pid, 2s));
}

void ClientDeathTest::anotherProtocolVersion_data() {
    QTest::addColumn<int>("version");
    QTest::newRow("an older engine") << 1; // whose later frames have another head
    QTest::newRow("a newer engine") << 7;
}

void ClientDeathTest::anotherProtocolVersion() {
    QFETCH(int, version);
    const auto client = startFake({"--protocol", std::to_string(version)});
    const auto error = client->info().error();
    QCOMPARE(error.code, ErrorCode::EngineLost);
    QCOMPARE(
        error.message, "The engine (mambascope 9.8.7) speaks protocol version " + std::to_string(version) +
                           ", this program (mambascope " MAMBASCOPE_VERSION ") version 3.");
    QVERIFY(error.hint.find("same version") != std::string::npos);
}

QTEST_APPLESS_MAIN(ClientDeathTest)
#include "client_death_test.moc"
