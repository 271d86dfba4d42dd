// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/calibrate_dialog.h"

#include "ui/dialogs/path_row.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

#include <limits>

namespace mambascope::ui {

CalibrateDialog::CalibrateDialog(const CalibrationSettings& settings, QWidget* parent)
    : QDialog(parent)
    , m_text(new QLineEdit(settings.textFile, this))
    , m_samples(new QSpinBox(this))
    , m_length(new QSpinBox(this))
    , m_seed(new QSpinBox(this))
    , m_contiguous(new QCheckBox(this))
    , m_rotated(new QCheckBox(this))
    , m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this)) {
    setWindowTitle(tr("Calibrate"));
    auto* intro = new QLabel(
        tr("The text runs through the unquantized model; of every site the largest absolute value "
           "and the moments of each channel are kept."),
        this);
    intro->setWordWrap(true);
    m_samples->setRange(1, 1'000'000);
    m_samples->setValue(settings.samples);
    m_length->setRange(1, 1'000'000);
    m_length->setValue(settings.length);
    m_length->setSuffix(tr(" tokens"));
    m_seed->setRange(0, std::numeric_limits<int>::max());
    m_seed->setValue(static_cast<int>(settings.seed));
    m_seed->setToolTip(tr("Where the windows start; the same seed gives the same windows on every machine"));
    m_contiguous->setText(tr("Back to back from the &start of the text"));
    m_contiguous->setChecked(settings.contiguous);
    m_rotated->setText(tr("Also the &rotated inputs"));
    m_rotated->setChecked(settings.rotated);
    m_rotated->setToolTip(tr("Static scales of plans that rotate the inputs are taken from them"));
    m_text->setPlaceholderText(tr("A plain text file, UTF-8"));

    auto* form = new QFormLayout(this);
    form->addRow(intro);
    addPathRow(*form, tr("&Text"), m_text, this, [this] { browse(); });
    form->addRow(tr("&Windows"), m_samples);
    form->addRow(tr("&Length"), m_length);
    form->addRow(QString(), m_contiguous);
    form->addRow(tr("S&eed"), m_seed);
    form->addRow(QString(), m_rotated);
    form->addRow(m_buttons);
    m_buttons->button(QDialogButtonBox::Ok)->setText(tr("&Calibrate"));

    connect(m_contiguous, &QCheckBox::toggled, m_seed, &QWidget::setDisabled);
    m_seed->setDisabled(settings.contiguous);
    connect(m_text, &QLineEdit::textChanged, this, &CalibrateDialog::check);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    setMinimumWidth(fontMetrics().averageCharWidth() * 80);
    check();
}

CalibrationSettings CalibrateDialog::settings() const {
    return {
        m_text->text(),
        m_samples->value(),
        m_length->value(),
        m_seed->value(),
        m_contiguous->isChecked(),
        m_rotated->isChecked()};
}

void CalibrateDialog::browse() {
    const QString file = QFileDialog::getOpenFileName(
        this, tr("Calibration Text"), m_text->text(), tr("Text (*.txt *.md *.text);;All files (*)"));
    if (!file.isEmpty()) {
        m_text->setText(file);
    }
}

void CalibrateDialog::check() {
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(QFileInfo(m_text->text()).isFile());
}

} // namespace mambascope::ui
