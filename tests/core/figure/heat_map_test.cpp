// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/import_scales.h"
#include "core/figure/heat_map.h"
#include "tests/support/paths.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mambascope;

namespace {

/// Rows of 1 with single channels planted at 1000, in the widths of the published models.
struct Planted {
    static constexpr int kRows = 16;
    HeatGrid grid;
    std::vector<std::pair<int, int>> peaks; // row, column
    std::vector<int> order;

    explicit Planted(int columns) {
        std::vector<float> values(static_cast<std::size_t>(kRows) * static_cast<std::size_t>(columns), 1);
        // One in every row, at positions without a pattern that a pixel grid could share, and both ends.
        for (int row = 0; row < kRows; ++row) {
            const int column = row == 0 ? 0 : row == 1 ? columns - 1 : (row * 7919 + 13) % columns;
            peaks.emplace_back(row, column);
            values
                [static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                 static_cast<std::size_t>(column)] = 1000;
            order.push_back(row);
        }
        grid = HeatGrid(kRows, columns, values, {{1, 1000}, AxisScale::Log});
    }
};

/// One layer of Mamba with `inner` channels into out_proj, all 1 but for two.
CalibrationSnapshot calibrationWith(std::vector<std::pair<int, float>> outliers) {
    CalibrationSnapshot snapshot;
    snapshot.spec.layers = 2;
    snapshot.spec.hidden = 24;
    snapshot.spec.inner = 48;
    snapshot.spec.state = 4;
    snapshot.spec.dtRank = 3;
    snapshot.spec.vocabulary = 10;
    snapshot.source.checkpointName = "toy";
    snapshot.source.textName = "text.txt";
    snapshot.source.samples = 2;
    snapshot.source.length = 8;
    snapshot.source.tokens = 16;
    snapshot.sites.resize(8);
    for (const SiteId site : snapshot.spec.sites()) {
        for (const Side side : {Side::Input, Side::Output}) {
            ChannelStatistics& statistics =
                snapshot.sites[static_cast<std::size_t>(site.index())][static_cast<std::size_t>(side)];
            statistics.absmax.assign(static_cast<std::size_t>(snapshot.spec.channels(site.linear, side)), 1);
            statistics.m2.assign(statistics.absmax.size(), 1);
        }
    }
    for (const auto& [channel, value] : outliers) {
        snapshot.sites[SiteId{1, Linear::OutProj}.index()][0].absmax[static_cast<std::size_t>(channel)] =
            value;
    }
    return snapshot;
}

} // namespace

class HeatMapTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void shadesFollowTheScale();
    void axisFractionAndValueAreInverse_data();
    void axisFractionAndValueAreInverse();
    void noPeakIsLostAtAnyWidth_data();
    void noPeakIsLostAtAnyWidth();
    void noPeakIsLostWhenZoomed();
    void peaksCoverThePixelsBesideThem();
    void fewerBandsThanRowsKeepTheLargest();
    void describesASite();
    void sortsLayers();
    void sigmasAreThoseOfTheRule();
    void saysWhereTheRuleHasNoAnswer();
    void weightsNeedTheCheckpoint();
    void saysWhatThePlanDoes();
    void writesEveryValue();
    void manyValuesHaveTheShadesOfSingleOnes_data();
    void manyValuesHaveTheShadesOfSingleOnes();
    void publishedScales();
};

void HeatMapTest::shadesFollowTheScale() {
    const HeatScale log{{1, 10000}, AxisScale::Log};
    QCOMPARE(int(log.shade(1)), 1);
    QCOMPARE(int(log.shade(10000)), 255);
    QCOMPARE(int(log.shade(100)), 128); // halfway in the logarithm: 1 + 254 / 2
    QCOMPARE(int(log.shade(0)), 1);
    QCOMPARE(int(log.shade(1e9)), 255);
    QCOMPARE(int(log.shade(std::nan(""))), int(kNoShade));
    QVERIFY(std::abs(log.value(128) - 100) < 1e-9);
    const HeatScale linear{{-2, 2}, AxisScale::Linear};
    QCOMPARE(int(linear.shade(0)), 128);
}

void HeatMapTest::axisFractionAndValueAreInverse_data() {
    QTest::addColumn<int>("scale");
    QTest::newRow("linear") << static_cast<int>(AxisScale::Linear);
    QTest::newRow("log") << static_cast<int>(AxisScale::Log);
    QTest::newRow("symlog") << static_cast<int>(AxisScale::Symlog);
}

