// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/codec.h"
#include "core/engine/protocol.h"

#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <limits>
#include <random>
#include <thread>
#include <unistd.h>

using namespace mambascope;
using namespace mambascope::protocol;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// One message of every kind that one side unpacks, by name.
std::vector<std::pair<std::string, Json>> samples() {
    const std::vector<ScoreRequest> requests{{{1, 2}, {3}}, {{4}, {5, 6, 7}}};
    const std::vector<Score> scores{{-1.5, true}, {-0.25, false}};
    LoadedModel model;
    model.spec = ModelSpec{};
    model.spec.layers = 2;
    model.spec.hidden = 8;
    model.spec.inner = 16;
    model.spec.state = 4;
    model.spec.dtRank = 1;
    model.spec.convKernel = 4;
    model.spec.vocabulary = 32;
    model.warnings = {"one"};
    CalibrationRequest calibration;
    calibration.windows = {{1, 2, 3}, {4}};
    return {
        {"error", pack(Error{ErrorCode::ReadOnly, "m", "h", "c"})},
        {"progress", pack(Progress{"p", 1, 2})},
        {"info", pack(EngineInfo{"e", "1", "r", {{"cpu", "n", 5}}})},
        {"load", pack(LoadRequest{"m", "cpu", "f32", 3})},
        {"model", pack(model)},
        {"calibration", pack(calibration)},
        {"weights", pack(WeightStatistics{{{1.0f, 2.0f}, {}}})},
        {"site errors", pack(SiteErrors{{{1.0, 2.0}, {3.0, 0.0}}})},
        {"site request", pack(SiteErrorRequest{{{1, 2}, {3}}, {QuantPlan{}, QuantPlan{}}})},
        {"forward", pack(ForwardRequest{{{1}, {2, 3}}, true})},
        {"result", pack(ForwardResult{2, 1, {{1, 2}, {3, 4, 5, 6}}, {{{1}, {2, 3}}}})},
        {"generate", pack(GenerateRequest{{1, 2}, 3})},
        {"bench", pack(BenchRequest{1, 2, 3})},
        {"export", pack(ExportRequest{"f", true, {}, "c", "h", DType::F16, ExportFormat::Gguf, 7, "f16"})},
        {"report", pack(ExportReport{{"a"}, {"b"}, 7})},
        {"plan", pack(QuantPlan{})},
        {"requests", packScoreRequests(requests)},
        {"scores", packScores(3, scores)},
        {"ordered", packOrdered(OrderedJson{{"z", 1}, {"a", 2}})}};
}

/// Whether the message is understood as what `name` says; throws nothing and crashes on nothing.
bool understood(const std::string& name, const Json& json) {
    if (name == "error") {
        return unpackError(json).code == ErrorCode::ReadOnly;
    }
    return name == "progress"       ? unpack<Progress>(json).ok()
           : name == "info"         ? unpack<EngineInfo>(json).ok()
           : name == "load"         ? unpack<LoadRequest>(json).ok()
           : name == "model"        ? unpack<LoadedModel>(json).ok()
           : name == "calibration"  ? unpack<CalibrationRequest>(json).ok()
           : name == "weights"      ? unpack<WeightStatistics>(json).ok()
           : name == "site errors"  ? unpack<SiteErrors>(json).ok()
           : name == "site request" ? unpack<SiteErrorRequest>(json).ok()
           : name == "forward"      ? unpack<ForwardRequest>(json).ok()
           : name == "result"       ? unpack<ForwardResult>(json).ok()
           : name == "generate"     ? unpack<GenerateRequest>(json).ok()
           : name == "bench"        ? unpack<BenchRequest>(json).ok()
           : name == "export"       ? unpack<ExportRequest>(json).ok()
           : name == "report"       ? unpack<ExportReport>(json).ok()
           : name == "plan"         ? unpack<QuantPlan>(json).ok()
           : name == "requests"     ? unpack<std::vector<ScoreRequest>>(json).ok()
           : name == "scores"       ? unpack<ScoreBlock>(json).ok()
                                    : unpack<OrderedJson>(json).ok();
}

