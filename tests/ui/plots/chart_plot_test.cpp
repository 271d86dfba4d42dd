// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/figures/figure_painter.h"
#include "ui/plots/chart_plot.h"

#include <QImage>
#include <QMouseEvent>
#include <QPixmap>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

std::shared_ptr<const Chart> shared(ChartPanel panel) {
    panel.x.range = rangeOfX(panel, 0.05);
    panel.y.range = rangeOfY(panel, 0.05);
    Chart chart;
    chart.title = "a chart";
    chart.panels = {std::move(panel)};
    return std::make_shared<const Chart>(std::move(chart));
}

/// Three runs with intervals.
std::shared_ptr<const Chart> points() {
    ChartPanel panel;
    panel.title = "weight bits";
    panel.x.label = "bits";
    panel.y.label = "accuracy";
    panel.series = {
        {"runs",
         ChartKind::Points,
         Linear::OutProj,
         {{4, 40, 4, 38.0, 42.0, "W4"}, {8, 55, 8, 53.0, 57.0, "W8"}, {16, 56, 16, 54.0, 58.0, "off"}}}};
    return shared(panel);
}

/// A ribbon of 5120 channels between −1 and 1, one of which reaches to 100.
std::shared_ptr<const Chart> spike(int channel) {
    ChartPanel panel;
    panel.series = {{"all", ChartKind::Ribbon, Linear::InProj, {}}};
    for (int i = 0; i < 5120; ++i) {
        panel.series[0].points.push_back(
            {static_cast<double>(i), 0, static_cast<double>(i), -1.0, i == channel ? 100.0 : 1.0, {}});
    }
    return shared(panel);
}

void moveTo(QWidget& widget, const QPointF& at) {
    QMouseEvent move(
        QEvent::MouseMove, at, widget.mapToGlobal(at), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&widget, &move);
}

} // namespace

class ChartPlotTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thePointerReadsTheNearestPoint() {
        ChartPlot plot;
        plot.resize(600, 400);
        plot.setChart(points());
        plot.grab();
        QSignalSpy said(&plot, &ChartPlot::readoutChanged);
        moveTo(plot, plot.position(0, 0, 1) + QPointF(5, -3));
        QCOMPARE(said.count(), 1);
        QCOMPARE(plot.readout(), QStringLiteral("weight bits · W8 · bits: 8 · accuracy: 55 (53 to 57)"));
        moveTo(plot, {1, 1});
        QVERIFY(plot.readout().isEmpty());
    }

    void keysWalkThePoints() {
        ChartPlot plot;
        plot.resize(600, 400);
        plot.setChart(points());
        QTest::keyClick(&plot, Qt::Key_Right);
        QVERIFY(plot.readout().contains(QStringLiteral("W4")));
        QTest::keyClick(&plot, Qt::Key_Right);
        QVERIFY(plot.readout().contains(QStringLiteral("W8")));
        QTest::keyClick(&plot, Qt::Key_Right, Qt::ControlModifier);
        QVERIFY(plot.readout().contains(QStringLiteral("off")));
        QTest::keyClick(&plot, Qt::Key_PageDown); // there is no other panel
        QVERIFY(plot.readout().contains(QStringLiteral("off")));
        plot.setChart(nullptr);
        QVERIFY(plot.readout().isEmpty());
        plot.grab();
    }

    void noPeakOfARibbonIsLost_data() {
        QTest::addColumn<int>("width");
        for (const int width : {200, 377, 1001, 2560, 4000}) {
            QTest::addRow("%d", width) << width;
        }
    }

    void noPeakOfARibbonIsLost() {
        QFETCH(int, width);
        const PlotColours colours = PlotColours::light();
        for (const int channel : {0, 1, 1733, 5118, 5119}) {
            ChartPlot plot;
            plot.resize(width, 300);
            const auto chart = spike(channel);
            plot.setChart(chart);
            const QImage image = plot.grab().toImage();
            const QPointF foot = plot.position(0, 0, static_cast<std::size_t>(channel));
            const double half = foot.y() - (foot.y() - 20) / 3;
            int coloured = 0;
            for (int x = static_cast<int>(foot.x()) - 3; x <= static_cast<int>(foot.x()) + 3; ++x) {
                const QPoint at(x, static_cast<int>(half));
                coloured += image.valid(at) && image.pixelColor(at) != colours.background &&
                            image.pixelColor(at) != colours.grid;
            }
            QVERIFY2(coloured > 0, qPrintable(QString::number(channel)));
        }
    }

    void filesHoldTheSameBytesTwice() {
        for (const FigureFormat format :
             {FigureFormat::Pdf, FigureFormat::Svg, FigureFormat::Png, FigureFormat::Csv}) {
            const auto once = renderFigure(*points(), format, {});
            QVERIFY(once.ok());
            QCOMPARE(once.value(), renderFigure(*points(), format, {}).value());
        }
        const QByteArray svg = renderFigure(*points(), FigureFormat::Svg, {}).value();
        QVERIFY(svg.contains("W8") && svg.contains("accuracy"));
    }
};

QTEST_MAIN(ChartPlotTest)
#include "chart_plot_test.moc"
