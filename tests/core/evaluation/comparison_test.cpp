// SPDX-License-Identifier: GPL-3.0-or-later
// Paired comparison of results: bootstrap intervals against distributions worked out by hand, and the items
// that flip.
#include "core/evaluation/comparison.h"
#include "core/evaluation/flips.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <numeric>

using namespace mambascope;

namespace {

bool near(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance;
}

/// `right[i]` says whether item i is right; by acc and acc_norm alike.
TaskResult taskOf(Task task, const std::vector<bool>& right) {
    TaskResult result;
    result.task = task;
    for (std::size_t i = 0; i < right.size(); ++i) {
        ItemResult item;
        item.index = static_cast<int>(i);
        item.predicted = item.predictedNorm = right[i] ? 0 : 1;
        item.correct = item.correctNorm = right[i];
        item.scores = {-1.0, -2.0};
        result.items.push_back(item);
    }
    result.metrics = taskMetrics(task, result.items, static_cast<int>(right.size()));
    return result;
}

/// `gained`, `lost` and then `same` items against a baseline in which the first and the last are wrong and
/// right.
std::pair<TaskResult, TaskResult> changed(Task task, int gained, int lost, int same) {
    std::vector<bool> now, before;
    for (int i = 0; i < gained + lost + same; ++i) {
        now.push_back(i < gained || i >= gained + lost);
        before.push_back(i >= gained);
    }
    return {taskOf(task, now), taskOf(task, before)};
}

TaskResult lambada(const std::vector<double>& scores) {
    TaskResult result;
    result.task = Task::Lambada;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        ItemResult item;
        item.index = static_cast<int>(i);
        item.scores = {scores[i]};
        result.items.push_back(item);
    }
    return result;
}

} // namespace

class ComparisonTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void percentilesByHand();
    void meansOfAConstant();
    void smallBootstrapIsTheBinomial();
    void largeBootstrapIsNormal();
    void orderOfTheRunDoesNotMatter();
    void bothMetricsAreCompared();
    void perplexityOnCommonItems();
    void noIntervalFromNonfiniteScores();
    void averageWeighsTasksAlike();
    void noAverageOfDifferentTasks();
    void sharedItemsAloneCount();
    void unknownItemsAreSharedIfTheyWereTakenAlike();
    void averagesOverSharedItems();
    void otherDataIsNotCompared();
    void flipsSayWhatChanged();
    void flipsAreSortedByHowMuchChanged();
    void flipsOfWinoGrandeAndLambada();
};

void ComparisonTest::percentilesByHand() {
    std::vector<double> values(1000);
    std::iota(values.rbegin(), values.rend(), 1.0);
    // Nearest rank: the 25th and the 975th of 1 … 1000.
    QCOMPARE(percentileInterval(values).low, 25.0);
    QCOMPARE(percentileInterval(values).high, 975.0);
    QCOMPARE(percentileInterval({7.0}).low, 7.0);
    QCOMPARE(percentileInterval({}).high, 0.0);
}

void ComparisonTest::meansOfAConstant() {
    const std::vector<double> constant(5, 0.25);
    const std::vector<double> means = bootstrapMeans(constant, 100, 1);
    QCOMPARE(means.size(), std::size_t{100});
    QCOMPARE(*std::min_element(means.begin(), means.end()), 0.25);
    QCOMPARE(*std::max_element(means.begin(), means.end()), 0.25);
    QVERIFY(bootstrapMeans({}, 100, 1).empty());
}

void ComparisonTest::smallBootstrapIsTheBinomial() {
    // One gained of four: four times the mean is binomial(4, 1/4), with P(≤ 0 … 4) = .316, .738, .949,
    // .996, 1. So the 2.5th percentile is 0 and the 97.5th 3/4.
    const auto [now, before] = changed(Task::Rte, 1, 0, 3);
    const TaskComparison comparison = compareTask(now, before).value();
    QCOMPARE(comparison.published.delta, 0.25);
    QCOMPARE(comparison.publishedInterval.low, 0.0);
    QCOMPARE(comparison.publishedInterval.high, 0.75);
    QVERIFY(!comparison.other && !comparison.perplexityDelta);
    // The same shares to within three standard deviations of 10,000 draws.
    const std::vector<double> means = bootstrapMeans(std::vector<double>{1, 0, 0, 0}, 10000, 7);
    const auto zeros = static_cast<double>(std::count(means.begin(), means.end(), 0.0));
    QVERIFY(near(zeros / 10000, 81.0 / 256, 3 * std::sqrt(0.316 * 0.684 / 10000)));
}

