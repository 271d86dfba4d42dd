// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/accumulator.h"
#include "core/quantization/clipping.h"
#include "core/quantization/quantizer.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>

using namespace mambascope;

namespace {

/// 200,000 normal values and ten outliers, one channel.
std::vector<float> values() {
    std::mt19937 generator(1);
    std::normal_distribution<float> distribution;
    std::vector<float> x(200000);
    for (float& value : x) {
        value = distribution(generator);
    }
    std::fill(x.begin(), x.begin() + 10, 80.0f);
    return x;
}

ChannelStatistics statisticsOf(const std::vector<float>& x) {
    StatisticsAccumulator accumulator(1);
    accumulator.add(x.data(), static_cast<std::int64_t>(x.size()), 1);
    return accumulator.finish();
}

double squaredError(std::vector<float> x, float clip, int bits) {
    const std::vector<float> exact = x;
    fakeQuantize(x, quantizerScale(clip, bits), bits);
    double error = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double d = static_cast<double>(x[i]) - static_cast<double>(exact[i]);
        error += d * d;
    }
    return error;
}

} // namespace

class ClippingTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void names() {
        QCOMPARE(clipName({ClipKind::Percentile, 99.9}), std::string("percentile:99.9"));
        QVERIFY(parseClip("percentile:99.99") == (Clip{ClipKind::Percentile, 99.99}));
        QVERIFY(parseClip("mse") == (Clip{ClipKind::Mse, 0}));
        QVERIFY(parseClip("absmax") == Clip{});
        for (const char* wrong : {"percentile", "percentile:", "percentile:101", "percentile:49", "percentile:nan",
                                  "percentile:99x", "MSE", ""}) {
            QVERIFY(!parseClip(wrong));
        }
    }

    void percentilesAreThoseOfTheValues() {
        // Within the bin that the true percentile lies in; bins are half an octave wide.
        std::vector<float> magnitudes = values();
        const ChannelStatistics statistics = statisticsOf(magnitudes);
        for (float& value : magnitudes) {
            value = std::fabs(value);
        }
        std::sort(magnitudes.begin(), magnitudes.end());
        for (const double percent : {50.0, 90.0, 99.0, 99.9}) {
            const auto rank = static_cast<std::size_t>(percent / 100 * static_cast<double>(magnitudes.size())) - 1;
            const float exact = magnitudes[rank];
            const float got = clipMagnitude(statistics, {ClipKind::Percentile, percent}, 80, 8);
            QVERIFY2(got > exact / 1.5f && got < exact * 1.5f, qPrintable(QString::number(got)));
        }
        QCOMPARE(clipMagnitude(statistics, {ClipKind::Percentile, 100}, 80, 8), 80.0f);
        // Never more than what reaches the quantizer.
        QCOMPARE(clipMagnitude(statistics, {ClipKind::Percentile, 99.9999}, 2, 8), 2.0f);
    }

    void leastSquaredErrorIsNearlyTheLeast_data() {
        QTest::addColumn<int>("bits");
        for (const int bits : {2, 4, 6, 8}) {
            QTest::addRow("%d", bits) << bits;
        }
    }
    void leastSquaredErrorIsNearlyTheLeast() {
        // Measured on the values themselves, on a grid twice as fine: the histogram's choice costs little more.
        QFETCH(int, bits);
        const std::vector<float> x = values();
        const float chosen = clipMagnitude(statisticsOf(x), {ClipKind::Mse, 0}, 80, bits);
        double least = squaredError(x, 80, bits);
        for (int i = 1; i <= 160; ++i) {
            least = std::min(least, squaredError(x, 80 * std::exp2(static_cast<float>(-i) / 16), bits));
        }
        QVERIFY(squaredError(x, chosen, bits) <= 1.25 * least);
    }

    void withoutADistributionNothingIsClipped() {
        ChannelStatistics imported;
        imported.absmax = {3, 5};
        imported.histogram.assign(80, 0);
        QVERIFY(!hasDistribution(imported));
        QCOMPARE(clipMagnitude(imported, {ClipKind::Mse, 0}, 5, 8), 5.0f);
    }
};

QTEST_APPLESS_MAIN(ClippingTest)
#include "clipping_test.moc"
