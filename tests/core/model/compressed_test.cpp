// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/compressed.h"

#include <QTest>

#include <cstring>
#include <list>

using namespace mambascope;

namespace {

/// Tensors in memory, by hand.
class Tensors {
public:
    template <class T>
    Tensors& add(const char* name, DType dtype, std::vector<std::int64_t> shape, std::vector<T> values) {
        const auto bytes = std::as_bytes(std::span(values));
        m_bytes.emplace_back(bytes.begin(), bytes.end());
        file.add(name, {dtype, std::move(shape), m_bytes.back()});
        return *this;
    }
    TensorFile file;

private:
    std::list<std::vector<std::byte>> m_bytes;
};

Json config(int bits = 4) {
    return {
        {"quantization_config",
         {{"quant_method", "compressed-tensors"},
          {"config_groups", {{"group_0", {{"weights", {{"num_bits", bits}}}}}}}}}};
}

std::vector<float> values(const TensorFile& file, const char* name) {
    return toFloat(*file.find(name)).value();
}

/// Two rows of three values at four bits: 1 −8 7 and 0 −1 2, each plus 8, the first in the lowest bits.
Tensors packed() {
    Tensors tensors;
    tensors.add<std::uint32_t>("m.weight_packed", DType::I32, {2, 1}, {0xf09, 0xa78});
    tensors.add<std::int64_t>("m.weight_shape", DType::I64, {2}, {2, 3});
    return tensors;
}

} // namespace

class CompressedTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void packedWordsAreUnpackedLowestBitsFirst() {
        Tensors tensors = packed();
        tensors.add<float>("m.weight_scale", DType::F32, {2, 1}, {0.5f, 2.0f});
        tensors.add<float>("m.bias", DType::F32, {2}, {1, 2})
            .add<float>("other.weight", DType::F32, {1}, {3});
        QVERIFY(decodeCompressed(config(), tensors.file).ok());
        QCOMPARE(values(tensors.file, "m.weight"), (std::vector<float>{0.5f, -4, 3.5f, 0, -2, 4}));
        QVERIFY(tensors.file.find("m.weight")->shape == (std::vector<std::int64_t>{2, 3}));
        // What is no description of the weight stays, the rest is gone.
        QCOMPARE(tensors.file.tensors().size(), 3UL);
        QCOMPARE(values(tensors.file, "m.bias"), (std::vector<float>{1, 2}));
    }

    void bytesAreSigned() {
        Tensors tensors;
        tensors.add<std::int8_t>("m.weight", DType::I8, {1, 4}, {-127, 0, 1, 127});
        tensors.add<float>("m.weight_scale", DType::F32, {1}, {0.25f});
        tensors.add<float>("m.input_scale", DType::F32, {1}, {0.125f});
        QVERIFY(decodeCompressed(config(8), tensors.file).ok());
        QCOMPARE(values(tensors.file, "m.weight"), (std::vector<float>{-31.75f, 0, 0.25f, 31.75f}));
        QCOMPARE(tensors.file.tensors().size(), 1UL);
    }

    void groupsHaveAScaleEach() {
        Tensors tensors;
        tensors.add<std::int8_t>("m.weight", DType::I8, {2, 4}, {1, 1, 1, 1, 1, 1, 1, 1});
        tensors.add<float>("m.weight_scale", DType::F32, {2, 2}, {1, 2, 3, 4});
        QVERIFY(decodeCompressed(config(8), tensors.file).ok());
        QCOMPARE(values(tensors.file, "m.weight"), (std::vector<float>{1, 1, 2, 2, 3, 3, 4, 4}));
    }

    void otherCheckpointsAreLeftAlone() {
        Tensors tensors = packed();
        QVERIFY(
            decodeCompressed(Json{{"quantization_config", {{"quant_method", "gptq"}}}}, tensors.file).ok());
        QVERIFY(decodeCompressed(Json(), tensors.file).ok());
        QVERIFY(decodeCompressed(Json{{"quantization_config", 7}}, tensors.file).ok());
        QVERIFY(tensors.file.find("m.weight_packed") != nullptr);
    }

    void whatContradictsItselfIsRefused_data() {
        QTest::addColumn<int>("what");
        for (const char* name :
             {"no scale", "too few scales", "scales that do not divide", "no shape", "rows", "width",
              "negative", "huge", "zero point", "integer scale", "ambiguous bits", "empty"}) {
            QTest::newRow(name) << static_cast<int>(m_rows++);
        }
    }
    void whatContradictsItselfIsRefused() {
        QFETCH(int, what);
        Tensors tensors;
        const auto shape = [&](std::int64_t rows, std::int64_t columns) {
            tensors.add<std::uint32_t>("m.weight_packed", DType::I32, {2, 1}, {0xf09, 0xa78});
            tensors.add<std::int64_t>("m.weight_shape", DType::I64, {2}, {rows, columns});
        };
        const auto scales = [&](std::vector<float> scale) {
            const auto count = static_cast<std::int64_t>(scale.size());
            tensors.add<float>("m.weight_scale", DType::F32, {count}, std::move(scale));
        };
        Json how = config();
        switch (what) {
        case 0:
            shape(2, 3);
            break;
        case 1:
            tensors.add<std::int8_t>("m.weight", DType::I8, {3, 1}, {1, 1, 1});
            scales({1, 1});
            break;
        case 2:
            shape(2, 3);
            scales({1, 1, 1, 1});
            break;
        case 3:
            tensors.add<std::uint32_t>("m.weight_packed", DType::I32, {2, 1}, {0, 0});
            scales({1});
            break;
        case 4:
            shape(3, 3);
            scales({1});
            break;
        case 5:
            shape(2, 9);
            scales({1});
            break;
        case 6:
            shape(2, -3);
            scales({1});
            break;
        case 7:
            shape(2, std::int64_t{1} << 62);
            scales({1});
            break;
        case 8:
            shape(2, 3);
            scales({1});
            tensors.add<std::int8_t>("m.weight_zero_point", DType::I8, {2, 1}, {0, 0});
            break;
        case 9:
            shape(2, 3);
            tensors.add<std::int64_t>("m.weight_scale", DType::I64, {1}, {1});
            break;
        case 10:
            shape(2, 3); // one word a row at 4 bits and at 8
            scales({1});
            how["quantization_config"].erase("config_groups");
            break;
        default:
            tensors.add<std::int8_t>("m.weight", DType::I8, {0, 4}, {});
            scales({1});
        }
        const Result<void> decoded = decodeCompressed(how, tensors.file);
        QVERIFY(!decoded.ok());
        QVERIFY(decoded.error().code == ErrorCode::Unreadable);
        QVERIFY(decoded.error().message.find("weight of m ") != std::string::npos);
        QVERIFY(!decoded.error().hint.empty());
    }

private:
    int m_rows = 0;
};

QTEST_APPLESS_MAIN(CompressedTest)
#include "compressed_test.moc"
