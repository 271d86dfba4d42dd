// SPDX-License-Identifier: GPL-3.0-or-later
// Measures frames of the window on 64 layers of 5120 channels: what one step of the user costs until
// everything is painted, 50th and 99th percentile. Run by hand: a busy machine must not fail a test. Usage:
// window_bench [SCALES.pt [NAME]]. Without a file the values are made up; NAME measures only what begins like
// it. QT_SCALE_FACTOR sets the resolution.
#include "ui/plots/heat_plot.h"
#include "ui/plots/layer_plot.h"
#include "ui/theme/theme.h"
#include "ui/window/centre_view.h"
#include "ui/window/layer_view.h"
#include "ui/window/main_window.h"
#include "ui/window/overview_view.h"
#include "ui/window/workspace.h"

#include "core/calibration/import_scales.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QMouseEvent>
#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>

#include <ctime>
#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace mambascope;
using namespace mambascope::ui;

namespace {

/// The shape of mamba-2.8b with log-normal values and an outlier in every layer.
CalibrationSnapshot madeUp() {
    CalibrationSnapshot snapshot;
    snapshot.spec.layers = 64;
    snapshot.spec.hidden = 2560;
    snapshot.spec.inner = 5120;
    snapshot.spec.state = 16;
    snapshot.spec.dtRank = 160;
    snapshot.spec.convKernel = 4;
    snapshot.spec.vocabulary = 50280;
    snapshot.source.checkpointName = "made-up";
    snapshot.source.engine = kImportedEngine;
    snapshot.sites.resize(256);
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (const SiteId site : snapshot.spec.sites()) {
        ChannelStatistics& statistics = snapshot.sites[static_cast<std::size_t>(site.index())][0];
        for (int i = 0; i < snapshot.spec.inputs(site.linear); ++i) {
            statistics.absmax.push_back(std::exp(0.4F * normal(random)));
        }
        statistics.absmax[random() % statistics.absmax.size()] = 500;
        statistics.max = statistics.absmax;
        for (const float value : statistics.absmax) {
            statistics.min.push_back(-value);
        }
        for (auto* zero : {&statistics.mean, &statistics.m2}) {
            zero->assign(statistics.absmax.size(), 0);
        }
        statistics.above6.assign(statistics.absmax.size(), 0);
        statistics.histogram.assign(kHistogramBins, 0);
    }
    return snapshot;
}

/// Of this thread: other programs do not count.
double processorMilliseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void measure(const char* name, int count, const std::function<void(int)>& step, int warmUp = 5) {
    if (!QString::fromLatin1(name).startsWith(QCoreApplication::arguments().value(2))) {
        return;
    }
    std::vector<double> milliseconds, ownMilliseconds;
    for (int i = 0; i < count + warmUp; ++i) {
        QElapsedTimer clock;
        clock.start();
        const double before = processorMilliseconds();
        step(i);
        QCoreApplication::sendPostedEvents();
        QCoreApplication::processEvents();
        if (i >= warmUp) {
            milliseconds.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
            ownMilliseconds.push_back(processorMilliseconds() - before);
        }
    }
    const auto at = [](std::vector<double>& values, double share) {
        std::sort(values.begin(), values.end());
        return values[std::min(
            values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
    };
    std::printf(
        "%-22s wall p50 %6.2f p99 %6.2f ms   processor p50 %6.2f p99 %6.2f ms   (%d)\n", name,
        at(milliseconds, 0.5), at(milliseconds, 0.99), at(ownMilliseconds, 0.5), at(ownMilliseconds, 0.99),
        count);
}

/// The offscreen platform gives the window new memory at every size, and the system clears it: that would be
/// most of a resize at scale 2. On a screen a window keeps its memory while it does not grow (X11), so memory
/// once cleared is kept here.
void keepMemory() {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

void hover(QWidget* widget, const QPointF& at) {
    QMouseEvent move(
        QEvent::MouseMove, at, widget->mapToGlobal(at), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QCoreApplication::sendEvent(widget, &move);
}

} // namespace

int main(int argc, char** argv) {
    keepMemory();
    QApplication application(argc, argv);
    QCoreApplication::setOrganizationName(QStringLiteral("mambascope-bench"));
    const QTemporaryDir folder;
    QString file = QCoreApplication::arguments().value(1);
    if (file.isEmpty()) {
        file = folder.filePath(QStringLiteral("made-up.safetensors"));
        if (!saveCalibration(file.toStdString(), madeUp(), true).ok()) {
            return 1;
        }
    }
    Theme theme(&application);
    Workspace workspace(
        {[]() -> Result<std::unique_ptr<Engine>> { return Error::failed("There is no engine here."); },
         folder.path()});
    MainWindow window(workspace, theme);
    window.resize(1600, 1000);
    window.show();
    workspace.open(file);
    QCoreApplication::processEvents();
    if (!workspace.calibrationAlone()) {
        std::fputs("The calibration did not open.\n", stderr);
        return 1;
    }
    ViewState& view = workspace.view();
    HeatPlot* heat = window.centre()->overview()->plot();
    LayerPlot* panels = window.layerView()->plot();
    std::printf(
        "%d x %d channels, window %d x %d, scale %g\n", heat->map()->layers, heat->map()->channels,
        window.width(), window.height(), window.devicePixelRatioF());
    const HeatLayout layout = heat->layoutNow();
    measure("hover, heat map", 400, [&](int i) {
        const double x = layout.map.left() + std::fmod(i * 37.7, layout.map.width() - 1);
        const double y = layout.map.top() + std::fmod(i * 11.3, layout.map.height() - 1);
        hover(heat, {x, y});
    });
    QWidget* plot = panels->findChild<QWidget*>();
    measure("hover, panels", 400, [&](int i) {
        const QRect rect = panels->panelRect(3);
        hover(plot, QPointF(rect.left() + 1 + (i * 7) % (rect.width() - 2), rect.center().y()));
    });
    measure("layer change", 200, [&](int i) { view.setLayer(i % 64); });
    measure("layer change, jumping", 200, [&](int i) { view.setLayer((i * 7) % 64); });
    measure("linked zoom", 200, [&](int i) {
        const double half = 300 + 2000 * std::abs(std::sin(i * 0.13));
        heat->setWindow({2560 - half, 2560 + half});
    });
    heat->setWindow({-0.5, 5119.5});
    measure("recolour, map", 60, [&](int i) {
        view.setColourMap(kColourMaps[static_cast<std::size_t>(i) % kColourMaps.size()]);
    });
    measure("recolour, log/linear", 60, [&](int i) {
        view.setHeatScale(i % 2 == 0 ? AxisScale::Linear : AxisScale::Log);
    });
    measure("another site", 40, [&](int i) { view.setLinear(i % 2 == 0 ? Linear::XProj : Linear::OutProj); });
    // A new map, new outliers in every layer, and no picture of it kept from before.
    measure("another outlier rule", 60, [&](int i) { view.setK(5 + 0.01 * i); });
    constexpr int kSizes = 20; // all of them warm up
    measure(
        "resize", 200, [&](int i) { window.resize(1600 - 4 * (i % kSizes), 1000 - 3 * (i % kSizes)); },
        2 * kSizes);
    return 0;
}
