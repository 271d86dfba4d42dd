// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/axis_ticks.h"
#include "ui/plots/label_layout.h"

#include <QTest>

#include <cmath>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

double eightADigit(const QString& label) {
    return 8.0 * static_cast<double>(label.size());
}

QStringList labels(const AxisTicks& ticks) {
    QStringList list;
    for (const auto& tick : ticks.major) {
        list << tick.label;
    }
    return list;
}

} // namespace

class AxisTicksTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void linearTicksAreRound();
    void channelsAreWholeNumbers();
    void logTicksArePowersOfTen();
    void logTicksThinOutOverManyDecades();
    void oneDecadeGetsTicksInBetween();
    void aNarrowLogAxisHasNumbersToo();
    void symlogHasZeroAndPowersOfTen();
    void labelsNeverOverlap();
    void aRangeWithoutExtentHasNoTicks();
    void fractionsOfAnAxis();
    void numbersHaveFourDigits();
    void labelsAvoidEachOtherAndTheMarks();
    void aLabelWithoutRoomIsLeftOut();
};

void AxisTicksTest::linearTicksAreRound() {
    QCOMPARE(
        labels(axisTicks(AxisRange{0, 1857}, AxisScale::Linear, 300, eightADigit)),
        QStringList(
            {QStringLiteral("0"), QStringLiteral("500"), QStringLiteral("1000"), QStringLiteral("1500")}));
    QCOMPARE(
        labels(axisTicks(AxisRange{0, 1}, AxisScale::Linear, 400, eightADigit)),
        QStringList(
            {QStringLiteral("0.0"), QStringLiteral("0.2"), QStringLiteral("0.4"), QStringLiteral("0.6"),
             QStringLiteral("0.8"), QStringLiteral("1.0")}));
}

void AxisTicksTest::channelsAreWholeNumbers() {
    for (const auto& tick :
         axisTicks(AxisRange{3.5, 6.5}, AxisScale::Linear, 2000, eightADigit, true).major) {
        QCOMPARE(tick.value, std::round(tick.value));
    }
}

void AxisTicksTest::logTicksArePowersOfTen() {
    const AxisTicks ticks = axisTicks(AxisRange{0.5, 2600}, AxisScale::Log, 400, eightADigit);
    QCOMPARE(
        labels(ticks),
        QStringList(
            {QStringLiteral("1"), QStringLiteral("10"), QStringLiteral("100"), QStringLiteral("1000")}));
    // 0.5 … 0.9 (5), 2 … 9 three times (24), 2000 (1)
    QCOMPARE(ticks.minor.size(), std::size_t{30});
}

void AxisTicksTest::aNarrowLogAxisHasNumbersToo() {
    // Of 1, 2 and 5 times powers of ten only 0.5 lies inside, or nothing at all.
    for (const AxisRange& range : {AxisRange{0.213, 0.809}, AxisRange{0.213, 0.48}, AxisRange{31, 48}}) {
        const AxisTicks ticks = axisTicks(range, AxisScale::Log, 300, eightADigit);
        QVERIFY2(ticks.major.size() >= 2, qPrintable(labels(ticks).join(u' ')));
        for (const auto& tick : ticks.major) {
            QVERIFY(!tick.label.isEmpty() && tick.value >= range.low && tick.value <= range.high);
        }
    }
}

void AxisTicksTest::symlogHasZeroAndPowersOfTen() {
    // Linear up to 2, then 10, 100 and 1000.
    QCOMPARE(
        labels(axisTicks(AxisRange{0, 1857, 2}, AxisScale::Symlog, 400, eightADigit)).join(u' '),
        QStringLiteral("0 10 100 1000"));
    QCOMPARE(
        labels(axisTicks(AxisRange{-50, 50, 1}, AxisScale::Symlog, 400, eightADigit)).join(u' '),
        QStringLiteral("−10 −1 0 1 10"));
    // Short of room, the end of the axis keeps its number.
    const QStringList few = labels(axisTicks(AxisRange{0, 1857, 2}, AxisScale::Symlog, 60, eightADigit));
    QVERIFY2(few.contains(QStringLiteral("1000")) && few.size() < 4, qPrintable(few.join(u' ')));
}