void HeatMapTest::axisFractionAndValueAreInverse() {
    QFETCH(const int, scale);
    const auto kind = static_cast<AxisScale>(scale);
    const AxisRange range{0.5, 2000, 2};
    for (const double value : {0.5, 0.7, 1.0, 12.5, 1999.0, 2000.0}) {
        const double fraction = axisFraction(value, range, kind);
        QVERIFY(fraction >= 0 && fraction <= 1);
        QVERIFY(std::abs(axisValue(fraction, range, kind) - value) < 1e-9 * value + 1e-9);
    }
    QCOMPARE(parseAxisScale(axisScaleName(kind)), std::optional(kind));
}

void HeatMapTest::noPeakIsLostAtAnyWidth_data() {
    QTest::addColumn<int>("columns");
    for (const int columns : {160, 2560, 5120}) { // dt, in and x of mamba-2.8b
        QTest::addRow("%d columns", columns) << columns;
    }
}

void HeatMapTest::noPeakIsLostAtAnyWidth() {
    QFETCH(const int, columns);
    const Planted planted(columns);
    const HeatWindow all{-0.5, columns - 0.5};
    for (int width = 200; width <= 4000; ++width) {
        const auto pixels = planted.grid.pooled(planted.order, all, width, Planted::kRows);
        for (const auto& [row, column] : planted.peaks) {
            const PixelSpan span = pixelsOf(column, all, width);
            QVERIFY(span.first <= span.last);
            const auto at = [&](int x) {
                return pixels
                    [static_cast<std::size_t>(row) * static_cast<std::size_t>(width) +
                     static_cast<std::size_t>(x)];
            };
            QCOMPARE(int(at((span.first + span.last) / 2)), 255);
        }
        // Nothing else lights up: every row has its peak's pixels, and at most one on either side of them.
        const auto lit = std::count(pixels.begin(), pixels.end(), 255);
        QVERIFY(lit <= Planted::kRows * (width / columns + 3));
    }
}

void HeatMapTest::noPeakIsLostWhenZoomed() {
    const Planted planted(5120);
    for (const double half : {4.0, 33.3, 700.0}) {
        for (const auto& [row, column] : planted.peaks) {
            const HeatWindow window{column - half, column + half};
            const auto pixels = planted.grid.pooled(planted.order, window, 997, Planted::kRows);
            const auto begin = pixels.begin() + row * 997;
            QCOMPARE(int(*std::max_element(begin, begin + 997)), 255);
            QVERIFY(*(begin + 498) == 255); // the window is centred on it
        }
    }
}

void HeatMapTest::peaksCoverThePixelsBesideThem() {
    std::vector<float> values(10000, 1);
    values[5000] = 1000;
    HeatGrid grid(1, 10000, values, {{1, 1000}, AxisScale::Log});
    const std::vector<int> order{0};
    const HeatWindow all{-0.5, 9999.5};
    QCOMPARE(int(std::ranges::count(grid.pooled(order, all, 100, 1, 2), 255)), 1); // no peak is named yet
    grid.setPeaks({{5000}});
    QCOMPARE(int(std::ranges::count(grid.pooled(order, all, 100, 1, 0), 255)), 1);
    QCOMPARE(int(std::ranges::count(grid.pooled(order, all, 100, 1, 2), 255)), 5); // two on either side
}

void HeatMapTest::fewerBandsThanRowsKeepTheLargest() {
    const Planted planted(160);
    const auto pixels = planted.grid.pooled(planted.order, {-0.5, 159.5}, 160, 10);
    for (const auto& [row, column] : planted.peaks) {
        QCOMPARE(
            int(pixels
                    [static_cast<std::size_t>(row * 10 / Planted::kRows) * 160 +
                     static_cast<std::size_t>(column)]),
            255);
    }
    // More bands than rows: every row fills its share.
    const HeatGrid two(2, 1, std::vector<float>{1, 1000}, {{1, 1000}, AxisScale::Log});
    const std::vector<int> reversed{1, 0};
    QCOMPARE(two.pooled(reversed, {-0.5, 0.5}, 1, 5), (std::vector<std::uint8_t>{255, 255, 1, 1, 1}));
}

