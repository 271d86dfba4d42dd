// SPDX-License-Identifier: GPL-3.0-or-later
// Definitions: evaluation specification, section 3; worked examples of section 4.
#include "core/evaluation/metrics.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace mambascope;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TaskItem item(std::vector<int> lengths, int gold) {
    TaskItem result{0, gold, {}};
    for (const int length : lengths) {
        result.choices.push_back({"c", " x", length});
    }
    return result;
}

ItemResult judge(Task task, const TaskItem& data, const std::vector<double>& scores) {
    std::vector<Score> list;
    for (const double ll : scores) {
        list.push_back({ll, false});
    }
    return itemResult(data, list, task);
}

bool near(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance;
}

/// `gained`, `lost` and `same` items against a baseline, by acc.
PairedComparison compare(int gained, int lost, int same) {
    std::vector<ItemResult> now, before;
    for (int i = 0; i < gained + lost + same; ++i) {
        ItemResult result;
        result.index = i;
        result.correct = i < gained || i >= gained + lost;
        now.push_back(result);
        result.correct = i >= gained;
        before.insert(before.begin(), result); // the order of the items does not matter
    }
    return comparePaired(Task::Rte, now, before);
}

} // namespace

class MetricsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hellaSwagExample();
    void piqaExample();
    void tiesGoToTheLowestIndex();
    void nonfiniteScoresAreWrongAndCounted();
    void emptyChoiceHasNoNorm();
    void lambadaNeedsEveryTokenGreedy();
    void lambadaPerplexityIsPerExample();
    void accuraciesOfTheReference_data();
    void accuraciesOfTheReference();
    void wilsonByHand();
    void nothingDoneYet();
    void pairedFlips();
    void mcNemarByHand_data();
    void mcNemarByHand();
    void mcNemarOfManyChanges();
    void pairedUsesThePublishedMetric();
};

void MetricsTest::hellaSwagExample() {
    // 4.2: acc picks 2, acc_norm picks 1; with −26.0 for choice 0 both pick 0.
    const TaskItem rake = item({35, 74, 29, 46}, 0);
    const ItemResult wrong = judge(Task::HellaSwag, rake, {-31.5, -60.0, -29.0, -50.0});
    QCOMPARE(wrong.predicted, 2);
    QCOMPARE(wrong.predictedNorm, 1);
    QVERIFY(!wrong.correct && !wrong.correctNorm && !wrong.nonfinite);
    const ItemResult right = judge(Task::HellaSwag, rake, {-26.0, -60.0, -29.0, -50.0});
    QCOMPARE(right.predicted, 0);
    QCOMPARE(right.predictedNorm, 0);
    QVERIFY(right.correct && right.correctNorm);
    QCOMPARE(right.scores, (std::vector<double>{-26.0, -60.0, -29.0, -50.0}));
}

void MetricsTest::piqaExample() {
    // 4.3: (−21.3, −27.9) over 34 and 30 characters: both measures pick 0.
    const ItemResult result = judge(Task::Piqa, item({34, 30}, 0), {-21.3, -27.9});
    QVERIFY(result.correct && result.correctNorm);
    // 4.4, 4.5 and 4.6: the larger log-likelihood wins.
    QVERIFY(judge(Task::WinoGrande, item({13, 13}, 0), {-9.1, -9.8}).correct);
    QVERIFY(!judge(Task::Rte, item({4, 5}, 0), {-1.2, -0.9}).correct);
    QVERIFY(judge(Task::Copa, item({24, 26}, 0), {-19.4, -23.0}).correct);
}

void MetricsTest::tiesGoToTheLowestIndex() {
    QCOMPARE(judge(Task::HellaSwag, item({5, 5, 5, 5}, 3), {-2, -1, -1, -1}).predicted, 1);
    QCOMPARE(judge(Task::HellaSwag, item({2, 4, 2, 2}, 3), {-2, -4, -2, -3}).predictedNorm, 0);
}

void MetricsTest::nonfiniteScoresAreWrongAndCounted() {
    for (const double bad : {kNaN, kInfinity, -kInfinity}) {
        for (const int gold : {0, 1}) {
            const ItemResult result = judge(Task::Piqa, item({3, 3}, gold), {bad, -1.0});
            QVERIFY(result.nonfinite && !result.correct && !result.correctNorm);
        }
    }
    const std::vector<ItemResult> items{
        judge(Task::Rte, item({4, 5}, 0), {kNaN, kNaN}), judge(Task::Rte, item({4, 5}, 0), {-1, -2})};
    const TaskMetrics metrics = taskMetrics(Task::Rte, items, 2);
    QCOMPARE(metrics.nonfinite, 1);
    QCOMPARE(metrics.accuracy, 0.5);
}

