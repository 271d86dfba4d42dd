// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/calibration.h"

#include <QTest>
#include <algorithm>
#include <numeric>

using namespace mambascope;

namespace {

std::vector<std::int32_t> counting(int n) {
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(n));
    std::iota(tokens.begin(), tokens.end(), 0);
    return tokens;
}

/// First token of every window: its position, since the tokens count up.
std::vector<std::int32_t> starts(const std::vector<std::int32_t>& tokens, const WindowRequest& request) {
    std::vector<std::int32_t> result;
    const auto windows = calibrationWindows(tokens, request);
    for (const auto& window : windows.value()) {
        result.push_back(window.front());
    }
    return result;
}

} // namespace

class WindowsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void optionsMakeACalibrationAgain() {
        CalibrationSource source;
        source.samples = 12;
        source.length = 34;
        source.seed = 56;
        QCOMPARE(calibrateOptions(source), std::string(" --samples 12 --length 34 --seed 56"));
        source.contiguous = source.rotated = true;
        QCOMPARE(calibrateOptions(source), std::string(" --samples 12 --length 34 --contiguous --rotated"));
    }

    void contiguousWindowsLieBackToBack() {
        const auto windows = calibrationWindows(counting(30335), {64, 256, 0, true}).value();
        QCOMPARE(windows.size(), 64UL);
        for (std::size_t i = 0; i < windows.size(); ++i) {
            QCOMPARE(windows[i].size(), 256UL);
            QCOMPARE(windows[i].front(), static_cast<std::int32_t>(i * 256));
            QCOMPARE(windows[i].back(), static_cast<std::int32_t>(i * 256 + 255));
        }
    }

    void fewerContiguousWindowsThanAskedForIsNoError() {
        QCOMPARE(calibrationWindows(counting(25), {64, 10, 0, true}).value().size(), 2UL);
    }

    void randomWindowsAreTheSameForTheSameSeed() {
        const auto tokens = counting(10000);
        const auto once = starts(tokens, {128, 512, 3, false});
        QCOMPARE(once, starts(tokens, {128, 512, 3, false}));
        QVERIFY(once != starts(tokens, {128, 512, 4, false}));
        QVERIFY(std::is_sorted(once.begin(), once.end()));
        QCOMPARE(once.size(), 128UL);
        QVERIFY(once.front() >= 0 && once.back() <= 10000 - 512);
    }

    void positionsFollowSplitmix64() {
        // The first three outputs of splitmix64 from state 0 (published test vector): e220a8397b1dcdaf,
        // 6e789e6aa1b965f4, 06c45d188009454f; modulo 1000 (1009 tokens, windows of 10) and sorted.
        std::vector<std::int32_t> expected{
            static_cast<std::int32_t>(0xe220a8397b1dcdafULL % 1000),
            static_cast<std::int32_t>(0x6e789e6aa1b965f4ULL % 1000),
            static_cast<std::int32_t>(0x06c45d188009454fULL % 1000)};
        std::sort(expected.begin(), expected.end());
        QCOMPARE(starts(counting(1009), {3, 10, 0, false}), expected);
    }

    void everyPositionIsReached() {
        const auto found = starts(counting(12), {2000, 10, 1, false}); // positions 0, 1, 2
        for (const std::int32_t position : {0, 1, 2}) {
            const auto n = std::count(found.begin(), found.end(), position);
            QVERIFY2(n > 500 && n < 850, qPrintable(QString::number(n))); // 667 expected, σ 21
        }
    }

    void aTextOfExactlyOneWindowIsEnough() {
        for (const bool contiguous : {false, true}) {
            const auto windows = calibrationWindows(counting(16), {1, 16, 5, contiguous});
            QVERIFY(windows.ok());
            QCOMPARE(windows.value().front(), counting(16));
        }
    }

    void refusals_data() {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("samples");
        QTest::addColumn<int>("length");
        QTest::addColumn<QString>("says");
        QTest::newRow("empty text") << 0 << 1 << 8 << "empty";
        QTest::newRow("text shorter than a window") << 7 << 1 << 8 << "7 tokens, fewer than one window of 8";
        QTest::newRow("no window") << 100 << 0 << 8 << "at least one window";
        QTest::newRow("negative windows") << 100 << -3 << 8 << "at least one window";
        QTest::newRow("no length") << 100 << 1 << 0 << "at least one token";
    }
    void refusals() {
        QFETCH(int, tokens);
        QFETCH(int, samples);
        QFETCH(int, length);
        QFETCH(QString, says);
        for (const bool contiguous : {false, true}) {
            const auto windows = calibrationWindows(counting(tokens), {samples, length, 0, contiguous});
            QVERIFY(!windows.ok());
            QVERIFY(windows.error().code == ErrorCode::Usage);
            QVERIFY2(
                QString::fromStdString(windows.error().message).contains(says),
                windows.error().message.c_str());
        }
    }
};

QTEST_APPLESS_MAIN(WindowsTest)
#include "windows_test.moc"