void HeatMapTest::describesASite() {
    const HeatMap map = heatMap(calibrationWith({{5, 100}}), nullptr, {});
    QCOMPARE(map.layers, 2);
    QCOMPARE(map.channels, 48);
    QVERIFY(map.emptyText.empty());
    QCOMPARE(QString::fromStdString(map.title), QStringLiteral("toy · out_proj inputs"));
    QCOMPARE(map.rows[1].outliers, std::vector<int>{5});
    QCOMPARE(map.rows[1].largestChannel, 5);
    QCOMPARE(map.recurrence[5], 1);
    QCOMPARE(map.outlierCount(), 1);
    QVERIFY(map.isOutlier(1, 5) && !map.isOutlier(0, 5));
    QCOMPARE(int(map.grid.at(1, 5)), 255);
    QCOMPARE(int(map.grid.at(0, 5)), 1);
    const QString caption = QString::fromStdString(map.caption);
    QVERIFY2(
        caption.contains(QStringLiteral("out_proj inputs in every layer of toy, over text.txt")),
        qPrintable(caption));
    QVERIFY2(
        caption.contains(QStringLiteral("1 outlier channel by rule channel-spread, k = 6.")),
        qPrintable(caption));
}

void HeatMapTest::sortsLayers() {
    HeatOptions options;
    options.order = HeatOrder::Largest;
    QCOMPARE(heatMap(calibrationWith({{5, 100}}), nullptr, options).order, (std::vector<int>{1, 0}));
    options.order = HeatOrder::OutlierShare;
    QCOMPARE(heatMap(calibrationWith({{5, 100}}), nullptr, options).order, (std::vector<int>{1, 0}));
    QCOMPARE(
        heatMap(calibrationWith({}), nullptr, options).order, (std::vector<int>{0, 1})); // equal: by depth
    options.order = HeatOrder::Depth;
    QCOMPARE(heatMap(calibrationWith({{5, 100}}), nullptr, options).order, (std::vector<int>{0, 1}));
}

void HeatMapTest::sigmasAreThoseOfTheRule() {
    HeatOptions options;
    options.statistic = HeatStatistic::Sigmas;
    const HeatMap map = heatMap(calibrationWith({{5, 100}}), nullptr, options);
    // One value among n equal ones lies √(n − 1) standard deviations above the mean, whatever it is.
    QVERIFY(std::abs(map.value(1, 5) - std::sqrt(47.0F)) < 1e-4F);
    QVERIFY(std::abs(map.sigmas(1, 5).value() - std::sqrt(47.0)) < 1e-9);
    QVERIFY(std::isnan(map.value(0, 5))); // all equal: no spread
    QVERIFY(!map.sigmas(0, 5));
    QCOMPARE(map.absmaxAt(1, 5), 100.0F);
    QCOMPARE(int(map.grid.at(0, 5)), int(kNoShade));
}

void HeatMapTest::saysWhereTheRuleHasNoAnswer() {
    CalibrationSnapshot magnitudes = calibrationWith({{5, 100}});
    for (auto& sides : magnitudes.sites) {
        for (ChannelStatistics& statistics : sides) {
            statistics.mean.assign(statistics.absmax.size(), 0);
            statistics.m2.assign(statistics.absmax.size(), 0); // only the largest magnitudes are known
        }
    }
    HeatOptions options;
    QVERIFY(heatMap(magnitudes, nullptr, options).caption.find("1 outlier channel by") != std::string::npos);
    options.rule = OutlierRule::AllElements;
    const HeatMap map = heatMap(magnitudes, nullptr, options);
    QVERIFY(map.emptyText.empty()); // the magnitudes can be seen all the same
    QVERIFY(map.caption.find("rule all-elements, k = 6 has no answer here.") != std::string::npos);
    QVERIFY(map.caption.find("0 outlier channels") == std::string::npos);
    options.statistic = HeatStatistic::Sigmas;
    QVERIFY(!heatMap(magnitudes, nullptr, options).emptyText.empty());
}

void HeatMapTest::weightsNeedTheCheckpoint() {
    HeatOptions options;
    options.statistic = HeatStatistic::WeightAbsmax;
    QVERIFY(!heatMap(calibrationWith({}), nullptr, options).emptyText.empty());
    WeightStatistics weights;
    weights.columnAbsmax.resize(8);
    for (const int layer : {0, 1}) {
        weights.columnAbsmax[SiteId{layer, Linear::OutProj}.index()].assign(48, 0.25F);
    }
    weights.columnAbsmax[SiteId{1, Linear::OutProj}.index()][7] = 2;
    const HeatMap map = heatMap(calibrationWith({{5, 100}}), &weights, options);
    QVERIFY2(map.emptyText.empty(), map.emptyText.c_str());
    QCOMPARE(map.value(1, 7), 2.0F);
    QCOMPARE(map.rows[1].largestChannel, 7);
    QVERIFY(map.isOutlier(1, 5)); // still those of the activations
    options.side = Side::Output;
    QVERIFY(!heatMap(calibrationWith({}), &weights, options).emptyText.empty());
}

