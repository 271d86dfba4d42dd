// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/tensor.h"

#include <QTest>

#include <cmath>
#include <cstring>
#include <limits>

using namespace mambascope;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// IEEE 754 binary16 by its definition.
float halfByDefinition(std::uint16_t half) {
    const int exponent = (half >> 10) & 31;
    const int fraction = half & 1023;
    const float sign = (half & 0x8000) != 0 ? -1.0f : 1.0f;
    if (exponent == 31) {
        return fraction != 0 ? std::nanf("") : sign * kInfinity;
    }
    return exponent == 0 ? sign * std::ldexp(static_cast<float>(fraction), -24)
                         : sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

std::uint16_t roundedTo(DType dtype, float value) {
    const std::vector<std::byte> bytes = fromFloat(std::span(&value, 1), dtype);
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data(), sizeof bits);
    return bits;
}

std::vector<float> read(DType dtype, const void* data, std::size_t size, std::vector<std::int64_t> shape) {
    return toFloat(TensorView{dtype, std::move(shape), {static_cast<const std::byte*>(data), size}}).value();
}

std::vector<std::uint16_t> allSixteenBits() {
    std::vector<std::uint16_t> all(65536);
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = static_cast<std::uint16_t>(i);
    }
    return all;
}

} // namespace

class TensorTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyHalfConvertsExactly() {
        const std::vector<std::uint16_t> all = allSixteenBits();
        const std::vector<float> floats = read(DType::F16, all.data(), all.size() * 2, {65536});
        for (std::size_t i = 0; i < all.size(); ++i) {
            const float expected = halfByDefinition(all[i]);
            QVERIFY2(
                std::isnan(expected) ? std::isnan(floats[i]) : floats[i] == expected,
                std::to_string(i).c_str());
            QCOMPARE(std::signbit(floats[i]), (all[i] & 0x8000) != 0);
        }
    }

    void everyBrainFloatConvertsExactly() {
        const std::vector<std::uint16_t> all = allSixteenBits();
        const std::vector<float> floats = read(DType::BF16, all.data(), all.size() * 2, {65536});
        // bfloat16 is the upper half of a float.
        for (std::size_t i = 0; i < all.size(); ++i) {
            std::uint32_t bits = 0;
            std::memcpy(&bits, &floats[i], sizeof bits);
            QCOMPARE(bits, static_cast<std::uint32_t>(all[i]) << 16);
        }
    }

    /// For all neighbours a < b: (a + b) / 2 goes to the one with an even last bit, anything nearer to one
    /// goes there.
    void roundsHalvesToNearestEven() {
        for (std::uint16_t low = 0; low < 0x7bff; ++low) {
            const float a = halfByDefinition(low);
            const float b = halfByDefinition(static_cast<std::uint16_t>(low + 1));
            const float middle = a + (b - a) / 2; // exact: a float has 13 bits more
            const auto even = static_cast<std::uint16_t>(low + (low & 1));
            QCOMPARE(roundedTo(DType::F16, a), low);
            QCOMPARE(roundedTo(DType::F16, middle), even);
            QCOMPARE(roundedTo(DType::F16, std::nextafter(middle, 0.0f)), low);
            QCOMPARE(
                roundedTo(DType::F16, std::nextafter(middle, kInfinity)),
                static_cast<std::uint16_t>(low + 1));
            QCOMPARE(roundedTo(DType::F16, -middle), static_cast<std::uint16_t>(even | 0x8000));
        }
    }

    void halvesOverflowToInfinity() {
        // 65504 is the largest half, 65520 the middle between it and the next power of two.
        QCOMPARE(roundedTo(DType::F16, 65504.0f), std::uint16_t{0x7bff});
        QCOMPARE(roundedTo(DType::F16, std::nextafter(65520.0f, 0.0f)), std::uint16_t{0x7bff});
        QCOMPARE(roundedTo(DType::F16, 65520.0f), std::uint16_t{0x7c00});
        QCOMPARE(roundedTo(DType::F16, -1e30f), std::uint16_t{0xfc00});
        QCOMPARE(roundedTo(DType::F16, kInfinity), std::uint16_t{0x7c00});
        QVERIFY(std::isnan(halfByDefinition(roundedTo(DType::F16, std::nanf("")))));
        QCOMPARE(roundedTo(DType::F16, std::numeric_limits<float>::denorm_min()), std::uint16_t{0});
        QCOMPARE(roundedTo(DType::F16, -0.0f), std::uint16_t{0x8000});
    }

    void roundsBrainFloatsToNearestEven() {
        // 1 = 0x3f80; one unit in the last place of a bfloat16 is 2^-7 there.
        QCOMPARE(roundedTo(DType::BF16, 1.0f), std::uint16_t{0x3f80});
        QCOMPARE(roundedTo(DType::BF16, 1.0f + 0x1p-8f), std::uint16_t{0x3f80});
        QCOMPARE(roundedTo(DType::BF16, 1.0f + 0x1p-8f + 0x1p-20f), std::uint16_t{0x3f81});
        QCOMPARE(roundedTo(DType::BF16, 1.0f + 3 * 0x1p-8f), std::uint16_t{0x3f82});
        QCOMPARE(roundedTo(DType::BF16, std::numeric_limits<float>::max()), std::uint16_t{0x7f80});
        QCOMPARE(roundedTo(DType::BF16, -kInfinity), std::uint16_t{0xff80});
        // A NaN whose payload lies in the lower half must not become infinity.
        const std::uint32_t bits = 0x7f800001;
        float nan = 0;
        std::memcpy(&nan, &bits, sizeof nan);
        QVERIFY((roundedTo(DType::BF16, nan) & 0x7f) != 0);
    }

    void convertsTensorsThatAreNotAligned() {
        std::vector<std::byte> memory(1 + 3 * sizeof(double));
        const double values[] = {1.5, -2.0, 1.0 + 0x1p-30};
        std::memcpy(memory.data() + 1, values, sizeof values);
        const std::vector<float> floats = read(DType::F64, memory.data() + 1, sizeof values, {3});
        QCOMPARE(floats, (std::vector<float>{1.5f, -2.0f, 1.0f}));
    }

    void refusesIntegersAndWrongSizes() {
        const std::int32_t one = 1;
        const TensorView integers{DType::I32, {1}, std::as_bytes(std::span(&one, 1))};
        QVERIFY(toFloat(integers).error().message.find("I32") != std::string::npos);
        const float value = 1;
        const TensorView floats{DType::F32, {1}, std::as_bytes(std::span(&value, 1))};
        std::vector<float> two(2);
        QVERIFY(!toFloat(floats, two).ok());
    }

    void namesRoundTrip() {
        for (const DType dtype :
             {DType::F64, DType::F32, DType::F16, DType::BF16, DType::I64, DType::I32, DType::I16, DType::I8,
              DType::U8, DType::Bool}) {
            QVERIFY(parseDType(dtypeName(dtype)) == dtype);
        }
        QVERIFY(!parseDType("f32").has_value());
        QCOMPARE(shapeText(std::vector<std::int64_t>{}), std::string("[]"));
        QCOMPARE(shapeText(std::vector<std::int64_t>{50280, 768}), std::string("[50280, 768]"));
    }
};

QTEST_APPLESS_MAIN(TensorTest)
#include "tensor_test.moc"
