// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors.h"

#include "tests/support/paths.h"

#include <QTest>

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
};

QTEST_APPLESS_MAIN(WriterTest)
#include "writer_test.moc"