void HeatMapTest::saysWhatThePlanDoes() {
    QuantPlan plan = presetPlan("W8A8 input").value();
    SitePatch patch;
    patch.weightBits = 4;
    plan.set({{1}, {Linear::OutProj}}, patch);
    const auto cells = heatPlanCells(plan, 2, Linear::OutProj);
    QCOMPARE(cells[0], (HeatPlanCell{"8", "8", 8, 8}));
    QCOMPARE(cells[1], (HeatPlanCell{"4", "8", 4, 8}));
    QCOMPARE(heatPlanCells(QuantPlan(), 1, Linear::InProj)[0], (HeatPlanCell{"–", "–", kBitsOff, kBitsOff}));
}

void HeatMapTest::writesEveryValue() {
    const std::string csv = heatMapToCsv(heatMap(calibrationWith({{5, 100}}), nullptr, {}));
    QCOMPARE(std::count(csv.begin(), csv.end(), '\n'), 1 + 2 * 48);
    // √47 = 6.8557
    QVERIFY2(csv.find("\n1,5,100,6.856,1\n") != std::string::npos, csv.c_str());
    QVERIFY(csv.find("\n0,0,1,,0\n") != std::string::npos);
}

void HeatMapTest::manyValuesHaveTheShadesOfSingleOnes_data() {
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    QTest::newRow("a millionfold") << 0.003 << 3000.0;
    QTest::newRow("a tenth") << 20.0 << 22.0;
    QTest::newRow("all that a float has") << 1e-42 << 3e38;
}

// A large grid looks shades up in a table instead of computing a logarithm for each value.
void HeatMapTest::manyValuesHaveTheShadesOfSingleOnes() {
    QFETCH(double, low);
    QFETCH(double, high);
    const HeatScale scale{{low, high}, AxisScale::Log};
    std::vector<float> values{
        0.0F,
        -1.0F,
        std::nanf(""),
        std::numeric_limits<float>::infinity(),
        1e-45F,
        static_cast<float>(low),
        static_cast<float>(high)};
    const int count = 100'000; // from below the range to above it
    for (int i = 0; i < count; ++i) {
        values.push_back(static_cast<float>(low * std::pow(high / low, 1.2 * i / count - 0.1)));
    }
    const HeatGrid grid(1, static_cast<int>(values.size()), values, scale);
    for (int i = 0; i < static_cast<int>(values.size()); ++i) {
        const float value = values[static_cast<std::size_t>(i)];
        QVERIFY2(
            grid.at(0, i) == scale.shade(static_cast<double>(value)), qPrintable(QString::number(value)));
    }
}

void HeatMapTest::publishedScales() {
    const auto data = test::sharedData();
    if (!data) {
        QSKIP("the activation scales of mamba-2.8b are not here");
    }
    const auto scales = openCalibrationOrScales(*data / "act-scales/mamba-2.8b-hf.pt");
    QVERIFY(scales.ok());
    const HeatMap map = heatMap(scales.value().snapshot, nullptr, {});
    QCOMPARE(map.layers, 64);
    QCOMPARE(map.channels, 5120);
    QVERIFY(map.outlierCount() > 64);
    const HeatWindow all{-0.5, 5119.5};
    for (const int width : {200, 333, 640, 1000, 1601, 4000}) {
        const auto pixels = map.grid.pooled(map.order, all, width, 64);
        for (int layer = 0; layer < 64; ++layer) {
            for (const int channel : map.rows[static_cast<std::size_t>(layer)].outliers) {
                const PixelSpan span = pixelsOf(channel, all, width);
                QVERIFY(
                    pixels
                        [static_cast<std::size_t>(layer) * static_cast<std::size_t>(width) +
                         static_cast<std::size_t>((span.first + span.last) / 2)] >=
                    map.grid.at(layer, channel));
            }
        }
    }
}

QTEST_APPLESS_MAIN(HeatMapTest)
#include "heat_map_test.moc"