struct Pipe {
    std::array<int, 2> fds{-1, -1};
    Pipe() {
        if (::pipe(fds.data()) != 0) {
            qFatal("no pipe");
        }
    }
    ~Pipe() {
        closeWrite();
        closeRead();
    }
    void closeWrite() { closeEnd(fds[1]); }
    void closeRead() { closeEnd(fds[0]); }
    static void closeEnd(int& fd) {
        if (fd >= 0) {
            ::close(fd);
            fd = -1;
        }
    }
};

} // namespace

class ProtocolTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void framesGoThroughAPipe();
    void framesAreCutAnywhere();
    void aBrokenStreamIsAnErrorNotASignal();
    void hostileFramesAreRefused_data();
    void hostileFramesAreRefused();
    void nestingUpTo64LevelsIsTaken();
    void aLongFrameIsNotAllocatedBeforeItArrives();
    void greetingsNameBothVersions();
    void numbersSurviveBitForBit();
    void everyKindOfMessageIsUnderstood();
    void everyMissingOrWrongFieldIsRefused();
    void sizesThatContradictEachOtherAreRefused();
    void damagedBytesNeverCrash();
};

void ProtocolTest::framesGoThroughAPipe() {
    Pipe pipe;
    Channel channel(pipe.fds[0], pipe.fds[1]);
    const Json message{{"id", 7}, {"data", Json::binary(Bytes(3'000'000, 0xab))}};
    std::thread writer([&] { // a pipe holds 64 KiB
        QVERIFY(channel.send(message).ok());
        QVERIFY(channel.send({{"id", 8}}).ok());
        pipe.closeWrite();
    });
    QVERIFY(channel.receive().value() == message);
    QCOMPARE(channel.receive().value()["id"].get<int>(), 8);
    QCOMPARE(channel.receive().error().code, ErrorCode::EngineLost);
    writer.join();
}

void ProtocolTest::framesAreCutAnywhere() {
    Bytes stream;
    for (int i = 0; i < 50; ++i) {
        const Bytes one = frame(
                              {{"id", i}, {"text", std::string(static_cast<std::size_t>(i * 3), 'x')}},
                              i == 0 ? FrameKind::Hello : FrameKind::Message)
                              .value();
        stream.insert(stream.end(), one.begin(), one.end());
    }
    for (const std::size_t step : {1u, 2u, 3u, 5u, 7u, 64u, 4096u}) {
        FrameBuffer buffer;
        int next = 0;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            buffer.append(std::span(stream).subspan(at, std::min(step, stream.size() - at)));
            for (auto got = buffer.next(kMaxFrameBytes).value(); got;
                 got = buffer.next(kMaxFrameBytes).value()) {
                QCOMPARE((*got)["id"].get<int>(), next++);
            }
        }
        QCOMPARE(next, 50);
        QVERIFY(buffer.pending().empty());
    }
}

void ProtocolTest::aBrokenStreamIsAnErrorNotASignal() {
    std::signal(SIGPIPE, SIG_DFL); // the signal would end this test
    Pipe pipe;
    pipe.closeRead();
    Channel channel(-1, pipe.fds[1]);
    QCOMPARE(channel.send({{"id", 1}}).error().code, ErrorCode::EngineLost);
    QCOMPARE(channel.receive().error().code, ErrorCode::EngineLost); // a descriptor that is none

    Pipe half;
    const Bytes whole = frame({{"id", 1}}, FrameKind::Hello).value();
    QVERIFY(::write(half.fds[1], whole.data(), whole.size() - 1) > 0);
    half.closeWrite();
    QCOMPARE(Channel(half.fds[0], -1).receive().error().code, ErrorCode::EngineLost);
}

