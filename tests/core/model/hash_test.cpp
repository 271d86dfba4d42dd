// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash.h"
#include "core/checkpoint/safetensors.h"
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

    void stopsWhenAsked() {
        std::stop_source stop;
        stop.request_stop();
        const auto opened = openCheckpoint(test::fixtureFolder() / "hf-f32");
        QCOMPARE(checkpointHash(*opened.value(), {stop.get_token(), {}}).error().code, ErrorCode::Cancelled);
    }
};

QTEST_APPLESS_MAIN(CheckpointHashTest)
#include "hash_test.moc"
