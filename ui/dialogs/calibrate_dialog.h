// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/window/view_state.h"

#include <QDialog>

class QCheckBox;
class QDialogButtonBox;
class QLineEdit;
class QSpinBox;

namespace mambascope::ui {

/// Asks for the text and the windows of a calibration.
class CalibrateDialog : public QDialog {
    Q_OBJECT
public:
    explicit CalibrateDialog(const CalibrationSettings& settings, QWidget* parent = nullptr);

    CalibrationSettings settings() const;

private:
    void browse();
    void check();

    QLineEdit* m_text;
    QSpinBox* m_samples;
    QSpinBox* m_length;
    QSpinBox* m_seed;
    QCheckBox* m_contiguous;
    QCheckBox* m_rotated;
    QDialogButtonBox* m_buttons;
};

} // namespace mambascope::ui
