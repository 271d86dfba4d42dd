// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"
#include "tests/support/paths.h"
#include "tests/ui/plots/handmade_figures.h"
#include "ui/figures/figure_painter.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QImage>
#include <QMimeData>
#include <QRegularExpression>
#include <QSvgRenderer>
#include <QTest>

#include <algorithm>
#include <ctime>

using namespace mambascope;
using namespace mambascope::ui;

namespace {

QByteArray rendered(const Figure& figure, FigureFormat format, const FigureExportOptions& options = {}) {
    const auto bytes = renderFigure(figure, format, options);
    return bytes.ok() ? bytes.value() : QByteArray();
}

int count(const QImage& image, const QColor& colour) {
    int found = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            found += image.pixelColor(x, y) == colour;
        }
    }
    return found;
}

} // namespace

class FigureExportTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void theSameBytesTwice_data();
    void theSameBytesTwice();
    void theDateIsTheBuildSystems();
    void thePngHasItsSizeAndItsColours();
    void thePngIsQuick();
    void theSvgIsReadableAndHasTheText();
    void noOutlierIsLostInPrint();
    void theFileIsWrittenAtOnceAndNotOverwritten();
    void badRequestsAreRefused();
    void emptyFiguresAndPanelsAreFine();
    void theClipboardHasImageAndText();
};

void FigureExportTest::theSameBytesTwice_data() {
    QTest::addColumn<int>("format");
    QTest::addColumn<QByteArray>("start");
    QTest::newRow("pdf") << static_cast<int>(FigureFormat::Pdf) << QByteArray("%PDF-1.");
    QTest::newRow("svg") << static_cast<int>(FigureFormat::Svg) << QByteArray("<?xml");
    QTest::newRow("png") << static_cast<int>(FigureFormat::Png) << QByteArray("\x89PNG");
    QTest::newRow("csv") << static_cast<int>(FigureFormat::Csv) << QByteArray("panel,channel,absmax");
}

void FigureExportTest::theSameBytesTwice() {
    QFETCH(int, format);
    QFETCH(QByteArray, start);
    const QByteArray first = rendered(test::demoLikeFigure(), static_cast<FigureFormat>(format));
    QVERIFY(first.startsWith(start));
    if (format == static_cast<int>(FigureFormat::Pdf)) {
        QTest::qWait(1100); // PDF dates count seconds
    }
    // Whatever was painted in between, which fills the caches of fonts.
    rendered(test::largeFigure(), FigureFormat::Png);
    rendered(test::demoLikeFigure(), FigureFormat::Svg);
    QCOMPARE(rendered(test::demoLikeFigure(), static_cast<FigureFormat>(format)), first);
    QVERIFY(rendered(test::largeFigure(), static_cast<FigureFormat>(format)) != first);
}

void FigureExportTest::theDateIsTheBuildSystems() {
    const QByteArray usual = rendered(test::demoLikeFigure(), FigureFormat::Pdf);
    QCOMPARE(usual.count("D:20250101000000Z"), 1);
    qputenv("SOURCE_DATE_EPOCH", "86400"); // one day after 1970-01-01
    const QByteArray dated = rendered(test::demoLikeFigure(), FigureFormat::Pdf);
    qunsetenv("SOURCE_DATE_EPOCH");
    QCOMPARE(dated.count("D:19700102000000Z"), 1);
    QCOMPARE(dated.size(), usual.size());
}

void FigureExportTest::thePngHasItsSizeAndItsColours() {
    const auto image = QImage::fromData(rendered(test::demoLikeFigure(), FigureFormat::Png));
    // 180 mm and 130 mm at 300 dots per inch of 25.4 mm
    QCOMPARE(image.size(), QSize(2126, 1535));
    QCOMPARE(image.dotsPerMeterX(), 11811);
    const PlotColours light = PlotColours::light();
    for (const QColor& colour : light.stem) {
        QVERIFY(count(image, colour) > 1000);
    }
    QVERIFY(count(image, light.outlier) > 1000);
    QVERIFY(count(image, light.bandFill) > 1000);
    QCOMPARE(image.pixelColor(1, 1), light.background);
    FigureExportOptions options;
    options.dark = true;
    const auto dark = QImage::fromData(rendered(test::demoLikeFigure(), FigureFormat::Png, options));
    QCOMPARE(dark.pixelColor(1, 1), PlotColours::dark().background);
    QVERIFY(count(dark, PlotColours::dark().outlier) > 1000);
}

void FigureExportTest::thePngIsQuick() {
    // 3200 × 2000 pixels: the four panels of a 1600 × 1000 window at twice the scale.
    FigureExportOptions options;
    options.dpi = 384;
    options.widthMm = 3200 / 384.0 * 25.4;
    options.heightMm = 2000 / 384.0 * 25.4;
    const Figure figure = test::largeFigure();
    rendered(figure, FigureFormat::Png, options);
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
        const std::clock_t from = std::clock();
        QVERIFY(!rendered(figure, FigureFormat::Png, options).isEmpty());
        best = std::min(best, static_cast<double>(std::clock() - from) * 1000 / CLOCKS_PER_SEC);
    }
    qInfo("PNG of 3200 x 2000 pixels: %.0f ms of processor time", best);
    QVERIFY(best <= 300);
}

