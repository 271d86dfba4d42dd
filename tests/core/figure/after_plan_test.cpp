// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/after_plan.h"
#include "core/figure/figure.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace mambascope;

namespace {

constexpr SiteId kSite{0, Linear::OutProj};

/// 48 channels of 2, and channel 7 of 100.
ChannelStatistics inputs() {
    ChannelStatistics statistics;
    statistics.absmax.assign(48, 2);
    statistics.absmax[7] = 100;
    statistics.m2.assign(48, 1);
    return statistics;
}

QuantPlan planWith(std::optional<double> alpha, bool zero) {
    QuantPlan plan;
    plan.defaults.alpha = alpha;
    plan.defaults.zeroOutliers = zero;
    return plan;
}

} // namespace

class AfterPlanTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nothingWithoutSmoothingOrZeroing();
    void smoothingFollowsItsEquation();
    void zeroedChannelsAreZero();
    void panelsShowBothSeries();
    void weightPanelsMarkTheSameChannels();
    void symlogShowsZeroAndTheLargest();
};

void AfterPlanTest::nothingWithoutSmoothingOrZeroing() {
    const std::vector<float> columns(48, 1);
    QVERIFY(absmaxAfterPlan(inputs(), columns, presetPlan("W8A8 input").value(), kSite).empty());
    QVERIFY(absmaxAfterPlan(inputs(), {}, planWith(0.5, false), kSite).empty()); // the weights are not known
    QVERIFY(beforeQuantization(QuantPlan(), kSite).empty());
    QCOMPARE(beforeQuantization(planWith(0.5, true), kSite), std::string("smoothing, α 0.5, and zeroing"));
}

void AfterPlanTest::smoothingFollowsItsEquation() {
    std::vector<float> columns(48, 0.5F);
    columns[7] = 4;
    // s = max|X|^α / max|W|^(1 − α), so α = 1 makes every maximum 1, and α = 0 the product of both maxima.
    for (const float value : absmaxAfterPlan(inputs(), columns, planWith(1.0, false), kSite)) {
        QCOMPARE(value, 1.0F);
    }
    const auto none = absmaxAfterPlan(inputs(), columns, planWith(0.0, false), kSite);
    QCOMPARE(none[0], 1.0F);   // 2 · 0.5
    QCOMPARE(none[7], 400.0F); // 100 · 4
    // α = 0.5: √(max|X| · max|W|).
    const auto half = absmaxAfterPlan(inputs(), columns, planWith(0.5, false), kSite);
    QVERIFY(std::abs(half[0] - 1.0F) < 1e-6F);
    QVERIFY(std::abs(half[7] - 20.0F) < 1e-5F);
}

void AfterPlanTest::zeroedChannelsAreZero() {
    const auto after = absmaxAfterPlan(inputs(), {}, planWith(std::nullopt, true), kSite);
    QCOMPARE(after[7], 0.0F);
    QCOMPARE(after[6], 2.0F);
}

void AfterPlanTest::panelsShowBothSeries() {
    CalibrationSnapshot snapshot;
    snapshot.spec.layers = 1;
    snapshot.spec.hidden = 24;
    snapshot.spec.inner = 48;
    snapshot.spec.dtRank = 3;
    snapshot.spec.state = 4;
    snapshot.sites.resize(4);
    snapshot.sites[static_cast<std::size_t>(kSite.index())][0] = inputs();
    const QuantPlan plan = planWith(std::nullopt, true);
    const Figure figure = layerFigure(snapshot, 0, {}, {&plan});
    const StemPanel& panel = figure.panels[3];
    QCOMPARE(panel.after.size(), std::size_t{48});
    QCOMPARE(panel.afterLabel, std::string("after zeroing: max 2"));
    QVERIFY(figure.caption.find("after what the plan does") != std::string::npos);
    const std::string csv = figureToCsv(figure);
    QVERIFY2(csv.find("out_proj input,7,100,1,") != std::string::npos, csv.c_str());
    QVERIFY(csv.find(",after\n") != std::string::npos);
    QVERIFY(layerFigure(snapshot, 0, {}).panels[3].after.empty());
    FigureOptions outputs;
    outputs.side = Side::Output;
    QVERIFY(layerFigure(snapshot, 0, outputs, {&plan}).panels[3].after.empty());
}

void AfterPlanTest::weightPanelsMarkTheSameChannels() {
    CalibrationSnapshot snapshot;
    snapshot.spec.layers = 1;
    snapshot.spec.hidden = 24;
    snapshot.spec.inner = 48;
    snapshot.spec.dtRank = 3;
    snapshot.spec.state = 4;
    snapshot.sites.resize(4);
    snapshot.sites[static_cast<std::size_t>(kSite.index())][0] = inputs();
    WeightStatistics weights;
    weights.columnAbsmax.resize(4);
    weights.columnAbsmax[3].assign(48, 0.25F);
    weights.columnAbsmax[3][7] = 0.5F;
    const Figure figure = layerFigure(snapshot, 0, {}, {nullptr, &weights, true});
    QCOMPARE(figure.panels.size(), std::size_t{8});
    QCOMPARE(figure.panels[7].title, std::string("out_proj weight columns"));
    QCOMPARE(figure.panels[7].marks.size(), std::size_t{1});
    QCOMPARE(figure.panels[7].marks[0].channel, 7);
    QCOMPARE(figure.panels[7].marks[0].value, 0.5F);
    QVERIFY(!figure.panels[4].emptyText.empty()); // in_proj's are not known
}

void AfterPlanTest::symlogShowsZeroAndTheLargest() {
    StemPanel panel;
    panel.values = inputs().absmax;
    panel.values[0] = 0;
    const AxisRange range = valueRange(panel, AxisScale::Symlog);
    QCOMPARE(range.low, 0.0);
    QCOMPARE(range.linear, 2.0); // the tenth percentile of the positive values
    QVERIFY(range.high > 100);
    QCOMPARE(axisFraction(0, range, AxisScale::Symlog), 0.0);
    const double largest = axisFraction(100, range, AxisScale::Symlog);
    QVERIFY(largest > 0.8 && largest < 1);
    panel.after.assign(48, 500); // the second series has to fit too
    QVERIFY(valueRange(panel, AxisScale::Log).high > 500);
}

QTEST_APPLESS_MAIN(AfterPlanTest)
#include "after_plan_test.moc"
