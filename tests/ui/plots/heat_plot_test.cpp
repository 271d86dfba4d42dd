// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/heat_plot.h"

#include <QAccessible>
#include <QImage>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

constexpr int kLayers = 24;
constexpr int kChannels = 3000;

/// A calibration of 24 layers whose out_proj has 3000 input channels of 1 … 2, and one of 1000 in every
/// layer, except that layer 3 has none and layer 5 has two.
CalibrationSnapshot planted() {
    CalibrationSnapshot snapshot;
    snapshot.spec.layers = kLayers;
    snapshot.spec.hidden = kChannels / 2;
    snapshot.spec.inner = kChannels;
    snapshot.spec.state = 4;
    snapshot.spec.dtRank = 8;
    snapshot.spec.vocabulary = 10;
    snapshot.source.checkpointName = "toy";
    snapshot.sites.resize(kLayers * 4);
    for (int layer = 0; layer < kLayers; ++layer) {
        std::vector<float>& absmax = snapshot.sites[SiteId{layer, Linear::OutProj}.index()][0].absmax;
        for (int channel = 0; channel < kChannels; ++channel) {
            absmax.push_back(1 + static_cast<float>((channel * 37 + layer * 11) % 100) / 100);
        }
        if (layer != 3) {
            absmax[static_cast<std::size_t>(layer * 123 + 7)] = 1000;
        }
        if (layer == 5) {
            absmax[2999] = 1000;
        }
    }
    return snapshot;
}

std::shared_ptr<const HeatMap> plantedMap(HeatOrder order = HeatOrder::Depth) {
    HeatOptions options;
    options.order = order;
    return std::make_shared<const HeatMap>(heatMap(planted(), nullptr, options));
}

QColor largestColour() {
    return QColor(colourTable(ColourMap::Cividis)[255]);
}

/// Whether a column of `image` among [from, to] has the colour at `y`.
bool hasColour(const QImage& image, int from, int to, int y, const QColor& colour) {
    for (int x = std::max(0, from); x <= std::min(to, image.width() - 1); ++x) {
        if (image.pixelColor(x, y) == colour) {
            return true;
        }
    }
    return false;
}

} // namespace

class HeatPlotTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void coloursGrowLighter();
    void everyOutlierIsPaintedAtEveryWidth();
    void everyOutlierIsVisibleInTheWidget_data();
    void everyOutlierIsVisibleInTheWidget();
    void rowsAreWhereTheLayoutSays();
    void clickingSelects();
    void keysMoveAndWalkOutliers();
    void zoomKeepsWhatIsPointedAt();
    void stripsShowThePlan();
    void isATableForScreenReaders();
    void showsWhyThereIsNothing();
};

void HeatPlotTest::coloursGrowLighter() {
    for (const ColourMap map : kColourMaps) {
        const auto table = colourTable(map);
        double before = -1;
        for (std::size_t shade = 1; shade < table.size(); ++shade) {
            const QColor colour(table[shade]);
            // Relative luminance (ITU-R BT.709).
            const double luminance = 0.2126 * std::pow(colour.redF(), 2.2) +
                                     0.7152 * std::pow(colour.greenF(), 2.2) +
                                     0.0722 * std::pow(colour.blueF(), 2.2);
            QVERIFY2(luminance > before - 0.002, qPrintable(QString::number(shade))); // rounding to a byte
            before = luminance;
        }
        QVERIFY(before > 0.6);
    }
}

void HeatPlotTest::everyOutlierIsPaintedAtEveryWidth() {
    const auto map = plantedMap();
    QCOMPARE(map->outlierCount(), kLayers);
    const HeatWindow all = wholeWindow(*map);
    for (int width = 200; width <= 4000; width += 19) { // 200 … 4000, without a pattern in 3000 channels
        const int height = 24 * 3 + width % 50;
        const QImage image = heatImage(*map, all, QSize(width, height), ColourMap::Cividis, 1);
        for (int layer = 0; layer < kLayers; ++layer) {
            const int y = (layer * height / kLayers + (layer + 1) * height / kLayers) / 2;
            for (const int channel : map->rows[static_cast<std::size_t>(layer)].outliers) {
                const PixelSpan span = pixelsOf(channel, all, width);
                QVERIFY2(
                    hasColour(image, span.first, span.last, y, largestColour()),
                    qPrintable(QStringLiteral("width %1, layer %2").arg(width).arg(layer)));
            }
            if (layer == 3) {
                QVERIFY(!hasColour(image, 0, width, y, largestColour()));
            }
        }
    }
}

void HeatPlotTest::everyOutlierIsVisibleInTheWidget_data() {
    QTest::addColumn<QSize>("size");
    for (const QSize size : {QSize(400, 200), QSize(1000, 300), QSize(1600, 700), QSize(4000, 240)}) {
        QTest::addRow("%dx%d", size.width(), size.height()) << size;
    }
}

