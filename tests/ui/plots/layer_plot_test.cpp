// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/plots/handmade_figures.h"
#include "ui/plots/layer_plot.h"
#include "ui/theme/theme.h"

#include <QAccessible>
#include <QApplication>
#include <QElapsedTimer>
#include <QImage>
#include <QMouseEvent>
#include <QPixmap>
#include <QRegularExpression>
#include <QScreen>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <ctime>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

std::shared_ptr<const Figure> shared(Figure figure) {
    return std::make_shared<const Figure>(std::move(figure));
}

/// Lets the plot lay itself out and make its ticks.
QImage picture(LayerPlot& plot) {
    for (int i = 0; i < 5; ++i) {
        QCoreApplication::processEvents();
    }
    return plot.grab().toImage();
}

/// Pixels of exactly this colour in the columns next to x, between two heights.
int count(const QImage& image, double x, double top, double bottom, const QColor& colour) {
    int found = 0;
    for (int column = static_cast<int>(std::floor(x)) - 1; column <= static_cast<int>(std::floor(x)) + 1;
         ++column) {
        for (int row = static_cast<int>(top); row <= static_cast<int>(bottom); ++row) {
            found += image.valid(column, row) && image.pixelColor(column, row) == colour;
        }
    }
    return found;
}

/// Channels of value 1 with one spike of 1000, marked as an outlier or not.
Figure spike(int channels, int channel, bool marked) {
    Figure figure;
    StemPanel panel;
    panel.title = "out_proj input";
    panel.values.assign(static_cast<std::size_t>(channels), 1.0F);
    panel.values[static_cast<std::size_t>(channel)] = 1000.0F;
    if (marked) {
        panel.marks.push_back({channel, 1000.0F, std::to_string(channel)});
    }
    figure.panels = {panel};
    return figure;
}

} // namespace

class LayerPlotTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        // The offscreen platform says so of every window; nothing else may warn.
        QTest::failOnWarning(
            QRegularExpression(QStringLiteral("^(?!This plugin does not support propagateSizeHints)")));
    }
    void noOutlierIsLostAtAnyWidth_data();
    void noOutlierIsLostAtAnyWidth();
    void everyChannelHasItsStemWhenThereIsRoom();
    void arrowsMoveTheCursorAndReadItOut();
    void altArrowsWalkTheOutliers();
    void tabWalksThePanels();
    void theScaleTogglesWithL();
    void zoomStaysInsideTheChannels();
    void zoomStaysWhenTheLayerChanges();
    void thePointerReadsTheLargestChannelOfItsPixel();
    void aClickActivatesAChannel();
    void aScreenReaderHearsTheOutliers();
    void nothingAndEmptyPanelsAreFine();
    void theCrossHairLeavesNoTrace();
    void coloursFollowTheTheme();
    void framesAreFast();
};

void LayerPlotTest::noOutlierIsLostAtAnyWidth_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<bool>("marked");
    for (const int width : {200, 233, 377, 640, 1001, 1777, 2560, 4000}) {
        QTest::addRow("%d marked", width) << width << true;
        QTest::addRow("%d plain", width) << width << false;
    }
}

void LayerPlotTest::noOutlierIsLostAtAnyWidth() {
    QFETCH(int, width);
    QFETCH(bool, marked);
    for (const int channel : {0, 1, 1733, 2560, 4093, 5118, 5119}) {
        LayerPlot plot;
        plot.resize(width, 300);
        plot.setFigure(shared(spike(5120, channel, marked)));
        const QImage image = picture(plot);
        const QPointF tip = plot.position(0, channel, 1000);
        const QPointF half = plot.position(0, channel, 30);
        const PlotColours colours = PlotColours::light();
        // Between a value of 30 and the tip nobody but the spike reaches.
        const int found =
            count(image, tip.x(), tip.y() + 8, half.y(), marked ? colours.outlier : colours.stem[0]);
        QVERIFY2(found >= half.y() - tip.y() - 10, qPrintable(QString::number(channel)));
    }
}

void LayerPlotTest::everyChannelHasItsStemWhenThereIsRoom() {
    LayerPlot plot;
    plot.resize(600, 300);
    Figure figure = spike(12, 3, false);
    plot.setFigure(shared(figure));
    const QImage image = picture(plot);
    const double bottom = plot.panelRect(0).bottom();
    for (int channel = 0; channel < 12; ++channel) {
        const QPointF foot = plot.position(0, channel, 1);
        QVERIFY(count(image, foot.x(), foot.y() + 1, bottom, PlotColours::light().stem[0]) > 0);
        const double between = plot.position(0, channel + 0.5, 1).x();
        QCOMPARE(count(image, between, foot.y() + 1, bottom - 3, PlotColours::light().stem[0]), 0);
    }
}

