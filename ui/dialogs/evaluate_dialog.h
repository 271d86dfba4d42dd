// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/window/view_state.h"

#include <QDialog>

#include <vector>

class QCheckBox;
class QComboBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace mambascope::ui {

/// Asks which tasks to evaluate on which data.
class EvaluateDialog : public QDialog {
    Q_OBJECT
public:
    /// `plan` says in a line what is going to be evaluated.
    EvaluateDialog(const EvaluationSettings& settings, const QString& plan, QWidget* parent = nullptr);

    EvaluationSettings settings() const;

private:
    void browse();
    void check();

    QLineEdit* m_folder;
    std::vector<QCheckBox*> m_tasks; ///< in the order of kTasks
    QSpinBox* m_limit;
    QSpinBox* m_seed;
    QComboBox* m_earlyStop;
    QSpinBox* m_reuse;
    QDialogButtonBox* m_buttons;
};

} // namespace mambascope::ui
