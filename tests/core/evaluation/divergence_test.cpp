// SPDX-License-Identifier: GPL-3.0-or-later
// KL divergence of next-token distributions, against values worked out by hand.
#include "core/evaluation/divergence.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace mambascope;

namespace {

bool near(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance;
}

using Ids = std::vector<std::int32_t>;
using Logits = std::vector<float>;

float logOf(double p) {
    return static_cast<float>(std::log(p));
}

} // namespace

class DivergenceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalLogitsGiveExactlyZero() {
        Logits logits;
        for (int i = 0; i < 7 * 50; ++i) {
            logits.push_back(std::sin(static_cast<float>(i) * 1.7f) * 30);
        }
        DivergenceMeter meter;
        meter.add(Ids(7, 3), logits, logits);
        const DivergenceResult result = meter.result();
        QCOMPARE(result.positions, 7);
        QCOMPARE(result.mean, 0.0);
        QCOMPARE(result.largest, 0.0);
        QCOMPARE(result.percentile99, 0.0);
        QCOMPARE(result.standardError, 0.0);
        QCOMPARE(result.topAgreement, 1.0);
        QCOMPARE(result.perplexity, result.baselinePerplexity);
    }

    void twoTokensByHand() {
        // P = (3/4, 1/4), Q = (1/4, 3/4): ¾ ln 3 + ¼ ln ⅓ = ½ ln 3. A constant added to the logits changes
        // nothing.
        DivergenceMeter meter;
        meter.add(
            Ids{0}, Logits{logOf(0.75) + 5, logOf(0.25) + 5}, Logits{logOf(0.25) - 90, logOf(0.75) - 90});
        QVERIFY(near(meter.result().mean, std::log(3.0) / 2, 1e-5)); // logits are float
        QCOMPARE(meter.result().topAgreement, 0.0);
        // P = (1/2, 1/2) against (1/4, 3/4): ½ ln 2 + ½ ln ⅔ = ½ ln 4/3. The top token of the even one is the
        // lower id.
        meter.add(Ids{0}, Logits{0, 0}, Logits{logOf(0.25), logOf(0.75)});
        QVERIFY(near(meter.result().mean, (std::log(3.0) + std::log(4.0 / 3)) / 4, 1e-5));
        QVERIFY(near(meter.result().largest, std::log(3.0) / 2, 1e-5));
        // Two values a, b: standard error |a − b| / 2.
        QVERIFY(near(meter.result().standardError, (std::log(3.0) - std::log(4.0 / 3)) / 4, 1e-5));
        // P = (3/4, 1/4), Q = P: agreement in one of three.
        meter.add(Ids{0}, Logits{logOf(0.75), logOf(0.25)}, Logits{logOf(0.75), logOf(0.25)});
        QCOMPARE(meter.result().topAgreement, 1.0 / 3);
        QVERIFY(near(meter.result().median, std::log(4.0 / 3) / 2, 1e-5));
    }

    void percentileIsTheNearestRank() {
        // 200 positions, of which three differ: rank ⌈0.99 · 200⌉ = 198 of the sorted ones is the smallest of
        // the three.
        DivergenceMeter meter;
        for (int i = 0; i < 200; ++i) {
            const float away = i == 20 ? 1.0f : i == 90 ? 2.0f : i == 150 ? 3.0f : 0.0f;
            meter.add(Ids{0}, Logits{0, 0}, Logits{away, 0});
        }
        const auto kl = [](double x) { // from (½, ½) to (e^x, 1)/(1 + e^x)
            return std::log1p(std::exp(x)) - std::log(2.0) - x / 2;
        };
        QVERIFY(near(meter.result().percentile99, kl(1), 1e-12));
        QVERIFY(near(meter.result().largest, kl(3), 1e-12));
        QVERIFY(near(meter.result().mean, (kl(1) + kl(2) + kl(3)) / 200, 1e-12));
    }

    void perplexityOfTheKnownTokens() {
        // Next tokens 1 and 1: P gives ¼ and ½, Q ¾ and ½; the last position predicts nothing.
        const Logits p{logOf(0.75), logOf(0.25), 0, 0, 9, 0}, q{logOf(0.25), logOf(0.75), 0, 0, 9, 0};
        DivergenceMeter meter;
        meter.add(Ids{0, 1, 1}, p, q);
        QCOMPARE(meter.result().positions, 3);
        QVERIFY(near(meter.result().baselinePerplexity, std::sqrt(8.0), 1e-5));
        QVERIFY(near(meter.result().perplexity, std::sqrt(8.0 / 3), 1e-5));
    }

    void nonfiniteLogitsAreCounted() {
        const float infinity = std::numeric_limits<float>::infinity(), nan = std::nanf("");
        DivergenceMeter meter;
        meter.add(Ids{0, 0, 0}, Logits{0, 0, 0, 0, 0, 0}, Logits{nan, 0, -infinity, 0, 1, 0});
        QCOMPARE(meter.result().nonfinite, 2);
        QCOMPARE(meter.result().positions, 1);
        QVERIFY(std::isfinite(meter.result().mean) && meter.result().mean > 0);
        const DivergenceResult nothing = DivergenceMeter().result();
        QCOMPARE(nothing.positions, 0);
        QCOMPARE(nothing.mean, 0.0);
    }

    void hugeDifferencesStayFinite() {
        DivergenceMeter meter;
        meter.add(Ids{0}, Logits{3e38f, -3e38f}, Logits{-3e38f, 3e38f});
        QVERIFY(near(meter.result().mean / 6e38, 1, 1e-6)); // p = 1 on token 0, whose ln q is the difference
    }
};

QTEST_APPLESS_MAIN(DivergenceTest)
#include "divergence_test.moc"
