// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/window/view_state.h"

#include <QDialog>

#include <string>
#include <vector>

class QCheckBox;
class QComboBox;
class QDialogButtonBox;
class QLabel;
class QLayout;
class QLineEdit;
class QSpinBox;
class QVBoxLayout;

namespace mambascope::ui {

/// Asks which tasks to evaluate on which data.
class EvaluateDialog : public QDialog {
    Q_OBJECT
public:
    /// `plan` says in a line what is going to be evaluated.
    EvaluateDialog(const EvaluationSettings& settings, const QString& plan, QWidget* parent = nullptr);

    EvaluationSettings settings() const;

private:
    /// The check boxes of the built-in tasks, below them those of task files with what is wrong with the last one
    /// that was added.
    QLayout* taskChoice(const EvaluationSettings& settings);
    void browse();
    void chooseFiles();
    /// Lists a task file, or says why it cannot be used.
    void addFile(const QString& path);
    void check();

    QLineEdit* m_folder;
    std::vector<QCheckBox*> m_tasks; ///< in the order of kTasks
    /// A task file that can be used.
    struct FileTask {
        QString path;
        std::string name;
        QCheckBox* box;
    };
    std::vector<FileTask> m_files;
    QVBoxLayout* m_fileBoxes;
    QLabel* m_fileError; ///< hidden while there is none
    QSpinBox* m_limit;
    QSpinBox* m_seed;
    QComboBox* m_earlyStop;
    QSpinBox* m_reuse;
    QDialogButtonBox* m_buttons;
};

} // namespace mambascope::ui
