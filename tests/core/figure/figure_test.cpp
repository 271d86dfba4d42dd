// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/figure.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <random>

using namespace mambascope;

namespace {

/// One layer: 384 channels at x_proj and out_proj inputs, one of 1752 at out_proj; dt_proj has 12; outputs of
/// in_proj were not observed.
CalibrationSnapshot calibration() {
    CalibrationSnapshot snapshot;
    snapshot.spec.layers = 1;
    snapshot.spec.hidden = 192;
    snapshot.spec.inner = 384;
    snapshot.spec.state = 16;
    snapshot.spec.dtRank = 12;
    snapshot.source.checkpointName = "mamba-demo";
    snapshot.source.textName = "calibration.txt";
    snapshot.source.samples = 64;
    snapshot.source.length = 256;
    snapshot.source.tokens = 16384;
    snapshot.source.contiguous = true;
    for (const Linear linear : kLinears) {
        std::array<ChannelStatistics, 2> sides;
        for (const Side side : {Side::Input, Side::Output}) {
            const auto channels = static_cast<std::size_t>(snapshot.spec.channels(linear, side));
            if (linear == Linear::InProj && side == Side::Output) {
                continue;
            }
            ChannelStatistics& s = sides[static_cast<std::size_t>(side)];
            s.absmax.assign(channels, 0.5f);
            s.absmax[1] = 0.75f;
            s.mean.assign(channels, 0.0f);
            s.m2.assign(channels, 0.01f);
        }
        snapshot.sites.push_back(std::move(sides));
    }
    snapshot.sites[3][0].absmax[173] = 1752.3f;
    return snapshot;
}

} // namespace

class FigureTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aLayerAsAPaperPrintsIt() {
        const Figure figure = layerFigure(calibration(), 0, {});
        QCOMPARE(figure.title, std::string("mamba-demo · layer 0"));
        QCOMPARE(figure.panels.size(), 4UL);
        QCOMPARE(figure.panels[0].title, std::string("in_proj input"));
        const StemPanel& out = figure.panels[3];
        QCOMPARE(out.title, std::string("out_proj input"));
        QCOMPARE(out.subtitle, std::string("384 channels · 1 outlier · max 1752 at channel 173"));
        QCOMPARE(out.xLabel, std::string("channel"));
        QCOMPARE(out.yLabel, std::string("absolute maximum |x|"));
        QCOMPARE(out.bandLabel, std::string("mean + 6σ"));
        QCOMPARE(*out.bandLow, 0.0);
        QCOMPARE(out.marks.size(), 1UL);
        QCOMPARE(out.marks[0].label, std::string("173"));
        QCOMPARE(out.marks[0].value, 1752.3f);
        for (const char* part :
             {"mamba-demo", "calibration.txt", "64 contiguous windows × 256 tokens", "16384 tokens",
              "6 standard deviations", "channel-spread", "k = 6"}) {
            QVERIFY2(figure.caption.find(part) != std::string::npos, part);
        }
    }

    void theBandIsTheRulesThreshold() {
        const CalibrationSnapshot snapshot = calibration();
        for (const auto rule : {OutlierRule::ChannelSpread, OutlierRule::AllElements, OutlierRule::LlmInt8}) {
            const Figure figure = layerFigure(snapshot, 0, {Side::Input, rule, 4.5, AxisScale::Log});
            const OutlierSet expected =
                findOutliers(snapshot.at({0, Linear::OutProj}, Side::Input), rule, 4.5);
            QCOMPARE(*figure.panels[3].bandHigh, expected.threshold);
            QCOMPARE(figure.panels[3].marks.size(), expected.outliers.size());
            QVERIFY(figure.caption.find(outlierRuleName(rule)) != std::string::npos);
        }
    }

    void aRuleThatCannotFlagHasNoBandAndTheCaptionSaysWhy() {
        const Figure figure = layerFigure(calibration(), 0, {});
        const StemPanel& dt = figure.panels[2];
        QVERIFY(!dt.bandHigh.has_value());
        QCOMPARE(dt.subtitle, std::string("12 channels · no outlier possible · max 0.75 at channel 1"));
        QVERIFY(figure.caption.find("dt_proj: With 12 channels") != std::string::npos);
        QCOMPARE(dt.values.size(), 12UL);
    }

    void aSideThatWasNotObservedIsEmpty() {
        const Figure figure =
            layerFigure(calibration(), 0, {Side::Output, OutlierRule::ChannelSpread, 6, AxisScale::Log});
        QVERIFY(figure.panels[0].values.empty());
        QVERIFY(!figure.panels[0].emptyText.empty());
        QVERIFY(figure.panels[3].emptyText.empty());
        QCOMPARE(figure.panels[3].yLabel, std::string("absolute maximum |y|"));
    }

    void axisRangesHoldEveryValueAndTheBand() {
        StemPanel panel;
        panel.values = {0, 0.01f, 3, 1752};
        panel.bandHigh = 12;
        const AxisRange linear = valueRange(panel, AxisScale::Linear);
        QCOMPARE(linear.low, 0.0);
        QVERIFY(linear.high > 1752);
        const AxisRange log = valueRange(panel, AxisScale::Log);
        QVERIFY(log.low > 0 && log.low < 0.01);
        QVERIFY(log.high > 1752);
        panel.bandHigh = 1e5;
        QVERIFY(valueRange(panel, AxisScale::Linear).high > 1e5);
        QVERIFY(valueRange(panel, AxisScale::Log).high > 1e5);
        for (StemPanel silent : {StemPanel{}, panel}) {
            silent.values.assign(silent.values.size(), 0.0f);
            silent.bandHigh.reset();
            QVERIFY(valueRange(silent, AxisScale::Log).low > 0);
            QVERIFY(valueRange(silent, AxisScale::Log).high > valueRange(silent, AxisScale::Log).low);
            QVERIFY(valueRange(silent, AxisScale::Linear).high > 0);
        }
    }

    void noChannelIsLostAtAnyWidth() {
        std::mt19937 generator(1);
        const auto below = [&](unsigned bound) {
            return static_cast<int>(generator() % bound);
        };
        for (int trial = 0; trial < 3000; ++trial) {
            const int channels = 1 + below(6000);
            std::vector<float> values(static_cast<std::size_t>(channels), 1.0f);
            for (float& value : values) {
                value = 0.5f + static_cast<float>(below(100)) / 250;
            }
            int first = below(static_cast<unsigned>(channels));
            int last = below(static_cast<unsigned>(channels));
            if (first > last) {
                std::swap(first, last);
            }
            const int outlier = first + below(static_cast<unsigned>(last - first + 1));
            values[static_cast<std::size_t>(outlier)] = 1000;
            const int columns = 200 + below(3801);
            // Ranges of a plot rarely begin at a channel.
            const double from = first - (trial % 3) * 0.25;
            const double to = last + (trial % 4) * 0.2;
            const auto extents = columnExtents(values, from, to, columns);
            int found = 0;
            int previous = -1;
            for (const ColumnExtent& extent : extents) {
                QVERIFY(extent.column > previous && extent.column < columns);
                previous = extent.column;
                QVERIFY(extent.low <= extent.high);
                QCOMPARE(values[static_cast<std::size_t>(extent.highChannel)], extent.high);
                found += extent.high == 1000 && extent.highChannel == outlier ? 1 : 0;
                QVERIFY(extent.highChannel >= first && extent.highChannel <= last);
            }
            QCOMPARE(found, 1);
            // Every channel lies within the extent of its column.
            std::size_t covered = 0;
            for (int c = first; c <= last; ++c) {
                const double x = to > from ? (c - from) / (to - from) * columns : 0.0;
                const int column = std::min(static_cast<int>(x), columns - 1);
                const auto at = std::find_if(
                    extents.begin() + static_cast<std::ptrdiff_t>(covered), extents.end(),
                    [&](const ColumnExtent& e) { return e.column == column; });
                QVERIFY(at != extents.end());
                covered = static_cast<std::size_t>(at - extents.begin());
                const float value = values[static_cast<std::size_t>(c)];
                QVERIFY(at->low <= value && value <= at->high);
            }
        }
    }

    void columnsByHand() {
        const std::vector<float> values{1, 5, 2, 4};
        const auto extents = columnExtents(values, -0.5, 3.5, 2);
        QCOMPARE(extents.size(), 2UL);
        QCOMPARE(extents[0].low, 1.0f);
        QCOMPARE(extents[0].high, 5.0f);
        QCOMPARE(extents[0].highChannel, 1);
        QCOMPARE(extents[1].low, 2.0f);
        QCOMPARE(extents[1].highChannel, 3);
    }

    void rangesWithoutAChannelGiveNothing() {
        const std::vector<float> values{1, 2, 3};
        QVERIFY(columnExtents(values, 0.2, 0.8, 100).empty());
        QVERIFY(columnExtents(values, 2, 1, 100).empty());
        QVERIFY(columnExtents(values, 0, 2, 0).empty());
        QVERIFY(columnExtents({}, 0, 2, 10).empty());
        QVERIFY(columnExtents(values, 10, 20, 10).empty());
        QVERIFY(columnExtents(values, std::nan(""), 2, 10).empty());
        QCOMPARE(columnExtents(values, 1, 1, 10).size(), 1UL); // a single channel
        QCOMPARE(columnExtents(values, -1e9, 1e9, 10).size(), 1UL);
    }

    void csvHoldsTheDrawnValues() {
        const std::string csv = figureToCsv(layerFigure(calibration(), 0, {}));
        QCOMPARE(csv.substr(0, csv.find('\n')), std::string("panel,channel,absmax,outlier,threshold"));
        QCOMPARE(std::count(csv.begin(), csv.end(), '\n'), std::ptrdiff_t{1 + 192 + 384 + 12 + 384});
        QVERIFY(csv.find("\nout_proj input,173,1752.3,1,") != std::string::npos);
        QVERIFY(csv.find("\ndt_proj input,0,0.5,0,\n") != std::string::npos); // no threshold where no band is
    }
};

QTEST_APPLESS_MAIN(FigureTest)
#include "figure_test.moc"
