// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/report/report_printer.h"

#include "core/base/file.h"
#include "ui/figures/figure_painter.h"
#include "ui/figures/pdf_date.h"
#include "ui/models/core_words.h"

#include <QAbstractTextDocumentLayout>
#include <QBuffer>
#include <QGuiApplication>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QScreen>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextFormat>
#include <QTextObjectInterface>
#include <QTextTable>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <variant>

namespace mambascope::ui {
namespace {

constexpr int kDpi = 1440; // twenty units to a point, as in figures
constexpr double kPoint = kDpi / 72.0;
constexpr double kMarginMm = 18;
constexpr double kFootPoints = 22;           ///< height of the page's foot
constexpr double kFigureHeight = 130. / 180; ///< for its width

/// Draws the report's figures where its text has images.
class FigureObject : public QObject, public QTextObjectInterface {
    Q_OBJECT
    Q_INTERFACES(QTextObjectInterface)
public:
    FigureObject(const std::vector<ReportFigure>& figures, double width)
        : m_figures(figures)
        , m_size(width, width * kFigureHeight) {}

    /// What is being painted: a layout offers objects of the pages around as well.
    void setPage(const QRectF& page) { m_page = page; }

    QSizeF intrinsicSize(QTextDocument*, int, const QTextFormat&) override { return m_size; }
    void drawObject(
        QPainter* painter, const QRectF& rect, QTextDocument*, int, const QTextFormat& format) override {
        const QString name = format.toImageFormat().name();
        const std::size_t number = name.mid(name.lastIndexOf(u'-') + 1).toUInt();
        if (number < m_figures.size() && m_page.contains(rect.center())) {
            std::visit(
                [&](const auto& figure) {
                    paintFigure(*painter, rect, figure, PlotColours::light(), kPoint);
                },
                m_figures[number]);
        }
    }

private:
    const std::vector<ReportFigure>& m_figures;
    QSizeF m_size;
    QRectF m_page;
};

void drawFoot(QPainter& painter, const QRectF& foot, const QString& title, int page, int pages) {
    QFont font = painter.font();
    font.setPointSizeF(7.5);
    painter.setFont(font);
    painter.setPen(PlotColours::light().secondaryText);
    painter.drawText(foot, Qt::AlignLeft | Qt::AlignBottom, title);
    painter.drawText(
        foot, Qt::AlignRight | Qt::AlignBottom, QStringLiteral("%1 / %2").arg(page + 1).arg(pages));
}

/// The text of a table's row, from top to bottom of the document, and the height of its first line.
struct RowPlace {
    double top = 0, bottom = 0, line = 0;
};

RowPlace placeOf(const QTextTable& table, int row) {
    RowPlace place{std::numeric_limits<double>::max(), 0, 0};
    for (int column = 0; column < table.columns(); ++column) {
        const QTextTableCell cell = table.cellAt(row, column);
        const QAbstractTextDocumentLayout& layout = *table.document()->documentLayout();
        const QTextBlock first = cell.firstCursorPosition().block();
        const QRectF top = layout.blockBoundingRect(first);
        place.top = std::min(place.top, top.top());
        place.bottom =
            std::max(place.bottom, layout.blockBoundingRect(cell.lastCursorPosition().block()).bottom());
        if (first.layout()->lineCount() > 0) {
            place.line = std::max(place.line, first.layout()->lineAt(0).height());
        }
    }
    return place;
}

/// Cells' paddings are in pixels of the screen, which Qt scales to the device that is painted on.
double paddingUnit(const QTextDocument& document) {
    const QPaintDevice* device = document.documentLayout()->paintDevice();
    return device == nullptr
               ? 1
               : device->logicalDpiY() / std::round(QGuiApplication::primaryScreen()->logicalDotsPerInchY());
}

/// Moves a row to the next page: its first line has no room behind the row above, of which nothing moves.
void moveToNextPage(QTextTable& table, int row, const RowPlace& place, double pageBottom) {
    if (row <= table.format().headerRowCount()) {
        QTextTableFormat format = table.format();
        format.setPageBreakPolicy(QTextFormat::PageBreak_AlwaysBefore);
        table.setFormat(format);
        return;
    }
    const double room = (pageBottom - place.top - place.line / 2) / paddingUnit(*table.document());
    for (int column = 0; column < table.columns(); ++column) {
        QTextTableCell cell = table.cellAt(row - 1, column);
        QTextTableCellFormat format = cell.format().toTableCellFormat();
        format.setBottomPadding(format.bottomPadding() + std::max(0.0, room));
        cell.setFormat(format);
    }
}

void paintPages(QPdfWriter& writer, const PrintedReport& report) {
    const QString title = QString::fromStdString(report.title);
    const double foot = kFootPoints * kPoint;
    const QSizeF page(writer.width(), writer.height() - foot);
    FigureObject figures(report.figures, page.width());
    QTextDocument document;
    document.documentLayout()->setPaintDevice(&writer);
    document.documentLayout()->registerHandler(QTextFormat::ImageObject, &figures);
    document.setDocumentMargin(0);
    document.setHtml(QString::fromStdString(reportText(report.html)));
    document.setPageSize(page);
    keepRowsWhole(document);
    QPainter painter(&writer);
    const int pages = document.pageCount();
    for (int number = 0; number < pages; ++number) {
        if (number > 0) {
            writer.newPage();
        }
        QAbstractTextDocumentLayout::PaintContext context;
        context.clip = QRectF(QPointF(0, number * page.height()), page);
        figures.setPage(context.clip);
        painter.save();
        painter.translate(0, -context.clip.top());
        painter.setClipRect(context.clip);
        document.documentLayout()->draw(&painter, context);
        painter.restore();
        drawFoot(painter, QRectF(0, page.height(), page.width(), foot), title, number, pages);
    }
}

} // namespace

void keepRowsWhole(QTextDocument& document) {
    const double height = document.pageSize().height();
    const auto pageOf = [height](double y) {
        return std::floor(y / height);
    };
    for (QTextFrame* frame : document.rootFrame()->childFrames()) {
        auto* table = qobject_cast<QTextTable*>(frame);
        for (int row = 0; table != nullptr && row < table->rows(); ++row) {
            const RowPlace place = placeOf(*table, row);
            if (pageOf(place.top) < pageOf(place.bottom) && place.bottom - place.top < height / 2) {
                moveToNextPage(*table, row, place, (pageOf(place.top) + 1) * height);
                document.markContentsDirty(0, document.characterCount()); // what follows moves too
            }
        }
    }
}

QByteArray renderReport(const PrintedReport& report) {
    const FixedHashOrder order;
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setResolution(kDpi);
        writer.setPageSize(QPageSize(QPageSize::A4));
        writer.setPageMargins(QMarginsF(kMarginMm, kMarginMm, kMarginMm, kMarginMm), QPageLayout::Millimeter);
        writer.setTitle(QString::fromStdString(report.title));
        writer.setCreator(QStringLiteral("mambascope " MAMBASCOPE_VERSION));
        paintPages(writer, report);
    }
    QByteArray bytes = buffer.data();
    fixPdfDate(bytes);
    return bytes;
}

Result<void> exportReport(const Session& session, const std::filesystem::path& path, bool overwrite) {
    const QString extension = QString::fromStdString(path.extension().string()).toLower();
    if (extension == QLatin1String(".html")) {
        const Result<std::string> page = sessionReport(session);
        return page.ok() ? writeFile(path, reportText(page.value()), overwrite) : page.error();
    }
    if (extension != QLatin1String(".pdf")) {
        return Error::usage(
            "A report is written as .pdf or .html, not as \"" + path.extension().string() + "\".",
            "Give the file one of these extensions.");
    }
    const Result<PrintedReport> report = printedReport(session);
    if (!report.ok()) {
        return report.error();
    }
    const QByteArray bytes = renderReport(report.value());
    return writeFile(path, {bytes.constData(), static_cast<std::size_t>(bytes.size())}, overwrite);
}

} // namespace mambascope::ui

#include "report_printer.moc"