void HeatPlotTest::everyOutlierIsVisibleInTheWidget() {
    QFETCH(const QSize, size);
    HeatPlot plot;
    plot.resize(size);
    plot.setMap(plantedMap());
    const QImage image = plot.grab().toImage();
    const HeatLayout& layout = plot.layoutNow();
    const double ratio = image.devicePixelRatio();
    for (int layer = 0; layer < kLayers; ++layer) {
        const double y = (layout.rowTop(layer) + layout.rowTop(layer + 1)) / 2;
        for (const int channel : plot.map()->rows[static_cast<std::size_t>(layer)].outliers) {
            const int x = static_cast<int>(layout.x(channel) * ratio);
            QVERIFY2(
                hasColour(image, x - 2, x + 2, static_cast<int>(y * ratio), largestColour()),
                qPrintable(QString::number(layer)));
        }
    }
}

void HeatPlotTest::rowsAreWhereTheLayoutSays() {
    HeatPlot plot;
    plot.resize(900, 341); // rows of unequal height
    plot.setMap(plantedMap());
    const HeatLayout& layout = plot.layoutNow();
    for (int position = 0; position < kLayers; ++position) {
        QCOMPARE(layout.positionAt(layout.rowTop(position)), position);
        QCOMPARE(layout.positionAt(layout.rowTop(position + 1) - 0.01), position);
    }
    QCOMPARE(layout.positionAt(layout.map.bottom()), -1);
    for (const int channel : {0, 1, 1500, kChannels - 1}) {
        QCOMPARE(layout.channelAt(layout.x(channel)), channel);
    }
    QCOMPARE(layout.channelAt(layout.map.left() - 1), -1);
}

void HeatPlotTest::clickingSelects() {
    HeatPlot plot;
    plot.resize(900, 400);
    plot.setMap(plantedMap());
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    QSignalSpy moved(&plot, &HeatPlot::cursorMoved), activated(&plot, &HeatPlot::activated);
    const HeatLayout& layout = plot.layoutNow();
    // A pixel beside the outlier of layer 4 (channel 4 · 123 + 7) means the outlier.
    const QPoint at(
        static_cast<int>(layout.x(499)) + 1, static_cast<int>((layout.rowTop(4) + layout.rowTop(5)) / 2));
    QTest::mouseMove(&plot, at);
    QVERIFY2(
        plot.readout().startsWith(QStringLiteral("layer 4 · out_proj input · channel 499 · 1000")),
        qPrintable(plot.readout()));
    QTest::mouseClick(&plot, Qt::LeftButton, {}, at);
    QCOMPARE(moved.count(), 1);
    QCOMPARE(plot.currentLayer(), 4);
    QCOMPARE(plot.currentChannel(), 499);
    QTest::mouseDClick(&plot, Qt::LeftButton, {}, at);
    QCOMPARE(activated.count(), 1);
    // On a strip: the layer alone changes.
    QTest::mouseClick(
        &plot, Qt::LeftButton, {},
        QPoint(static_cast<int>(layout.outliers.center().x()), static_cast<int>(layout.rowTop(9)) + 2));
    QCOMPARE(plot.currentLayer(), 9);
    QCOMPARE(plot.currentChannel(), 499);
}

void HeatPlotTest::keysMoveAndWalkOutliers() {
    HeatPlot plot;
    plot.resize(900, 400);
    plot.setMap(plantedMap());
    plot.setCursor(2, 100);
    QTest::keyClick(&plot, Qt::Key_Right);
    QTest::keyClick(&plot, Qt::Key_Right, Qt::ControlModifier);
    QTest::keyClick(&plot, Qt::Key_Down);
    QCOMPARE(std::pair(plot.currentLayer(), plot.currentChannel()), std::pair(3, 111));
    // Layer 3 has no outlier, 4 has 499, 5 has 622 and 2999, 6 has 745.
    const std::pair<int, int> expected[] = {{4, 499}, {5, 622}, {5, 2999}, {6, 745}};
    for (const auto& place : expected) {
        QTest::keyClick(&plot, Qt::Key_Right, Qt::AltModifier);
        QCOMPARE(std::pair(plot.currentLayer(), plot.currentChannel()), place);
    }
    QTest::keyClick(&plot, Qt::Key_Left, Qt::AltModifier);
    QCOMPARE(std::pair(plot.currentLayer(), plot.currentChannel()), std::pair(5, 2999));
    plot.setCursor(0, 7);
    QTest::keyClick(&plot, Qt::Key_Left, Qt::AltModifier); // round again: the last layer's
    QCOMPARE(std::pair(plot.currentLayer(), plot.currentChannel()), std::pair(23, 23 * 123 + 7));
    QTest::keyClick(&plot, Qt::Key_Up, Qt::AltModifier); // no other layer has this channel
    QCOMPARE(plot.currentLayer(), 23);
    // In another order the arrows follow the rows that are seen.
    plot.setMap(plantedMap(HeatOrder::OutlierShare)); // layer 5 first, layer 3 last
    plot.setCursor(5, 0);
    QTest::keyClick(&plot, Qt::Key_Down);
    QCOMPARE(plot.currentLayer(), 0);
    QSignalSpy toggled(&plot, &HeatPlot::scaleToggled), activated(&plot, &HeatPlot::activated);
    QTest::keyClick(&plot, Qt::Key_L);
    QTest::keyClick(&plot, Qt::Key_Return);
    QCOMPARE(toggled.count(), 1);
    QCOMPARE(activated.count(), 1);
}

