// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/figure_dialog.h"

#include "ui/dialogs/last_folder.h"
#include "ui/models/core_words.h"
#include "ui/models/text.h"
#include "ui/window/preferences.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QImage>
#include <QLabel>
#include <QPainter>
#include <QPrintDialog>
#include <QPrinter>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace mambascope::ui {
namespace {

constexpr double kPointsPerMm = 72 / 25.4;

} // namespace

/// The sheet, as large as there is room.
class FigureDialog::Preview : public QWidget {
public:
    explicit Preview(FigureDialog* dialog)
        : QWidget(dialog)
        , m_dialog(dialog) {
        setMinimumSize(fontMetrics().averageCharWidth() * 60, fontMetrics().height() * 20);
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
        setAccessibleName(FigureDialog::tr("Preview of the figure"));
        setAccessibleDescription(
            figureText(dialog->m_figure.title) + QStringLiteral(". ") +
            captionText(dialog->m_figure.caption));
    }

    void renew() {
        m_sheet = {};
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override {
        const FigureExportOptions options = m_dialog->options();
        QSizeF sheet(options.widthMm, options.heightMm);
        sheet.scale(QSizeF(size()) - QSizeF(16, 16), Qt::KeepAspectRatio);
        QRectF place(QPointF(), sheet);
        place.moveCenter(QRectF(rect()).center());
        constexpr double kFiner = 2; // text of a small sheet is placed better, then made small
        const QSize pixels = (sheet * devicePixelRatioF() * kFiner).toSize();
        if (m_sheet.size() != pixels && !pixels.isEmpty()) {
            m_sheet = QImage(pixels, QImage::Format_RGB32);
            QPainter painter(&m_sheet);
            m_dialog->m_figure.paint(
                painter, QRectF(QPointF(), QSizeF(pixels)), PlotColours::of(options.dark),
                pixels.width() / (options.widthMm * kPointsPerMm));
        }
        QPainter painter(this);
        painter.setRenderHint(QPainter::SmoothPixmapTransform, true);
        painter.drawImage(place, m_sheet);
        painter.setPen(palette().color(QPalette::Mid));
        painter.drawRect(place);
    }

private:
    FigureDialog* m_dialog;
    QImage m_sheet;
};

FigureDialog::FigureDialog(Printable figure, const QString& name, QWidget* parent)
    : QDialog(parent)
    , m_figure(std::move(figure))
    , m_name(name)
    , m_preview(nullptr)
    , m_width(new QDoubleSpinBox(this))
    , m_height(new QDoubleSpinBox(this))
    , m_dpi(new QSpinBox(this))
    , m_dark(new QCheckBox(tr("&Light on dark, for slides"), this))
    , m_outcome(new QLabel(this)) {
    setWindowTitle(tr("Figure"));
    QWidget* side = choices();
    readSettings();
    m_preview = new Preview(this);
    auto* row = new QHBoxLayout;
    row->addWidget(m_preview, 1);
    row->addWidget(side);
    m_outcome->setWordWrap(true);
    m_outcome->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    const auto add = [&](const QString& text, void (FigureDialog::*run)()) {
        connect(buttons->addButton(text, QDialogButtonBox::ActionRole), &QPushButton::clicked, this, run);
    };
    add(tr("&Save…"), &FigureDialog::save);
    add(tr("&Copy"), &FigureDialog::copy);
    add(tr("&Print…"), &FigureDialog::print);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(this, &QDialog::finished, this, &FigureDialog::storeSettings);
    auto* column = new QVBoxLayout(this);
    column->addLayout(row, 1);
    column->addWidget(m_outcome);
    column->addWidget(buttons);
    resize(fontMetrics().averageCharWidth() * 150, fontMetrics().height() * 42);
}

QWidget* FigureDialog::choices() {
    auto* side = new QWidget(this);
    auto* form = new QFormLayout(side);
    for (QDoubleSpinBox* box : {m_width, m_height}) {
        box->setRange(40, 1200);
        box->setDecimals(0);
        box->setSuffix(tr(" mm"));
    }
    m_dpi->setRange(30, 1200);
    m_dpi->setSuffix(tr(" dpi"));
    m_dpi->setToolTip(tr("Of PNG files and of what is copied"));
    form->addRow(tr("&Width"), m_width);
    form->addRow(tr("&Height"), m_height);
    form->addRow(tr("&Resolution"), m_dpi);
    form->addRow(m_dark);
    const auto renew = [this] {
        if (m_preview != nullptr) {
            m_preview->renew();
        }
    };
    connect(m_width, &QDoubleSpinBox::valueChanged, this, renew);
    connect(m_height, &QDoubleSpinBox::valueChanged, this, renew);
    connect(m_dark, &QCheckBox::toggled, this, renew);
    return side;
}

FigureExportOptions FigureDialog::options() const {
    return {m_width->value(), m_height->value(), m_dpi->value(), m_dark->isChecked()};
}

void FigureDialog::readSettings() {
    const FigureExportOptions usual = storedPreferences().figure;
    m_width->setValue(usual.widthMm);
    m_height->setValue(usual.heightMm);
    m_dpi->setValue(usual.dpi);
    m_dark->setChecked(usual.dark);
}

void FigureDialog::storeSettings() const {
    Preferences preferences = storedPreferences();
    preferences.figure = options();
    storePreferences(preferences);
}

void FigureDialog::save() {
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Save Figure"), QDir(lastFolder()).filePath(m_name + QStringLiteral(".pdf")),
        tr("Figures and their data (*.pdf *.svg *.png *.csv)"));
    if (file.isEmpty()) {
        return;
    }
    rememberFolder(file);
    const Result<void> written = exportFigure(m_figure, file.toStdString(), options(), true);
    m_outcome->setText(written.ok() ? tr("The figure is in %1.").arg(file) : qt(describe(written.error())));
}

void FigureDialog::copy() {
    copyFigureToClipboard(m_figure, options());
    m_outcome->setText(tr("The figure is on the clipboard, as an image, as SVG and as CSV."));
}

void FigureDialog::print() {
    QPrinter printer(QPrinter::HighResolution);
    printer.setDocName(qt(m_figure.title));
    QPrintDialog dialog(&printer, this);
    if (dialog.exec() != QDialog::Accepted) {
        return;
    }
    const FigureExportOptions chosen = options();
    // As large as chosen, or as the page allows.
    const QRectF page = printer.pageLayout().paintRectPixels(printer.resolution());
    const double pixelsPerMm = printer.resolution() / 25.4;
    QSizeF sheet(chosen.widthMm * pixelsPerMm, chosen.heightMm * pixelsPerMm);
    const double shrink = std::min({1.0, page.width() / sheet.width(), page.height() / sheet.height()});
    sheet *= shrink;
    QPainter painter(&printer);
    m_figure.paint(
        painter, QRectF(QPointF(), sheet), PlotColours::of(chosen.dark), shrink * pixelsPerMm / kPointsPerMm);
    m_outcome->setText(painter.isActive() ? tr("Printed.") : tr("The printer did not start."));
}

} // namespace mambascope::ui
