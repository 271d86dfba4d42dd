// SPDX-License-Identifier: GPL-3.0-or-later
// What the window shows beside the panels of maxima: distributions, the block diagram, sheets, comparisons.
#include "tests/ui/window/bench.h"
#include "ui/dialogs/activation_comparison.h"
#include "ui/dialogs/figure_dialog.h"
#include "ui/dialogs/result_charts_dialog.h"
#include "ui/plots/block_diagram.h"
#include "ui/plots/chart_plot.h"
#include "ui/plots/layer_plot.h"
#include "ui/plots/ratio_plot.h"
#include "ui/theme/theme.h"
#include "ui/window/centre_view.h"
#include "ui/window/layer_view.h"
#include "ui/window/main_window.h"

#include <QDoubleSpinBox>
#include <QSettings>
#include <QTest>

#include <cmath>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

/// Four layers whose channels have the same few values; channel 3 of layer 2's out_proj reaches to `largest`.
CalibrationSnapshot madeUp(float largest) {
    CalibrationSnapshot snapshot;
    snapshot.spec.layers = 4;
    snapshot.spec.hidden = 48;
    snapshot.spec.inner = 96;
    snapshot.spec.state = 4;
    snapshot.spec.dtRank = 40;
    snapshot.spec.convKernel = 4;
    snapshot.spec.vocabulary = 100;
    snapshot.source = {"", "made-up", "", "text", 1, 100, 0, false, false, 100, "test 1", "f32"};
    snapshot.sites.resize(16);
    for (const SiteId site : snapshot.spec.sites()) {
        for (const Side side : {Side::Input, Side::Output}) {
            ChannelStatistics& statistics =
                snapshot.sites[static_cast<std::size_t>(site.index())][static_cast<std::size_t>(side)];
            statistics.histogram.assign(kHistogramBins, 0);
            for (int i = 0; i < snapshot.spec.channels(site.linear, side); ++i) {
                const bool outlier = site == SiteId{2, Linear::OutProj} && side == Side::Input && i == 3;
                const float value = outlier ? largest : 1 + 0.01F * static_cast<float>(i);
                statistics.absmax.push_back(value);
                statistics.max.push_back(value);
                statistics.min.push_back(-value / 2);
                statistics.mean.push_back(value / 8);
                statistics.m2.push_back(value * value / 16);
                statistics.above6.push_back(outlier ? 1 : 0);
                ++statistics.histogram[static_cast<std::size_t>(histogramBin(value))];
            }
        }
    }
    return snapshot;
}

} // namespace

class ViewsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QCoreApplication::setOrganizationName(QStringLiteral("mambascope-test")); }

    void init() {
        QSettings().clear();
        m_folder = std::make_unique<test::TemporaryFolder>();
        m_theme = std::make_unique<Theme>(qApp);
        m_workspace = std::make_unique<Workspace>(test::fakeOptions(*m_folder));
        m_window = std::make_unique<MainWindow>(*m_workspace, *m_theme);
        m_window->resize(1400, 1000);
        m_window->show();
        m_workspace->open(save(1000, "first.safetensors"));
        QCoreApplication::processEvents();
        QVERIFY(m_workspace->calibrationAlone());
        m_workspace->view().setMiddle(Middle::Layer);
        m_workspace->view().setLayer(2);
    }

    void cleanup() {
        m_window.reset();
        m_workspace.reset();
        m_theme.reset();
        m_folder.reset();
    }

    void dGoesThroughTheContentsOfALayer() {
        LayerView& view = *m_window->layerView();
        view.plot()->setFocus();
        QTest::keyClick(view.plot(), Qt::Key_D);
        QCOMPARE(view.content(), LayerView::Content::Distribution);
        QVERIFY(view.chart()->isVisible() && !view.plot()->isVisible());
        QVERIFY(view.printable()->title.find("distribution") != std::string::npos);
        m_workspace->view().setLayer(1);
        QVERIFY(view.printable()->title.find("layer 1") != std::string::npos);
        QTest::keyClick(view.chart(), Qt::Key_D);
        QCOMPARE(view.content(), LayerView::Content::Ribbons);
        QCOMPARE(view.chart()->chart()->panels.size(), std::size_t{4});
        QTest::keyClick(view.chart(), Qt::Key_D);
        QCOMPARE(view.content(), LayerView::Content::Maxima);
        QVERIFY(view.plot()->isVisible());
    }

    void theDiagramGoesToTheLargestChannel() {
        LayerView& view = *m_window->layerView();
        QVERIFY(view.diagram()->isVisible());
        QTest::mouseClick(
            view.diagram(), Qt::LeftButton, {}, view.diagram()->boxOf(Linear::OutProj).center().toPoint());
        QCOMPARE(m_workspace->view().data().linear, Linear::OutProj);
        QCOMPARE(m_workspace->view().data().channel, 3);
        QVERIFY(view.figure()->diagram.has_value());
        m_workspace->view().setDiagram(false);
        QVERIFY(!view.diagram()->isVisible());
        QVERIFY(!view.figure()->diagram.has_value());
    }

    void sheetsKeepWhatWasChosen() {
        const Printable figure = *m_window->centre()->printable();
        {
            FigureDialog dialog(figure, QStringLiteral("figure"));
            dialog.show();
            dialog.findChildren<QDoubleSpinBox*>().first()->setValue(90);
            dialog.grab();
            QCOMPARE(dialog.options().widthMm, 90.0);
            dialog.reject();
        }
        QCOMPARE(FigureDialog(figure, QStringLiteral("figure")).options().widthMm, 90.0);
    }

    void anotherCalibrationIsCompared() {
        ActivationComparison comparison(*m_workspace, *m_theme);
        comparison.setPlans({}, {});
        QVERIFY(!comparison.plot()->map()->emptyText.empty());
        comparison.setCalibrationFile(save(2, "second.safetensors"));
        const RatioMap& map = *comparison.plot()->map();
        QVERIFY(map.emptyText.empty());
        QCOMPARE(map.at(2, 3), std::log2(500.0F));
        QCOMPARE(map.changed.size(), std::size_t{1});
        QVERIFY(comparison.summary().contains(QStringLiteral("second.safetensors")));
        QTest::keyClick(comparison.plot(), Qt::Key_Right, Qt::AltModifier);
        QVERIFY(comparison.plot()->readout().contains(QStringLiteral("×500")));
        comparison.plot()->grab();
    }

    void zeroedChannelsAreComparedToo() {
        QuantPlan zeroing;
        zeroing.defaults.zeroOutliers = true;
        ActivationComparison comparison(*m_workspace, *m_theme);
        comparison.setPlans({}, zeroing);
        const RatioMap& map = *comparison.plot()->map();
        QVERIFY(std::isinf(map.at(2, 3)) && map.at(2, 3) < 0);
        QCOMPARE(map.changed.size(), std::size_t{1});
        QVERIFY(!map.changed[0].added);
    }

    void plotsOfResultsSayWhatIsMissing() {
        ResultChartsDialog dialog(*m_workspace, *m_theme);
        dialog.show();
        dialog.grab();
        QCOMPARE(dialog.plot()->chart(), nullptr);
    }

private:
    QString save(float largest, const char* name) {
        const auto file = m_folder->path() / name;
        return saveCalibration(file, madeUp(largest), true).ok() ? QString::fromStdString(file.string())
                                                                 : QString();
    }

    std::unique_ptr<test::TemporaryFolder> m_folder;
    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(ViewsTest)
#include "views_test.moc"
