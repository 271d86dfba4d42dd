// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch.h"
#include "core/checkpoint/unpickler.h"

#include "tests/core/checkpoint/pickle_writer.h"
#include "tests/support/paths.h"

#include <QTest>

#include <cmath>
#include <cstring>

using namespace mambascope;
using namespace mambascope::test;

namespace {

QByteArray floats(const QList<float>& values) {
    return QByteArray(reinterpret_cast<const char*>(values.constData()), values.size() * 4);
}

const QByteArray kSix = floats({0, 1, 2, 3, 4, 5});
const QByteArray kStorage = storage("0", "FloatStorage", 6);

/// An archive of one tensor "t" over six floats 0 … 5.
QByteArray
one(std::int64_t offset, const QList<std::int64_t>& shape, const QList<std::int64_t>& strides,
    const QByteArray& byteOrder = "little", const QByteArray& data = kSix) {
    return archive(pickle(dict({text("t"), tensor(kStorage, offset, shape, strides)})), data, byteOrder);
}

bool liesIn(const TensorView& view, const QByteArray& file) {
    const auto bytes = bytesOf(file);
    return view.bytes.data() >= bytes.data() && view.bytes.data() < bytes.data() + bytes.size();
}

} // namespace

class PyTorchTest : public QObject {
    Q_OBJECT

    static void verifyValues(const Result<TensorFile>& file, const char* name, const QList<float>& expected) {
        QVERIFY2(file.ok(), file.ok() ? "" : file.error().message.c_str());
        const TensorView* view = file.value().find(name);
        QVERIFY(view != nullptr);
        const std::vector<float> values = toFloat(*view).value();
        QCOMPARE(QList<float>(values.begin(), values.end()), expected);
    }

private Q_SLOTS:
    void windowsOnAStorage_data() {
        QTest::addColumn<qint64>("offset");
        QTest::addColumn<QList<qint64>>("shape");
        QTest::addColumn<QList<qint64>>("strides");
        QTest::addColumn<QList<float>>("values");
        QTest::addColumn<bool>("mapped");
        using L = QList<qint64>;
        using V = QList<float>;
        QTest::newRow("whole") << qint64{0} << L{2, 3} << L{3, 1} << V{0, 1, 2, 3, 4, 5} << true;
        QTest::newRow("second half") << qint64{3} << L{3} << L{1} << V{3, 4, 5} << true;
        QTest::newRow("scalar") << qint64{5} << L{} << L{} << V{5} << true;
        QTest::newRow("strides of single elements do not matter")
            << qint64{0} << L{1, 3, 1} << L{77, 1, std::numeric_limits<qint64>::max()} << V{0, 1, 2} << true;
        QTest::newRow("transposed") << qint64{0} << L{3, 2} << L{1, 3} << V{0, 3, 1, 4, 2, 5} << false;
        QTest::newRow("every other") << qint64{1} << L{3} << L{2} << V{1, 3, 5} << false;
        QTest::newRow("a column") << qint64{2} << L{2, 1} << L{3, 1} << V{2, 5} << false;
        QTest::newRow("repeated") << qint64{4} << L{2, 2} << L{0, 1} << V{4, 5, 4, 5} << false;
        QTest::newRow("three dimensions")
            << qint64{0} << L{2, 1, 3} << L{1, 5, 2} << V{0, 2, 4, 1, 3, 5} << false;
        QTest::newRow("a single element with a huge stride beside others")
            << qint64{1} << L{2, 1} << L{2, std::numeric_limits<qint64>::max()} << V{1, 3} << false;
    }

    void windowsOnAStorage() {
        QFETCH(qint64, offset);
        QFETCH(QList<qint64>, shape);
        QFETCH(QList<qint64>, strides);
        QFETCH(QList<float>, values);
        QFETCH(bool, mapped);
        const QList<std::int64_t> lengths(shape.begin(), shape.end()), steps(strides.begin(), strides.end());
        const QByteArray file = one(offset, lengths, steps);
        const Result<TensorFile> read = parsePyTorch(bytesOf(file), "x");
        verifyValues(read, "t", values);
        QCOMPARE(liesIn(*read.value().find("t"), file), mapped);
        QCOMPARE(read.value().find("t")->shape, std::vector<std::int64_t>(shape.begin(), shape.end()));
    }

    void emptyTensorsNeedNoBytes() {
        const Result<TensorFile> read = parsePyTorch(bytesOf(one(0, {0, 7}, {7, 1})), "x");
        verifyValues(read, "t", {});
    }

    void bigEndianStoragesAreSwapped() {
        QByteArray swapped = kSix;
        for (qsizetype i = 0; i < swapped.size(); i += 4) {
            std::reverse(swapped.begin() + i, swapped.begin() + i + 4);
        }
        for (const auto& [strides, values] :
             {std::pair(QList<std::int64_t>{2, 1}, QList<float>{0, 1, 2, 3, 4, 5}),
              std::pair(QList<std::int64_t>{1, 3}, QList<float>{0, 3, 1, 4, 2, 5})}) {
            const QByteArray file = one(0, {3, 2}, strides, "big", swapped);
            verifyValues(parsePyTorch(bytesOf(file), "x"), "t", values);
        }
    }

