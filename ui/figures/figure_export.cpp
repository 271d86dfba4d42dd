// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"
#include "ui/figures/figure_painter.h"
#include "ui/figures/pdf_date.h"
#include "ui/models/core_words.h"

#include <QBuffer>
#include <QClipboard>
#include <QGuiApplication>
#include <QImage>
#include <QImageWriter>
#include <QMimeData>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QSvgGenerator>

#include <cmath>
#include <optional>
#include <utility>

namespace mambascope::ui {
namespace {

constexpr double kMmPerInch = 25.4;
constexpr double kPointsPerInch = 72;
constexpr int kVectorDpi = 1440; // twenty units to a point: text sizes are whole numbers of units

const PlotColours coloursOf(const FigureExportOptions& options) {
    return PlotColours::of(options.dark);
}

QByteArray renderPdf(const Printable& figure, const FigureExportOptions& options) {
    const FixedHashOrder order;
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setResolution(kVectorDpi);
        writer.setPageSize(QPageSize(
            QSizeF(options.widthMm, options.heightMm), QPageSize::Millimeter, QString(),
            QPageSize::ExactMatch));
        writer.setPageMargins(QMarginsF());
        writer.setTitle(figureText(figure.title));
        writer.setCreator(QStringLiteral("mambascope " MAMBASCOPE_VERSION));
        QPainter painter(&writer);
        figure.paint(
            painter, QRectF(0, 0, writer.width(), writer.height()), coloursOf(options),
            kVectorDpi / kPointsPerInch);
    }
    QByteArray bytes = buffer.data();
    fixPdfDate(bytes);
    return bytes;
}

QByteArray renderSvg(const Printable& figure, const FigureExportOptions& options) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    {
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setResolution(kVectorDpi);
        const QSize size(
            static_cast<int>(std::lround(options.widthMm / kMmPerInch * kVectorDpi)),
            static_cast<int>(std::lround(options.heightMm / kMmPerInch * kVectorDpi)));
        generator.setSize(size);
        generator.setViewBox(QRect(QPoint(0, 0), size));
        generator.setTitle(figureText(figure.title));
        generator.setDescription(captionText(figure.caption));
        QPainter painter(&generator);
        figure.paint(painter, QRectF(QPointF(0, 0), size), coloursOf(options), kVectorDpi / kPointsPerInch);
    }
    return buffer.data();
}

QImage renderImage(const Printable& figure, const FigureExportOptions& options) {
    const QSize size(
        static_cast<int>(std::lround(options.widthMm / kMmPerInch * options.dpi)),
        static_cast<int>(std::lround(options.heightMm / kMmPerInch * options.dpi)));
    QImage image(size, QImage::Format_RGB32);
    if (image.isNull()) {
        return image;
    }
    QPainter painter(&image);
    figure.paint(painter, QRectF(QPointF(0, 0), size), coloursOf(options), options.dpi / kPointsPerInch);
    painter.end();
    const int dotsPerMeter = static_cast<int>(std::lround(options.dpi / kMmPerInch * 1000));
    image.setDotsPerMeterX(dotsPerMeter);
    image.setDotsPerMeterY(dotsPerMeter);
    return image;
}

QByteArray encodePng(const QImage& image) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    QImageWriter writer(&buffer, "png");
    // Little effort: stems and flat colours compress well anyway, and the best level takes ten times as long.
    writer.setQuality(75);
    writer.write(image);
    return buffer.data();
}

std::optional<FigureFormat> formatOf(const std::filesystem::path& path) {
    const QString extension = QString::fromStdString(path.extension().string()).toLower();
    if (extension == QLatin1String(".pdf")) {
        return FigureFormat::Pdf;
    }
    if (extension == QLatin1String(".svg")) {
        return FigureFormat::Svg;
    }
    if (extension == QLatin1String(".png")) {
        return FigureFormat::Png;
    }
    if (extension == QLatin1String(".csv")) {
        return FigureFormat::Csv;
    }
    return std::nullopt;
}

