// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/quantizer.h"

#include <QTest>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

using namespace mambascope;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

std::vector<float> quantized(std::vector<float> x, float scale, int bits) {
    fakeQuantize(x, scale, bits);
    return x;
}

std::vector<std::int8_t> integers(const std::vector<float>& x, float scale, int bits) {
    std::vector<std::int8_t> q(x.size());
    quantize(x, scale, bits, q);
    return q;
}

/// The definition, with the library's rounding.
float definition(float x, float scale, int bits) {
    const auto limit = static_cast<float>(quantizerMax(bits));
    return std::clamp(std::nearbyint(x / scale), -limit, limit) * scale;
}

std::vector<float> randomValues(std::size_t count, unsigned seed) {
    std::mt19937 generator(seed);
    std::vector<float> x(count);
    for (float& v : x) {
        v = static_cast<float>(static_cast<std::int32_t>(generator())) * 1e-9f; // ±2.1
    }
    return x;
}

constexpr Granularity kTensor{};
constexpr Granularity kChannel{GranularityKind::Channel, 0};
constexpr Granularity kGroupOf3{GranularityKind::Group, 3};

} // namespace

class QuantizerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void largestIntegers() {
        QCOMPARE(quantizerMax(2), 1);
        QCOMPARE(quantizerMax(3), 3);
        QCOMPARE(quantizerMax(4), 7);
        QCOMPARE(quantizerMax(8), 127);
    }

    void scales() {
        QCOMPARE(quantizerScale(127.0f, 8), 1.0f);
        QCOMPARE(quantizerScale(3.5f, 4), 0.5f);
        QCOMPARE(quantizerScale(0.0f, 8), 0.0f);
        QCOMPARE(quantizerScale(1e-37f, 8), 0.0f); // 7.9e-40 is subnormal
        QCOMPARE(quantizerScale(1e-45f, 2), 0.0f);
        QCOMPARE(quantizerScale(kInf, 8), 0.0f);
        QCOMPARE(quantizerScale(kNan, 8), 0.0f);
        QCOMPARE(quantizerScale(std::numeric_limits<float>::min(), 2), std::numeric_limits<float>::min());
    }

    void tiesGoToEven() {
        QCOMPARE(
            quantized({0.5f, 1.5f, 2.5f, 3.5f, -0.5f, -1.5f, -2.5f}, 1.0f, 8),
            (std::vector<float>{0, 2, 2, 4, 0, -2, -2}));
        QCOMPARE(
            integers({0.5f, 1.5f, 2.5f, -2.5f, -3.5f}, 1.0f, 8), (std::vector<std::int8_t>{0, 2, 2, -2, -4}));
    }

    void valuesBeyondTheRangeAreClamped() {
        QCOMPARE(quantized({7.4f, 7.6f, 100.0f, -100.0f}, 1.0f, 4), (std::vector<float>{7, 7, 7, -7}));
        QCOMPARE(integers({300.0f, -128.0f, 127.5f}, 1.0f, 8), (std::vector<std::int8_t>{127, -127, 127}));
        QCOMPARE(quantized({3e38f, -3e38f}, 1e-3f, 8), (std::vector<float>{127 * 1e-3f, -127 * 1e-3f}));
    }

    void divisionIsTrueDivision() {
        // 1/Δ is no fp32 number for most Δ; multiplying by it moves values that lie next to a rounding
        // boundary.
        int moved = 0;
        std::mt19937 generator(5);
        for (int i = 0; i < 20000; ++i) {
            const float scale = 0.01f + static_cast<float>(generator() % 100000U) * 1e-7f;
            const float x = (static_cast<float>(generator() % 127U) + 0.5f) * scale;
            QCOMPARE(quantized({x}, scale, 8)[0], definition(x, scale, 8));
            moved += definition(x, scale, 8) != std::nearbyint(x * (1.0f / scale)) * scale ? 1 : 0;
        }
        QVERIFY(moved > 100); // so this test would notice a reciprocal
    }

    void nanStaysInfinitySaturatesBothAreCounted() {
        std::vector<float> x{kNan, kInf, -kInf, 1.0f};
        QCOMPARE(fakeQuantize(x, 0.5f, 4), std::int64_t{3});
        QVERIFY(std::isnan(x[0]));
        QCOMPARE(x[1], 3.5f);
        QCOMPARE(x[2], -3.5f);
        QCOMPARE(x[3], 1.0f);
        std::vector<std::int8_t> q(3);
        QCOMPARE(quantize(std::vector<float>{kNan, kInf, -kInf}, 0.5f, 4, q), std::int64_t{3});
        QCOMPARE(q, (std::vector<std::int8_t>{0, 7, -7}));
    }

    void aScaleOfZeroGivesZero() {
        std::vector<float> x{1.0f, -2.0f, kNan, kInf};
        QCOMPARE(fakeQuantize(x, 0.0f, 8), std::int64_t{2});
        QCOMPARE(x[0], 0.0f);
        QCOMPARE(x[1], 0.0f);
        QVERIFY(std::isnan(x[2]));
        QCOMPARE(x[3], 0.0f);
        QCOMPARE(integers({5.0f, kNan}, 0.0f, 8), (std::vector<std::int8_t>{0, 0}));
    }

    void everyWidthAndLengthFollowsTheDefinition_data() {
        QTest::addColumn<int>("bits");
        for (int bits = 2; bits <= 8; ++bits) {
            QTest::addRow("%d bits", bits) << bits;
        }
    }
    void everyWidthAndLengthFollowsTheDefinition() {
        QFETCH(int, bits);
        // Lengths around every vector width, and across the chunk of the count.
        for (const std::size_t count : {1UL, 3UL, 7UL, 8UL, 9UL, 15UL, 16UL, 17UL, 33UL, 70001UL}) {
            const std::vector<float> x = randomValues(count, 11);
            const float scale = quantizerScale(finiteAbsmax(x), bits);
            const std::vector<float> fake = quantized(x, scale, bits);
            const std::vector<std::int8_t> q = integers(x, scale, bits);
            for (std::size_t i = 0; i < count; ++i) {
                const float expected = definition(x[i], scale, bits);
                QVERIFY(fake[i] == expected);
                QVERIFY(static_cast<float>(q[i]) * scale == expected);
                QVERIFY(std::abs(q[i]) <= quantizerMax(bits));
            }
        }
    }

    void absmaxLeavesOutWhatIsNotFinite() {
        QCOMPARE(finiteAbsmax(std::vector<float>{1, -3, kInf, kNan, -kInf, 2}), 3.0f);
        QCOMPARE(finiteAbsmax(std::vector<float>{kNan}), 0.0f);
        QCOMPARE(finiteAbsmax({}), 0.0f);
    }

    void requantizingKeepsEveryInteger() {
        // x̂ = q·Δ has the absmax fl(qmax·Δ), whose scale is Δ to within an ulp: the integers stay.
        for (const Granularity granularity : {kTensor, kChannel, Granularity{GranularityKind::Group, 16}}) {
            for (int bits = 2; bits <= 8; ++bits) {
                const WeightQuantization how{bits, granularity};
                std::vector<float> once = randomValues(32 * 48, static_cast<unsigned>(bits));
                fakeQuantizeWeight(once, 32, 48, how);
                std::vector<float> twice = once;
                fakeQuantizeWeight(twice, 32, 48, how);
                for (std::size_t i = 0; i < once.size(); ++i) {
                    QVERIFY(
                        std::abs(
                            std::bit_cast<std::int32_t>(once[i]) - std::bit_cast<std::int32_t>(twice[i])) <=
                        1);
                }
            }
        }
    }

    void granularitiesByHand() {
        // Two rows of five; 2 bits: qmax 1, so that every scale is an absmax.
        const std::vector<float> w{1, -2, 3, 4, 0, 10, 20, -30, 0, -50};
        QCOMPARE(weightScales(w, 2, 5, {2, kTensor}), std::vector<float>{50});
        QCOMPARE(weightScales(w, 2, 5, {2, kChannel}), (std::vector<float>{4, 50}));
        // Groups of three: the last of each row is shorter.
        QCOMPARE(weightScales(w, 2, 5, {2, kGroupOf3}), (std::vector<float>{3, 4, 30, 50}));
        std::vector<float> byGroup = w;
        QCOMPARE(fakeQuantizeWeight(byGroup, 2, 5, {2, kGroupOf3}), std::int64_t{0});
        QCOMPARE(byGroup, (std::vector<float>{0, -3, 3, 4, 0, 0, 30, -30, 0, -50})); // 1/3, 10/30 round to 0
        std::vector<float> byRow = w;
        fakeQuantizeWeight(byRow, 2, 5, {2, kChannel});
        QCOMPARE(
            byRow, (std::vector<float>{0, 0, 4, 4, 0, 0, 0, -50, 0, -50})); // −2/4 and 20/50: tie and below
    }

    void aGroupAsLongAsTheRowIsAChannel() {
        const std::vector<float> w = randomValues(6 * 10, 2);
        for (const int size : {10, 11, 1000}) {
            std::vector<float> group = w, channel = w;
            fakeQuantizeWeight(group, 6, 10, {4, {GranularityKind::Group, size}});
            fakeQuantizeWeight(channel, 6, 10, {4, kChannel});
            QCOMPARE(group, channel);
        }
    }

    void switchedOffChangesNothing() {
        std::vector<float> w{0.1f, kNan};
        QCOMPARE(fakeQuantizeWeight(w, 1, 2, {}), std::int64_t{0});
        QCOMPARE(w[0], 0.1f);
    }

    void anInfinityDoesNotSpoilTheScale() {
        std::vector<float> w{1.0f, kInf, -0.5f, kNan};
        QCOMPARE(fakeQuantizeWeight(w, 1, 4, {2, kTensor}), std::int64_t{2});
        QCOMPARE(w[0], 1.0f);
        QCOMPARE(w[1], 1.0f);
    }

    void parametersOfOtherShapes() {
        // conv1d [2, 1, 2]: a row per channel; D [3]: one row.
        std::vector<float> conv{1, 0.2f, 10, 2};
        fakeQuantizeParameter(conv, std::vector<std::int64_t>{2, 1, 2}, {2, kChannel});
        QCOMPARE(conv, (std::vector<float>{1, 0, 10, 0}));
        std::vector<float> d{1, 10, 6};
        fakeQuantizeParameter(d, std::vector<std::int64_t>{3}, {2, kChannel});
        QCOMPARE(d, (std::vector<float>{0, 10, 10}));
    }

    void columnMaxima() {
        QCOMPARE(
            columnAbsmax(std::vector<float>{1, -2, 0, -3, 1, kInf}, 2, 3), (std::vector<float>{3, 2, 0}));
    }

    void smoothingAtItsEnds() {
        const std::vector<float> x{4, 0.25f, 100};
        const std::vector<float> w{0.5f, 2, 1};
        QCOMPARE(smoothingFactors(x, w, 1.0, {}), x);                                // α = 1: max|X|
        QCOMPARE(smoothingFactors(x, w, 0.0, {}), (std::vector<float>{2, 0.5f, 1})); // α = 0: 1 / max|W|
        // α = ½: √(4 / 0.5) = √8, √(0.25 / 2) = √⅛, √100
        const auto half = smoothingFactors(x, w, 0.5, {});
        QCOMPARE(half[0], static_cast<float>(std::sqrt(8.0)));
        QCOMPARE(half[1], static_cast<float>(std::sqrt(0.125)));
        QCOMPARE(half[2], 10.0f);
    }

    void smoothingHasAFloor() {
        QCOMPARE(smoothingFactors(std::vector<float>{1e-9f}, std::vector<float>{1}, 1.0, {})[0], 1e-5f);
        QCOMPARE(smoothingFactors(std::vector<float>{1}, std::vector<float>{1e6f}, 0.0, {})[0], 1e-5f);
    }

    void smoothingLeavesSilentAndZeroedChannelsAlone() {
        const auto s = smoothingFactors(
            std::vector<float>{0, 5, 5, 5}, std::vector<float>{1, 0, 1, 1}, 1.0,
            std::vector<std::int32_t>{2});
        QCOMPARE(s, (std::vector<float>{1, 1, 1, 5}));
    }
};

QTEST_APPLESS_MAIN(QuantizerTest)
#include "quantizer_test.moc"
