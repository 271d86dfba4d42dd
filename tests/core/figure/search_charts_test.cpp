// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/search_charts.h"

#include <QtTest>

#include <cmath>

using namespace mambascope;

namespace {

Json alphaTrace() {
    return Json::parse(R"({"target": "alpha", "candidates": ["0", "0.5", "off"], "sites": {
        "layers.1.out_proj": {"chosen": "off", "errors": [0.5, 0.75, 0.25]},
        "layers.0.out_proj": {"chosen": "0.5", "errors": [0.2, 0.1, 0.3]}}})");
}

Json bitsTrace(const char* name, double bits, double divergence) {
    Json trace =
        Json::parse(R"({"target": "bits", "plan_hash": "p", "windows": 8, "candidates": ["8", "4"], "sites": {
        "layers.0.in_proj": {"chosen": "4", "errors": [0.1, 0.2]},
        "layers.1.in_proj": {"chosen": "8", "errors": [0.1, 0.4]}}})");
    trace["chosen"] = name;
    trace["allocations"][name] = {{"average_bits", bits}, {"divergence", divergence}, {"loss", 1.0}};
    return trace;
}

Json sensitivityTrace() {
    return Json::parse(R"({"target": "sensitivity", "baseline": 2.0, "plan": 3.0, "sites": {
        "layers.0.in_proj": {"only": 2.25, "without": 2.5}, "layers.0.out_proj": {"only": 1.75, "without": 2.875},
        "layers.1.in_proj": {"only": 2.5, "without": null}, "layers.1.out_proj": {"only": 2.125, "without": 3.0}}})");
}

Chart chart(const Json& trace, const SearchChartRequest& request) {
    const auto made = searchChart(trace, "trace.json", request);
    return made.ok() ? made.value() : Chart();
}

} // namespace

class SearchChartsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void errorsShowWhatWasChosen() {
        const Chart errors = chart(alphaTrace(), {SearchView::Errors});
        QCOMPARE(errors.panels.size(), std::size_t{1});
        const auto& series = errors.panels[0].series;
        QCOMPARE(series[1].points[0].y, 0.1); // layer 0 first
        QCOMPARE(series[1].points[1].y, 0.25);
        QCOMPARE(*series[0].points[1].high, 0.75);
        QCOMPARE(series[2].points[0].y, 0.3);
    }

    void oneLayerOverAlphaInTheRangeOfAll() {
        const Chart first = chart(alphaTrace(), {SearchView::Alpha, SiteOrder::Depth, 0});
        const ChartPanel& panel = first.panels.at(0);
        QCOMPARE(panel.series.size(), std::size_t{2});
        QCOMPARE(*panel.series[0].points[1].low, 0.1); // at α 0.5, of both layers
        QCOMPARE(*panel.series[0].points[1].high, 0.75);
        QCOMPARE(panel.series[1].points[1].x, 0.5);
        QCOMPARE(panel.series[1].points[1].y, 0.1);
        QCOMPARE(panel.marks.at(0).x, 0.5);
        // Where no smoothing is best there is no α to mark.
        QVERIFY(chart(alphaTrace(), {SearchView::Alpha, SiteOrder::Depth, 1}).panels.at(0).marks.empty());
        QCOMPARE(
            chart(alphaTrace(), {SearchView::Alpha, SiteOrder::Depth, 7}).panels.at(0).series.size(),
            std::size_t{1});
    }

    void sensitivityStandsByLayerOrBySize() {
        const Chart deep = chart(sensitivityTrace(), {SearchView::Sensitivity});
        QCOMPARE(deep.panels.size(), std::size_t{2});
        const ChartPanel& on = deep.panels[0];
        QCOMPARE(on.series.size(), std::size_t{2}); // in_proj and out_proj
        QCOMPARE(on.series[0].points[1].y, 0.5);    // 2.5 − 2
        QCOMPARE(on.series[1].points[0].y, -0.25);
        QCOMPARE(std::round((on.series[1].points[1].x + on.series[1].points[1].xEnd) / 2), 1.0);
        QVERIFY(on.y.range.low < -0.25 && on.y.range.high > 0.5);
        const ChartPanel& off = deep.panels[1];
        QCOMPARE(off.series[0].points.size(), std::size_t{1}); // the other one is not a number
        QCOMPARE(off.series[0].points[0].y, 0.5);              // 3 − 2.5
        QCOMPARE(off.y.range.low, 0.0);                        // bars stand on zero

        const Chart sized = chart(sensitivityTrace(), {SearchView::Sensitivity, SiteOrder::Size});
        const auto& in = sized.panels[0].series[0].points;
        const auto& out = sized.panels[0].series[1].points;
        QCOMPARE(in[0].label, std::string("layers.1.in_proj")); // 0.5, 0.25, 0.125, −0.25
        QVERIFY(in[0].xEnd < in[1].x && in[1].xEnd < out[0].x && out[0].xEnd < out[1].x);
    }

    void bitsAreBars() {
        const Chart bits = chart(bitsTrace("by error", 6, 0.25), {SearchView::Bits});
        const auto& points = bits.panels.at(0).series.at(0).points;
        QCOMPARE(points[0].y, 4.0);
        QCOMPARE(points[1].y, 8.0);
        QCOMPARE(bits.panels[0].y.range.low, 0.0);
    }

    void budgetsOfOneStartMakeACurve() {
        Json elsewhere = bitsTrace("by error", 7, 0.125);
        elsewhere["plan_hash"] = "another";
        const std::vector<Json> searches{
            bitsTrace("uniform", 4, 0.5), bitsTrace("by error", 6, 0.25), elsewhere, Json()};
        const Chart all = chart(searches[1], {SearchView::Budget, SiteOrder::Depth, 0, searches});
        const auto& series = all.panels.at(0).series;
        QCOMPARE(series.size(), std::size_t{2});
        QCOMPARE(series[0].label, std::string("by error"));
        QCOMPARE(series[0].points.size(), std::size_t{1});
        QCOMPARE(series[0].points[0].x, 6.0);
        QCOMPARE(series[1].points[0].y, 0.5);
        // A trace from a file that is not among the searches is shown all the same.
        const Chart alone = chart(searches[1], {SearchView::Budget});
        QCOMPARE(alone.panels.at(0).series.size(), std::size_t{1});
    }

    void aTraceSaysWhatCanBeShown() {
        QVERIFY((searchViews(alphaTrace()) == std::vector{SearchView::Alpha, SearchView::Errors}));
        QVERIFY(
            (searchViews(bitsTrace("uniform", 4, 0.5)) ==
             std::vector{SearchView::Bits, SearchView::Budget, SearchView::Errors}));
        Json older = bitsTrace("uniform", 4, 0.5);
        older.erase("allocations");
        QVERIFY((searchViews(older) == std::vector{SearchView::Bits, SearchView::Errors}));
        QVERIFY((searchViews(sensitivityTrace()) == std::vector{SearchView::Sensitivity}));
    }

    void whatIsNoTraceIsRefused() {
        Json fewer = alphaTrace(), unknown = alphaTrace(), other = alphaTrace(), losses = sensitivityTrace();
        fewer["sites"]["layers.0.out_proj"]["errors"] = Json::array();
        unknown["sites"]["layers.0.out_proj"]["chosen"] = "0.7";
        other["sites"]["somewhere"] = other["sites"]["layers.0.out_proj"];
        losses["sites"]["layers.0.in_proj"] = 3;
        for (const Json& bad :
             {fewer, unknown, other, losses, Json::array(), Json::object(), Json("text"), Json()}) {
            QVERIFY(searchViews(bad).empty());
            for (const SearchView view :
                 {SearchView::Alpha, SearchView::Errors, SearchView::Bits, SearchView::Budget,
                  SearchView::Sensitivity}) {
                QVERIFY(!searchChart(bad, "t", {view}).ok());
            }
        }
    }
};

QTEST_APPLESS_MAIN(SearchChartsTest)
#include "search_charts_test.moc"
