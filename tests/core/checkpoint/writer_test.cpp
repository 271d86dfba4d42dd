// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "core/checkpoint/gguf_writer.h"
#include "core/checkpoint/safetensors.h"
#include "core/checkpoint/sharded_writer.h"

#include "tests/support/paths.h"

#include <QTest>

#include <cmath>
#include <cstring>

using namespace mambascope;
namespace fs = std::filesystem;

namespace {

int entries(const fs::path& folder) {
    return static_cast<int>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TensorToWrite raw(std::string name, DType dtype, std::vector<std::int64_t> shape, std::size_t bytes) {
    return {std::move(name), dtype, std::move(shape), [bytes]() -> Result<std::vector<std::byte>> {
                return std::vector<std::byte>(bytes);
            }};
}

} // namespace

class WriterTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatIsWrittenIsRead() {
        const test::TemporaryFolder folder;
        const fs::path path = folder.path() / "a.safetensors";
        const std::vector<TensorToWrite> tensors{
            raw("odd", DType::U8, {3}, 3), floatTensor("floats", {2, 2}, {1.5f, -0.0f, 3e38f, 1e-45f}),
            intTensor("ids", {3}, {0, -1, std::int64_t{1} << 40}), floatTensor("none", {0}, {}),
            floatTensor("scalar", {}, {7})};
        QVERIFY(writeSafetensors(path, tensors, {{"format", "pt"}, {"text", "ä\n\"x\""}}, false).ok());
        const Result<TensorFile> read = openSafetensors(path);
        QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
        QCOMPARE(read.value().tensors().size(), tensors.size());
        QCOMPARE(
            toFloat(*read.value().find("floats")).value(), (std::vector<float>{1.5f, -0.0f, 3e38f, 1e-45f}));
        QCOMPARE(read.value().metadata().at("text"), std::string("ä\n\"x\""));
        std::int64_t ids[3];
        std::memcpy(ids, read.value().find("ids")->bytes.data(), sizeof ids);
        QCOMPARE(ids[2], std::int64_t{1} << 40);
        QVERIFY(read.value().find("scalar")->shape.empty());
        QVERIFY(read.value().find("none")->bytes.empty());
    }

    void tensorsAreAlignedToTheirElements() {
        const test::TemporaryFolder folder;
        const fs::path path = folder.path() / "a.safetensors";
        QVERIFY(writeSafetensors(
                    path,
                    {raw("a", DType::U8, {1}, 1), raw("b", DType::F16, {1}, 2), raw("c", DType::F32, {1}, 4),
                     raw("d", DType::I64, {1}, 8)},
                    {}, false)
                    .ok());
        const Result<TensorFile> read = openSafetensors(path);
        for (const auto& [name, view] : read.value().tensors()) {
            QCOMPARE(
                reinterpret_cast<std::uintptr_t>(view.bytes.data()) % elementSize(view.dtype),
                std::uintptr_t{0});
        }
    }

    /// The file of another implementation, written again with its own metadata, keeps every tensor.
    void copiesAFixture() {
        const test::TemporaryFolder folder;
        const TensorFile original =
            openSafetensors(test::fixtureFolder() / "hf-bf16-untied" / "model.safetensors").value();
        std::vector<TensorToWrite> tensors;
        for (const auto& [name, view] : original.tensors()) {
            tensors.push_back(
                {name, view.dtype, view.shape, [view = view]() -> Result<std::vector<std::byte>> {
                     return std::vector<std::byte>(view.bytes.begin(), view.bytes.end());
                 }});
        }
        QVERIFY(writeSafetensors(folder.path() / "a", tensors, original.metadata(), false).ok());
        QVERIFY(writeSafetensors(folder.path() / "b", tensors, original.metadata(), false).ok());
        QCOMPARE(readFile(folder.path() / "a").value(), readFile(folder.path() / "b").value());
        const TensorFile copy = openSafetensors(folder.path() / "a").value();
        QCOMPARE(copy.tensors().size(), original.tensors().size());
        for (const auto& [name, view] : original.tensors()) {
            const TensorView* found = copy.find(name);
            QVERIFY(found != nullptr && found->dtype == view.dtype && found->shape == view.shape);
            QVERIFY(
                std::equal(found->bytes.begin(), found->bytes.end(), view.bytes.begin(), view.bytes.end()));
        }
    }

