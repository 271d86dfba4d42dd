// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/pytorch.h"

#include "tests/core/checkpoint/hostile_archives.h"
#include "tests/support/paths.h"

#include <QElapsedTimer>
#include <QTest>

#include <fstream>
#include <iterator>
#include <limits>

using namespace mambascope;
using namespace mambascope::test;

namespace {

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

QByteArray good() {
    return window(0, {6}, {1});
}

/// The good archive with one number of its end record changed.
QByteArray withEnd(int fromBack, std::uint64_t value, int bytes) {
    QByteArray file = good();
    return file.replace(file.size() - fromBack, bytes, number(value, bytes));
}

QByteArray repeated(const QByteArray& part, int times) {
    return part.repeated(times);
}

QByteArray fileBytes(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(stream), {}};
    return QByteArray::fromStdString(content);
}

} // namespace

/// Files made to do harm or damaged on the way: each is refused with its own sentence, quickly and without
/// much memory.
class HostileTest : public QObject {
    Q_OBJECT

    static void codeRows() {
        QTest::newRow("os.system") << holding(global("os", "system") + tuple({text("true")}) + "R")
                                   << "asks Python for \"os.system\"";
        QTest::newRow("posix.system by the stack")
            << holding(text("posix") + text("system") + "\x93") << "asks Python for \"posix.system\"";
        QTest::newRow("eval") << holding(global("builtins", "eval") + tuple({text("1")}) + "R")
                              << "\"builtins.eval\"";
        QTest::newRow("lambda") << holding(global("types", "FunctionType") + tuple({"N"}) + "R")
                                << "\"types.FunctionType\"";
        QTest::newRow("class of the file's own")
            << holding("ievil\nThing\n") << "asks Python for \"evil.Thing\"";
        QTest::newRow("global that is never used") << raw(global("os", "system") + "}") << "\"os.system\"";
        QTest::newRow("attribute of an allowed global")
            << holding(global("collections", "OrderedDict.__reduce__")) << "OrderedDict.__reduce__";
        QTest::newRow("name with control characters")
            << holding(global("o\x1b[31m\xff", "system")) << "\"o?[31m?.system\"";
        QTest::newRow("object by NEWOBJ") << holding(global("collections", "OrderedDict") + ")\x81")
                                          << "instruction 0x81, which makes an object";
        QTest::newRow("extension registry")
            << holding("\x82\1") << "instruction 0x82, which takes something from Python's registry";
        QTest::newRow("storage called")
            << holding(global("torch", "FloatStorage") + ")R") << "calls torch.FloatStorage";
        QTest::newRow("number called") << holding("K\1)R") << "calls something that is no function";
        QTest::newRow("state of a number") << holding("K\1}b") << "sets the state of something";
        QTest::newRow("whole module")
            << holding(tuple({text("module"), text("x"), text("y"), text("z")}) + "Q") << "whole module";
    }

    static void recursionRows() {
        QTest::newRow("list in itself") << holding("]q\1h\1a") << "contains itself";
        QTest::newRow("loop over a tuple") << holding("]q\1(h\1ta") << "contains itself";
        QTest::newRow("nested 65 levels")
            << holding(repeated("]", 65) + repeated("a", 64)) << "deeper than 64 levels";
        QTest::newRow("nested 100 000 levels")
            << holding(repeated("]", 100'000) + repeated("a", 99'999)) << "deeper than 64 levels";
        QTest::newRow("every level twice (billion laughs)")
            << holding(")" + repeated("q\1h\1\x86", 100)) << "deeper than 64 levels";
    }