void HeatPlotTest::zoomKeepsWhatIsPointedAt() {
    HeatPlot plot;
    plot.resize(900, 400);
    plot.setMap(plantedMap());
    plot.setCursor(4, 499);
    const double before = plot.layoutNow().x(499);
    QTest::keyClick(&plot, Qt::Key_Plus);
    QCOMPARE(plot.window().last - plot.window().first, kChannels / 2.0);
    QVERIFY(std::abs(plot.layoutNow().x(499) - before) < 1e-6);
    QTest::keyClick(&plot, Qt::Key_Home);
    QCOMPARE(plot.window(), wholeWindow(*plot.map()));
    plot.setWindow({100, 101}); // no closer than eight channels
    QCOMPARE(plot.window().last - plot.window().first, 8.0);
    plot.setCursor(4, 2900); // outside: it pans
    QVERIFY(plot.window().first < 2900 && plot.window().last > 2900);
}

void HeatPlotTest::stripsShowThePlan() {
    HeatPlot plot;
    plot.resize(900, 400);
    plot.setMap(plantedMap());
    QVERIFY(plot.layoutNow().weights.isEmpty());
    const double wide = plot.layoutNow().map.width();
    QuantPlan plan;
    SitePatch four;
    four.weightBits = 4;
    plan.set({{0, 1, 2}, {Linear::OutProj}}, four);
    plot.setPlan(heatPlanCells(plan, kLayers, Linear::OutProj));
    const HeatLayout& layout = plot.layoutNow();
    QVERIFY(layout.map.width() < wide);
    const QImage image = plot.grab().toImage();
    const auto at = [&](int position) {
        return image.pixelColor(
            static_cast<int>(layout.weights.left()) + 2, static_cast<int>(layout.rowTop(position)) + 2);
    };
    QCOMPARE(at(1), at(0));
    QVERIFY(at(0) != at(3));
    QCOMPARE(at(3), at(10));
}

void HeatPlotTest::isATableForScreenReaders() {
    HeatPlot plot;
    plot.resize(900, 400);
    plot.setMap(plantedMap());
    plot.setCursor(5, 2999);
    QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(&plot);
    QVERIFY(accessible != nullptr);
    QCOMPARE(accessible->role(), QAccessible::Table);
    QAccessibleTableInterface* table = accessible->tableInterface();
    QVERIFY(table != nullptr);
    QCOMPARE(table->rowCount(), kLayers);
    QCOMPARE(table->columnCount(), kChannels);
    QAccessibleInterface* cell = table->cellAt(5, 2999);
    QVERIFY(cell != nullptr && cell->isValid());
    QVERIFY2(
        cell->text(QAccessible::Name)
            .contains(QStringLiteral("layer 5 · out_proj input · channel 2999 · 1000")),
        qPrintable(cell->text(QAccessible::Name)));
    QVERIFY(cell->state().selected);
    QVERIFY(!table->cellAt(4, 2999)->state().selected);
    QCOMPARE(table->cellAt(5, 2999), cell); // the same one again
    QCOMPARE(cell->tableCellInterface()->rowIndex(), 5);
    QCOMPARE(table->selectedRows(), QList<int>{5});
    QCOMPARE(table->rowDescription(5), QStringLiteral("layer 5"));
    QVERIFY(table->cellAt(kLayers, 0) == nullptr);
    QVERIFY(accessible->text(QAccessible::Description).contains(QStringLiteral("24 outlier channels")));
}

void HeatPlotTest::showsWhyThereIsNothing() {
    HeatPlot plot;
    plot.resize(600, 300);
    HeatOptions options;
    options.statistic = HeatStatistic::WeightAbsmax;
    plot.setMap(std::make_shared<const HeatMap>(heatMap(planted(), nullptr, options)));
    QVERIFY(!plot.map()->emptyText.empty());
    QTest::keyClick(&plot, Qt::Key_Right); // nothing to move in
    QCOMPARE(plot.currentLayer(), -1);
    QVERIFY(!plot.grab().isNull());
    plot.setMap(nullptr);
    QVERIFY(!plot.grab().isNull());
}

QTEST_MAIN(HeatPlotTest)
#include "heat_plot_test.moc"