void MetricsTest::emptyChoiceHasNoNorm() {
    const ItemResult result = judge(Task::HellaSwag, item({5, 0, 5, 5}, 0), {-1, -2, -3, -4});
    QVERIFY(result.nonfinite);
    QVERIFY(!result.correctNorm);
    QVERIFY(result.correct);
}

void MetricsTest::lambadaNeedsEveryTokenGreedy() {
    const TaskItem data = item({4}, 0);
    const Score greedy{-0.51, true}, other{-0.51, false}, broken{kNaN, true};
    QVERIFY(itemResult(data, std::span(&greedy, 1), Task::Lambada).correct);
    QVERIFY(itemResult(data, std::span(&greedy, 1), Task::Lambada).greedy);
    QVERIFY(!itemResult(data, std::span(&other, 1), Task::Lambada).correct);
    QVERIFY(!itemResult(data, std::span(&broken, 1), Task::Lambada).correct);
    // 4.1: greedy or not, the item contributes −0.51 to the mean.
    for (const Score& score : {greedy, other}) {
        const std::vector<ItemResult> one{itemResult(data, std::span(&score, 1), Task::Lambada)};
        QVERIFY(near(taskMetrics(Task::Lambada, one, 1).perplexity, std::exp(0.51), 1e-12));
    }
}

void MetricsTest::lambadaPerplexityIsPerExample() {
    // ll = −1 and −3: perplexity exp(2); sample deviation √2, so its standard error is exp(2)·√2/√2.
    const std::vector<ItemResult> items{
        judge(Task::Lambada, item({4}, 0), {-1.0}), judge(Task::Lambada, item({4}, 0), {-3.0})};
    const TaskMetrics metrics = taskMetrics(Task::Lambada, items, 5);
    QVERIFY(near(metrics.perplexity, std::exp(2.0), 1e-12));
    QVERIFY(near(metrics.perplexityStandardError, std::exp(2.0), 1e-12));
    QCOMPARE(metrics.n, 2);
    QCOMPARE(metrics.total, 5);
    const std::vector<ItemResult> broken{judge(Task::Lambada, item({4}, 0), {-kInfinity})};
    QCOMPARE(taskMetrics(Task::Lambada, broken, 1).perplexity, kInfinity);
}

void MetricsTest::accuraciesOfTheReference_data() {
    QTest::addColumn<int>("correct");
    QTest::addColumn<int>("n");
    QTest::addColumn<double>("percent");
    QTest::addColumn<double>("points");
    // Section 1: Mamba-1.4b, values and standard errors in points.
    QTest::newRow("LAMBADA") << 3347 << 5153 << 64.95 << 0.66;
    QTest::newRow("HellaSwag") << 5936 << 10042 << 59.11 << 0.49;
    QTest::newRow("PIQA") << 1363 << 1838 << 74.16 << 1.02;
    QTest::newRow("WinoGrande") << 778 << 1267 << 61.40 << 1.37;
    QTest::newRow("RTE") << 133 << 277 << 48.01 << 3.01;
    QTest::newRow("COPA") << 79 << 100 << 79.00 << 4.09;
}

void MetricsTest::accuraciesOfTheReference() {
    QFETCH(int, correct);
    QFETCH(int, n);
    QFETCH(double, percent);
    QFETCH(double, points);
    std::vector<ItemResult> items(static_cast<std::size_t>(n));
    for (int i = 0; i < correct; ++i) {
        items[static_cast<std::size_t>(i)].correct = true;
    }
    const TaskMetrics metrics = taskMetrics(Task::Copa, items, n);
    QCOMPARE(metrics.correct, correct);
    QVERIFY(near(100 * metrics.published(Task::Copa), percent, 0.005));
    QVERIFY(near(100 * accuracyStandardError(metrics.accuracy, n), points, 0.005));
    QCOMPARE(accuracyStandardError(0.5, 1), 0.0);
}

