// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantization/number_format.h"
#include "core/quantization/quantizer.h"
#include "core/quantization/resolve.h"
#include "tests/core/quantization/tiny_spec.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace mambascope;

namespace {

/// Every value of a format that is not negative, ascending, from its definition.
std::vector<double> valuesOf(const SmallFloat& format) {
    std::vector<double> values;
    const int steps = 1 << format.mantissaBits;
    for (int k = 0; k < steps; ++k) { // denormal
        values.push_back(std::ldexp(static_cast<double>(k) / steps, format.minExponent));
    }
    for (int exponent = format.minExponent; values.back() < static_cast<double>(format.largest); ++exponent) {
        for (int k = 0; k < steps && values.back() < static_cast<double>(format.largest); ++k) {
            values.push_back(std::ldexp(1 + static_cast<double>(k) / steps, exponent));
        }
    }
    return values;
}

/// Nearest value; of two as near the one with the even position, which is the one with the even mantissa.
double nearest(double x, const std::vector<double>& values) {
    const auto above = std::lower_bound(values.begin(), values.end(), std::fabs(x));
    if (above == values.end()) {
        return std::copysign(values.back(), x);
    }
    if (above == values.begin()) {
        return std::copysign(values.front(), x);
    }
    const double low = *std::prev(above), high = *above, size = std::fabs(x);
    const bool up =
        high - size < size - low || (high - size == size - low && (above - values.begin()) % 2 == 0);
    return std::copysign(up ? high : low, x);
}

std::vector<float> normal(std::size_t count, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> distribution(0.0f, 1.0f);
    std::vector<float> x(count);
    std::generate(x.begin(), x.end(), [&] { return distribution(generator); });
    return x;
}

} // namespace

