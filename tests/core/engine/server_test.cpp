// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/protocol.h"
#include "core/engine/server.h"
#include "tests/core/engine/fake_engine.h"

#include <QTest>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <unistd.h>

using namespace mambascope;
using namespace std::chrono_literals;

namespace {

/// A server on a thread of this process, and the client's end of its pipes.
class Served {
public:
    explicit Served(std::function<Result<std::unique_ptr<Engine>>()> factory = test::fakeEngineFactory()) {
        if (::pipe(m_in.data()) != 0 || ::pipe(m_out.data()) != 0) {
            qFatal("no pipe");
        }
        m_channel.emplace(m_out[0], m_in[1]);
        m_thread = std::thread([this, factory] {
            m_status = serveEngine(m_in[0], m_out[1], factory);
            ::close(m_out[1]);
        });
    }
    ~Served() {
        hangUp();
        ::close(m_in[0]);
        ::close(m_out[0]);
    }

    void raw(const std::vector<std::uint8_t>& bytes) {
        QVERIFY(::write(m_in[1], bytes.data(), bytes.size()) >= 0);
    }
    void send(const Json& message) { QVERIFY(m_channel->send(message).ok()); }
    void ask(int id, const char* op, Json args = Json::object()) {
        send({{"id", id}, {"op", op}, {"args", std::move(args)}});
    }
    Json receive() {
        auto message = m_channel->receive();
        return message.ok() ? message.value() : Json{{"type", "end"}};
    }
    /// The next message that ends a request.
    Json answer() {
        Json message = receive();
        while (message["type"] == "progress" || message["type"] == "partial") {
            message = receive();
        }
        return message;
    }
    void greet() {
        QCOMPARE(receive()["type"].get<std::string>(), std::string("hello"));
        send(protocol::hello());
    }
    /// Closes the stream and gives the server's exit status.
    int hangUp() {
        if (m_in[1] >= 0) {
            ::close(m_in[1]);
            m_in[1] = -1;
        }
        if (m_thread.joinable()) {
            m_thread.join();
        }
        return m_status;
    }
    void waitForEnd() { m_thread.join(); }

private:
    std::array<int, 2> m_in{}, m_out{};
    std::optional<protocol::Channel> m_channel;
    std::atomic<int> m_status{-1};
    std::thread m_thread;
};

Json loadArgs(const std::string& model) {
    return {{"model", model}, {"device", "auto"}, {"dtype", "f32"}, {"threads", 0}, {"reuse", 0}};
}

Json promptArgs(int count) {
    return {{"prompt", Json::binary(std::vector<std::uint8_t>{1, 0, 0, 0})}, {"count", count}};
}

/// A frame of a payload, whatever it is.
QByteArray messageOf(const QByteArray& payload, std::optional<std::uint32_t> length = {}) {
    const std::span bytes(
        reinterpret_cast<const std::uint8_t*>(payload.constData()), static_cast<std::size_t>(payload.size()));
    const auto head = protocol::messageHead(
        length.value_or(static_cast<std::uint32_t>(payload.size())), protocol::checksum(bytes));
    return QByteArray(reinterpret_cast<const char*>(head.data()), head.size()) + payload;
}

} // namespace

class ServerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void greetsBeforeTheEngineIsMade();
    void anEngineThatCannotBeMadeIsAnError();
    void cancelOfAQueuedRequestIsAnsweredAtOnce();
    void cancelOfTheRunningRequest();
    void theEndOfTheStreamStopsTheJob();
    void aClientThatDoesNotReadStopsTheJob();
    void damagedRequestsAreAnswered_data();
    void damagedRequestsAreAnswered();
    void garbageEndsTheConnection_data();
    void garbageEndsTheConnection();
    void aSignOfLifeIsGivenWhileWorkGoesOn();
};

