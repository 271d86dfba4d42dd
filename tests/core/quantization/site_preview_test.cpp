// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/site_preview.h"

#include "core/quantization/quantizer.h"
#include "core/quantization/rotation.h"
#include "tests/support/paths.h"

#include <QTest>

#include <cmath>
#include <numeric>
#include <random>

using namespace mambascope;

namespace {

std::vector<float> normal(std::size_t count, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> distribution;
    std::vector<float> values(count);
    std::generate(values.begin(), values.end(), [&] { return distribution(generator); });
    return values;
}

/// All rows of a weight [outputs, inputs].
WeightSample whole(const std::vector<float>& weight, std::int64_t outputs, std::int64_t inputs) {
    return {outputs, inputs, weight, columnAbsmax(weight, outputs, inputs)};
}

double relativeSquares(const std::vector<float>& got, const std::vector<float>& expected) {
    double error = 0, all = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const auto e = static_cast<double>(expected[i]);
        error += (static_cast<double>(got[i]) - e) * (static_cast<double>(got[i]) - e);
        all += e * e;
    }
    return error / all;
}

/// Channel j of an input is normal with a deviation of its own.
std::vector<float> inputOf(std::size_t tokens, std::size_t channels) {
    std::vector<float> x = normal(tokens * channels, 5);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] *= 0.1f + static_cast<float>(i % channels % 7) + (i % channels == 3 ? 40.0f : 0.0f);
    }
    return x;
}

ChannelStatistics statisticsOf(const std::vector<float>& x, std::size_t channels) {
    ChannelStatistics s;
    s.absmax = columnAbsmax(x, static_cast<std::int64_t>(x.size() / channels), static_cast<std::int64_t>(channels));
    s.mean.resize(channels), s.m2.resize(channels);
    for (std::size_t i = 0; i < x.size(); ++i) { // the mean is taken for 0
        s.m2[i % channels] += x[i] * x[i] / static_cast<float>(x.size() / channels);
    }
    return s;
}

/// x [tokens, inputs] · wᵀ [inputs, outputs].
std::vector<float>
product(const std::vector<float>& x, const std::vector<float>& w, std::size_t inputs, std::size_t outputs) {
    std::vector<float> y(x.size() / inputs * outputs);
    for (std::size_t t = 0; t < x.size() / inputs; ++t) {
        for (std::size_t o = 0; o < outputs; ++o) {
            double sum = 0;
            for (std::size_t j = 0; j < inputs; ++j) {
                sum += static_cast<double>(x[t * inputs + j]) * static_cast<double>(w[o * inputs + j]);
            }
            y[t * outputs + o] = static_cast<float>(sum);
        }
    }
    return y;
}

} // namespace

class SitePreviewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theErrorIsThatOfTheWholeWeight_data() {
        QTest::addColumn<QString>("granularity");
        QTest::addColumn<QString>("format");
        for (const char* granularity : {"tensor", "channel", "group:16"}) {
            QTest::newRow(granularity) << granularity << "int";
        }
        for (const char* format : {"fp8_e4m3", "mxfp4", "nvfp4"}) {
            QTest::newRow(format) << "tensor" << format;
        }
    }
    void theErrorIsThatOfTheWholeWeight() {
        QFETCH(QString, granularity);
        QFETCH(QString, format);
        constexpr std::int64_t kOutputs = 20, kInputs = 52;
        std::vector<float> weight = normal(kOutputs * kInputs, 1);
        weight[7] = 9;
        ResolvedSite site;
        site.weight = {
            4, *parseGranularity(granularity.toStdString()), *parseNumberFormat(format.toStdString())};
        for (std::int64_t j = 0; j < kInputs; ++j) {
            site.smoothing.push_back(0.5f + 0.1f * static_cast<float>(j));
        }
        std::vector<float> quantized = weight;
        for (std::size_t i = 0; i < quantized.size(); ++i) {
            quantized[i] *= site.smoothing[i % kInputs];
        }
        const std::vector<float> scales = weightScales(quantized, kOutputs, kInputs, site.weight);
        fakeQuantizeWeight(quantized, kOutputs, kInputs, site.weight);
        const std::vector<float> smoothed = quantized;
        for (std::size_t i = 0; i < quantized.size(); ++i) {
            quantized[i] /= site.smoothing[i % kInputs];
        }
        const SitePreview preview = previewSite(site, whole(weight, kOutputs, kInputs), {});
        QVERIFY(std::fabs(preview.weightError / relativeSquares(quantized, weight) - 1) < 1e-5);
        QVERIFY(!preview.outputErrorOfWeight && !preview.outputErrorOfInput);
        QCOMPARE(preview.weightLevels.size(), std::size_t{format == "int" ? 15U : 0U});
        if (granularity == "tensor" && format == "int") {
            std::vector<double> shares(15);
            for (const float value : smoothed) {
                shares[static_cast<std::size_t>(std::lround(value / scales[0]) + 7)] += 1.0 / (kOutputs * kInputs);
            }
            for (std::size_t i = 0; i < shares.size(); ++i) {
                QVERIFY(std::fabs(preview.weightLevels[i] - shares[i]) < 1e-9);
            }
        }
    }

    void theScaleIsThatOfRowsThatWereNotSampled() {
        std::vector<float> weight = normal(std::size_t{64} * 32, 2);
        WeightSample sample = whole(weight, 64, 32);
        sample.rows.resize(32);
        sample.columnAbsmax[5] = 100; // of a row that is not there
        ResolvedSite site;
        site.weight = {8, {}, NumberFormat::Int};
        const SitePreview preview = previewSite(site, sample, {});
        std::vector<float> row(weight.begin(), weight.begin() + 32);
        fakeQuantize(row, quantizerScale(100, 8), 8);
        weight.resize(32);
        QVERIFY(std::fabs(preview.weightError / relativeSquares(row, weight) - 1) < 1e-6);
    }

    void outputErrorsAreNearThoseOfAProduct_data() {
        QTest::addColumn<double>("alpha");
        QTest::newRow("plain") << -1.0;
        QTest::newRow("α 0.5") << 0.5;
        QTest::newRow("α 0.8") << 0.8;
    }
    void outputErrorsAreNearThoseOfAProduct() {
        // Independent channels, as the estimates assume: within 15 % of what a product of them is off by.
        QFETCH(double, alpha);
        constexpr std::size_t kTokens = 200, kInputs = 64, kOutputs = 40;
        const std::vector<float> weight = normal(kOutputs * kInputs, 3), x = inputOf(kTokens, kInputs);
        const ChannelStatistics statistics = statisticsOf(x, kInputs);
        const WeightSample sample = whole(weight, kOutputs, kInputs);
        ResolvedSite site;
        site.weight = {4, {GranularityKind::Channel, 0}, NumberFormat::Int};
        std::vector<float> smoothedX = x, smoothedW = weight;
        if (alpha >= 0) {
            site.smoothing = smoothingFactors(statistics.absmax, sample.columnAbsmax, alpha, {});
            for (std::size_t i = 0; i < x.size(); ++i) {
                smoothedX[i] /= site.smoothing[i % kInputs];
            }
            for (std::size_t i = 0; i < weight.size(); ++i) {
                smoothedW[i] *= site.smoothing[i % kInputs];
            }
        }
        site.input = {6, ActivationScale::Static, quantizerScale(finiteAbsmax(smoothedX), 6), NumberFormat::Int};
        const SitePreview preview = previewSite(site, sample, statistics);
        const std::vector<float> y = product(smoothedX, smoothedW, kInputs, kOutputs);
        std::vector<float> quantizedX = smoothedX, quantizedW = smoothedW;
        fakeQuantize(quantizedX, site.input.scale, 6);
        fakeQuantizeWeight(quantizedW, kOutputs, kInputs, site.weight);
        const double ofWeight = relativeSquares(product(smoothedX, quantizedW, kInputs, kOutputs), y);
        const double ofInput = relativeSquares(product(quantizedX, smoothedW, kInputs, kOutputs), y);
        qInfo("weight %.2e, estimated %.2e; input %.2e, estimated %.2e", ofWeight, *preview.outputErrorOfWeight,
              ofInput, *preview.outputErrorOfInput);
        QVERIFY(std::fabs(*preview.outputErrorOfWeight / ofWeight - 1) < 0.15);
        QVERIFY(std::fabs(*preview.outputErrorOfInput / ofInput - 1) < 0.15);
        QCOMPARE(preview.inputScale, site.input.scale);
        QCOMPARE(
            quantizerScale(finiteAbsmax(preview.inputAbsmax), 6), site.input.scale);
    }

    void whatCannotBeEstimatedIsLeftOut() {
        const std::vector<float> weight = normal(16 * 8, 4), x = inputOf(50, 8);
        const ChannelStatistics statistics = statisticsOf(x, 8);
        const WeightSample sample = whole(weight, 16, 8);
        ResolvedSite site;
        QCOMPARE(*previewSite(site, sample, statistics).outputErrorOfInput, 0.0); // nothing is quantized
        site.input = {8, ActivationScale::Token, 0, NumberFormat::Int};
        QVERIFY(!previewSite(site, sample, statistics).outputErrorOfInput);
        site.input = {8, ActivationScale::Static, quantizerScale(1, 8), NumberFormat::Int}; // clips
        QVERIFY(!previewSite(site, sample, statistics).outputErrorOfInput);
        ChannelStatistics magnitudes = statistics;
        std::fill(magnitudes.m2.begin(), magnitudes.m2.end(), 0.0f);
        QVERIFY(!previewSite(site, sample, magnitudes).outputErrorOfWeight);
    }

    void rotationAndChannelsInFloats() {
        constexpr std::int64_t kOutputs = 24, kInputs = 40;
        std::vector<float> weight = normal(kOutputs * kInputs, 6);
        for (std::size_t i = 3; i < weight.size(); i += kInputs) {
            weight[i] *= 30;
        }
        const WeightSample sample = whole(weight, kOutputs, kInputs);
        ResolvedSite site;
        site.weight = {4, {}, NumberFormat::Int};
        const double plain = previewSite(site, sample, {}).weightError;
        site.exempt = {3};
        QVERIFY(previewSite(site, sample, {}).weightError < plain);
        site.exempt.clear();
        site.rotate = true;
        std::vector<float> rotated = weight;
        const Rotation rotation(kInputs);
        rotation.apply(rotated);
        fakeQuantizeWeight(rotated, kOutputs, kInputs, site.weight);
        rotation.applyInverse(rotated);
        QVERIFY(std::fabs(previewSite(site, sample, {}).weightError / relativeSquares(rotated, weight) - 1) < 1e-4);
    }

    void samplesAreRowsOfTheCheckpoint() {
        const auto checkpoint = openCheckpoint(test::fixtureFolder() / "hf-bf16-untied").value();
        const SiteId site{1, Linear::InProj};
        const WeightSample sample = sampleWeight(*checkpoint, site).value();
        const std::vector<float> weight =
            checkpoint->floats(checkpoint->names.blocks[1].linear(Linear::InProj)).value();
        QCOMPARE(sample.inputs, std::int64_t{checkpoint->spec.inputs(Linear::InProj)});
        QCOMPARE(sample.rows, weight); // small enough for all of them
        QCOMPARE(sample.columnAbsmax, columnAbsmax(weight, sample.outputs, sample.inputs));
    }

    void oneSiteIsResolvedAsInAWholePlan() {
        const auto checkpoint = openCheckpoint(test::fixtureFolder() / "hf-f32").value();
        const auto weights = weightStatistics(*checkpoint, {}).value();
        CalibrationSnapshot calibration;
        calibration.spec = checkpoint->spec;
        for (int i = 0; i < calibration.spec.siteCount(); ++i) {
            std::array<ChannelStatistics, 2> sides;
            for (const Side side : {Side::Input, Side::Output}) {
                const auto channels =
                    static_cast<std::size_t>(calibration.spec.channels(SiteId::fromIndex(i).linear, side));
                sides[static_cast<std::size_t>(side)] = statisticsOf(inputOf(9, channels), channels);
            }
            calibration.sites.push_back(std::move(sides));
        }
        const QuantPlan plan = presetPlan("SmoothQuant W8A8 α=0.5").value();
        const auto all = resolvePlan(checkpoint->spec, plan, &calibration, &weights, "");
        for (const SiteId site : checkpoint->spec.sites()) {
            const auto one = resolveSite(checkpoint->spec, plan, &calibration, &weights, site);
            QVERIFY(one.value() == all.value().sites[static_cast<std::size_t>(site.index())]);
        }
        QVERIFY(!resolveSite(checkpoint->spec, plan, &calibration, nullptr, {0, Linear::InProj}).ok());
        QVERIFY(!resolveSite(checkpoint->spec, plan, nullptr, &weights, {0, Linear::InProj}).ok());
    }
};

QTEST_APPLESS_MAIN(SitePreviewTest)
#include "site_preview_test.moc"