void AxisTicksTest::logTicksThinOutOverManyDecades() {
    const AxisTicks ticks =
        axisTicks(AxisRange{1e-12, 1e12}, AxisScale::Log, 120, [](const QString&) { return 10.0; });
    QVERIFY(ticks.major.size() >= 2);
    QVERIFY(ticks.major.size() <= 7); // 120 / (10 + gap)
    for (const auto& tick : ticks.major) {
        QVERIFY(std::abs(std::log10(tick.value) - std::round(std::log10(tick.value))) < 1e-9);
    }
}

void AxisTicksTest::oneDecadeGetsTicksInBetween() {
    QCOMPARE(
        labels(axisTicks(AxisRange{1.5, 8}, AxisScale::Log, 400, eightADigit)),
        QStringList({QStringLiteral("2"), QStringLiteral("5")}));
}

void AxisTicksTest::labelsNeverOverlap() {
    for (const double length : {20.0, 60.0, 150.0, 400.0, 2000.0}) {
        for (const double high : {1.7, 12.0, 384.0, 5119.5, 3.4e7}) {
            for (const AxisScale scale : {AxisScale::Linear, AxisScale::Log}) {
                const double low = scale == AxisScale::Log ? 0.013 : -0.5;
                const AxisTicks ticks = axisTicks(AxisRange{low, high}, scale, length, eightADigit);
                for (std::size_t i = 1; i < ticks.major.size(); ++i) {
                    const auto& a = ticks.major[i - 1];
                    const auto& b = ticks.major[i];
                    const double distance = length * (axisFraction(b.value, AxisRange{low, high}, scale) -
                                                      axisFraction(a.value, AxisRange{low, high}, scale));
                    QVERIFY((eightADigit(a.label) + eightADigit(b.label)) / 2 < distance);
                }
            }
        }
    }
}

void AxisTicksTest::aRangeWithoutExtentHasNoTicks() {
    QVERIFY(axisTicks(AxisRange{1, 1}, AxisScale::Linear, 100, eightADigit).major.empty());
    QVERIFY(axisTicks(AxisRange{0, 1}, AxisScale::Log, 100, eightADigit).major.empty());
    QVERIFY(axisTicks(AxisRange{0, std::nan("")}, AxisScale::Linear, 100, eightADigit).major.empty());
    QVERIFY(axisTicks(AxisRange{0, HUGE_VAL}, AxisScale::Linear, 100, eightADigit).major.empty());
}

void AxisTicksTest::fractionsOfAnAxis() {
    QCOMPARE(axisFraction(5, AxisRange{0, 20}, AxisScale::Linear), 0.25);
    QCOMPARE(axisFraction(10, AxisRange{1, 100}, AxisScale::Log), 0.5);
    QCOMPARE(axisFraction(0, AxisRange{1, 100}, AxisScale::Log), 0.0);
}

void AxisTicksTest::numbersHaveFourDigits() {
    QCOMPARE(formatValue(1752.4), QStringLiteral("1752"));
    QCOMPARE(formatValue(12.4142), QStringLiteral("12.41"));
    QCOMPARE(formatValue(0.0032179), QStringLiteral("0.003218"));
    QCOMPARE(formatValue(0), QStringLiteral("0"));
}

void AxisTicksTest::labelsAvoidEachOtherAndTheMarks() {
    const std::vector<QPointF> marks{{50, 50}, {56, 52}, {60, 60}, {95, 50}, {3, 20}};
    std::vector<MarkLabel> wished;
    for (const QPointF& mark : marks) {
        wished.push_back({mark, QSizeF(18, 8)});
    }
    const QRectF area(0, 0, 100, 100);
    const auto places = placeLabels(wished, marks, area, 3);
    int placed = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (!places[i]) {
            continue;
        }
        ++placed;
        QVERIFY(area.contains(*places[i]));
        for (const QPointF& mark : marks) {
            QVERIFY(!places[i]->contains(mark));
        }
        for (std::size_t j = 0; j < i; ++j) {
            QVERIFY(!places[j] || !places[j]->intersects(*places[i]));
        }
    }
    QCOMPARE(placed, 5); // all have room on one side or another
}

void AxisTicksTest::aLabelWithoutRoomIsLeftOut() {
    const std::vector<QPointF> marks{{10, 10}};
    const std::vector<MarkLabel> wished{{{10, 10}, QSizeF(50, 8)}};
    QVERIFY(!placeLabels(wished, marks, QRectF(0, 0, 20, 20), 3).front());
}

QTEST_APPLESS_MAIN(AxisTicksTest)
#include "axis_ticks_test.moc"