void MetricsTest::wilsonByHand() {
    // p = 0.5, n = 100: z²/n = 0.0384144, centre 0.5, half-width 1.95996·√(0.0025 + 0.0000960361)/1.0384144 =
    // 0.0961685… : √0.0025960361 = 0.0509513, times 1.95996 = 0.0998625, over 1.0384144 = 0.0961682.
    const Interval half = wilsonInterval(0.5, 100);
    QVERIFY(near(half.low, 0.4038318, 2e-6));
    QVERIFY(near(half.high, 0.5961682, 2e-6));
    // p = 0: from 0 to z²/(n + z²) = 3.8414432/13.8414432.
    const Interval none = wilsonInterval(0, 10);
    QVERIFY(near(none.low, 0, 1e-12));
    QVERIFY(near(none.high, 0.2775320, 1e-6));
    const Interval all = wilsonInterval(1, 10);
    QVERIFY(near(all.low, 1 - 0.2775320, 1e-6));
    QVERIFY(near(all.high, 1, 1e-12));
    QCOMPARE(wilsonInterval(0.3, 0).low, 0.0);
    QCOMPARE(wilsonInterval(0.3, 0).high, 1.0);
}

void MetricsTest::nothingDoneYet() {
    const TaskMetrics metrics = taskMetrics(Task::Lambada, {}, 10);
    QCOMPARE(metrics.n, 0);
    QCOMPARE(metrics.total, 10);
    QCOMPARE(metrics.accuracy, 0.0);
    QVERIFY(std::isfinite(metrics.perplexity));
}

void MetricsTest::pairedFlips() {
    const PairedComparison paired = compare(2, 5, 3);
    QCOMPARE(paired.common, 10);
    QCOMPARE(paired.gained, 2);
    QCOMPARE(paired.lost, 5);
    QCOMPARE(paired.delta, -0.3);
    // Items that only one side has do not count.
    const std::vector<ItemResult> one{{.index = 1, .correct = true}}, other{{.index = 2}};
    QCOMPARE(comparePaired(Task::Rte, one, other).common, 0);
    QCOMPARE(comparePaired(Task::Rte, one, other).pMcNemar, 1.0);
}

void MetricsTest::mcNemarByHand_data() {
    QTest::addColumn<int>("gained");
    QTest::addColumn<int>("lost");
    QTest::addColumn<double>("p");
    QTest::newRow("nothing changed") << 0 << 0 << 1.0;
    QTest::newRow("1 : 0") << 1 << 0 << 1.0;            // 2 · 1/2
    QTest::newRow("0 : 6") << 0 << 6 << 2.0 / 64;       // 2 · 2^−6
    QTest::newRow("2 : 5") << 2 << 5 << 2 * 29.0 / 128; // 2 · (1 + 7 + 21)/2^7
    QTest::newRow("5 : 2") << 5 << 2 << 2 * 29.0 / 128; // the same either way
    QTest::newRow("4 : 4") << 4 << 4 << 1.0;
    QTest::newRow("1 : 9") << 1 << 9 << 2 * 11.0 / 1024; // 2 · (1 + 10)/2^10
}

void MetricsTest::mcNemarByHand() {
    QFETCH(int, gained);
    QFETCH(int, lost);
    QFETCH(double, p);
    QVERIFY(near(compare(gained, lost, 3).pMcNemar, p, 1e-12));
}

void MetricsTest::mcNemarOfManyChanges() {
    // 2 · 2^−5000 is below the smallest double; nothing overflows on the way.
    QCOMPARE(compare(0, 5000, 0).pMcNemar, 0.0);
    QCOMPARE(compare(2500, 2500, 0).pMcNemar, 1.0);
    // C(1000, 500)/2^1000 = 0.0252250…(central binomial, Stirling: 1/√(500π)·(1 − 1/4000)); 499 : 501 is 1 −
    // that.
    const double central = (1 - 1.0 / 4000) / std::sqrt(500 * 3.14159265358979);
    QVERIFY(near(compare(499, 501, 0).pMcNemar, 1 - central, 1e-8));
    // Normal limit: 2400 : 2600 of 5000, z = (2400.5 − 2500)/√1250 = −2.81428, two-sided 0.004889.
    QVERIFY(
        near(compare(2400, 2600, 0).pMcNemar, std::erfc(99.5 / std::sqrt(1250.0) / std::sqrt(2.0)), 1e-5));
}

void MetricsTest::pairedUsesThePublishedMetric() {
    const std::vector<ItemResult> now{{.index = 0, .correct = false, .correctNorm = true}};
    const std::vector<ItemResult> before{{.index = 0, .correct = true, .correctNorm = false}};
    QCOMPARE(comparePaired(Task::HellaSwag, now, before).gained, 1);
    QCOMPARE(comparePaired(Task::Piqa, now, before).lost, 1);
}

QTEST_APPLESS_MAIN(MetricsTest)
#include "metrics_test.moc"
