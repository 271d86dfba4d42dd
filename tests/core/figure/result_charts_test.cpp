// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/result_charts.h"

#include "core/quantization/search.h"

#include <QtTest>

using namespace mambascope;

namespace {

ModelSpec smallSpec() {
    ModelSpec spec;
    spec.layers = 2;
    spec.hidden = 8;
    spec.inner = 16;
    spec.state = 4;
    spec.dtRank = 2;
    spec.vocabulary = 100;
    return spec;
}

Json asJson(const SearchResult& result) {
    return Json::parse(toJson(result).dump());
}

} // namespace

class ResultChartsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void runsStandAtWhatTheirPlansDo() {
        QuantPlan smooth = presetPlan("SmoothQuant W8A8 alpha 0.5").value();
        const ResultRun runs[] = {{"W8", smooth, 0.5, 0.45, 0.55}, {"baseline", {}, 0.6, 0.55, 0.65}};
        const Chart chart = resultChart(smallSpec(), runs, "All items.");
        const auto& bits = chart.panels[0].series[0].points;
        QCOMPARE(bits.size(), std::size_t{2});
        QCOMPARE(bits[0].x, 8.0);
        QCOMPARE(bits[0].y, 50.0);
        QCOMPARE(*bits[0].low, 45.0);
        QCOMPARE(bits[1].x, 16.0);
        const auto& alpha = chart.panels[2].series[0].points; // the baseline has none
        QCOMPARE(alpha.size(), std::size_t{1});
        QCOMPARE(alpha[0].x, 0.5);
        for (const ChartPanel& panel : chart.panels) {
            for (const ChartPoint& point : panel.series[0].points) {
                QVERIFY(point.x > panel.x.range.low && point.x < panel.x.range.high);
                QVERIFY(*point.low >= panel.y.range.low && *point.high <= panel.y.range.high);
            }
        }
    }

    void bytesAreThoseOfTheTensors() {
        const ModelSpec spec = smallSpec();
        // By hand: in_proj 32×8, x_proj 10×16, dt_proj 16×2, out_proj 8×16 in two layers, embedding 100×8,
        // tied.
        const double sites = 2 * (32 * 8 + 10 * 16 + 16 * 2 + 8 * 16), table = 100 * 8;
        QCOMPARE(weightBytes(spec, {}), 2 * (sites + table));
        QuantPlan plan;
        plan.defaults.weightBits = 4;
        QCOMPARE(weightBytes(spec, plan), sites / 2 + 2 * table);
        plan.groups = ParameterGroups::all();
        QCOMPARE(weightBytes(spec, plan), (sites + table) / 2);
        ModelSpec untied = spec;
        untied.tiedHead = false;
        QCOMPARE(weightBytes(untied, {}), 2 * (sites + 2 * table));
    }

    void aTraceShowsWhatWasChosen() {
        SearchResult result;
        result.candidates = {"0.5", "off"};
        result.sites = {{{1, Linear::OutProj}, {0.5, 0.25}, 1}, {{0, Linear::OutProj}, {0.1, 0.2}, 0}};
        const auto chart = searchTraceChart(asJson(result), "trace.json");
        QVERIFY(chart.ok());
        QCOMPARE(chart.value().panels.size(), std::size_t{1});
        const auto& series = chart.value().panels[0].series;
        QCOMPARE(series[1].points[0].y, 0.1); // layer 0 first
        QCOMPARE(series[1].points[1].y, 0.25);
        QCOMPARE(*series[0].points[1].high, 0.5);
        QCOMPARE(series[2].points[0].y, 0.2);
    }

    void whatIsNoTraceIsRefused() {
        SearchResult result;
        result.candidates = {"0.5"};
        result.sites = {{{0, Linear::InProj}, {0.1}, 0}};
        const Json good = asJson(result);
        QVERIFY(searchTraceChart(good, "t").ok());
        Json fewer = good, unknown = good, other = good;
        fewer["sites"]["layers.0.in_proj"]["errors"] = Json::array();
        unknown["sites"]["layers.0.in_proj"]["chosen"] = "0.7";
        other["sites"]["somewhere"] = other["sites"]["layers.0.in_proj"];
        for (const Json& bad : {fewer, unknown, other, Json::array(), Json::object(), Json("text")}) {
            QVERIFY(!searchTraceChart(bad, "t").ok());
        }
    }
};

QTEST_APPLESS_MAIN(ResultChartsTest)
#include "result_charts_test.moc"