void ComparisonTest::largeBootstrapIsNormal() {
    // 30 gained, 10 lost of 400: mean 0.05, variance of an item 40/400 − 0.05² = 0.0975, deviation of the
    // mean √(0.0975/400) = 0.015612; 0.05 ± 1.96 · 0.015612 = 0.0194, 0.0806. Means lie on multiples of
    // 1/400.
    const auto [now, before] = changed(Task::Rte, 30, 10, 360);
    const TaskComparison comparison = compareTask(now, before).value();
    QVERIFY(near(comparison.publishedInterval.low, 0.0194, 0.0026));
    QVERIFY(near(comparison.publishedInterval.high, 0.0806, 0.0026));
}

void ComparisonTest::orderOfTheRunDoesNotMatter() {
    auto [now, before] = changed(Task::Rte, 7, 3, 50);
    const Interval expected = compareTask(now, before)->publishedInterval;
    std::reverse(now.items.begin(), now.items.end());
    std::rotate(before.items.begin(), before.items.begin() + 9, before.items.end());
    const Interval reordered = compareTask(now, before)->publishedInterval;
    QCOMPARE(reordered.low, expected.low);
    QCOMPARE(reordered.high, expected.high);
}

void ComparisonTest::bothMetricsAreCompared() {
    auto [now, before] = changed(Task::HellaSwag, 0, 0, 4);
    now.items[0].correctNorm = false;                    // acc_norm, the published one, loses one
    now.items[1].correct = now.items[2].correct = false; // acc loses two
    const TaskComparison comparison = compareTask(now, before).value();
    QCOMPARE(comparison.published.lost, 1);
    QCOMPARE(comparison.other->lost, 2);
    now.task = before.task = Task::Piqa;
    QCOMPARE(compareTask(now, before)->published.lost, 2);
    QCOMPARE(compareTask(now, before)->other->lost, 1);
}

void ComparisonTest::perplexityOnCommonItems() {
    // exp(1.1) − exp(1) whatever is drawn, since all items are alike; the baseline's third item has no
    // partner.
    const TaskResult now = lambada({-1.1, -1.1}), before = lambada({-1, -1, -50});
    const TaskComparison comparison = compareTask(now, before).value();
    QVERIFY(near(*comparison.perplexityDelta, std::exp(1.1) - std::exp(1.0), 1e-12));
    QVERIFY(near(comparison.perplexityInterval->low, *comparison.perplexityDelta, 1e-12));
    QVERIFY(near(comparison.perplexityInterval->high, *comparison.perplexityDelta, 1e-12));
    // Items −1 and −3 against 0 and 0: mean of two draws −1, −2 or −3 with ¼, ½, ¼, so e¹ − 1 and e³ − 1.
    const TaskComparison spread = compareTask(lambada({-1, -3}), lambada({0, 0})).value();
    QVERIFY(near(*spread.perplexityDelta, std::exp(2.0) - 1, 1e-12));
    QVERIFY(near(spread.perplexityInterval->low, std::exp(1.0) - 1, 1e-12));
    QVERIFY(near(spread.perplexityInterval->high, std::exp(3.0) - 1, 1e-12));
}

void ComparisonTest::noIntervalFromNonfiniteScores() {
    const double infinity = std::numeric_limits<double>::infinity();
    const TaskComparison comparison = compareTask(lambada({-infinity, -1}), lambada({-1, -1})).value();
    QCOMPARE(*comparison.perplexityDelta, infinity);
    QVERIFY(!comparison.perplexityInterval);
}

void ComparisonTest::averageWeighsTasksAlike() {
    const auto [rteNow, rteBefore] = changed(Task::Rte, 10, 0, 90);    // +0.1
    const auto [copaNow, copaBefore] = changed(Task::Copa, 0, 30, 70); // −0.3
    EvaluationResult now, before;
    now.tasks = {rteNow, copaNow};
    before.tasks = {copaBefore, rteBefore};
    const AverageComparison average = compareAverage(now, before).value();
    QCOMPARE(average.tasks, 2);
    QVERIFY(near(average.delta, -0.1, 1e-15));
    // Variances of the means: (0.1 − 0.01)/100 = 0.0009 and (0.3 − 0.09)/100 = 0.0021; of the average
    // 0.003/4, deviation 0.02739: −0.1 ± 0.0537. Averages lie on multiples of 1/200.
    QVERIFY(near(average.interval.low, -0.1537, 0.008));
    QVERIFY(near(average.interval.high, -0.0463, 0.008));
}