/// Formats by their definitions (docs/quantization.md): OCP FP8, microscaling formats, NVFP4.
class NumberFormatTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesAreParsed() {
        for (const NumberFormat format :
             {NumberFormat::Int, NumberFormat::Fp8E4M3, NumberFormat::Fp8E5M2, NumberFormat::MxFp4,
              NumberFormat::NvFp4}) {
            QCOMPARE(parseNumberFormat(numberFormatName(format)), std::optional(format));
        }
        QVERIFY(!parseNumberFormat("fp8"));
    }

    /// 448, 57344 and 6 are the largest finite values; E4M3 has 127 values from 0 on (one code is NaN), E5M2
    /// 124, E2M1 8.
    void formatsHaveTheValuesOfTheirSpecifications() {
        QCOMPARE(valuesOf(kE4M3).size(), std::size_t{127});
        QCOMPARE(valuesOf(kE4M3).back(), 448.0);
        QCOMPARE(valuesOf(kE4M3)[1], std::ldexp(1.0, -9));
        QCOMPARE(valuesOf(kE5M2).size(), std::size_t{124});
        QCOMPARE(valuesOf(kE5M2).back(), 57344.0);
        QCOMPARE(valuesOf(kE5M2)[1], std::ldexp(1.0, -16));
        QCOMPARE(valuesOf(kE2M1), (std::vector<double>{0, 0.5, 1, 1.5, 2, 3, 4, 6}));
    }

    void roundsToTheNearest() {
        for (const SmallFloat& format : {kE4M3, kE5M2, kE2M1}) {
            const std::vector<double> values = valuesOf(format);
            for (std::size_t i = 0; i < values.size(); ++i) {
                const auto value = static_cast<float>(values[i]);
                QCOMPARE(roundToSmallFloat(value, format), value);
                QCOMPARE(roundToSmallFloat(-value, format), -value);
                if (i > 0) { // ties, and their neighbours
                    const auto middle = static_cast<float>((values[i] + values[i - 1]) / 2);
                    for (const float x :
                         {middle, std::nextafter(middle, 0.0f), std::nextafter(middle, 1e9f)}) {
                        const double expected = nearest(static_cast<double>(x), values);
                        QCOMPARE(static_cast<double>(roundToSmallFloat(x, format)), expected);
                    }
                }
            }
            for (const float x : normal(2000, 1)) {
                const float wide = x * format.largest * 0.4f;
                QCOMPARE(
                    static_cast<double>(roundToSmallFloat(wide, format)),
                    nearest(static_cast<double>(wide), values));
                const float narrow = x * 0.02f;
                QCOMPARE(
                    static_cast<double>(roundToSmallFloat(narrow, format)),
                    nearest(static_cast<double>(narrow), values));
            }
        }
    }

    void saturatesAndKeepsNaN() {
        QCOMPARE(roundToSmallFloat(INFINITY, kE4M3), 448.0f);
        QCOMPARE(roundToSmallFloat(-1e30f, kE5M2), -57344.0f);
        QVERIFY(std::isnan(roundToSmallFloat(std::nanf(""), kE2M1)));
        QCOMPARE(roundToSmallFloat(1e-40f, kE4M3), 0.0f);
    }

    /// By hand: absmax 896, scale 2; 3.3 / 2 = 1.65 lies between 1.625 and 1.75, nearer to the first.
    void fp8() {
        std::vector<float> x{896.0f, 3.3f, -5.0f, 0.0f};
        const float scale = floatScale(896.0f, NumberFormat::Fp8E4M3);
        QCOMPARE(scale, 2.0f);
        QCOMPARE(fakeQuantizeFloat(x, scale, NumberFormat::Fp8E4M3), std::int64_t{0});
        QCOMPARE(x, (std::vector<float>{896.0f, 3.25f, -5.0f, 0.0f}));
        QCOMPARE(floatScale(0.0f, NumberFormat::Fp8E5M2), 0.0f);
        x = {1.0f, std::nanf("")};
        QCOMPARE(fakeQuantizeFloat(x, 0.0f, NumberFormat::Fp8E5M2), std::int64_t{1});
        QVERIFY(x[0] == 0.0f && std::isnan(x[1]));
    }

    /// By hand. First block: absmax 10, ⌊log2 10⌋ = 3, scale 2; 10 / 2 = 5 ties to 4, 7 / 2 = 3.5 ties to 4,
    /// 1.4 / 2 = 0.7 to 0.5. Second, shorter block: all zero. The blocks do not see each other.
    void mxfp4() {
        std::vector<float> x(33, 0.0f);
        x[0] = 10.0f, x[1] = -7.0f, x[2] = 1.4f, x[31] = 2.6f;
        std::vector<float> expected(33, 0.0f);
        expected[0] = 8.0f, expected[1] = -8.0f, expected[2] = 1.0f, expected[31] = 3.0f;
        QCOMPARE(fakeQuantizeFloat(x, 1.0f, NumberFormat::MxFp4), std::int64_t{0});
        QCOMPARE(x, expected);
        x[32] = 0.25f; // a block of its own: ⌊log2 0.25⌋ − 2 = −4, 0.25 · 16 = 4
        fakeQuantizeFloat(x, 1.0f, NumberFormat::MxFp4);
        QCOMPARE(x[32], 0.25f);
        QCOMPARE(x[0], 8.0f); // values of the format stay
    }

    /// By hand: absmax 2688 makes the tensor's scale 1. First block: absmax 2688 / 6 = 448, exact; 700 / 448
    /// = 1.5625 to 1.5. Second block: 6.6 / 6 = 1.1 in E4M3 is 1.125; 6.6 / 1.125 = 5.87 to 6, 3.0 / 1.125
    /// = 2.67 to 3.
    void nvfp4() {
        std::vector<float> x(18, 0.0f);
        x[0] = 2688.0f, x[1] = 700.0f, x[16] = 6.6f, x[17] = -3.0f;
        const float scale = floatScale(2688.0f, NumberFormat::NvFp4);
        QCOMPARE(scale, 1.0f);
        fakeQuantizeFloat(x, scale, NumberFormat::NvFp4);
        QCOMPARE(x[0], 2688.0f);
        QCOMPARE(x[1], 672.0f);
        QCOMPARE(x[16], 6.75f);
        QCOMPARE(x[17], -3.375f);
        x.assign(18, 0.0f);
        x[0] = 2688.0f, x[16] = 1e-4f; // 1.7e-5 is 0 in E4M3: the block becomes 0
        fakeQuantizeFloat(x, scale, NumberFormat::NvFp4);
        QCOMPARE(x[16], 0.0f);
    }

    /// A weight is a tensor of rows: blocks end with them, scales follow the granularity.
    void weights() {
        std::vector<float> w = normal(3 * 40, 7);
        w[45] = 30.0f;
        for (const NumberFormat format : {NumberFormat::MxFp4, NumberFormat::NvFp4}) {
            std::vector<float> got = w, expected = w;
            fakeQuantizeWeight(got, 3, 40, {kBitsOff, {GranularityKind::Channel, 0}, format});
            const float scale = floatScale(30.0f, format);
            for (std::size_t row = 0; row < 3; ++row) {
                fakeQuantizeFloat(std::span(expected).subspan(row * 40, 40), scale, format);
            }
            QCOMPARE(got, expected);
            QVERIFY(got != w);
            const std::vector<float> once = got; // quantizing again changes nothing
            fakeQuantizeWeight(got, 3, 40, {kBitsOff, {}, format});
            QCOMPARE(got, once);
        }
        std::vector<float> got = w, expected = w;
        const WeightQuantization how{4, {GranularityKind::Group, 16}, NumberFormat::Fp8E5M2};
        fakeQuantizeWeight(got, 3, 40, how);
        QCOMPARE(weightScales(w, 3, 40, how).size(), std::size_t{9});
        for (std::size_t row = 0; row < 3; ++row) {
            for (const auto& [first, count] : {std::pair(0, 16), std::pair(16, 16), std::pair(32, 8)}) {
                const auto run = std::span(expected).subspan(
                    row * 40 + static_cast<std::size_t>(first), static_cast<std::size_t>(count));
                fakeQuantizeFloat(run, floatScale(finiteAbsmax(run), how.format), how.format);
            }
        }
        QCOMPARE(got, expected);
    }

    void plansSayFormats() {
        QuantPlan plan;
        plan.defaults.weightFormat = NumberFormat::NvFp4;
        plan.defaults.activationFormat = NumberFormat::MxFp4;
        plan.sites[{1, Linear::OutProj}].activationFormat = NumberFormat::Int;
        const Result<QuantPlan> read = planFromJson(Json::parse(toJson(plan).dump()), "plan");
        QVERIFY(read.ok());
        QVERIFY(read.value() == plan);
        QVERIFY(!plan.isBaseline(2));
        QVERIFY(!plan.needsCalibration(2)); // blocks bring their scales
        QVERIFY2(planSummary(plan).starts_with("W NVFP4 A MXFP4 (inputs)"), planSummary(plan).c_str());
        QVERIFY(planHash(plan) != planHash(QuantPlan{}));
        plan.defaults.activationFormat = NumberFormat::Fp8E4M3;
        QVERIFY(plan.needsCalibration(2));
        // Plans of integers are written, and hashed, as before there were formats.
        QVERIFY(toJson(QuantPlan{}).dump().find("format\":\"") == std::string::npos);
    }

    void refusesUnknownFormats() {
        const auto refused = parsePlan(R"({"format": 1, "defaults": {"w_format": "fp4"}})", "plan");
        QVERIFY(!refused.ok());
        QVERIFY(refused.error().message.find("\"fp8_e4m3\"") != std::string::npos);
    }

    void differencesInWords() {
        QuantPlan from, to;
        from.defaults.weightBits = 8;
        to.defaults.weightFormat = NumberFormat::MxFp4;
        to.defaults.weightGranularity = {GranularityKind::Channel, 0}; // which mxfp4 does not have
        const std::vector<std::string> lines = planDiff(from, to, 2);
        QCOMPARE(lines, (std::vector<std::string>{"all sites: weight bits 8 → MXFP4"}));
    }

    void scalesAreResolved() {
        const ModelSpec spec = test::tinySpec(1);
        CalibrationSnapshot calibration;
        calibration.spec = spec;
        calibration.sites.resize(4);
        for (const SiteId site : spec.sites()) {
            auto& statistics = calibration.sites[static_cast<std::size_t>(site.index())][0];
            statistics.absmax.assign(static_cast<std::size_t>(spec.inputs(site.linear)), 1.0f);
            statistics.absmax.back() = 672.0f;
        }
        QuantPlan plan;
        plan.defaults.activationFormat = NumberFormat::Fp8E4M3;
        QCOMPARE(resolvePlan(spec, plan, &calibration, nullptr, "").value().sites[0].input.scale, 1.5f);
        plan.defaults.activationFormat = NumberFormat::NvFp4;
        QCOMPARE(resolvePlan(spec, plan, &calibration, nullptr, "").value().sites[0].input.scale, 0.25f);
        plan.defaults.activationFormat = NumberFormat::MxFp4;
        plan.defaults.activationScale = ActivationScale::Dynamic;
        const ResolvedPlan resolved = resolvePlan(spec, plan, nullptr, nullptr, "").value();
        QVERIFY(resolved.exactUnderForking); // every token has its own blocks
    }
};

QTEST_APPLESS_MAIN(NumberFormatTest)
#include "number_format_test.moc"