    void failsWithoutATrace() {
        const test::TemporaryFolder folder;
        const auto failing = [](const std::string& name) {
            return TensorToWrite{name, DType::F32, {1}, []() -> Result<std::vector<std::byte>> {
                                     return Error::cancelled();
                                 }};
        };
        struct Case {
            std::vector<TensorToWrite> tensors;
            std::map<std::string, std::string> metadata;
            ErrorCode code;
        };
        const std::vector<Case> cases{
            {{floatTensor("a", {1}, {1}), failing("b")}, {}, ErrorCode::Cancelled},
            {{raw("a", DType::F32, {2}, 4)}, {}, ErrorCode::Failed},
            {{raw("a", DType::F32, {1}, 4), raw("a", DType::F32, {1}, 4)}, {}, ErrorCode::Usage},
            {{raw("__metadata__", DType::F32, {1}, 4)}, {}, ErrorCode::Usage},
            {{raw("a\xff", DType::F32, {1}, 4)}, {}, ErrorCode::Usage},
            {{raw("a", DType::F32, {1}, 4)}, {{"k", "\xff"}}, ErrorCode::Usage},
            {{raw("a", DType::F32, {-1}, 4)}, {}, ErrorCode::Usage},
            {{raw("a", DType::F32, {std::int64_t{1} << 62}, 0)}, {}, ErrorCode::Usage}};
        for (const Case& row : cases) {
            const Result<void> written =
                writeSafetensors(folder.path() / "x", row.tensors, row.metadata, false);
            QVERIFY(!written.ok());
            QVERIFY2(written.error().code == row.code, written.error().message.c_str());
            QCOMPARE(entries(folder.path()), 0);
        }
    }

    void producesOneTensorAtATimeAndOnce() {
        const test::TemporaryFolder folder;
        int calls = 0;
        std::vector<TensorToWrite> tensors;
        for (const char* name : {"a", "b", "c"}) {
            tensors.push_back({name, DType::U8, {1}, [&calls]() -> Result<std::vector<std::byte>> {
                                   ++calls;
                                   return std::vector<std::byte>(1);
                               }});
        }
        QVERIFY(writeSafetensors(folder.path() / "x", tensors, {}, false).ok());
        QCOMPARE(calls, 3);
        QCOMPARE(writeSafetensors(folder.path() / "x", tensors, {}, false).error().code, ErrorCode::Usage);
        QCOMPARE(calls, 3); // an existing file is refused before any work is done
    }

    void largeCheckpointsAreCutIntoShards() {
        const test::TemporaryFolder folder;
        // 16 bytes each, one of 40: shards of at most 32 bytes hold two, and the large one is alone.
        std::vector<TensorToWrite> tensors;
        for (const char* name : {"a", "b", "c"}) {
            tensors.push_back(floatTensor(name, {4}, {1, 2, 3, name[0] - 'a' + 0.5f}));
        }
        tensors.push_back(floatTensor("large", {10}, std::vector<float>(10, 7)));
        tensors.push_back(floatTensor("d", {4}, {5, 6, 7, 8}));
        const auto files = writeShardedSafetensors(folder.path(), tensors, {{"format", "pt"}}, 32);
        QVERIFY(files.ok());
        QCOMPARE(
            files.value(), (std::vector<std::string>{
                               "model-00001-of-00004.safetensors", "model-00002-of-00004.safetensors",
                               "model-00003-of-00004.safetensors", "model-00004-of-00004.safetensors",
                               "model.safetensors.index.json"}));
        QCOMPARE(entries(folder.path()), 5);
        QCOMPARE(openSafetensors(folder.path() / files.value()[0]).value().tensors().size(), 2UL);
        const auto whole = openShardedSafetensors(folder.path() / "model.safetensors.index.json");
        QVERIFY2(whole.ok(), whole.ok() ? "" : whole.error().message.c_str());
        QCOMPARE(whole.value().tensors().size(), 5UL);
        QCOMPARE(toFloat(*whole.value().find("c")).value(), (std::vector<float>{1, 2, 3, 2.5f}));
        const Json index = Json::parse(readFile(folder.path() / "model.safetensors.index.json").value());
        QCOMPARE(index["metadata"]["total_size"].get<int>(), 4 * 16 + 40);
        QCOMPARE(
            index["weight_map"]["large"].get<std::string>(), std::string("model-00003-of-00004.safetensors"));
    }