void ComparisonTest::noAverageOfDifferentTasks() {
    const auto [now, before] = changed(Task::Rte, 1, 0, 9);
    EvaluationResult a, b;
    a.tasks = {now};
    QVERIFY(!compareAverage(a, b));
    b.tasks = {before, before};
    b.tasks[1].task = Task::Copa;
    QVERIFY(!compareAverage(a, b));
    b.tasks.pop_back();
    QVERIFY(compareAverage(a, b));
    b.tasks[0].items.clear();
    QVERIFY(!compareAverage(a, b));
}

void ComparisonTest::sharedItemsAloneCount() {
    // Items 0 to 3 against items 2 to 5: 2 and 3 are shared. Perplexities exp(3) and exp(2) of those, where the
    // whole results have exp(4) and exp(5).
    EvaluationResult now, before;
    now.tasks = {lambada({-5, -5, -2, -4})};
    before.tasks = {lambada({-1, -3, -8, -8})};
    for (ItemResult& item : before.tasks[0].items) {
        item.index += 2;
    }
    now.tasks[0].items[2].correct = true;
    now.tasks[0].metrics = taskMetrics(Task::Lambada, now.tasks[0].items, 4);
    const SharedItems shared = sharedItems(now, now.tasks[0], before).value();
    QCOMPARE(shared.items, 2);
    QCOMPARE(shared.accuracy, 0.5);
    QCOMPARE(shared.baselineAccuracy, 0.0);
    QVERIFY(near(shared.perplexity, std::exp(3.0), 1e-12));
    QVERIFY(near(shared.baselinePerplexity, std::exp(2.0), 1e-12));
    QVERIFY(!sharesAllItems(now, now.tasks[0], before));
    QVERIFY(sharesAllItems(now, now.tasks[0], now));
    for (ItemResult& item : before.tasks[0].items) {
        item.index += 10;
    }
    QVERIFY(!sharedItems(now, now.tasks[0], before));
}

void ComparisonTest::unknownItemsAreSharedIfTheyWereTakenAlike() {
    const auto [now, before] = changed(Task::Rte, 10, 0, 90);
    EvaluationResult a, b;
    a.tasks = {now};
    b.tasks = {before};
    b.tasks[0].items.clear();
    a.limit = b.limit = 100;
    a.seed = b.seed = 3;
    QCOMPARE(sharedItems(a, a.tasks[0], b).value().items, 100);
    QVERIFY(near(sharedItems(a, a.tasks[0], b).value().baselineAccuracy, 0.9, 1e-15));
    b.seed = 4; // others were drawn
    QVERIFY(!sharedItems(a, a.tasks[0], b));
    a.limit = b.limit = 0; // all of them, whatever their order
    QVERIFY(sharedItems(a, a.tasks[0], b).has_value());
    b.tasks[0].metrics.total = 200; // it was stopped
    QVERIFY(!sharedItems(a, a.tasks[0], b));
}

void ComparisonTest::averagesOverSharedItems() {
    const auto [rteNow, rteBefore] = changed(Task::Rte, 10, 0, 90);
    const auto [copaNow, copaBefore] = changed(Task::Copa, 0, 30, 70);
    EvaluationResult now, before;
    now.tasks = {rteNow, copaNow};
    before.tasks = {rteBefore, copaBefore};
    const SharedAverage all = sharedAverage(now, before).value();
    QVERIFY(near(all.average - all.baseline, -0.1, 1e-15)); // (0.1 − 0.3) / 2
    // Accuracies 1, 0.9, 0.7 and 1: (0.09 + 0.21) / 99, over two tasks.
    QVERIFY(near(all.standardError, std::sqrt(0.3 / 99) / 2, 1e-15));
    // The baseline's first 20 items of COPA: 20 of 30 that were lost, so 1 against 0; RTE as before.
    before.tasks[1].items.resize(20);
    before.tasks[1].metrics = taskMetrics(Task::Copa, before.tasks[1].items, 100);
    const SharedAverage part = sharedAverage(now, before).value();
    QVERIFY(near(part.average - part.baseline, (0.1 - 1.0) / 2, 1e-15));
    before.tasks[1].items.clear(); // nobody knows which they were
    QVERIFY(!sharedAverage(now, before));
    before.tasks.pop_back();
    QVERIFY(!sharedAverage(now, before));
}