void ServerTest::greetsBeforeTheEngineIsMade() {
    std::atomic<int> made{0};
    Served served([&made] {
        ++made;
        return test::fakeEngineFactory()();
    });
    served.greet();
    QCOMPARE(made.load(), 0);
    served.ask(1, "info");
    QCOMPARE(served.answer()["value"]["name"].get<std::string>(), std::string("fake"));
    served.ask(2, "info");
    QCOMPARE(served.answer()["id"].get<int>(), 2);
    QCOMPARE(made.load(), 1);
    QCOMPARE(served.hangUp(), 0);
}

void ServerTest::anEngineThatCannotBeMadeIsAnError() {
    Served served([]() -> Result<std::unique_ptr<Engine>> {
        return Error::unreadable("No engine plugin.", "Install.");
    });
    served.greet();
    served.ask(1, "info");
    const Json answer = served.answer();
    QCOMPARE(answer["error"]["message"].get<std::string>(), std::string("No engine plugin."));
    QCOMPARE(answer["error"]["code"].get<std::string>(), std::string("unreadable"));

    Served throwing([]() -> Result<std::unique_ptr<Engine>> { throw std::bad_alloc(); });
    throwing.greet();
    throwing.ask(1, "info");
    QCOMPARE(throwing.answer()["error"]["code"].get<std::string>(), std::string("out-of-memory"));
}

void ServerTest::cancelOfAQueuedRequestIsAnsweredAtOnce() {
    Served served;
    served.greet();
    served.ask(1, "load", loadArgs("tiny,batch=50"));
    QCOMPARE(served.answer()["type"].get<std::string>(), std::string("result"));
    served.ask(2, "generate", promptArgs(20)); // a second
    served.ask(3, "generate", promptArgs(20));
    served.send({{"id", 3}, {"op", "cancel"}});
    const Json first = served.answer();
    QCOMPARE(first["id"].get<int>(), 3); // although request 2 runs
    QCOMPARE(first["error"]["code"].get<std::string>(), std::string("cancelled"));
    const Json second = served.answer();
    QCOMPARE(second["id"].get<int>(), 2);
    QCOMPARE(second["type"].get<std::string>(), std::string("result"));
    served.send({{"id", 2}, {"op", "cancel"}}); // too late: nothing comes of it
    served.ask(4, "info");
    QCOMPARE(served.answer()["id"].get<int>(), 4);
}