void FigureExportTest::theSvgIsReadableAndHasTheText() {
    const QByteArray svg = rendered(test::demoLikeFigure(), FigureFormat::Svg);
    QVERIFY(QSvgRenderer(svg).isValid());
    QVERIFY(svg.contains("out_proj input"));
    QVERIFY(svg.contains(">173<"));
    QVERIFY(svg.contains("<title>mamba-demo"));
    QVERIFY(svg.contains(PlotColours::light().outlier.name().toLatin1()));
}

void FigureExportTest::noOutlierIsLostInPrint() {
    for (const double width : {40.0, 85.0, 180.0, 400.0}) {
        Figure figure;
        StemPanel panel;
        panel.values.assign(5120, 1.0F);
        figure.panels = {panel};
        FigureExportOptions options;
        options.widthMm = width;
        options.heightMm = 60;
        options.dpi = 100;
        const auto flat = QImage::fromData(rendered(figure, FigureFormat::Png, options));
        figure.panels[0].values[2345] = 1000.0F; // not marked: only its stem shows it
        const auto spiked = QImage::fromData(rendered(figure, FigureFormat::Png, options));
        const QColor stem = PlotColours::light().stem[0];
        // The lone stem reaches through most of the height of the panel.
        const auto highest = [&](const QImage& image) {
            for (int y = 0; y < image.height(); ++y) {
                for (int x = 0; x < image.width(); ++x) {
                    if (image.pixelColor(x, y) == stem) {
                        return y;
                    }
                }
            }
            return image.height();
        };
        QVERIFY(highest(spiked) < spiked.height() / 3);
        QVERIFY(highest(flat) < flat.height());
    }
}

void FigureExportTest::theFileIsWrittenAtOnceAndNotOverwritten() {
    const test::TemporaryFolder folder;
    const Figure figure = test::demoLikeFigure();
    for (const auto* name : {"f.pdf", "f.SVG", "f.png", "f.csv"}) {
        const auto path = folder.path() / name;
        QVERIFY(exportFigure(figure, path, {}, false).ok());
        const auto written = readFile(path);
        QVERIFY(written.ok() && !written.value().empty());
        const auto again = exportFigure(test::largeFigure(), path, {}, false);
        QVERIFY(!again.ok());
        QCOMPARE(again.error().code, ErrorCode::Usage);
        QCOMPARE(readFile(path).value(), written.value());
        QVERIFY(exportFigure(test::largeFigure(), path, {}, true).ok());
        QVERIFY(readFile(path).value() != written.value());
    }
    QCOMPARE(
        std::distance(std::filesystem::directory_iterator(folder.path()), {}), 4); // no temporary file stays
}

void FigureExportTest::badRequestsAreRefused() {
    const test::TemporaryFolder folder;
    const Figure figure = test::demoLikeFigure();
    for (const auto* name : {"f.jpeg", "f", "f.pdf.zip"}) {
        const auto result = exportFigure(figure, folder.path() / name, {}, false);
        QVERIFY(!result.ok());
        QCOMPARE(result.error().code, ErrorCode::Usage);
    }
    for (const FigureExportOptions& options :
         {FigureExportOptions{0, 130, 300, false}, FigureExportOptions{180, std::nan(""), 300, false},
          FigureExportOptions{180, 130, 0, false}, FigureExportOptions{1200, 1200, 1200, false}}) {
        const auto result = exportFigure(figure, folder.path() / "f.png", options, false);
        QVERIFY(!result.ok());
        QCOMPARE(result.error().code, ErrorCode::Usage);
    }
    QVERIFY(!exportFigure(figure, folder.path() / "no-such-folder" / "f.png", {}, false).ok());
    QVERIFY(std::filesystem::is_empty(folder.path()));
}

void FigureExportTest::emptyFiguresAndPanelsAreFine() {
    QVERIFY(!rendered(Figure{}, FigureFormat::Pdf).isEmpty());
    Figure figure = test::demoLikeFigure();
    figure.panels[1].values.clear();
    figure.panels[1].marks.clear();
    figure.panels[1].emptyText = "This side was not observed.";
    const QByteArray svg = rendered(figure, FigureFormat::Svg);
    QVERIFY(svg.contains("This side was not observed."));
}

void FigureExportTest::theClipboardHasImageAndText() {
    copyFigureToClipboard(test::demoLikeFigure());
    const QMimeData* data = QGuiApplication::clipboard()->mimeData();
    QVERIFY(data->hasImage());
    QVERIFY(data->text().startsWith(QLatin1String("panel,channel")));
    QVERIFY(data->data(QStringLiteral("image/svg+xml")).contains("<svg"));
}

QTEST_MAIN(FigureExportTest)
#include "figure_export_test.moc"