    void everyElementType() {
        const QByteArray data("\x00\x3c\x00\xc0\x80\x3f\x00\x40", 8);
        for (const auto& [type, dtype] :
             {std::pair("DoubleStorage", DType::F64), std::pair("FloatStorage", DType::F32),
              std::pair("HalfStorage", DType::F16), std::pair("BFloat16Storage", DType::BF16),
              std::pair("LongStorage", DType::I64), std::pair("IntStorage", DType::I32),
              std::pair("ShortStorage", DType::I16), std::pair("CharStorage", DType::I8),
              std::pair("ByteStorage", DType::U8), std::pair("BoolStorage", DType::Bool),
              std::pair("UntypedStorage", DType::U8)}) {
            const auto count = static_cast<std::int64_t>(8 / elementSize(dtype));
            const QByteArray object = dict({text("t"), tensor(storage("0", type, count), 0, {count}, {1})});
            const QByteArray file = archive(pickle(object), data);
            const Result<TensorFile> read = parsePyTorch(bytesOf(file), "x");
            QVERIFY2(read.ok(), type);
            QCOMPARE(read.value().find("t")->dtype, dtype);
            QCOMPARE(read.value().find("t")->elementCount(), count);
        }
        // 1 and -2 in half precision, then 1 and 2 in bfloat16: by their bit patterns.
        const QByteArray half = dict({text("t"), tensor(storage("0", "HalfStorage", 4), 0, {2}, {1})});
        verifyValues(parsePyTorch(bytesOf(archive(pickle(half), data)), "x"), "t", {1, -2});
        const QByteArray brain = dict({text("t"), tensor(storage("0", "BFloat16Storage", 4), 2, {2}, {1})});
        verifyValues(parsePyTorch(bytesOf(archive(pickle(brain), data)), "x"), "t", {1, 2});
    }

    void tensorsShareAStorageAndTheirCopies() {
        const QByteArray t = tensor(kStorage, 0, {3, 2}, {1, 3});
        const QByteArray object =
            dict({text("a"), t, text("b"), t, text("c"), tensor(kStorage, 1, {2}, {1})});
        const QByteArray file = archive(pickle(object), kSix);
        const Result<TensorFile> read = parsePyTorch(bytesOf(file), "x");
        verifyValues(read, "c", {1, 2});
        verifyValues(read, "b", {0, 3, 1, 4, 2, 5});
        QVERIFY(read.value().find("a")->bytes.data() == read.value().find("b")->bytes.data());
    }

    void dictionariesAreUnwrappedOnce() {
        const QByteArray t = tensor(kStorage, 0, {6}, {1});
        const QByteArray inner = dict({text("t"), t});
        for (const QByteArray& object :
             {inner, dict({text("state_dict"), inner}),
              dict({text("epoch"), integer(3), text("model"), inner}),
              // A model whose tensor happens to be called "model".
              dict({text("model"), t, text("t"), t})}) {
            const QByteArray file = archive(pickle(object), kSix);
            verifyValues(parsePyTorch(bytesOf(file), "x"), "t", {0, 1, 2, 3, 4, 5});
        }
        const QByteArray twice = archive(pickle(dict({text("model"), dict({text("model"), inner})})), kSix);
        QVERIFY(!parsePyTorch(bytesOf(twice), "x").ok());
    }

    /// What PyTorch writes for state dictionaries of modules and for parameters, and other protocols.
    void otherSpellings() {
        const QByteArray t = tensor(kStorage, 0, {6}, {1});
        const QByteArray ordered = global("collections", "OrderedDict");
        const QByteArray metadata = dict({text("_metadata"), ordered + ")R"});
        const QByteArray parameter =
            global("torch._utils", "_rebuild_parameter") + tuple({t, "\x88", ordered + ")R"}) + "R";
        const QByteArray withState =
            global("torch._utils", "_rebuild_parameter_with_state") +
            tuple({t, "\x88", ordered + ")R", dict({text("_no_weight_decay"), "\x88"})}) + "R";
        const QByteArray stackGlobal = "\x8c\x0b"
                                       "collections\x94\x8c\x0b"
                                       "OrderedDict\x93";
        const QByteArray size = global("torch", "Size") + tuple({integers({6})}) + "R";
        const QByteArray withSize = global("torch._utils", "_rebuild_tensor") +
                                    tuple({kStorage, "K" + QByteArray(1, '\0'), size, integers({1})}) + "R";
        for (const QByteArray& bytes :
             {pickle(ordered + ")R(" + text("t") + t + "u" + metadata + "b"),
              pickle(dict({text("t"), parameter})), pickle(dict({text("t"), withState})),
              "\x80\x04\x95" + number(5, 8) + stackGlobal + ")R" + text("t") + t + "s.",
              "\x80\x05" + dict({text("t"), withSize}) + ".",
              pickle(ordered + "(](](" + text("t") + t + "eetR"), pickle("}U\1t" + t + "s"),
              pickle("}" + text("t") + "q\5" + t + "s" + text("s") + "h\5s")}) {
            const QByteArray file = archive(bytes, kSix);
            verifyValues(parsePyTorch(bytesOf(file), "x"), "t", {0, 1, 2, 3, 4, 5});
        }
    }

