// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/sweep_figure.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <tuple>

using namespace mambascope;

namespace {

/// A plan that evaluates to `accuracy` on COPA (4 items) and PIQA.
Json plan(const std::string& name, const Json& defaults, double accuracy) {
    const auto task = [&](const char* title, double value) {
        return Json{
            {"title", title},           {"metric", "acc"},
            {"acc", value},             {"acc_stderr", 0.02},
            {"chance", 0.5},            {"acc_interval", {value - 0.05, value + 0.04}},
        };
    };
    return {
        {"plan_name", name},
        {"plan", {{"format", 1}, {"name", name}, {"defaults", defaults}}},
        {"tasks", {{"copa", task("COPA", accuracy)}, {"piqa", task("PIQA", accuracy - 0.1)}}}};
}

Json settings(const Json& wBits, const Json& alpha, const char* granularity = "tensor") {
    return {{"w_bits", wBits}, {"a_bits", wBits}, {"alpha", alpha}, {"w_granularity", granularity}};
}

Json sweep(const std::vector<Json>& plans) {
    return {
        {"title", "A sweep"},
        {"seed", 3},
        {"limit", 0},
        {"checkpoints", {{{"name", "demo"}, {"parameters", 129'600'000}, {"plans", plans}}}}};
}

SweepFigure figureOf(const Json& results) {
    return sweepFigure(results, "results.json").value();
}

const AccuracySeries& named(const AccuracyPanel& panel, const std::string& name) {
    return *std::find_if(
        panel.series.begin(), panel.series.end(), [&](const auto& series) { return series.name == name; });
}

} // namespace

class SweepFigureTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void alphaIsAnAxis() {
        const SweepFigure figure = figureOf(sweep(
            {plan("baseline", settings("off", "off"), 0.9), plan("α 1", settings(8, 1), 0.6),
             plan("α 0", settings(8, 0), 0.5), plan("α .5", settings(8, 0.5), 0.8)}));
        QCOMPARE(figure.references, std::vector<std::string>{"baseline"});
        QVERIFY(figure.categories.empty());
        QCOMPARE(figure.panels.size(), std::size_t{3});
        QCOMPARE(figure.panels[0].title, std::string("Average"));
        QCOMPARE(figure.panels[1].title, std::string("PIQA (acc)")); // in the order of the papers' tables
        QCOMPARE(figure.panels[1].chance, std::optional(50.0));
        const AccuracySeries& line = named(figure.panels[2], "α");
        QCOMPARE(line.points.size(), std::size_t{3});
        for (const auto& [i, x, y] : {std::tuple(0, 0.0, 50.0), std::tuple(1, 0.5, 80.0), std::tuple(2, 1.0, 60.0)}) {
            const AccuracyPoint& point = line.points[static_cast<std::size_t>(i)];
            QCOMPARE(point.x, x);
            QCOMPARE(point.y, y);
            QCOMPARE(point.low, y - 5);
            QCOMPARE(point.high, y + 4);
        }
        // The mean of .8 and .7, and 1.96 · √(.02² + .02²) / 2 beside it.
        const AccuracyPoint& average = named(figure.panels[0], "α").points[1];
        QCOMPARE(average.y, 75.0);
        QVERIFY(std::fabs(average.high - 75 - 1.96 * std::sqrt(2.0)) < 1e-3);
        QCOMPARE(average.high - 75, 75 - average.low);
    }

    void granularityIsAnAxis() {
        const SweepFigure figure = figureOf(sweep(
            {plan("baseline", settings("off", "off"), 0.9), plan("W8", settings(8, "off"), 0.8),
             plan("W8 channel", settings(8, "off", "channel"), 0.85), plan("W4", settings(4, "off"), 0.5),
             plan("W4 128", settings(4, "off", "group:128"), 0.6)}));
        QCOMPARE(figure.categories, (std::vector<std::string>{"tensor", "channel", "128"}));
        QCOMPARE(figure.panels[0].series.size(), std::size_t{3});
        QCOMPARE(named(figure.panels[1], "W4").points[1].plan, std::string("W4 128"));
        QCOMPARE(named(figure.panels[1], "W4").points[1].x, 2.0);
    }

    void severalSizesAreAnAxisWithASeriesForThePlan() {
        Json results = sweep({plan("baseline", settings("off", "off"), 0.9), plan("W8", settings(8, "off"), 0.8)});
        results["checkpoints"].push_back(
            {{"name", "small"},
             {"parameters", 10},
             {"plans",
              {plan("baseline", settings("off", "off"), 0.7), plan("W8", settings(8, "off"), 0.6)}}});
        const SweepFigure figure = figureOf(results);
        QVERIFY(figure.xScale == AxisScale::Log);
        QVERIFY(figure.references.empty());
        QCOMPARE(figure.ticks.size(), std::size_t{2});
        QCOMPARE(figure.ticks[1].second, std::string("130M"));
        const AccuracySeries& line = named(figure.panels[2], "W8");
        QCOMPARE(line.points.size(), std::size_t{2});
        QCOMPARE(line.points[0].x, 10.0); // the smaller one first, though it came last
        QCOMPARE(line.points[0].y, 60.0);
        QVERIFY(figure.caption.find("demo, small") != std::string::npos);
    }

    void otherwiseTasksStandSideBySide() {
        const SweepFigure figure = figureOf(
            sweep({plan("baseline", settings("off", "off"), 0.9), plan("W8", settings(8, "off"), 0.8)}));
        QCOMPARE(figure.categories, (std::vector<std::string>{"PIQA", "COPA", "Average"}));
        QCOMPARE(figure.panels.size(), std::size_t{1});
        const AccuracySeries& series = named(figure.panels[0], "W8");
        QVERIFY(!series.joined);
        QCOMPARE(series.points[2].y, 75.0);
        const AxisRange range = accuracyRange(figure); // 65 … 94 in whole tens
        QCOMPARE(range.low, 60.0);
        QCOMPARE(range.high, 100.0);
        const std::string csv = figureToCsv(figure);
        QVERIFY(csv.find("\"\",\"W8\",\"COPA\",\"W8\",80,75,") != std::string::npos);
    }

    void otherFilesAreRefused() {
        for (const Json& json :
             {Json(), Json::array(), Json{{"checkpoints", 3}}, Json{{"checkpoints", {{{"plans", "x"}}}}},
              Json{{"tasks", {{"copa", {{"acc", 1}}}}}}}) {
            const auto figure = sweepFigure(json, "other.json");
            QVERIFY(!figure.ok());
            QCOMPARE(figure.error().code, ErrorCode::Unreadable);
            QVERIFY(figure.error().message.starts_with("other.json"));
        }
    }
};

QTEST_APPLESS_MAIN(SweepFigureTest)
#include "sweep_figure_test.moc"