void ComparisonTest::otherDataIsNotCompared() {
    auto [now, before] = changed(Task::Rte, 1, 0, 9);
    EvaluationResult baseline;
    now.dataHash = "a";
    baseline.tasks = {before};
    QVERIFY(baseline.counterpart(now) != nullptr); // a hash that is not known does not contradict
    baseline.tasks[0].dataHash = "b";
    QVERIFY(baseline.counterpart(now) == nullptr);
}

void ComparisonTest::flipsSayWhatChanged() {
    auto [now, before] = changed(Task::Rte, 1, 1, 1);
    TaskData data;
    data.task = Task::Rte;
    for (int i = 0; i < 3; ++i) {
        const std::string context = "c" + std::to_string(i);
        data.items.push_back({i, 0, {{context, " True", 4}, {context, " False", 5}}});
    }
    std::reverse(now.items.begin(), now.items.end()); // as drawn; the lines are by index
    EvaluationResult result, baseline;
    result.tasks = {now};
    baseline.tasks = {before};
    const QStringList lines = QString::fromStdString(flipsToJsonLines(result, baseline, std::span(&data, 1)))
                                  .split('\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 2);
    const Json gained = Json::parse(lines[0].toStdString());
    QVERIFY(
        gained ==
        Json::parse(R"({"task": "rte", "index": 0, "change": "gained", "metric": "acc", "gold": 0, "pred": 0,
            "baseline_pred": 1, "context": "c0", "choices": [" True", " False"], "scores": [-1.0, -2.0],
            "baseline_scores": [-1.0, -2.0]})"));
    const Json lost = Json::parse(lines[1].toStdString());
    QVERIFY(lost["index"] == 1 && lost["change"] == "lost" && lost["context"] == "c1");
}

void ComparisonTest::flipsAreSortedByHowMuchChanged() {
    auto [now, before] = changed(Task::Rte, 1, 1, 1); // item 0 gained, item 1 lost, all with scores -1 and -2
    now.items[1].scores = {-4.0, -1.0};
    EvaluationResult result, baseline;
    result.tasks = {now};
    baseline.tasks = {before};
    const std::vector<Flip> flips = findFlips(result, baseline);
    QCOMPARE(flips.size(), std::size_t{2});
    QVERIFY(flips[0].index == 1 && !flips[0].gained);
    QCOMPARE(flips[0].change, -4.0); // the gold answer led by 1, and trails by 3
    QVERIFY(flips[1].index == 0 && flips[1].gained);
    QCOMPARE(flips[1].change, 0.0);
    QCOMPARE(flips[1].taskName, std::string("rte"));
    baseline.tasks[0].dataHash = "other data";
    QVERIFY(findFlips(result, baseline).empty());
}

void ComparisonTest::flipsOfWinoGrandeAndLambada() {
    auto [now, before] = changed(Task::WinoGrande, 1, 0, 0);
    TaskResult word = lambada({-1}), wordBefore = lambada({-2});
    word.items[0].correct = word.items[0].greedy = true;
    std::vector<TaskData> data(2);
    data[0].task = Task::WinoGrande;
    data[0].items = {{0, 0, {{"the kettle", " was", 3}, {"the shelf", " was", 3}}}};
    data[1].task = Task::Lambada;
    data[1].items = {{0, 0, {{"like my", " tart", 4}}}};
    EvaluationResult result, baseline;
    result.tasks = {now, word};
    baseline.tasks = {before, wordBefore};
    const QStringList lines =
        QString::fromStdString(flipsToJsonLines(result, baseline, data)).split('\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 2);
    const Json first = Json::parse(lines[0].toStdString());
    QVERIFY((first["contexts"] == Json{"the kettle", "the shelf"}));
    QVERIFY(!first.contains("context"));
    const Json second = Json::parse(lines[1].toStdString());
    QVERIFY(second["greedy"] == true && second["baseline_greedy"] == false && second["context"] == "like my");
    QVERIFY(!second.contains("pred"));
}

QTEST_APPLESS_MAIN(ComparisonTest)
#include "comparison_test.moc"