Result<void> checkOptions(const FigureExportOptions& options) {
    // Written so that NaN fails.
    const auto inRange = [](double mm) {
        return mm >= 40 && mm <= 1200;
    };
    if (!inRange(options.widthMm) || !inRange(options.heightMm)) {
        return Error::usage(
            "A figure is 40 to 1200 mm wide and high.", "Give --width and --height in millimetres.");
    }
    if (options.dpi < 30 || options.dpi > 1200) {
        return Error::usage(
            "The resolution of a figure is 30 to 1200 dots per inch.", "Print needs 300 to 600.");
    }
    const double pixels =
        options.widthMm * options.heightMm * options.dpi * options.dpi / (kMmPerInch * kMmPerInch);
    if (pixels > 2e8) {
        return Error::usage(
            "The image would have more than 200 million pixels.", "Choose a smaller size or resolution.");
    }
    return {};
}

} // namespace

Printable::Printable(Figure figure)
    : Printable(std::make_shared<const Figure>(std::move(figure)), &figureToCsv) {
}

Printable::Printable(SweepFigure figure)
    : Printable(std::make_shared<const SweepFigure>(std::move(figure)), &figureToCsv) {
}

Printable::Printable(Chart chart)
    : Printable(std::make_shared<const Chart>(std::move(chart)), &chartToCsv) {
}

template <class Drawn>
Printable::Printable(const std::shared_ptr<const Drawn>& figure, std::string (*toCsv)(const Drawn&))
    : title(figure->title)
    , caption(figure->caption) {
    paint =
        [figure](QPainter& painter, const QRectF& target, const PlotColours& colours, double pixelsPerPoint) {
            paintFigure(painter, target, *figure, colours, pixelsPerPoint);
        };
    csv = [figure, toCsv] {
        return toCsv(*figure);
    };
}

Printable::Printable(HeatFigure figure)
    : title(figure.map->title)
    , caption(figure.map->caption) {
    csv = [map = figure.map] {
        return heatMapToCsv(*map);
    };
    paint = [figure = std::move(figure)](
                QPainter& painter, const QRectF& target, const PlotColours& colours, double pixelsPerPoint) {
        paintFigure(painter, target, figure, colours, pixelsPerPoint);
    };
}

Result<QByteArray>
renderFigure(const Printable& figure, FigureFormat format, const FigureExportOptions& options) {
    if (auto checked = checkOptions(options); !checked.ok()) {
        return checked.error();
    }
    QByteArray bytes;
    switch (format) {
    case FigureFormat::Pdf:
        bytes = renderPdf(figure, options);
        break;
    case FigureFormat::Svg:
        bytes = renderSvg(figure, options);
        break;
    case FigureFormat::Png:
        bytes = encodePng(renderImage(figure, options));
        break;
    case FigureFormat::Csv:
        bytes = QByteArray::fromStdString(figure.csv());
        break;
    }
    if (bytes.isEmpty()) {
        return Error::failed("The figure could not be rendered.", "Try a smaller size or resolution.");
    }
    return bytes;
}

Result<void> exportFigure(
    const Printable& figure, const std::filesystem::path& path, const FigureExportOptions& options,
    bool overwrite) {
    const auto format = formatOf(path);
    if (!format) {
        return Error::usage(
            "A figure is written as .pdf, .svg, .png or .csv, not as \"" + path.extension().string() + "\".",
            "Give the file one of these extensions.");
    }
    // Before the work of rendering: whether the file may be written at all.
    auto file = AtomicFile::create(path, overwrite);
    if (!file.ok()) {
        return file.error();
    }
    const auto bytes = renderFigure(figure, *format, options);
    if (!bytes.ok()) {
        return bytes.error();
    }
    const std::string_view view(bytes.value().constData(), static_cast<std::size_t>(bytes.value().size()));
    if (auto written = file.value().write(view); !written.ok()) {
        return written.error();
    }
    return file.value().commit();
}

void copyFigureToClipboard(const Printable& figure, const FigureExportOptions& options) {
    if (!checkOptions(options).ok()) {
        return;
    }
    auto* data = new QMimeData;
    data->setImageData(renderImage(figure, options));
    data->setData(QStringLiteral("image/svg+xml"), renderSvg(figure, options));
    data->setText(QString::fromStdString(figure.csv()));
    QGuiApplication::clipboard()->setMimeData(data);
}

} // namespace mambascope::ui