    void readsPlainValues() {
        const QByteArray long2 = "\x8a\x02" + number(0x8000, 2), long0 = "\x8a" + number(0, 1);
        const QByteArray bytes = pickle(
            "(N\x88\x89" + ("J" + number(~0ull, 4)) + ("K" + number(255, 1)) + ("M" + number(0x0201, 2)) +
            long2 + long0 + "G\xc0\x09\x21\xfb\x54\x44\x2d\x18" + "C\2ab" + "t");
        const Result<Pickle> read = unpickle(bytesOf(bytes), "x");
        QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
        const Pickle& pickle = read.value();
        const PickleValue& all = pickle.at(pickle.root);
        QCOMPARE(pickle.size, static_cast<std::size_t>(bytes.size()));
        QCOMPARE(all.items.size(), std::size_t{10});
        const auto item = [&](std::size_t i) -> const PickleValue& {
            return pickle.at(all.items[i]);
        };
        QCOMPARE(item(0).kind, PickleValue::Kind::None);
        QCOMPARE(item(1).integer, 1);
        QCOMPARE(item(3).integer, -1);
        QCOMPARE(item(4).integer, 255);
        QCOMPARE(item(5).integer, 0x0201);
        QCOMPARE(item(6).integer, -32768);
        QCOMPARE(item(7).integer, 0);
        QCOMPARE(item(8).real, -M_PI);
        QCOMPARE(item(9).kind, PickleValue::Kind::Bytes);
    }

    void opensTheFormatBefore16() {
        const QByteArray view = tuple(
            {text("storage"), global("torch", "FloatStorage"), text("7"), text("cpu"), integer(6),
             tuple({text("8"), integer(4), integer(2)})});
        const QByteArray whole = storage("7", "FloatStorage", 6);
        const QByteArray object =
            dict({text("t"), tensor(whole, 0, {6}, {1}), text("v"), tensor(view + "Q", 1, {1}, {1})});
        const QByteArray file = legacy(object, text("7"), number(6, 8) + kSix);
        const Result<TensorFile> read = parsePyTorch(bytesOf(file), "x");
        verifyValues(read, "t", {0, 1, 2, 3, 4, 5});
        verifyValues(read, "v", {5});
        QVERIFY(liesIn(*read.value().find("t"), file));
    }

    /// Such a file says how its machine stored numbers, but all machines wrote the storages little-endian.
    void theMachineOfTheFormatBefore16DoesNotMatter() {
        const QByteArray object = dict({text("t"), tensor(kStorage, 0, {6}, {1})});
        QByteArray file = legacy(object, text("0"), number(6, 8) + kSix);
        QCOMPARE(file.count(text("little_endian") + "\x88"), 1);
        file.replace(text("little_endian") + "\x88", text("little_endian") + "\x89");
        verifyValues(parsePyTorch(bytesOf(file), "x"), "t", {0, 1, 2, 3, 4, 5});
    }

    /// The same archive with every size and offset in zip64 fields, as files beyond 4 GB have them, made with
    /// Python's struct module from the format's specification.
    void opensZip64() {
        const auto corpus = sourceFolder() / "tests" / "fuzz" / "corpus" / "pytorch";
        for (const char* name : {"zip", "zip64"}) {
            const Result<TensorFile> read = openPyTorch(corpus / name);
            verifyValues(read, "a", {0, 1, 2, 3, 4, 5});
            verifyValues(read, "t", {0, 3, 1, 4, 2, 5});
        }
    }

    /// 10 tensors a block, embedding, final norm and the head that repeats the embedding.
    void opensFilesOfPyTorch() {
        for (const auto& [folder, tensors] :
             {std::pair("ssm-original", 43), std::pair("ssm-original-legacy", 43),
              std::pair("ssm-original-f16-shared", 23)}) {
            const Result<TensorFile> read = openPyTorch(fixtureFolder() / folder / "pytorch_model.bin");
            QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
            QCOMPARE(read.value().tensors().size(), static_cast<std::size_t>(tensors));
        }
        QVERIFY(!openPyTorch(fixtureFolder() / "nothing.bin").ok());
    }
};

QTEST_APPLESS_MAIN(PyTorchTest)
#include "pytorch_test.moc"