    void smallCheckpointsStayOneFile() {
        const test::TemporaryFolder folder;
        const auto files = writeShardedSafetensors(folder.path(), {floatTensor("a", {2}, {1, 2})}, {}, 8);
        QCOMPARE(files.value(), std::vector<std::string>{"model.safetensors"});
        QCOMPARE(entries(folder.path()), 1);
        QVERIFY(!writeShardedSafetensors(folder.path(), {}, {}, 0).ok());
    }

    void blocksOf32ValuesAreWhatGgmlMakesOfThem() {
        // By hand: absmax 127 gives d = 1 (0x3c00 in half precision), so that every integer is itself.
        std::vector<float> values(32);
        for (int i = 0; i < 32; ++i) {
            values[static_cast<std::size_t>(i)] = static_cast<float>(i % 2 == 0 ? i : -i);
        }
        values[5] = -127;
        values[6] = 2.5f; // half away from zero
        const std::vector<std::byte> q8 = toGgml(values, GgmlType::Q8_0);
        QCOMPARE(q8.size(), 34UL);
        QVERIFY(q8[0] == std::byte{0x00} && q8[1] == std::byte{0x3c});
        QCOMPARE(static_cast<int>(static_cast<signed char>(q8[2 + 5])), -127);
        QCOMPARE(static_cast<int>(static_cast<signed char>(q8[2 + 6])), 3);
        QCOMPARE(static_cast<int>(static_cast<signed char>(q8[2 + 31])), -31);
        // Of largest magnitude is −8: d = 1, codes are values plus 8; the first half lies in the low nibbles.
        std::vector<float> small(32, 0.0f);
        small[0] = -8;
        small[1] = 7;
        small[16] = 3;
        const std::vector<std::byte> q4 = toGgml(small, GgmlType::Q4_0);
        QCOMPARE(q4.size(), 18UL);
        QVERIFY(q4[0] == std::byte{0x00} && q4[1] == std::byte{0x3c});
        QVERIFY(q4[2] == std::byte{0xb0}); // −8 → 0 below, 3 → 11 above
        QVERIFY(q4[3] == std::byte{0x8f}); // 7 → 15 below, 0 → 8 above
        // Zeros stay zeros, and a NaN does not become a number.
        for (const std::byte b : toGgml(std::vector<float>(32, 0.0f), GgmlType::Q8_0)) {
            QVERIFY(b == std::byte{0});
        }
        values[0] = NAN;
        const std::vector<std::byte> broken = toGgml(values, GgmlType::Q8_0);
        QVERIFY((broken[1] & std::byte{0x7c}) == std::byte{0x7c}); // the scale is not finite
    }

    void aGgufThatDoesNotFitIsRefused() {
        const test::TemporaryFolder folder;
        const auto produce = [](std::size_t count) {
            return [count]() -> Result<std::vector<float>> {
                return std::vector<float>(count);
            };
        };
        const fs::path path = folder.path() / "a.gguf";
        const auto shape = writeGguf(path, {}, {{"a", GgmlType::Q8_0, {2, 33}, produce(66)}});
        QVERIFY(!shape.ok());
        QVERIFY(shape.error().code == ErrorCode::Usage);
        QVERIFY(!writeGguf(path, {}, {{"a", GgmlType::F32, {2, 3}, produce(5)}}).ok());
        QCOMPARE(entries(folder.path()), 0);
        QVERIFY(writeGguf(path, {}, {{"a", GgmlType::F32, {2, 3}, produce(6)}}).ok());
    }
};

QTEST_APPLESS_MAIN(WriterTest)
#include "writer_test.moc"