void ProtocolTest::hostileFramesAreRefused_data() {
    QTest::addColumn<QByteArray>("payload");
    const auto bytes = [](const char* hex) {
        return QByteArray::fromHex(hex);
    };
    QTest::newRow("empty") << bytes("");
    QTest::newRow("never used type byte") << bytes("81a161c1");
    QTest::newRow("no map but an array") << bytes("9101");
    QTest::newRow("no map but a number") << bytes("2a");
    QTest::newRow("no map but text") << bytes("a161");
    QTest::newRow("map ends early") << bytes("82a16101");
    QTest::newRow("four billion entries") << bytes("dfffffffff");
    QTest::newRow("array of four billion") << bytes("81a161ddffffffff");
    QTest::newRow("text of 4 GiB") << bytes("81a161dbffffffff");
    QTest::newRow("binary of 4 GiB") << bytes("81a161c6ffffffff00");
    QTest::newRow("extension of 4 GiB") << bytes("81a161c9ffffffff00");
    QTest::newRow("length field cut") << bytes("81a161c6ffff");
    QTest::newRow("number cut") << bytes("81a161cb3ff0");
    QTest::newRow("key is no text") << bytes("810102");
    QTest::newRow("bytes after the end") << bytes("80c0");
    QByteArray deep = bytes("81a161");
    deep.append(QByteArray(64, char(0x91))).append(char(0xc0)); // with the map 65 levels
    QTest::newRow("65 levels") << deep;
    QTest::newRow("a million levels") << bytes("81a161") + QByteArray(1'000'000, char(0x91)) + bytes("c0");
    QTest::newRow("two million values") << bytes("81a161dd001e8480") + QByteArray(2'000'000, char(0xc0));
}

void ProtocolTest::hostileFramesAreRefused() {
    QFETCH(QByteArray, payload);
    const auto* data = reinterpret_cast<const std::uint8_t*>(payload.constData());
    const auto decoded = decode(std::span(data, static_cast<std::size_t>(payload.size())));
    QVERIFY(!decoded.ok());
    QCOMPARE(decoded.error().code, ErrorCode::Failed);
    QVERIFY(!decoded.error().message.empty());
}

void ProtocolTest::nestingUpTo64LevelsIsTaken() {
    Bytes payload{0x81, 0xa1, 0x61};
    payload.insert(payload.end(), 63, 0x91); // with the map 64 levels
    payload.push_back(0xc0);
    QVERIFY(decode(payload).ok());
}

void ProtocolTest::aLongFrameIsNotAllocatedBeforeItArrives() {
    const Bytes longest{0x00, 0x00, 0x00, 0x40, 0x80}; // 2^30, the largest length, and one byte of it
    Pipe pipe;
    QVERIFY(::write(pipe.fds[1], longest.data(), longest.size()) == 5);
    pipe.closeWrite();
    QCOMPARE(Channel(pipe.fds[0], -1).receive().error().code, ErrorCode::EngineLost);

    const Bytes longer{0x01, 0x00, 0x00, 0x40, 0x80};
    FrameBuffer buffer;
    buffer.append(longer);
    QCOMPARE(buffer.next(kMaxFrameBytes).error().code, ErrorCode::Failed);
}

void ProtocolTest::greetingsNameBothVersions() {
    QVERIFY(checkHello(decode(encode(hello())).value(), "engine").ok());
    Json other = hello();
    other["protocol"] = kVersion + 1;
    other["version"] = "9.9";
    const auto error = checkHello(other, "engine").error();
    QVERIFY(error.message.find("9.9") != std::string::npos);
    QVERIFY(error.message.find(MAMBASCOPE_VERSION) != std::string::npos);
    QVERIFY(!error.hint.empty());
    for (const char* key : {"type", "protocol"}) {
        Json broken = hello();
        broken.erase(key);
        QVERIFY(!checkHello(broken, "engine").ok());
        broken[key] = Json::array();
        QVERIFY(!checkHello(broken, "engine").ok());
    }
}

void ProtocolTest::numbersSurviveBitForBit() {
    const float odd = std::numeric_limits<float>::denorm_min();
    const WeightStatistics weights{{{odd, -0.0f, 1.0f / 3.0f, std::numeric_limits<float>::infinity()}, {}}};
    QVERIFY(unpack<WeightStatistics>(decode(encode(pack(weights))).value()).value() == weights);
    const std::vector<Score> scores{
        {-std::numeric_limits<double>::infinity(), true}, {-0.1, false}, {std::nan(""), false}};
    const auto block = unpack<ScoreBlock>(decode(encode(packScores(5, scores))).value()).value();
    QCOMPARE(block.first, std::size_t{5});
    QVERIFY(
        block.scores[0] == scores[0] && block.scores[1] == scores[1] &&
        std::isnan(block.scores[2].logLikelihood));
    const ForwardRequest request{{{std::numeric_limits<std::int32_t>::min(), -1, 0}, {}, {2}}, true};
    QVERIFY(
        unpack<ForwardRequest>(decode(encode(pack(request))).value()).value().sequences == request.sequences);
    const OrderedJson ordered{{"z", 0.1}, {"a", 1}};
    QCOMPARE(unpack<OrderedJson>(packOrdered(ordered)).value().dump(), std::string(R"({"z":0.1,"a":1})"));
}