void ServerTest::cancelOfTheRunningRequest() {
    Served served;
    served.greet();
    served.ask(1, "load", loadArgs("tiny,batch=20"));
    served.answer();
    served.ask(2, "generate", promptArgs(100'000));
    std::this_thread::sleep_for(100ms);
    served.send({{"id", 2}, {"op", "cancel"}});
    QCOMPARE(served.answer()["error"]["code"].get<std::string>(), std::string("cancelled"));
}

void ServerTest::theEndOfTheStreamStopsTheJob() {
    Served served;
    served.greet();
    served.ask(1, "load", loadArgs("tiny,batch=20"));
    served.answer();
    served.ask(2, "generate", promptArgs(100'000)); // half an hour
    std::this_thread::sleep_for(100ms);
    const auto begin = std::chrono::steady_clock::now();
    QCOMPARE(served.hangUp(), 0);
    QVERIFY(std::chrono::steady_clock::now() - begin < 5s);
}

void ServerTest::aClientThatDoesNotReadStopsTheJob() {
    std::array<int, 2> in{}, out{};
    QVERIFY(::pipe(in.data()) == 0 && ::pipe(out.data()) == 0);
    std::thread thread([&] { serveEngine(in[0], out[1], test::fakeEngineFactory()); });
    protocol::Channel channel(out[0], in[1]);
    QVERIFY(channel.receive().ok());
    QVERIFY(channel.send(protocol::hello()).ok());
    ::close(out[0]); // from here on answers cannot be written; SIGPIPE would end this test
    QVERIFY(channel.send({{"id", 1}, {"op", "load"}, {"args", loadArgs("tiny")}}).ok());
    std::this_thread::sleep_for(100ms);
    ::close(in[1]);
    thread.join();
    ::close(in[0]);
    ::close(out[1]);
}

void ServerTest::damagedRequestsAreAnswered_data() {
    QTest::addColumn<QByteArray>("request");
    QTest::newRow("unknown op") << QByteArray(R"({"id": 5, "op": "dance", "args": {}})");
    QTest::newRow("no args") << QByteArray(R"({"id": 5, "op": "load"})");
    QTest::newRow("args are no map") << QByteArray(R"({"id": 5, "op": "load", "args": [1]})");
    QTest::newRow("empty args") << QByteArray(R"({"id": 5, "op": "load", "args": {}})");
    for (const char* op :
         {"upload", "calibrate", "apply", "forward", "score", "generate", "export", "bench"}) {
        QTest::newRow(op) << QByteArray(R"({"id": 5, "op": ")") + op +
                                 R"(", "args": {"plan": 1, "hash": "", "request": []}})";
    }
}

void ServerTest::damagedRequestsAreAnswered() {
    QFETCH(QByteArray, request);
    Served served;
    served.greet();
    served.send(Json::parse(request.toStdString()));
    const Json answer = served.answer();
    QCOMPARE(answer["id"].get<int>(), 5);
    QCOMPARE(answer["type"].get<std::string>(), std::string("error"));
    QVERIFY(!answer["error"]["message"].get<std::string>().empty());
    served.ask(6, "info"); // and the engine goes on
    QCOMPARE(served.answer()["type"].get<std::string>(), std::string("result"));
}

void ServerTest::garbageEndsTheConnection_data() {
    QTest::addColumn<bool>("greeted");
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("text instead of a greeting") << false << QByteArray("GET / HTTP/1.1\r\n\r\n");
    QTest::newRow("a map that is no greeting") << false << QByteArray::fromHex("0100000080");
    QTest::newRow("too long a frame") << true << messageOf({}, protocol::kMaxFrameBytes + 1);
    QTest::newRow("no MessagePack") << true << messageOf(QByteArray::fromHex("c1"));
    QTest::newRow("an array") << true << messageOf(QByteArray::fromHex("90"));
    QTest::newRow("no id") << true << messageOf(QByteArray::fromHex("80"));
    QTest::newRow("nested a million deep") << true << messageOf(QByteArray(1'000'000, char(0x91)));
    QByteArray otherPayload = messageOf(QByteArray::fromHex("81a161c0"));
    otherPayload[otherPayload.size() - 2] =
        'b'; // {"b": null}: still a message, but not the one that was sent
    QTest::newRow("a changed payload") << true << otherPayload;
    QByteArray otherLength = messageOf(QByteArray::fromHex("80"));
    otherLength[1] = 1; // 257 bytes, of which 256 never come
    QTest::newRow("a changed length") << true << otherLength;
}

void ServerTest::garbageEndsTheConnection() {
    QFETCH(bool, greeted);
    QFETCH(QByteArray, bytes);
    Served served;
    if (greeted) {
        served.greet();
    } else {
        served.receive();
    }
    served.raw({bytes.begin(), bytes.end()});
    const Json last = served.answer();
    QCOMPARE(last["type"].get<std::string>(), std::string("error"));
    QCOMPARE(last["id"].get<int>(), 0); // about the connection
    QVERIFY(!last["error"]["message"].get<std::string>().empty());
    served.waitForEnd(); // although this side has not hung up
    QCOMPARE(served.hangUp(), 2);
}

void ServerTest::aSignOfLifeIsGivenWhileWorkGoesOn() {
    Served served;
    served.greet();
    served.ask(1, "load", loadArgs("tiny,batch=100"));
    QCOMPARE(served.answer()["type"].get<std::string>(), std::string("result"));
    served.ask(2, "generate", promptArgs(20)); // two seconds
    const auto begin = std::chrono::steady_clock::now();
    served.ask(2, "ping");
    QCOMPARE(served.answer()["type"].get<std::string>(), std::string("pong"));
    QVERIFY(std::chrono::steady_clock::now() - begin < 1s);
    QCOMPARE(served.answer()["type"].get<std::string>(), std::string("result"));
}

QTEST_APPLESS_MAIN(ServerTest)
#include "server_test.moc"
