// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"
#include "core/checkpoint/safetensors.h"
#include "core/model/content.h"
#include "core/model/model.h"

#include "tests/support/paths.h"

#include <QTest>

using namespace mambascope;
namespace fs = std::filesystem;

namespace {

std::string hashOf(const fs::path& model) {
    return checkpointHash(*openCheckpoint(model).value(), {}).value();
}

Checkpoint
holding(const std::string& name, DType dtype, std::vector<std::int64_t> shape, std::string_view bytes) {
    Checkpoint checkpoint;
    checkpoint.tensors.add(name, {dtype, std::move(shape), std::as_bytes(std::span(bytes))});
    return checkpoint;
}

} // namespace

class CheckpointHashTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// How a checkpoint is divided into files does not matter, nor what config.json says.
    void shardsHashLikeOneFile() {
        const fs::path source = test::fixtureFolder() / "hf-f16-sharded";
        const TensorFile shards = openShardedSafetensors(source / "model.safetensors.index.json").value();
        std::vector<TensorToWrite> tensors;
        for (const auto& [name, view] : shards.tensors()) {
            tensors.insert(
                tensors.begin(),
                {name, view.dtype, view.shape, [view = view]() -> Result<std::vector<std::byte>> {
                     return std::vector<std::byte>(view.bytes.begin(), view.bytes.end());
                 }});
        }
        const test::TemporaryFolder folder;
        QVERIFY(writeSafetensors(folder.path() / "model.safetensors", tensors, {}, false).ok());
        QVERIFY(writeFile(folder.path() / "config.json", R"({"model_type": "mamba"})", false).ok());
        QCOMPARE(hashOf(folder.path()), hashOf(source));
        QVERIFY(hashOf(source) != hashOf(test::fixtureFolder() / "hf-f32"));
    }

    /// The definition: name, zero, type, shape, zero, bytes. Sessions and results keep these hashes.
    void definitionDoesNotChange() {
        const std::string bytes = "12345678";
        QCOMPARE(
            checkpointHash(holding("a", DType::F32, {2}, bytes), {}).value(),
            contentHash(std::string("a\0F32[2]\0", 9) + bytes));
    }

    void everyPartCounts() {
        const std::string bytes = "12345678", other = "12345679";
        const std::string hash = checkpointHash(holding("a", DType::F32, {2}, bytes), {}).value();
        QVERIFY(hash != checkpointHash(holding("b", DType::F32, {2}, bytes), {}).value());
        QVERIFY(hash != checkpointHash(holding("a", DType::I32, {2}, bytes), {}).value());
        QVERIFY(hash != checkpointHash(holding("a", DType::F32, {2, 1}, bytes), {}).value());
        QVERIFY(hash != checkpointHash(holding("a", DType::F32, {2}, other), {}).value());
    }

    /// By their bit patterns (IEEE 754): NaN, infinity, the largest number, and 1e300 as an F64.
    void valuesThatAreNotFiniteAreNamed_data() {
        QTest::addColumn<int>("dtype");
        QTest::addColumn<QByteArray>("element");
        QTest::addColumn<bool>("warned");
        const auto row = [](const char* name, DType dtype, const char* hex, bool warned) {
            QTest::newRow(name) << static_cast<int>(dtype) << QByteArray::fromHex(hex) << warned;
        };
        row("F32 NaN", DType::F32, "0000c07f", true);
        row("F32 negative infinity", DType::F32, "000080ff", true);
        row("F32 largest", DType::F32, "ffff7f7f", false);
        row("F16 NaN", DType::F16, "007e", true);
        row("F16 infinity", DType::F16, "007c", true);
        row("F16 largest", DType::F16, "fffb", false);
        row("BF16 NaN", DType::BF16, "c0ff", true);
        row("BF16 largest", DType::BF16, "7f7f", false);
        row("F64 NaN", DType::F64, "000000000000f87f", true);
        row("F64 1e300", DType::F64, "9c7500883ce4377e", true);
        row("F64 largest float", DType::F64, "000000e0ffffef47", false);
        row("an integer of the same bits", DType::I32, "0000c07f", false);
    }

    void valuesThatAreNotFiniteAreNamed() {
        QFETCH(int, dtype);
        QFETCH(QByteArray, element);
        QFETCH(bool, warned);
        // Behind 8 KiB of zeros only the full reading finds it.
        for (const int before : {0, 8192}) {
            const std::string bytes = (QByteArray(before, '\0') + element).toStdString();
            const Checkpoint checkpoint = holding("layers.0.D", static_cast<DType>(dtype), {}, bytes);
            const auto warnings = readContent(checkpoint, {}).value().warnings;
            QCOMPARE(warnings.size(), std::size_t{warned ? 1u : 0u});
            QCOMPARE(glanceAtValues(checkpoint).size(), std::size_t{warned && before == 0 ? 1u : 0u});
            if (warned) {
                QVERIFY2(
                    warnings.front().starts_with("The tensor layers.0.D (1 value) holds NaN or infinity"),
                    warnings.front().c_str());
            }
        }
    }

    void theFirstOfSeveralTensorsIsNamed() {
        const std::string nan = QByteArray::fromHex("007e007e").toStdString(), one("\0\x3c", 2);
        Checkpoint checkpoint = holding("b", DType::F16, {2}, nan);
        checkpoint.tensors.add("a", {DType::F16, {1}, std::as_bytes(std::span(one))});
        checkpoint.tensors.add("c", {DType::F16, {2}, std::as_bytes(std::span(nan))});
        const auto warnings = readContent(checkpoint, {}).value().warnings;
        QCOMPARE(warnings.size(), std::size_t{1});
        QVERIFY2(
            warnings.front().starts_with("2 tensors, the first of them b (2 values), hold NaN"),
            warnings.front().c_str());
    }

    void stopsWhenAsked() {
        std::stop_source stop;
        stop.request_stop();
        const auto opened = openCheckpoint(test::fixtureFolder() / "hf-f32");
        QCOMPARE(checkpointHash(*opened.value(), {stop.get_token(), {}}).error().code, ErrorCode::Cancelled);
    }
};

QTEST_APPLESS_MAIN(CheckpointHashTest)
#include "hash_test.moc"
