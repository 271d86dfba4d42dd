// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/accumulator.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <random>

using namespace mambascope;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

ChannelStatistics statisticsOf(const std::vector<float>& x, int channels) {
    StatisticsAccumulator accumulator(channels);
    accumulator.add(x.data(), static_cast<std::int64_t>(x.size()) / channels, channels);
    return accumulator.finish();
}

/// The definitions, in double, one channel after the other.
struct Reference {
    double min = kInf, max = -kInf, mean = 0, m2 = 0;
    std::int64_t above6 = 0;
};

Reference reference(const std::vector<float>& x, int channels, int channel) {
    Reference result;
    const double tokens = static_cast<double>(x.size()) / channels;
    for (std::size_t i = static_cast<std::size_t>(channel); i < x.size();
         i += static_cast<std::size_t>(channels)) {
        const auto v = static_cast<double>(x[i]);
        result.min = std::min(result.min, v);
        result.max = std::max(result.max, v);
        result.mean += v / tokens;
        result.above6 += std::fabs(v) >= 6 ? 1 : 0;
    }
    for (std::size_t i = static_cast<std::size_t>(channel); i < x.size();
         i += static_cast<std::size_t>(channels)) {
        result.m2 += std::pow(static_cast<double>(x[i]) - result.mean, 2) / tokens;
    }
    return result;
}

bool near(double actual, double expected, double relative) {
    return std::fabs(actual - expected) <= relative * std::max(std::fabs(expected), 1e-12);
}

} // namespace

class AccumulatorTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void threeTokensByHand() {
        // channel 0: 1, −4, 3; channel 1: 0, 6, −6
        const ChannelStatistics s = statisticsOf({1, 0, -4, 6, 3, -6}, 2);
        QCOMPARE(s.absmax, (std::vector<float>{4, 6}));
        QCOMPARE(s.min, (std::vector<float>{-4, -6}));
        QCOMPARE(s.max, (std::vector<float>{3, 6}));
        QCOMPARE(s.mean, (std::vector<float>{0, 0}));
        QVERIFY(near(static_cast<double>(s.m2[0]), 26.0 / 3, 1e-6));
        QVERIFY(near(static_cast<double>(s.m2[1]), 24.0, 1e-6));
        QCOMPARE(s.above6, (std::vector<std::int64_t>{0, 2})); // exactly 6 counts
        QCOMPARE(s.nonfinite, std::int64_t{0});
        QCOMPARE(s.largest(), 6.0f);
        QCOMPARE(s.largestChannel(), 1);
        // Over all six values: mean 0, variance (1 + 16 + 9 + 36 + 36) / 6.
        QCOMPARE(s.elementMean(), 0.0);
        QVERIFY(near(s.elementStd(), std::sqrt(98.0 / 6), 1e-7));
    }

    void agreesWithDoubleAtEveryShape_data() {
        QTest::addColumn<int>("channels");
        QTest::addColumn<int>("tokens");
        for (const auto& [channels, tokens] :
             {std::pair{1, 1}, {3, 5}, {17, 64}, {511, 67}, {512, 63}, {513, 130}, {1100, 3}}) {
            QTest::addRow("%d channels, %d tokens", channels, tokens) << channels << tokens;
        }
    }

    void agreesWithDoubleAtEveryShape() {
        QFETCH(int, channels);
        QFETCH(int, tokens);
        std::mt19937 generator(7);
        std::vector<float> x(static_cast<std::size_t>(channels * tokens));
        for (float& v : x) {
            v = static_cast<float>(static_cast<std::int32_t>(generator())) * 4e-9f; // ±8.6
        }
        const ChannelStatistics s = statisticsOf(x, channels);
        std::int64_t counted = 0;
        for (const std::int64_t n : s.histogram) {
            counted += n;
        }
        QCOMPARE(counted, static_cast<std::int64_t>(x.size()));
        for (int c = 0; c < channels; ++c) {
            const Reference r = reference(x, channels, c);
            const auto at = static_cast<std::size_t>(c);
            QCOMPARE(static_cast<double>(s.min[at]), r.min);
            QCOMPARE(static_cast<double>(s.max[at]), r.max);
            QCOMPARE(static_cast<double>(s.absmax[at]), std::max(std::fabs(r.min), std::fabs(r.max)));
            QCOMPARE(s.above6[at], r.above6);
            QVERIFY(std::fabs(static_cast<double>(s.mean[at]) - r.mean) < 1e-5);
            QVERIFY(std::fabs(static_cast<double>(s.m2[at]) - r.m2) < 1e-4);
        }
    }

    void varianceSurvivesALargeMean() {
        // 4096 ± 1 alternating: variance 1. Sums of squares without a shift would lose it in fp32.
        std::vector<float> x;
        for (int i = 0; i < 10000; ++i) {
            x.push_back(i % 2 == 0 ? 4095.0f : 4097.0f);
        }
        const ChannelStatistics s = statisticsOf(x, 1);
        QCOMPARE(s.mean[0], 4096.0f);
        QVERIFY(near(static_cast<double>(s.m2[0]), 1.0, 1e-6));
    }

    void rowsMayLieApart() {
        const std::vector<float> x{1, 2, 99, 99, 3, 4, 99, 99};
        StatisticsAccumulator accumulator(2);
        accumulator.add(x.data(), 2, 4);
        QCOMPARE(accumulator.finish().absmax, (std::vector<float>{3, 4}));
    }

    void piecesGiveTheSameAsTheWhole() {
        std::mt19937 generator(3);
        constexpr int kChannels = 40;
        constexpr int kTokens = 300;
        std::vector<float> x(kChannels * kTokens);
        for (float& v : x) {
            v = static_cast<float>(static_cast<std::int32_t>(generator())) * 1e-9f;
        }
        StatisticsAccumulator pieces(kChannels);
        for (int row = 0; row < kTokens; row += 7) {
            pieces.add(x.data() + row * kChannels, std::min(7, kTokens - row), kChannels);
        }
        const ChannelStatistics whole = statisticsOf(x, kChannels);
        const ChannelStatistics sum = pieces.finish();
        QCOMPARE(sum.absmax, whole.absmax);
        QCOMPARE(sum.histogram, whole.histogram);
        for (std::size_t c = 0; c < kChannels; ++c) {
            QVERIFY(near(static_cast<double>(sum.m2[c]), static_cast<double>(whole.m2[c]), 1e-5));
        }
    }

    void nonFiniteValuesAreCountedAndLeftOut() {
        const ChannelStatistics s = statisticsOf({kNan, 1, 2, -kInf, 4, kInf}, 2);
        QCOMPARE(s.nonfinite, std::int64_t{3});
        QCOMPARE(s.absmax, (std::vector<float>{4, 1}));
        QCOMPARE(s.mean, (std::vector<float>{3, 1})); // (2 + 4) / 2 and 1 / 1
        QCOMPARE(s.m2, (std::vector<float>{1, 0}));
    }

    void aChannelWithoutAnyFiniteValueIsZero() {
        const ChannelStatistics s = statisticsOf({kNan, kNan}, 1);
        QCOMPARE(s.absmax[0], 0.0f);
        QCOMPARE(s.min[0], 0.0f);
        QCOMPARE(s.max[0], 0.0f);
        QCOMPARE(s.nonfinite, std::int64_t{2});
    }

    void hugeValuesDoNotOverflow() {
        const ChannelStatistics s = statisticsOf({1e30f, -1e30f, 1e30f, -1e30f}, 1);
        QCOMPARE(s.absmax[0], 1e30f);
        QCOMPARE(s.mean[0], 0.0f);
        QVERIFY(std::isinf(s.m2[0])); // 1e60 is no fp32
    }

    void negativeZeroIsZero() {
        const ChannelStatistics s = statisticsOf({-0.0f, 0.0f}, 1);
        QCOMPARE(s.absmax[0], 0.0f);
        QCOMPARE(s.histogram[0], std::int64_t{2});
    }

    void histogramEdgesAndBinsAgree() {
        QCOMPARE(histogramEdge(0), 0.0f);
        QCOMPARE(histogramEdge(40), 1.0f); // bin 2 · (e + 20) begins at 2^e
        QCOMPARE(histogramEdge(41), 1.5f);
        QCOMPARE(histogramEdge(1), 1.5f * 0x1p-20f);
        for (int bin = 1; bin < kHistogramBins; ++bin) {
            const float edge = histogramEdge(bin);
            QCOMPARE(histogramBin(edge), bin);
            QCOMPARE(histogramBin(std::nextafter(edge, 0.0f)), bin - 1);
        }
        QCOMPARE(histogramBin(0.0f), 0);
        QCOMPARE(histogramBin(1e-30f), 0);
        QCOMPARE(histogramBin(1e30f), kHistogramBins - 1);
        QCOMPARE(histogramBin(-3.0f), histogramBin(3.0f));
    }
};

QTEST_APPLESS_MAIN(AccumulatorTest)
#include "accumulator_test.moc"