void LayerPlotTest::arrowsMoveTheCursorAndReadItOut() {
    LayerPlot plot;
    const Figure figure = test::demoLikeFigure();
    plot.setFigure(shared(figure));
    plot.show();
    QSignalSpy readout(&plot, &LayerPlot::readoutChanged);
    plot.setCursor(3, 172);
    QTest::keyClick(&plot, Qt::Key_Right);
    QCOMPARE(plot.currentChannel(), 173);
    QCOMPARE(readout.count(), 2);
    // Mean and deviation of the 384 channels, divisor 384.
    const auto& values = figure.panels[3].values;
    double mean = 0;
    for (const float v : values) {
        mean += v / 384.0;
    }
    double variance = 0;
    for (const float v : values) {
        variance += (v - mean) * (v - mean) / 384.0;
    }
    const QString sigmas = QString::number((1752 - mean) / std::sqrt(variance), 'f', 1);
    QCOMPARE(
        readout.last().first().toString(),
        QStringLiteral("out_proj input · channel 173 · 1752 · %1 σ above the mean · outlier").arg(sigmas));
    QTest::keyClick(&plot, Qt::Key_Left, Qt::ControlModifier);
    QCOMPARE(plot.currentChannel(), 163);
    QVERIFY(readout.last().first().toString().contains(QStringLiteral("below the mean")));
    for (int i = 0; i < 20; ++i) {
        QTest::keyClick(&plot, Qt::Key_Left, Qt::ControlModifier);
    }
    QCOMPARE(plot.currentChannel(), 0);
    QSignalSpy activated(&plot, &LayerPlot::channelActivated);
    QTest::keyClick(&plot, Qt::Key_Return);
    QCOMPARE(activated.count(), 1);
    QCOMPARE(activated.first(), QVariantList({3, 0}));
}

void LayerPlotTest::altArrowsWalkTheOutliers() {
    LayerPlot plot;
    plot.setFigure(shared(test::demoLikeFigure())); // outliers: x 57, out 173
    plot.show();
    QTest::keyClick(&plot, Qt::Key_Right, Qt::AltModifier);
    QCOMPARE(std::pair(plot.currentPanel(), plot.currentChannel()), std::pair(1, 57));
    QTest::keyClick(&plot, Qt::Key_Right, Qt::AltModifier);
    QCOMPARE(std::pair(plot.currentPanel(), plot.currentChannel()), std::pair(3, 173));
    QTest::keyClick(&plot, Qt::Key_Right, Qt::AltModifier);
    QCOMPARE(std::pair(plot.currentPanel(), plot.currentChannel()), std::pair(1, 57));
    QTest::keyClick(&plot, Qt::Key_Left, Qt::AltModifier);
    QCOMPARE(std::pair(plot.currentPanel(), plot.currentChannel()), std::pair(3, 173));
}

void LayerPlotTest::tabWalksThePanels() {
    LayerPlot plot;
    plot.setFigure(shared(test::demoLikeFigure()));
    plot.show();
    plot.setCursor(0, 10);
    for (int panel = 1; panel < 4; ++panel) {
        QTest::keyClick(&plot, Qt::Key_Tab);
        QCOMPARE(plot.currentPanel(), panel);
    }
    QCOMPARE(plot.currentChannel(), 173); // the largest of the panel
    QTest::keyClick(&plot, Qt::Key_Backtab);
    QCOMPARE(plot.currentPanel(), 2);
}

void LayerPlotTest::theScaleTogglesWithL() {
    LayerPlot plot;
    plot.resize(900, 600);
    plot.setFigure(shared(test::demoLikeFigure()));
    plot.show();
    QSignalSpy toggled(&plot, &LayerPlot::yScaleToggled);
    QCOMPARE(plot.yScale(), AxisScale::Log);
    picture(plot);
    const double logHeight = plot.position(3, 0, 4).y();
    QTest::keyClick(&plot, Qt::Key_L);
    QCOMPARE(plot.yScale(), AxisScale::Linear);
    QCOMPARE(toggled.count(), 1);
    picture(plot);
    // A median of 4 under 1752 is next to nothing on a linear axis.
    QVERIFY(plot.position(3, 0, 4).y() > plot.panelRect(3).bottom() - 3);
    QVERIFY(logHeight < plot.panelRect(3).bottom() - 20);
    // The choice outlives the figure.
    plot.setFigure(shared(test::demoLikeFigure()));
    QCOMPARE(plot.yScale(), AxisScale::Linear);
}

