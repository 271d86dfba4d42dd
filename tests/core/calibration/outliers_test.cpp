// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/outliers.h"

#include <QTest>
#include <cmath>

using namespace mambascope;

namespace {

ChannelStatistics withAbsmax(std::vector<float> absmax) {
    ChannelStatistics statistics;
    statistics.mean.resize(absmax.size());
    statistics.m2.resize(absmax.size());
    statistics.above6.resize(absmax.size());
    statistics.absmax = std::move(absmax);
    return statistics;
}

/// C channels of 0 with one that is 1: the most that one of C values can stand out.
ChannelStatistics oneAmong(int channels) {
    std::vector<float> absmax(static_cast<std::size_t>(channels));
    absmax[static_cast<std::size_t>(channels) / 2] = 1;
    return withAbsmax(std::move(absmax));
}

std::vector<int> channelsOf(const OutlierSet& set) {
    std::vector<int> channels;
    for (const OutlierChannel& outlier : set.outliers) {
        channels.push_back(outlier.channel);
    }
    return channels;
}

} // namespace

class OutliersTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void channelSpreadByHand() {
        // 99 channels of 1 and one of 101: mean 2, variance (99 · 1 + 99²) / 100 = 99, std √99.
        std::vector<float> absmax(100, 1.0f);
        absmax[17] = 101;
        const OutlierSet set = findOutliers(withAbsmax(absmax), OutlierRule::ChannelSpread, 6);
        QCOMPARE(set.channels, 100);
        QVERIFY(std::fabs(set.centre - 2) < 1e-12);
        QVERIFY(std::fabs(set.spread - std::sqrt(99.0)) < 1e-12);
        QVERIFY(std::fabs(set.threshold - (2 + 6 * std::sqrt(99.0))) < 1e-11);
        QCOMPARE(channelsOf(set), std::vector<int>{17});
        QVERIFY(std::fabs(set.outliers[0].sigmas - 99 / std::sqrt(99.0)) < 1e-11);
        QVERIFY(set.contains(17));
        QVERIFY(!set.contains(16));
    }

    void channelSpreadNeeds38ChannelsForSixSigma() {
        // One of C values lies at most √(C−1) standard deviations above the mean: 6 at C = 37.
        const OutlierSet few = findOutliers(oneAmong(37), OutlierRule::ChannelSpread, 6);
        QVERIFY(!few.possible);
        QVERIFY(few.outliers.empty());
        QVERIFY(few.why.find("37 channels") != std::string::npos);
        QVERIFY(few.why.find("at least 38") != std::string::npos);
        const OutlierSet enough = findOutliers(oneAmong(38), OutlierRule::ChannelSpread, 6);
        QVERIFY(enough.possible);
        QVERIFY(enough.why.empty());
        QCOMPARE(channelsOf(enough), std::vector<int>{19});
        QVERIFY(std::fabs(enough.outliers[0].sigmas - std::sqrt(37.0)) < 1e-9);
    }

    void mostThatCanStandOutIsTheRootOfChannelsLessOne_data() {
        QTest::addColumn<int>("channels");
        for (const int channels : {2, 12, 44, 192, 1536}) {
            QTest::addRow("%d", channels) << channels;
        }
    }
    void mostThatCanStandOutIsTheRootOfChannelsLessOne() {
        QFETCH(int, channels);
        const double bound = std::sqrt(channels - 1.0);
        QCOMPARE(
            findOutliers(oneAmong(channels), OutlierRule::ChannelSpread, bound * 0.999).outliers.size(), 1UL);
        const OutlierSet beyond = findOutliers(oneAmong(channels), OutlierRule::ChannelSpread, bound * 1.001);
        QVERIFY(!beyond.possible);
    }

    void moreThanACantelliShareCannotBeFlagged() {
        // Cantelli: a share above mean + kσ is at most 1 / (1 + k²): one in 37 for k = 6.
        std::vector<float> absmax(370);
        std::fill_n(absmax.begin(), 10, 1.0f); // exactly the bound: at, not above, the threshold
        const ChannelStatistics atTheBound = withAbsmax(absmax);
        absmax[9] = 0;
        QCOMPARE(findOutliers(withAbsmax(absmax), OutlierRule::ChannelSpread, 6).outliers.size(), 9UL);
        QVERIFY(findOutliers(atTheBound, OutlierRule::ChannelSpread, 6.001).outliers.empty());
    }

    void allElementsUsesTheMomentsOfTheTensor() {
        ChannelStatistics s = withAbsmax({2, 4, 2});
        s.mean = {-1, -1, -1};
        s.m2 = {0.25f, 0.25f, 0.25f}; // μ = −1, σ = 0.5
        const OutlierSet set = findOutliers(s, OutlierRule::AllElements, 3);
        QCOMPARE(set.centre, 1.0);
        QCOMPARE(set.spread, 0.5);
        QCOMPARE(set.threshold, 2.5);
        QCOMPARE(channelsOf(set), std::vector<int>{1});
        QCOMPARE(set.outliers[0].sigmas, 6.0); // (4 − 1) / 0.5
        // σ of all elements contains the spread of the channel means.
        s.mean = {-1, 0, 1};
        s.m2 = {0, 0, 0};
        QVERIFY(std::fabs(findOutliers(s, OutlierRule::AllElements, 3).spread - std::sqrt(2.0 / 3)) < 1e-12);
    }

    void llmInt8IsAMagnitude() {
        ChannelStatistics statistics = withAbsmax({5.99f, 6.0f, 60.0f});
        statistics.m2 = {1, 1, 1};
        const OutlierSet set = findOutliers(statistics, OutlierRule::LlmInt8, 1e9);
        QCOMPARE(channelsOf(set), (std::vector<int>{1, 2}));
        QCOMPARE(set.threshold, 6.0);
        QCOMPARE(set.outliers[1].sigmas, 10.0);
    }

    void madByHand() {
        // Even count: median (2 + 3) / 2 = 2.5; deviations 1.5 0.5 0.5 97.5, their median 1.
        const OutlierSet set = findOutliers(withAbsmax({1, 2, 3, 100}), OutlierRule::Mad, 6);
        QCOMPARE(set.centre, 2.5);
        QCOMPARE(set.spread, 1.4826);
        QVERIFY(std::fabs(set.threshold - (2.5 + 6 * 1.4826)) < 1e-12);
        QCOMPARE(channelsOf(set), std::vector<int>{3});
        // Odd count: median 3, deviations 2 1 0 1 97, their median 1.
        QCOMPARE(findOutliers(withAbsmax({1, 2, 3, 4, 100}), OutlierRule::Mad, 6).centre, 3.0);
    }

    void madOfEqualChannelsFlagsNothingAndSaysSo() {
        const OutlierSet set = findOutliers(withAbsmax({1, 1, 1, 100}), OutlierRule::Mad, 6);
        QVERIFY(!set.possible);
        QVERIFY(set.outliers.empty());
        QVERIFY(set.why.find("deviation is 0") != std::string::npos);
    }

    /// Imported scales: magnitudes without a moment. One channel at 1000 would be above any band of zeros.
    void rulesThatNeedMoreThanMagnitudesSaySo() {
        std::vector<float> absmax(100, 1.0f);
        absmax[17] = 1000;
        const ChannelStatistics magnitudes = withAbsmax(absmax);
        QVERIFY(magnitudes.onlyMagnitudes());
        for (const auto& [rule, words] :
             {std::pair{
                  OutlierRule::AllElements, "rule all-elements is not possible here, because it needs the "
                                            "mean and the deviation"},
              std::pair{
                  OutlierRule::LlmInt8, "rule llm-int8 is not possible here, because it needs how many"}}) {
            const OutlierSet set = findOutliers(magnitudes, rule, 6);
            QVERIFY(!set.possible && !set.answerable);
            QVERIFY(set.outliers.empty());
            QVERIFY2(set.why.find(words) != std::string::npos, set.why.c_str());
        }
        for (const auto rule : {OutlierRule::ChannelSpread, OutlierRule::Mad}) {
            QVERIFY(findOutliers(magnitudes, rule, 6).answerable);
        }
        QCOMPARE(channelsOf(findOutliers(magnitudes, OutlierRule::ChannelSpread, 6)), std::vector<int>{17});
        // A tensor that was 0 throughout was observed; so was one that has a mean.
        QVERIFY(!withAbsmax({0, 0}).onlyMagnitudes());
        ChannelStatistics observed = magnitudes;
        observed.mean[3] = 0.5f;
        QVERIFY(!observed.onlyMagnitudes());
        QVERIFY(findOutliers(observed, OutlierRule::AllElements, 6).answerable);
    }

    void aSideThatWasNotObservedSaysSo() {
        const OutlierSet set = findOutliers(ChannelStatistics{}, OutlierRule::LlmInt8, 6);
        QVERIFY(!set.possible);
        QVERIFY(set.why.find("not observed") != std::string::npos);
    }

    void namesReadBack() {
        for (const auto rule :
             {OutlierRule::ChannelSpread, OutlierRule::AllElements, OutlierRule::LlmInt8, OutlierRule::Mad}) {
            QVERIFY(parseOutlierRule(outlierRuleName(rule)) == rule);
        }
        QCOMPARE(std::string(outlierRuleName(OutlierRule::LlmInt8)), std::string("llm-int8"));
        QVERIFY(!parseOutlierRule("sixsigma").has_value());
        QVERIFY(!parseOutlierRule("").has_value());
    }
};

QTEST_APPLESS_MAIN(OutliersTest)
#include "outliers_test.moc"