    static void countRows() {
        QTest::newRow("half a million values") << raw(repeated("]", 600'000)) << "more than 500000 values";
        QTest::newRow("marks") << raw(repeated("(", 200'000)) << "more than 100000 containers";
        QTest::newRow("steps") << raw(repeated("N", 4'100'000)) << "more than 4000000 steps";
        QTest::newRow("17 MB") << raw(text(QByteArray(17 << 20, 'x'))) << "more than 16 MB";
        QTest::newRow("memo place 2^32 - 1")
            << raw("}r" + number(~0ull, 4)) << "place 4294967295 of its memo, beyond";
        QTest::newRow("memo place that was never filled") << raw("h\7") << "place 7 of its memo";
        QTest::newRow("list of pairs copied again and again")
            << raw("](" + repeated("N", 200'000) + "eq\1" + global("collections", "OrderedDict") + "q\2" +
                   repeated("h\2h\1\x85R", 1000))
            << "something that is not pairs";
        QTest::newRow("pairs copied again and again")
            << raw("NN\x86q\3](" + repeated("h\3", 100'000) + "eq\1" + global("collections", "OrderedDict") +
                   "q\2" + repeated("h\2h\1\x85R", 1000))
            << "more than 1000000 pairs";
        QTest::newRow("a hundred thousand arguments")
            << raw(global("torch", "Size") + "(" + repeated("N", 100'000) + "tR") << "100000 arguments";
        QTest::newRow("integer of 255 bytes") << raw("\x8a\xff" + QByteArray(255, '\1')) << "255 bytes";
    }

    static void pickleRows() {
        const QByteArray rebuild = global("torch._utils", "_rebuild_tensor_v2");
        QTest::newRow("empty pickle") << archive({}) << "pickle ends before";
        QTest::newRow("protocol 0") << archive("\x80" + number(0, 1) + ".") << "protocol 0";
        QTest::newRow("protocol 6") << archive("\x80\6.") << "protocol 6";
        QTest::newRow("text of 2^63 bytes") << raw("\x8d" + number(1ull << 63, 8)) << "pickle ends before";
        QTest::newRow("frame of 2^63 bytes") << raw("\x95" + number(1ull << 63, 8)) << "pickle ends before";
        QTest::newRow("text is no UTF-8") << raw("U\1\xff") << "not UTF-8";
        QTest::newRow("text is a surrogate") << raw("U\3\xed\xa0\x80") << "not UTF-8";
        QTest::newRow("text is overlong") << raw("U\2\xc0\x80") << "not UTF-8";
        QTest::newRow("stack is empty") << raw("a") << "more values than there are";
        QTest::newRow("no mark") << raw("]e") << "more values than there are";
        QTest::newRow("below the mark") << raw("](a") << "more values than there are";
        QTest::newRow("two values left") << raw("}}") << "exactly one value";
        QTest::newRow("mark left") << raw("}(") << "exactly one value";
        QTest::newRow("list filled as a dictionary") << raw("]NNs") << "cannot hold them";
        QTest::newRow("key without value") << raw("}(NNNu") << "cannot hold them";
        QTest::newRow("global without end") << raw("c" + QByteArray(2000, 'x')) << "global of more than";
        QTest::newRow("tensor of nothing") << holding(rebuild + ")R") << "rebuilds a tensor from something";
        QTest::newRow("17 dimensions")
            << window(0, QList<std::int64_t>(17, 1), QList<std::int64_t>(17, 1)) << "up to 16 lengths";
        QTest::newRow("strides missing") << window(0, {2, 3}, {1}) << "as many strides";
        QTest::newRow("unknown reference") << holding(text("x") + "Q") << "in a way that torch.save does not";
        QTest::newRow("storage without element type")
            << holding(tensor(storage("0", "TypedStorage", 6), 0, {6}, {1})) << "without its element type";
        QTest::newRow("complex numbers")
            << holding(tensor(storage("0", "ComplexFloatStorage", 3), 0, {3}, {1}))
            << "\"torch.ComplexFloatStorage\" for the value of \"t\"";
        // What PyTorch 2.1 and later write for 8-bit floats, and for tensors of its own quantization.
        QTest::newRow("8-bit floats") << holding(
                                             global("torch._utils", "_rebuild_tensor_v3") + "((" +
                                             text("storage") + global("torch.storage", "UntypedStorage"))
                                      << "\"torch._utils._rebuild_tensor_v3\" for the value of \"t\"";
        QTest::newRow("quantized by PyTorch")
            << holding(global("torch._utils", "_rebuild_qtensor")) << "_rebuild_qtensor\" for the value of";
        QTest::newRow("no tensors") << raw(dict({text("a"), integer(1)})) << "holds no tensors by name";
        QTest::newRow("a single tensor") << raw(tensor(kStorage, 0, {6}, {1})) << "no tensors by name";
        const QByteArray t = tensor(kStorage, 0, {6}, {1});
        QTest::newRow("name twice") << raw(dict({text("t"), t, text("t"), t})) << "tensor \"t\" twice";
    }

    static void windowRows() {
        const QString beyond = "reaches beyond its storage \"0\"";
        QTest::newRow("one element too many") << window(0, {7}, {1}) << beyond;
        QTest::newRow("offset at the end") << window(6, {1}, {1}) << beyond;
        QTest::newRow("negative offset") << window(-1, {1}, {1}) << "begins before its storage";
        QTest::newRow("largest offset") << window(kHuge, {2}, {1}) << beyond;
        QTest::newRow("negative stride") << window(5, {2}, {-1}) << "\"t\" has a negative stride";
        QTest::newRow("stride that overflows") << window(0, {3}, {kHuge}) << beyond;
        QTest::newRow("negative length") << window(0, {-1}, {1}) << "is negative or has more elements";
        QTest::newRow("lengths that overflow")
            << window(0, {1ll << 32, 1ll << 32}, {0, 0}) << "more elements than can be counted";
        QTest::newRow("empty, but overflows")
            << window(0, {0, 1ll << 32, 1ll << 32}, {0, 0, 0}) << "more elements than can be counted";
        QTest::newRow("one value repeated to a terabyte")
            << window(0, {1ll << 38}, {0}) << "more memory than twice the size";
        QTest::newRow("storage is missing")
            << holding(tensor(storage("1", "FloatStorage", 6), 0, {6}, {1})) << "\"1\", which is missing";
        QTest::newRow("storage shorter than said")
            << holding(tensor(storage("0", "FloatStorage", 7), 0, {6}, {1})) << "should have 7 elements";
        QTest::newRow("storage larger than everything")
            << holding(tensor(storage("0", "FloatStorage", kHuge), 0, {6}, {1})) << "should have 92233720";
        QTest::newRow("storage of a negative size")
            << holding(tensor(storage("0", "FloatStorage", -1), 0, {6}, {1})) << "in a way that torch.save";
        QTest::newRow("storage outside")
            << holding(tensor(storage("../../secret", "FloatStorage", 6), 0, {6}, {1})) << "which is missing";
    }

    static void zipRows() {
        const QByteArray p = pickle(dict({text("t"), tensor(kStorage, 0, {6}, {1})}));
        QTest::newRow("empty file") << QByteArray() << "not a file of torch.save";
        QTest::newRow("text") << QByteArray("<html>not found</html>") << "not a file of torch.save";
        QTest::newRow("Git LFS pointer")
            << QByteArray("version https://git-lfs.github.com/spec/v1\n") << "LFS";
        QTest::newRow("archive of something else") << zip({{"a/b.txt", "x"}}) << "no data.pkl";
        QTest::newRow("two pickles") << zip({{"a/data.pkl", p}, {"b/data.pkl", p}})
                                     << "more than one data.pkl";
        QTest::newRow("TorchScript") << zip({{"a/data.pkl", p}, {"a/constants.pkl", p}}) << "TorchScript";
        QTest::newRow("compressed (zip bomb)")
            << zip({{"a/data.pkl", p, 8, 0, 0x7fffffff}}) << "is compressed, which torch.save never does";
        QTest::newRow("stored in fewer bytes than it has")
            << zip({{"a/data.pkl", p, 0, 0, 0x7fffffff}}) << "but would have 2147483647";
        QTest::newRow("larger than the file")
            << zip({{"a/data.pkl", p, 0, 0, 0x7fffffff, 0x7fffffff}}) << "beyond the archive's data";
        QTest::newRow("zip64 size without its field")
            << zip({{"a/data.pkl", p, 0, 0, 0xffffffff, 0xffffffff}}) << "zip64 field of";
        QTest::newRow("encrypted") << zip({{"a/data.pkl", p, 0, 1}}) << "is encrypted";
        for (const char* name :
             {"../a/data.pkl", "/a/data.pkl", "a/../../data.pkl", "a\\data.pkl", "c:data", ".."}) {
            QTest::addRow("name %s", name) << zip({{name, p}}) << "leads out of the archive";
        }
        QTest::newRow("name twice") << zip({{"a/data.pkl", p}, {"a/data.pkl", p}})
                                    << "two entries of the name";
        QTest::newRow("entries overlap")
            << zip({{"a/data.pkl", p}, {"a/data.pkl", p, 0, 0, -1, -1, 0}}) << "overlap";
        QTest::newRow("two names") << zip({{"a/data.pkl", p, 0, 0, -1, -1, -1, "a/data.pkx"}})
                                   << "two headers of its entry";
        QTest::newRow("entry elsewhere")
            << zip({{"a/data.pkl", p, 0, 0, -1, -1, 7}}) << "is not where the directory says";
        QTest::newRow("directory elsewhere") << withEnd(6, 0xfffffffe, 4) << "does not fit";
        QTest::newRow("directory too large") << withEnd(10, 0x7fffffff, 4) << "does not fit";
        QTest::newRow("65534 entries") << withEnd(12, 0xfffe, 2) << "cannot hold 65534 entries";
        QTest::newRow("zip64 record missing") << withEnd(12, 0xffff, 2) << "zip64 record is missing";
        QTest::newRow("in parts") << withEnd(18, 1, 2) << "archive in several files";
        QTest::newRow("unknown byte order") << archive(p, kSixFloats, "middle") << "byte order is neither";
    }

    static void legacyRows() {
        const QByteArray object = dict({text("t"), tensor(kStorage, 0, {6}, {1})});
        QTest::newRow("legacy: storage of 2^63 elements")
            << legacy(object, text("0"), number(1ull << 63, 8) + kSixFloats)
            << "9223372036854775808 elements";
        QTest::newRow("legacy: storage shorter than said")
            << legacy(object, text("0"), number(5, 8) + kSixFloats.left(20)) << "should have 6 elements";
        QTest::newRow("legacy: unknown storage")
            << legacy(object, text("1"), number(6, 8) + kSixFloats) << "no tensor uses its storage \"1\"";
        QTest::newRow("legacy: storage twice")
            << legacy(object, text("0") + text("0"), repeated(number(6, 8) + kSixFloats, 2)) << "twice";
        QTest::newRow("legacy: no storage") << legacy(object, "", "") << "\"0\", which is missing";
        QTest::newRow("legacy: more behind the end")
            << legacy(object, text("0"), number(6, 8) + kSixFloats + "x") << "1 bytes at its end";
        const QByteArray twoTypes = dict(
            {text("a"), tensor(kStorage, 0, {6}, {1}), text("b"),
             tensor(storage("0", "HalfStorage", 6), 0, {6}, {1})});
        QTest::newRow("legacy: storage of two types")
            << legacy(twoTypes, text("0"), number(6, 8) + kSixFloats) << "as two types";
        QTest::newRow("legacy: os.system")
            << legacy(global("os", "system") + tuple({text("true")}) + "R", "", "") << "\"os.system\"";
        const QByteArray view = tuple(
            {text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), integer(6),
             tuple({text("v"), integer(4), integer(kHuge)})});
        QTest::newRow("legacy: view beyond its storage")
            << legacy(
                   dict({text("t"), tensor(view + "Q", 0, {6}, {1})}), text("0"), number(6, 8) + kSixFloats)
            << "part of a storage that reaches beyond";
    }

private Q_SLOTS:
    void refuses_data() {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<QString>("words");
        codeRows();
        recursionRows();
        countRows();
        pickleRows();
        windowRows();
        zipRows();
        legacyRows();
    }

    void refuses() {
        QFETCH(QByteArray, file);
        QFETCH(QString, words);
        QElapsedTimer timer;
        timer.start();
        const Result<TensorFile> read = parsePyTorch(bytesOf(file), "x.bin");
        QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed()) + " ms"));
        QVERIFY(!read.ok());
        QCOMPARE(read.error().code, ErrorCode::Unreadable);
        QVERIFY2(QString::fromStdString(read.error().message).contains(words), read.error().message.c_str());
        QVERIFY(!read.error().hint.empty());
        QVERIFY(read.error().message.size() < 400);
    }

    /// Cut after every byte: never read, never a crash.
    void refusesEveryTruncation_data() {
        QTest::addColumn<QByteArray>("file");
        QTest::newRow("zip") << good();
        QTest::newRow("legacy") << legacy(
            dict({text("t"), tensor(kStorage, 0, {6}, {1})}), text("0"), number(6, 8) + kSixFloats);
    }

    void refusesEveryTruncation() {
        QFETCH(QByteArray, file);
        QVERIFY(parsePyTorch(bytesOf(file), "x").ok());
        for (qsizetype size = 0; size < file.size(); ++size) {
            // A copy of exactly this size: reading past its end is what sanitizers see.
            const std::vector<char> cut(file.begin(), file.begin() + size);
            const Result<TensorFile> read = parsePyTorch(std::as_bytes(std::span(cut)), "x");
            QVERIFY2(!read.ok(), qPrintable(QString::number(size)));
            QCOMPARE(read.error().code, ErrorCode::Unreadable);
        }
    }

    /// Every byte of a small archive set to values that count, lengths and instructions notice.
    void survivesEveryChangedByte() {
        const QByteArray file = good();
        int refused = 0;
        for (qsizetype i = 0; i < file.size(); ++i) {
            for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
                QByteArray changed = file;
                changed[i] = static_cast<char>(value);
                const Result<TensorFile> read = parsePyTorch(bytesOf(changed), "x");
                refused += read.ok() ? 0 : 1;
            }
        }
        QVERIFY(refused > file.size());
    }

    /// A PyTorch archive of 600 kB cut inside its data and inside its directory.
    void refusesTruncatedFixtures() {
        for (const char* folder : {"ssm-original", "ssm-original-legacy"}) {
            const QByteArray file = fileBytes(fixtureFolder() / folder / "pytorch_model.bin");
            QVERIFY(file.size() > 500'000);
            for (const qsizetype size : {file.size() / 2, file.size() - 1000, file.size() - 1}) {
                const QByteArray cut = file.left(size);
                const Result<TensorFile> read = parsePyTorch(bytesOf(cut), "x");
                QVERIFY(!read.ok());
                QVERIFY2(
                    read.error().message.find("is truncated") != std::string::npos,
                    read.error().message.c_str());
            }
        }
    }
};

QTEST_APPLESS_MAIN(HostileTest)
#include "hostile_test.moc"