void LayerPlotTest::zoomStaysInsideTheChannels() {
    LayerPlot plot;
    plot.resize(900, 600);
    plot.setFigure(shared(test::demoLikeFigure()));
    plot.show();
    picture(plot);
    plot.setCursor(3, 380);
    for (int i = 0; i < 20; ++i) {
        QTest::keyClick(&plot, Qt::Key_Plus);
    }
    auto [first, last] = plot.channelRange(3);
    QVERIFY(first >= -0.5 && last <= 383.5);
    QCOMPARE(last - first, 8.0); // the closest zoom
    QTest::keyClick(&plot, Qt::Key_Right, Qt::AltModifier);
    QVERIFY(plot.currentPanel() == 1); // another panel keeps its zoom
    QTest::keyClick(&plot, Qt::Key_Home);
    QCOMPARE(plot.channelRange(3), std::pair(-0.5, 383.5));
    plot.setChannelRange(3, -1000, 90000);
    QCOMPARE(plot.channelRange(3), std::pair(-0.5, 383.5));
    QWidget* canvas = plot.childAt(plot.panelRect(3).center());
    QWheelEvent wheel(
        plot.panelRect(3).center(), plot.mapToGlobal(plot.panelRect(3).center()), QPoint(), QPoint(0, 120),
        Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(canvas, &wheel);
    std::tie(first, last) = plot.channelRange(3);
    QVERIFY(last - first < 384);
    QCOMPARE(plot.channelRange(0), std::pair(-0.5, 383.5));
}

void LayerPlotTest::zoomStaysWhenTheLayerChanges() {
    LayerPlot plot;
    plot.setFigure(shared(test::demoLikeFigure()));
    plot.setChannelRange(3, 100, 200);
    plot.setFigure(shared(test::demoLikeFigure()));
    QCOMPARE(plot.channelRange(3), std::pair(100.0, 200.0));
    plot.setFigure(shared(test::largeFigure()));
    QCOMPARE(plot.channelRange(3), std::pair(-0.5, 5119.5));
}

void LayerPlotTest::thePointerReadsTheLargestChannelOfItsPixel() {
    LayerPlot plot;
    plot.resize(400, 300);
    plot.setFigure(shared(spike(5120, 2345, true)));
    plot.show();
    picture(plot);
    plot.setCursor(0, 0);
    QSignalSpy readout(&plot, &LayerPlot::readoutChanged);
    const QPoint point(static_cast<int>(plot.position(0, 2345, 1).x()), plot.panelRect(0).center().y());
    QMouseEvent move(
        QEvent::MouseMove, point, plot.mapToGlobal(point), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QApplication::sendEvent(plot.childAt(point), &move);
    QCOMPARE(readout.count(), 1);
    QVERIFY(plot.readout().contains(QStringLiteral("channel 2345 · 1000")));
}

void LayerPlotTest::aClickActivatesAChannel() {
    LayerPlot plot;
    plot.resize(900, 600);
    plot.setFigure(shared(test::demoLikeFigure()));
    plot.show();
    picture(plot);
    QSignalSpy activated(&plot, &LayerPlot::channelActivated);
    const QPoint point = plot.position(3, 173, 100).toPoint();
    QTest::mouseClick(plot.childAt(point), Qt::LeftButton, Qt::NoModifier, point);
    QCOMPARE(activated.count(), 1);
    QCOMPARE(activated.first(), QVariantList({3, 173}));
    QCOMPARE(plot.currentChannel(), 173);
}

void LayerPlotTest::aScreenReaderHearsTheOutliers() {
    LayerPlot plot;
    plot.setFigure(shared(test::demoLikeFigure()));
    QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(&plot);
    QVERIFY(interface != nullptr);
    QCOMPARE(interface->role(), QAccessible::Chart);
    QVERIFY(!interface->text(QAccessible::Name).isEmpty());
    const QString description = interface->text(QAccessible::Description);
    QVERIFY(description.contains(QStringLiteral("layer 7")));
    QVERIFY(description.contains(QStringLiteral("channel 173: 1752")));
    plot.setCursor(3, 173);
    QVERIFY(interface->text(QAccessible::Value).contains(QStringLiteral("1752")));
}

void LayerPlotTest::nothingAndEmptyPanelsAreFine() {
    LayerPlot plot;
    plot.resize(500, 400);
    plot.setEmptyText(QStringLiteral("Open a checkpoint"));
    const QImage nothing = picture(plot);
    // The text is there: pixels other than the background.
    QVERIFY(nothing.convertToFormat(QImage::Format_Indexed8).colorCount() > 1);
    Figure figure = test::demoLikeFigure();
    figure.panels[2].values.clear();
    figure.panels[2].marks.clear();
    figure.panels[2].emptyText = "The output was not observed.";
    plot.setFigure(shared(figure));
    picture(plot);
    for (int i = 0; i < 6; ++i) {
        QTest::keyClick(&plot, Qt::Key_Tab);
        QTest::keyClick(&plot, Qt::Key_Right);
        QVERIFY(plot.currentPanel() != 2);
    }
    plot.setFigure(nullptr);
    picture(plot);
    QCOMPARE(plot.currentPanel(), -1);
    QTest::keyClick(&plot, Qt::Key_Right);
    QTest::keyClick(&plot, Qt::Key_Right, Qt::AltModifier);
    QTest::keyClick(&plot, Qt::Key_Plus);
    QTest::keyClick(&plot, Qt::Key_Return);
    QCOMPARE(plot.currentPanel(), -1);
}

// Only what the cross hair covers is painted again, so its old place has to be among it.
void LayerPlotTest::theCrossHairLeavesNoTrace() {
    LayerPlot plot;
    plot.setFigure(shared(spike(500, 250, true)));
    plot.resize(700, 400);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    const auto onScreen = [&plot] {
        for (int i = 0; i < 5; ++i) {
            QCoreApplication::processEvents();
        }
        return plot.screen()->grabWindow(plot.winId()).toImage().copy(); // not the memory that is painted on
    };
    auto* canvas = plot.findChild<QWidget*>();
    const QRect rect = plot.panelRect(0);
    const auto moveTo = [&](QPointF at) {
        QMouseEvent move(
            QEvent::MouseMove, at, canvas->mapToGlobal(at), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
        QCoreApplication::sendEvent(canvas, &move);
    };
    const QImage before = onScreen();
    QVERIFY(!before.isNull());
    for (const double x : {0.1, 0.7, 0.93}) {
        moveTo(QPointF(rect.left() + x * rect.width(), rect.center().y()));
        QVERIFY(onScreen() != before);
    }
    QEvent leave(QEvent::Leave);
    QCoreApplication::sendEvent(canvas, &leave);
    QCOMPARE(onScreen(), before);
}

void LayerPlotTest::coloursFollowTheTheme() {
    Theme theme(qApp);
    LayerPlot plot;
    plot.setTheme(&theme);
    plot.resize(900, 600);
    plot.setFigure(shared(test::demoLikeFigure()));
    theme.setMode(ThemeMode::Dark);
    QCOMPARE(picture(plot).pixelColor(2, 2), PlotColours::dark().background);
    theme.setMode(ThemeMode::Light);
    QCOMPARE(picture(plot).pixelColor(2, 2), PlotColours::light().background);
}

void LayerPlotTest::framesAreFast() {
    LayerPlot plot;
    plot.resize(1600, 1000);
    plot.setFigure(shared(test::largeFigure()));
    plot.show();
    picture(plot);
    std::vector<double> wall;
    std::vector<double> cpu;
    for (int i = 0; i < 200; ++i) {
        plot.setChannelRange(3, 10.0 + i, 5000.0 - i);
        QElapsedTimer timer;
        timer.start();
        const std::clock_t from = std::clock();
        QCoreApplication::processEvents();
        cpu.push_back(static_cast<double>(std::clock() - from) * 1000 / CLOCKS_PER_SEC);
        wall.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    std::sort(wall.begin(), wall.end());
    std::sort(cpu.begin(), cpu.end());
    qInfo(
        "replot of 2560 + 5120 + 160 + 5120 channels, 1600x1000: wall median %.2f ms, p99 %.2f ms; processor "
        "median %.2f ms, "
        "p99 %.2f ms",
        wall[100], wall[198], cpu[100], cpu[198]);
    // Processor time, because others may use the machine; twice the 8 ms aimed at, for slower machines.
    QVERIFY(cpu[100] > 0.05); // something was painted
    QVERIFY(cpu[100] <= 16);
}

QTEST_MAIN(LayerPlotTest)
#include "layer_plot_test.moc"
