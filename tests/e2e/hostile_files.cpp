// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/e2e/hostile_files.h"

#include "tests/core/checkpoint/hostile_archives.h"
#include "tests/core/checkpoint/raw_safetensors.h"

#include <limits>

namespace mambascope::test {
namespace {

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

QByteArray two(const char* first, const char* second) {
    return "{" + entry("t", "U8", "[2]", first) + "," + entry("u", "U8", "[2]", second) + "}";
}

const QByteArray kGood = dict({text("t"), tensor(kStorage, 0, {6}, {1})});

/// The good archive with one number of its end record changed.
QByteArray withEnd(int fromBack, std::uint64_t value, int bytes) {
    QByteArray file = archive(pickle(kGood), kSixFloats);
    return file.replace(file.size() - fromBack, bytes, number(value, bytes));
}

using Row = std::tuple<const char*, QByteArray, const char*>;

QList<HostileFile> rows(const char* name, const QList<Row>& rows) {
    QList<HostileFile> files;
    for (const auto& [what, bytes, words] : rows) {
        files.push_back({QByteArray(name) + ": " + what, name, bytes, words});
    }
    return files;
}

} // namespace

QList<HostileFile> hostileConfigs() {
    return rows(
        "config.json",
        {
            {"cut", R"({"model_type": "mam)", "not valid JSON"},
            {"nested 200 000 levels", QByteArray(200'000, '['), "nested deeper than 64 levels"},
            {"a list", "[1]", "is not a JSON object"},
            {"2 MB of NaN", "[" + QByteArray("NaN,").repeated(500'000) + "0]", "larger than"},
            {"1 MB of NaN", "[" + QByteArray("NaN,").repeated(250'000) + "x]", "invalid literal"},
            {"no architecture", "{}", "which architecture"},
            {"another architecture", R"({"model_type": "llama"})", "\"llama\") is not supported"},
            {"epsilon of 1e308", R"({"model_type": "mamba", "layer_norm_epsilon": 1e308})",
             "not a number from 0 to 1"},
        });
}

QList<HostileFile> hostileSafetensors() {
    QByteArray names = "{" + entry("t", "U8", "[0]", "[0,0]");
    for (int i = 0; i < 100'000; ++i) {
        names += "," + entry(QByteArray::number(i).constData(), "U8", "[0]", "[0,0]");
    }
    return rows(
        "model.safetensors",
        {
            {"seven bytes", QByteArray(7, '\0'), "has 7 bytes"},
            {"header of 2^63 bytes", withLength(1ull << 63, "{}"), "9223372036854775808 bytes, more than"},
            {"header cut", withLength(100, "{\"t\":{"), "header has 100 bytes, but only 6 follow"},
            {"header is no JSON", safetensors("{\"t\":", 0), "not valid JSON"},
            {"nested a million levels", safetensors(QByteArray(1'000'000, '['), 0),
             "does not have the structure"},
            {"a million levels inside a shape",
             safetensors("{\"t\":{\"shape\":" + QByteArray(1'000'000, '['), 0), "\"shape\" of a kind"},
            {"metadata are a list", safetensors(R"({"__metadata__":{"a":[]}})", 0),
             "metadata that are not text"},
            {"name twice",
             safetensors(
                 "{" + entry("t", "U8", "[1]", "[0,1]") + "," + entry("t", "U8", "[1]", "[1,2]") + "}", 2),
             "names \"t\" twice"},
            {"name of a megabyte", safetensors("{\"" + QByteArray(1'000'000, 'n') + "\":{}}", 0),
             "name of 1000000 bytes"},
            {"100 001 tensors", safetensors(names + "}", 0), "more than 100000 tensors"},
            {"17 dimensions", safetensors(one("U8", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,1]"), 1),
             "more than 16 dimensions"},
            {"negative length", safetensors(one("F32", "[-1]", "[0,4]"), 4), "not a whole number"},
            {"product wraps to 0", safetensors(one("F32", "[4294967296,4294967296]", "[0,0]"), 0),
             "more elements than can be counted"},
            {"no type", safetensors(R"({"t":{"shape":[],"data_offsets":[0,4]}})", 4), "has no \"dtype\""},
            {"unknown type", safetensors(one("Q4", "[4]", "[0,4]"), 4),
             "The type \"Q4\" of the tensor \"t\""},
            {"8-bit floats", safetensors(one("F8_E4M3", "[4]", "[0,4]"), 4), "is stored as \"F8_E4M3\""},
            {"ends before it begins", safetensors(one("F32", "[1]", "[4,0]"), 4), "before it begins"},
            {"range too short", safetensors(one("F32", "[2]", "[0,4]"), 4),
             "needs 8 bytes, but its range has 4"},
            {"data cut", safetensors(one("F32", "[2]", "[0,8]"), 7), "ends at byte 8 of the data"},
            {"tensors overlap", safetensors(two("[0,2]", "[1,3]"), 3), "overlap"},
            {"hole", safetensors(two("[0,2]", "[3,5]"), 5), "hole of 1 bytes"},
            {"bytes behind the last tensor", safetensors(one("U8", "[3]", "[0,3]"), 4),
             "belong to no tensor"},
            {"Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0",
             "Git LFS pointer"},
            {"nothing of Mamba", safetensors(one("F32", "[1]", "[0,4]"), 4), "embeddings.weight is missing"},
        });
}

QList<HostileFile> hostileIndexes() {
    return rows(
        "model.safetensors.index.json",
        {
            {"shard outside the folder", R"({"weight_map":{"t":"../../../etc/passwd"}})",
             "not a plain file name (\"../../../etc/passwd\")"},
            {"shard by its whole path", R"({"weight_map":{"t":"/etc/passwd"}})", "(\"/etc/passwd\")"},
            {"shard with a zero byte", R"({"weight_map":{"t":"a.safetensors\u0000.txt"}})",
             "(\"a.safetensors?.txt\")"},
            {"shard is a number", R"({"weight_map":{"t":7}})", "not a plain file name (\"\")"},
            {"missing shard", R"({"weight_map":{"t":"c.safetensors"}})", "shard c.safetensors is missing"},
            {"tensor that is in no shard", R"({"weight_map":{"t":"a.safetensors","x":"a.safetensors"}})",
             "but it does not"},
            {"tensor in two shards", R"({"weight_map":{"t":"a.safetensors","u":"b.safetensors"}})",
             "both hold"},
            {"no map", R"({"metadata":{}})", "no \"weight_map\""},
            {"cut", R"({"weight_map":{"t":"a.saf)", "not valid JSON"},
            {"nested 200 000 levels", QByteArray("{\"a\":").repeated(200'000),
             "nested deeper than 64 levels"},
            {"3 MB", "[" + QByteArray("[],").repeated(1'000'000) + "0]", "larger than"},
        });
}

QList<HostileFile> hostilePickles() {
    const QByteArray ordered = global("collections", "OrderedDict");
    return rows(
        "pytorch_model.bin",
        {
            {"os.system", holding(global("os", "system") + tuple({text("true")}) + "R"),
             "asks Python for \"os.system\""},
            {"posix.system by the stack", holding(text("posix") + text("system") + "\x93"),
             "\"posix.system\""},
            {"eval", holding(global("builtins", "eval") + tuple({text("1")}) + "R"), "\"builtins.eval\""},
            {"lambda called by REDUCE", holding(global("types", "FunctionType") + tuple({"N"}) + "R"),
             "\"types.FunctionType\""},
            {"class of the file's own", holding("ievil\nThing\n"), "\"evil.Thing\""},
            {"attribute of an allowed global", holding(global("collections", "OrderedDict.__reduce__")),
             "__reduce__"},
            {"NEWOBJ", holding(ordered + ")\x81"), "instruction 0x81, which makes an object"},
            {"extension registry", holding("\x82\1"),
             "instruction 0x82, which takes something from Python's registry"},
            {"storage called", holding(global("torch", "FloatStorage") + ")R"), "calls torch.FloatStorage"},
            {"number called", holding("K\1)R"), "calls something that is no function"},
            {"state of a number", holding("K\1}b"), "sets the state of something"},
            {"whole module", holding(tuple({text("module"), text("x"), text("y"), text("z")}) + "Q"),
             "whole module"},
            {"list in itself", holding("]q\1h\1a"), "contains itself"},
            {"nested 100 000 levels", holding(QByteArray(100'000, ']') + QByteArray(99'999, 'a')),
             "deeper than 64 levels"},
            {"600 000 values", raw(QByteArray(600'000, ']')), "more than 500000 values"},
            {"200 000 marks", raw(QByteArray(200'000, '(')), "more than 100000 containers"},
            {"4 100 000 steps", raw(QByteArray(4'100'000, 'N')), "more than 4000000 steps"},
            {"text of 17 MB", raw(text(QByteArray(17 << 20, 'x'))), "more than 16 MB"},
            {"memo place 2^32 - 1", raw("}r" + number(~0ull, 4)), "beyond 500000"},
            {"memo place that was never filled", raw("h\7"), "where nothing is"},
            {"memo: one list of pairs copied 1000 times",
             raw("NN\x86q\3](" + QByteArray("h\3").repeated(100'000) + "eq\1" + ordered + "q\2" +
                 QByteArray("h\2h\1\x85R").repeated(1000)),
             "copies more than 1000000 pairs"},
            {"memo: one text of 15 MB as every key",
             raw(text(QByteArray(15 << 20, 'x')) + "q\1}(" + QByteArray("h\1N").repeated(200'000) + "u"),
             "exactly one value"},
            {"100 000 arguments", raw(global("torch", "Size") + "(" + QByteArray(100'000, 'N') + "tR"),
             "with 100000 arguments"},
            {"integer of 255 bytes", raw("\x8a\xff" + QByteArray(255, '\1')), "integer of 255 bytes"},
            {"protocol 6", archive("\x80\6."), "of protocol 6"},
            {"pickle cut", archive("\x80\2}"), "ends before the instruction STOP"},
            {"text is no UTF-8", raw("U\1\xff"), "not UTF-8"},
            {"stack is empty", raw("a"), "more values than there are"},
            {"list filled as a dictionary", raw("]NNs"), "cannot hold them"},
            {"global without end", raw("c" + QByteArray(2000, 'x')), "global of more than"},
        });
}

QList<HostileFile> hostileTensors() {
    const QByteArray t = tensor(kStorage, 0, {6}, {1});
    return rows(
        "pytorch_model.bin",
        {
            {"tensor of nothing", holding(global("torch._utils", "_rebuild_tensor_v2") + ")R"),
             "rebuilds a tensor from"},
            {"no tensors", raw(dict({text("a"), integer(1)})), "holds no tensors by name"},
            {"tensor twice", raw(dict({text("t"), t, text("t"), t})), "the tensor \"t\" twice"},
            {"8-bit floats", holding(global("torch._utils", "_rebuild_tensor_v3")),
             "_rebuild_tensor_v3\" for the value of"},
            {"storage of unknown elements", holding(tensor(storage("0", "TypedStorage", 6), 0, {6}, {1})),
             "without its element type"},
            {"unknown reference", holding(text("x") + "Q"), "in a way that torch.save does not"},
            {"negative offset", window(-1, {1}, {1}), "begins before its storage"},
            {"negative stride", window(5, {2}, {-1}), "has a negative stride"},
            {"offset beyond the storage", window(6, {1}, {1}), "reaches beyond its storage"},
            {"lengths that overflow", window(0, {1ll << 32, 1ll << 32}, {0, 0}),
             "more elements than can be counted"},
            {"one value repeated to a terabyte", window(0, {1ll << 38}, {0}),
             "more memory than twice the size"},
            {"storage is missing", holding(tensor(storage("../../x", "FloatStorage", 6), 0, {6}, {1})),
             "which is missing"},
            {"storage of 2^63 - 1 elements",
             holding(tensor(storage("0", "FloatStorage", kHuge), 0, {6}, {1})),
             "should have 9223372036854775807 elements of type F32, but has 24 bytes"},
        });
}

QList<HostileFile> hostileArchives() {
    const QByteArray p = pickle(kGood);
    return rows(
        "pytorch_model.bin",
        {
            {"text", "<html>not found</html>", "not a file of torch.save"},
            {"zip bomb (compressed)", zip({{"a/data.pkl", p, 8, 0, 0x7fffffff}}),
             "compressed, which torch.save never does"},
            {"zip bomb (entries overlap)", zip({{"a/data.pkl", p}, {"a/data.pkl", p, 0, 0, -1, -1, 0}}),
             "overlap"},
            {"stored in fewer bytes than it has", zip({{"a/data.pkl", p, 0, 0, 0x7fffffff}}),
             "but would have 2147483647"},
            {"larger than the file", zip({{"a/data.pkl", p, 0, 0, 0x7fffffff, 0x7fffffff}}),
             "beyond the archive's data"},
            {"zip64 size without its field", zip({{"a/data.pkl", p, 0, 0, 0xffffffff, 0xffffffff}}),
             "zip64 field of"},
            {"encrypted", zip({{"a/data.pkl", p, 0, 1}}), "is encrypted"},
            {"name that leads outside", zip({{"../a/data.pkl", p}}), "leads out of the archive"},
            {"name twice", zip({{"a/data.pkl", p}, {"a/data.pkl", p}}), "two entries of the name"},
            {"two names for one entry", zip({{"a/data.pkl", p, 0, 0, -1, -1, -1, "a/data.pkx"}}),
             "two headers of its entry"},
            {"entry elsewhere", zip({{"a/data.pkl", p, 0, 0, -1, -1, 7}}), "is not where the directory says"},
            {"cut", archive(p, kSixFloats).chopped(30),
             "directory that a zip archive has at its end is missing"},
            {"directory elsewhere", withEnd(6, 0xfffffffe, 4), "does not fit"},
            {"directory of 65534 entries", withEnd(12, 0xfffe, 2), "cannot hold 65534 entries"},
            {"zip64 record missing", withEnd(12, 0xffff, 2), "zip64 record is missing"},
            {"one part of several", withEnd(18, 1, 2), "archive in several files"},
            {"byte order \"middle\"", archive(p, kSixFloats, "middle"), "byte order is neither"},
            {"no pickle", zip({{"a/b.txt", "x"}}), "no data.pkl"},
            {"two pickles", zip({{"a/data.pkl", p}, {"b/data.pkl", p}}), "more than one data.pkl"},
            {"TorchScript", zip({{"a/data.pkl", p}, {"a/constants.pkl", p}}), "TorchScript"},
        });
}

QList<HostileFile> hostileLegacyFiles() {
    const QByteArray key = text("0");
    const QByteArray twoTypes = dict(
        {text("a"), tensor(kStorage, 0, {6}, {1}), text("b"),
         tensor(storage("0", "HalfStorage", 6), 0, {6}, {1})});
    const QByteArray view = tuple(
        {text("storage"), global("torch", "FloatStorage"), key, text("cpu"), integer(6),
         tuple({text("v"), integer(4), integer(kHuge)})});
    return rows(
        "pytorch_model.bin",
        {
            {"legacy, storage of 2^63 elements", legacy(kGood, key, number(1ull << 63, 8) + kSixFloats),
             "but only 24 bytes follow"},
            {"legacy, cut before the storage", legacy(kGood, key, "1234"), "its storage \"0\" is missing"},
            {"legacy, storage that no tensor uses", legacy(kGood, text("1"), number(6, 8) + kSixFloats),
             "no tensor uses"},
            {"legacy, storage twice", legacy(kGood, key + key, (number(6, 8) + kSixFloats).repeated(2)),
             "the storage \"0\" twice"},
            {"legacy, storage shorter than said", legacy(kGood, key, number(5, 8) + kSixFloats.left(20)),
             "elements, but has 5"},
            {"legacy, bytes behind the end", legacy(kGood, key, number(6, 8) + kSixFloats + "x"),
             "belong to no storage"},
            {"legacy, storage of two types", legacy(twoTypes, key, number(6, 8) + kSixFloats),
             "as two types"},
            {"legacy, view beyond its storage",
             legacy(dict({text("t"), tensor(view + "Q", 0, {6}, {1})}), key, number(6, 8) + kSixFloats),
             "part of a storage that reaches beyond"},
        });
}

} // namespace mambascope::test