void ProtocolTest::everyKindOfMessageIsUnderstood() {
    for (const auto& [name, json] : samples()) {
        QVERIFY2(understood(name, decode(encode(json)).value()), name.c_str());
    }
}

void ProtocolTest::everyMissingOrWrongFieldIsRefused() {
    int checked = 0;
    for (const auto& [name, json] : samples()) {
        if (name == "plan") {
            continue; // a plan's fields may be left out; its reader has its own tests
        }
        for (const auto& [key, value] : json.items()) {
            Json broken = json;
            broken.erase(key);
            QVERIFY2(!understood(name, broken), (name + " without " + key).c_str());
            for (const Json& wrong :
                 {Json(), Json(1e300), Json(std::uint64_t(1) << 63), Json::array({1}),
                  Json::binary(Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})}) {
                broken[key] = wrong;
                QVERIFY2(
                    !understood(name, broken),
                    (name + " with a wrong " + key + ": " + wrong.type_name()).c_str());
                ++checked;
            }
        }
        QVERIFY(!understood(name, Json::array()));
    }
    QVERIFY(checked > 200);
}

void ProtocolTest::sizesThatContradictEachOtherAreRefused() {
    const auto ints = [](std::vector<std::int32_t> values) {
        const auto* data = reinterpret_cast<const std::uint8_t*>(values.data());
        return Json::binary(Bytes(data, data + values.size() * 4));
    };
    Json request = pack(ForwardRequest{{{1, 2}, {3}}, false});
    for (const auto& lengths : {std::vector<std::int32_t>{3}, {2, 1}}) {
        request["sequencesLengths"] = ints(lengths);
        QVERIFY(unpack<ForwardRequest>(request).ok());
    }
    for (const auto& lengths :
         {std::vector<std::int32_t>{}, {2}, {2, 2}, {4, -1}, {-1, 4}, {2147483647, 2147483647}}) {
        request["sequencesLengths"] = ints(lengths);
        QVERIFY(!unpack<ForwardRequest>(request).ok());
    }
    Json result = pack(ForwardResult{2, 1, {{1, 2}}, {{{1}}}});
    result["vocabulary"] = 3;
    QVERIFY(!unpack<ForwardResult>(result).ok());
    result["vocabulary"] = 0;
    QVERIFY(!unpack<ForwardResult>(result).ok());
    Json scores = packScores(0, std::vector<Score>{{-1, true}, {-2, false}});
    scores["greedy"] = Json::binary(Bytes{1});
    QVERIFY(!unpack<ScoreBlock>(scores).ok());
    Json empty = packScoreRequests(std::vector<ScoreRequest>{{{1}, {2}}});
    empty["continuations"] = ints({});
    empty["continuationsLengths"] = ints({0});
    QVERIFY(!unpack<std::vector<ScoreRequest>>(empty).ok()); // a continuation has at least one token
    Json calibration{{"bytes", Json::binary(Bytes(100, 0xff))}};
    QVERIFY(!unpack<CalibrationSnapshot>(calibration).ok());
}

void ProtocolTest::damagedBytesNeverCrash() {
    std::mt19937 random(20240229); // any seed; fixed, so that a failure can be repeated
    const auto all = samples();
    int decoded = 0;
    for (int round = 0; round < 20'000; ++round) {
        const auto& [name, json] = all[random() % all.size()];
        Bytes bytes = encode(json);
        for (std::uint32_t changes = 1 + random() % 4; changes > 0; --changes) {
            bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
        }
        bytes.resize(bytes.size() - (random() % 3 == 0 ? random() % bytes.size() : 0));
        if (const auto message = decode(bytes); message.ok()) {
            ++decoded;
            understood(name, message.value());
        }
    }
    QVERIFY(decoded > 1000 && decoded < 20'000); // both ways are taken
}

QTEST_APPLESS_MAIN(ProtocolTest)
#include "protocol_test.moc"
