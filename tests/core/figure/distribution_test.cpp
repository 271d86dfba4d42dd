// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/figure/distribution.h"

#include <QtTest>

#include <cmath>
#include <random>

using namespace mambascope;

namespace {

/// One layer whose in_proj saw `rows` tokens of normal values on every channel, channel c with the standard
/// deviation c + 1; everything that calibration keeps is computed here from the values themselves.
CalibrationSnapshot normalChannels(int channels, int rows) {
    CalibrationSnapshot snapshot;
    snapshot.spec.layers = 1;
    snapshot.spec.hidden = channels;
    snapshot.spec.inner = 2 * channels;
    snapshot.spec.state = 4;
    snapshot.spec.dtRank = 2;
    snapshot.sites.resize(4);
    ChannelStatistics& statistics = snapshot.sites[0][0];
    statistics.histogram.assign(kHistogramBins, 0);
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    for (int channel = 0; channel < channels; ++channel) {
        std::vector<float> values;
        double sum = 0, squares = 0;
        for (int row = 0; row < rows; ++row) {
            values.push_back(normal(random) * static_cast<float>(channel + 1));
            sum += values.back();
            squares += static_cast<double>(values.back()) * values.back();
            ++statistics.histogram[static_cast<std::size_t>(histogramBin(std::abs(values.back())))];
        }
        const auto [low, high] = std::ranges::minmax_element(values);
        statistics.min.push_back(*low);
        statistics.max.push_back(*high);
        statistics.absmax.push_back(std::max(-*low, *high));
        statistics.mean.push_back(static_cast<float>(sum / rows));
        statistics.m2.push_back(static_cast<float>(squares / rows - sum / rows * sum / rows));
        statistics.above6.push_back(0);
    }
    return snapshot;
}

} // namespace

class DistributionTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void barsAreTheSharesOfAllElements() {
        const CalibrationSnapshot snapshot = normalChannels(5, 1000);
        const Chart chart = distributionChart(snapshot, 0, {});
        QCOMPARE(chart.panels.size(), std::size_t{4});
        const ChartPanel& panel = chart.panels[0];
        QVERIFY(panel.emptyText.empty());
        double all = 0, before = 0;
        for (const ChartPoint& bar : panel.series[0].points) {
            all += bar.y;
            QVERIFY(before == 0 || bar.x == before); // without gaps
            before = bar.xEnd;
            QVERIFY(bar.y == 0 || (bar.y >= panel.y.range.low && bar.y <= panel.y.range.high));
        }
        QVERIFY(std::abs(all - 1) < 1e-12);
        // The largest magnitude lies in the last bar.
        const float largest = snapshot.sites[0][0].largest();
        QVERIFY(panel.series[0].points.back().x <= largest && panel.series[0].points.back().xEnd > largest);
    }

    void percentilesCutWhatTheySay() {
        const Chart chart = distributionChart(normalChannels(5, 4000), 0, {});
        const ChartPanel& panel = chart.panels[0];
        QCOMPARE(QString::fromStdString(panel.marks[0].label), QStringLiteral("99 %"));
        double above = 0; // by the bars; a bin that the mark cuts counts by its length
        for (const ChartPoint& bar : panel.series[0].points) {
            const double part = (bar.xEnd - panel.marks[0].x) / (bar.xEnd - bar.x);
            above += bar.y * std::clamp(part, 0.0, 1.0);
        }
        QVERIFY2(std::abs(above - 0.01) < 1e-4, qPrintable(QString::number(above)));
    }

    void ribbonsRiseAndHoldTheMean() {
        const CalibrationSnapshot snapshot = normalChannels(40, 500);
        const Chart chart = channelRibbons(snapshot, 0, {});
        const ChartPanel& panel = chart.panels[0];
        QCOMPARE(panel.series.size(), std::size_t{3});
        const ChartSeries& all = panel.series[0];
        const ChartSeries& usual = panel.series[1];
        QCOMPARE(all.points.size(), std::size_t{40});
        double before = 0;
        for (std::size_t i = 0; i < all.points.size(); ++i) {
            const double absmax = std::max(-*all.points[i].low, *all.points[i].high);
            QVERIFY(absmax >= before);
            before = absmax;
            QVERIFY(*all.points[i].low < *usual.points[i].low && *usual.points[i].low < usual.points[i].y);
            QVERIFY(*all.points[i].high > *usual.points[i].high && *usual.points[i].high > usual.points[i].y);
        }
        QCOMPARE(before, static_cast<double>(snapshot.sites[0][0].largest()));
    }

    void whatIsNotKnownSaysSo() {
        CalibrationSnapshot snapshot = normalChannels(5, 100);
        ChannelStatistics& statistics = snapshot.sites[0][0];
        statistics.histogram.assign(kHistogramBins, 0);
        statistics.mean.assign(5, 0);
        statistics.m2.assign(5, 0);
        for (const Chart& chart : {distributionChart(snapshot, 0, {}), channelRibbons(snapshot, 0, {})}) {
            QVERIFY(chart.panels[0].series.empty());
            QCOMPARE(
                QString::fromStdString(chart.panels[0].emptyText),
                QStringLiteral("Only the largest magnitudes are known here."));
            QCOMPARE(
                QString::fromStdString(chart.panels[1].emptyText),
                QStringLiteral("Not observed in this calibration"));
        }
    }

    void theCsvHasALineForEveryPoint() {
        const Chart chart = channelRibbons(normalChannels(7, 50), 0, {});
        const QString csv = QString::fromStdString(chartToCsv(chart));
        QCOMPARE(csv.count(u'\n'), 1 + 3 * 7);
        const ChartPoint& first = chart.panels[0].series[1].points[0];
        QVERIFY(csv.contains(QString::fromStdString("in_proj input,mean ± σ,0,,,")));
        QVERIFY(csv.contains(QString::fromStdString(first.label)));
    }
};

QTEST_APPLESS_MAIN(DistributionTest)
#include "distribution_test.moc"
