// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors.h"

#include "tests/core/checkpoint/raw_safetensors.h"
#include "tests/support/paths.h"

#include <QTest>

#include <cstring>
#include <fstream>

using namespace mambascope;
using test::entry;
using test::one;
using test::safetensors;
using test::withLength;
namespace fs = std::filesystem;

namespace {

std::span<const std::byte> bytesOf(const QByteArray& array) {
    return {reinterpret_cast<const std::byte*>(array.constData()), static_cast<std::size_t>(array.size())};
}

void put(const fs::path& path, const QByteArray& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.constData(), bytes.size());
}

} // namespace

class SafetensorsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsShapesTypesAndMetadata() {
        const QByteArray bytes = safetensors(
            "{\"__metadata__\":{\"format\":\"pt\"}," + entry("b", "F16", "[2,3]", "[4,16]") + "," +
                entry("a", "I32", "[]", "[0,4]") + "," + entry("empty", "F32", "[0,7]", "[16,16]") + "}   ",
            16);
        const Result<TensorFile> read = parseSafetensors(bytesOf(bytes), "x");
        QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
        QCOMPARE(read.value().tensors().size(), std::size_t{3});
        const TensorView* b = read.value().find("b");
        QVERIFY(b != nullptr && b->dtype == DType::F16);
        QCOMPARE(b->shape, (std::vector<std::int64_t>{2, 3}));
        QCOMPARE(b->elementCount(), 6);
        QCOMPARE(read.value().find("a")->elementCount(), 1);
        QCOMPARE(read.value().find("empty")->elementCount(), 0);
        QCOMPARE(read.value().metadata().at("format"), std::string("pt"));
        QVERIFY(read.value().find("c") == nullptr);
    }

    void everyElementType() {
        // 1 in every float type by its bit pattern, little-endian, and the integers beside them.
        const std::pair<const char*, QByteArray> types[] = {
            {"F64", QByteArray("\0\0\0\0\0\0\xf0\x3f", 8)},
            {"F32", QByteArray("\0\0\x80\x3f", 4)},
            {"F16", QByteArray("\0\x3c", 2)},
            {"BF16", QByteArray("\x80\x3f", 2)},
            {"I64", QByteArray(8, '\1')},
            {"I32", QByteArray(4, '\1')},
            {"I16", QByteArray(2, '\1')},
            {"I8", QByteArray(1, '\1')},
            {"U8", QByteArray(1, '\1')},
            {"BOOL", QByteArray(1, '\1')}};
        for (const auto& [dtype, value] : types) {
            const QByteArray range = "[0," + QByteArray::number(value.size()) + "]";
            QByteArray bytes =
                safetensors("{" + entry("t", dtype, "[1]", range.constData()) + "}", 0) + value;
            const Result<TensorFile> read = parseSafetensors(bytesOf(bytes), "x");
            QVERIFY2(read.ok(), dtype);
            const TensorView& view = *read.value().find("t");
            QCOMPARE(dtypeName(view.dtype), std::string_view(dtype));
            QCOMPARE(isFloat(view.dtype), QByteArray(dtype).contains('F'));
            const Result<std::vector<float>> floats = toFloat(view);
            QCOMPARE(floats.ok(), isFloat(view.dtype));
            if (floats.ok()) {
                QCOMPARE(floats.value(), std::vector<float>{1});
            }
        }
    }

    void aFileWithoutTensorsIsAFile() { QVERIFY(parseSafetensors(bytesOf(safetensors("{}", 0)), "x").ok()); }

    void refuses_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("words");
        QTest::newRow("empty file") << QByteArray() << "truncated: it has 0 bytes";
        QTest::newRow("seven bytes") << QByteArray(7, '\0') << "truncated: it has 7 bytes";
        QTest::newRow("Git LFS pointer")
            << QByteArray("version https://git-lfs.github.com/spec/v1\noid sha256:0") << "Git LFS pointer";
        QTest::newRow("header of 2^63 bytes")
            << withLength(quint64{1} << 63, "{}") << "9223372036854775808 bytes";
        QTest::newRow("header of 2^64 - 1 bytes") << withLength(~quint64{0}, "{}") << "more than 100 MB";
        QTest::newRow("header beyond the end")
            << withLength(3, "{}") << "header has 3 bytes, but only 2 follow";
        QTest::newRow("header of 100 MB beyond the end")
            << withLength(100'000'000, "{}") << "but only 2 follow";
        QTest::newRow("empty header") << withLength(0, "") << "not valid JSON";
        QTest::newRow("header cut") << safetensors("{\"t\":{\"dtype\":\"F32\"", 0) << "not valid JSON";
        QTest::newRow("header is no UTF-8") << safetensors("{\"\xff\":1}", 0) << "not valid JSON";
        QTest::newRow("header is an array") << safetensors("[]", 0) << "does not have the structure";
        QTest::newRow("header is a number") << safetensors("1", 0) << "does not have the structure";
        QTest::newRow("deeply nested")
            << safetensors(QByteArray(1'000'000, '['), 0) << "does not have the structure";
        QTest::newRow("deeply nested shape")
            << safetensors("{\"t\":{\"shape\":" + QByteArray(1'000'000, '['), 0) << "\"shape\" of a kind";
        QTest::newRow("tensor is a number") << safetensors("{\"t\":1}", 0) << "does not have the structure";
        QTest::newRow("name of 5000 bytes")
            << safetensors("{\"" + QByteArray(5000, 'n') + "\":", 0) << "a name of 5000 bytes";
        QByteArray names = "{" + entry("t", "U8", "[0]", "[0,0]");
        for (int i = 0; i < 100'000; ++i) {
            names += "," + entry(QByteArray::number(i).constData(), "U8", "[0]", "[0,0]");
        }
        QTest::newRow("100 001 tensors") << safetensors(names + "}", 0) << "names more than 100000 tensors";
        QTest::newRow("tensor twice")
            << safetensors(
                   "{" + entry("t", "U8", "[1]", "[0,1]") + "," + entry("t", "U8", "[1]", "[1,2]") + "}", 2)
            << "names \"t\" twice";
        QTest::newRow("field twice") << safetensors("{\"t\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0)
                                     << "\"dtype\" twice";
        QTest::newRow("no dtype") << safetensors("{\"t\":{\"shape\":[],\"data_offsets\":[0,4]}}", 4)
                                  << "no \"dtype\"";
        QTest::newRow("no shape") << safetensors("{\"t\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4)
                                  << "no \"shape\"";
        QTest::newRow("no offsets") << safetensors("{\"t\":{\"dtype\":\"F32\",\"shape\":[]}}", 4)
                                    << "no \"data_offsets\"";
        QTest::newRow("unknown field")
            << safetensors("{\"t\":{\"stride\":[1]}}", 0) << "\"stride\" of a kind";
        QTest::newRow("one offset") << safetensors(one("F32", "[1]", "[4]"), 4) << "two data offsets";
        QTest::newRow("three offsets") << safetensors(one("F32", "[1]", "[0,4,8]"), 4) << "two data offsets";
        QTest::newRow("negative offset")
            << safetensors(one("F32", "[1]", "[-4,0]"), 4) << "not a whole number";
        QTest::newRow("negative length")
            << safetensors(one("F32", "[-1]", "[0,4]"), 4) << "not a whole number";
        QTest::newRow("fraction") << safetensors(one("F32", "[1.5]", "[0,4]"), 4) << "not a whole number";
        QTest::newRow("length of 2^64")
            << safetensors(one("F32", "[18446744073709551616]", "[0,4]"), 4) << "not a whole number";
        QTest::newRow("length of 1e999")
            << safetensors(one("F32", "[1e999]", "[0,4]"), 4) << "not a whole number";
        QTest::newRow("length as text")
            << safetensors(one("F32", "[\"1\"]", "[0,4]"), 4) << "\"shape\" of a kind";
        QTest::newRow("17 dimensions")
            << safetensors(one("F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,4]"), 4)
            << "more than 16 dimensions";
        QTest::newRow("metadata are no text")
            << safetensors("{\"__metadata__\":{\"a\":1}}", 0) << "metadata that are not text";
        QTest::newRow("product wraps to 0") << safetensors(one("F32", "[4294967296,4294967296]", "[0,0]"), 0)
                                            << "more elements than can be counted";
        QTest::newRow("product wraps to 4") << safetensors(one("F32", "[9223372036854775807,2]", "[0,4]"), 4)
                                            << "more elements than can be counted";
        QTest::newRow("length of 2^63") << safetensors(one("U8", "[9223372036854775808]", "[0,4]"), 4)
                                        << "more elements than can be counted";
        QTest::newRow("ends before it begins")
            << safetensors(one("F32", "[1]", "[4,0]"), 4) << "before it begins";
        QTest::newRow("range too long")
            << safetensors(one("F32", "[1]", "[0,8]"), 8) << "needs 4 bytes, but its range has 8";
        QTest::newRow("range too short")
            << safetensors(one("F32", "[2]", "[0,4]"), 4) << "needs 8 bytes, but its range has 4";
        QTest::newRow("data cut") << safetensors(one("F32", "[2]", "[0,8]"), 7)
                                  << "truncated: the tensor \"t\" ends at byte 8";
        QTest::newRow("offsets near 2^64")
            << safetensors(one("F32", "[1]", "[18446744073709551611,18446744073709551615]"), 4)
            << "truncated";
        QTest::newRow("overlap") << safetensors(
                                        "{" + entry("t", "U8", "[3]", "[0,3]") + "," +
                                            entry("u", "U8", "[2]", "[2,4]") + "}",
                                        4)
                                 << "\"t\" and \"u\" overlap";
        QTest::newRow("the same bytes twice")
            << safetensors(
                   "{" + entry("t", "U8", "[4]", "[0,4]") + "," + entry("u", "U8", "[4]", "[0,4]") + "}", 4)
            << "overlap";
        QTest::newRow("hole at the start")
            << safetensors(one("U8", "[3]", "[1,4]"), 4) << "hole of 1 bytes before";
        QTest::newRow("hole in the middle")
            << safetensors(
                   "{" + entry("t", "U8", "[1]", "[0,1]") + "," + entry("u", "U8", "[1]", "[3,4]") + "}", 4)
            << "hole of 2 bytes before the tensor \"u\"";
        QTest::newRow("bytes at the end")
            << safetensors(one("U8", "[3]", "[0,3]"), 4) << "1 bytes at its end belong to no tensor";
        // The types that the format's own library (0.6) has besides those that are read.
        for (const char* dtype : {"F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4"}) {
            QTest::addRow("type %s", dtype)
                << safetensors(one(dtype, "[4]", "[0,4]"), 4)
                << QString("\"t\" of weights.safetensors is stored as \"%1\" (floats of 8 bits or fewer)")
                       .arg(dtype);
        }
        QTest::newRow("type C64") << safetensors(one("C64", "[1]", "[0,8]"), 8)
                                  << "\"C64\" (complex numbers)";
        for (const char* dtype : {"U16", "U32", "U64"}) {
            QTest::addRow("type %s", dtype)
                << safetensors(one(dtype, "[1]", "[0,8]"), 8) << "(unsigned integers)";
        }
        QTest::newRow("unknown type")
            << safetensors(one("Q4", "[4]", "[0,4]"), 4) << "type \"Q4\" of the tensor \"t\"";
    }

    void refuses() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, words);
        const Result<TensorFile> read = parseSafetensors(bytesOf(bytes), "weights.safetensors");
        QVERIFY(!read.ok());
        QCOMPARE(read.error().code, ErrorCode::Unreadable);
        const QString message = QString::fromStdString(read.error().message);
        QVERIFY2(message.contains(words), qPrintable(message));
        QVERIFY2(message.contains("weights.safetensors") && message.endsWith('.'), qPrintable(message));
        QVERIFY(!read.error().hint.empty());
    }

    /// A real file cut anywhere is refused and never read beyond its end.
    void refusesEveryPrefixOfARealFile() {
        const std::string whole = readFile(test::fixtureFolder() / "hf-odd" / "model.safetensors").value();
        for (std::size_t size = 0; size < whole.size(); size += size < 6000 ? 1 : 997) {
            const std::vector<char> prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            const Result<TensorFile> read = parseSafetensors(std::as_bytes(std::span(prefix)), "prefix");
            QVERIFY2(!read.ok(), std::to_string(size).c_str());
            QVERIFY2(
                read.error().message.find("truncated") != std::string::npos, read.error().message.c_str());
        }
        QVERIFY(parseSafetensors(std::as_bytes(std::span(whole)), "whole").ok());
    }

    void keepsTheFileMapped() {
        const test::TemporaryFolder folder;
        std::optional<TensorFile> tensors;
        {
            put(folder.path() / "a", safetensors("{" + entry("t", "F32", "[2]", "[0,8]") + "}", 8));
            tensors = openSafetensors(folder.path() / "a").value();
        }
        fs::remove(folder.path() / "a");
        QCOMPARE(toFloat(*tensors->find("t")).value(), (std::vector<float>{0, 0}));
    }

    void readsShards() {
        const fs::path folder = test::fixtureFolder() / "hf-f16-sharded";
        const Result<TensorFile> tensors = openShardedSafetensors(folder / "model.safetensors.index.json");
        QVERIFY(tensors.ok());
        // 6 layers of 10 tensors, embedding and final norm.
        QCOMPARE(tensors.value().tensors().size(), std::size_t{62});
        QCOMPARE(tensors.value().metadata().at("format"), std::string("pt"));
        QCOMPARE(shardFiles(folder / "model.safetensors.index.json").value().size(), std::size_t{5});
    }

    void refusesIndexes_data() {
        QTest::addColumn<QByteArray>("index");
        QTest::addColumn<QString>("words");
        QTest::newRow("no JSON") << QByteArray("{") << "not valid JSON";
        QTest::newRow("no map") << QByteArray("{\"metadata\":{}}") << "no \"weight_map\"";
        QTest::newRow("an array") << QByteArray("[]") << "no \"weight_map\"";
        QTest::newRow("empty map") << QByteArray("{\"weight_map\":{}}") << "no \"weight_map\"";
        for (const char* name :
             {"../a.safetensors", "/a.safetensors", "sub/a.safetensors", "sub\\\\a.safetensors", "..", "",
              "a\\u0000b"}) {
            QTest::addRow("shard \"%s\"", name) << QByteArray("{\"weight_map\":{\"t\":\"") + name + "\"}}"
                                                << "not a plain file name";
        }
        QTest::newRow("shard is a number")
            << QByteArray("{\"weight_map\":{\"t\":1}}") << "not a plain file name";
        QTest::newRow("missing shard")
            << QByteArray("{\"weight_map\":{\"t\":\"c.safetensors\"}}") << "shard c.safetensors is missing";
        QTest::newRow("tensor that is in no shard")
            << QByteArray("{\"weight_map\":{\"t\":\"a.safetensors\",\"x\":\"a.safetensors\"}}")
            << "holds the tensor \"x\", but it does not";
        QTest::newRow("tensor in another shard")
            << QByteArray("{\"weight_map\":{\"t\":\"b.safetensors\",\"u\":\"a.safetensors\"}}")
            << "but it does not";
        QTest::newRow("tensor in two shards")
            << QByteArray("{\"weight_map\":{\"t\":\"a.safetensors\",\"u\":\"a2.safetensors\"}}")
            << "both hold the tensor";
    }

    void refusesIndexes() {
        QFETCH(QByteArray, index);
        QFETCH(QString, words);
        const test::TemporaryFolder folder;
        put(folder.path() / "a.safetensors", safetensors("{" + entry("t", "U8", "[1]", "[0,1]") + "}", 1));
        put(folder.path() / "a2.safetensors", safetensors("{" + entry("t", "U8", "[1]", "[0,1]") + "}", 1));
        put(folder.path() / "b.safetensors", safetensors("{" + entry("u", "U8", "[1]", "[0,1]") + "}", 1));
        put(folder.path() / "index.json", index);
        const Result<TensorFile> read = openShardedSafetensors(folder.path() / "index.json");
        QVERIFY(!read.ok());
        QCOMPARE(read.error().code, ErrorCode::Unreadable);
        QVERIFY2(QString::fromStdString(read.error().message).contains(words), read.error().message.c_str());
    }
};

QTEST_APPLESS_MAIN(SafetensorsTest)
#include "safetensors_test.moc"
