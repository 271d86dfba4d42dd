// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"

#include <QDialog>

#include <memory>

class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace mambascope::ui {

class EngineErrands;

/// Asks for the command that starts the engine, here or on another machine, and tries it.
class EngineDialog : public QDialog {
    Q_OBJECT
public:
    explicit EngineDialog(const QString& commandLine, QWidget* parent = nullptr);
    ~EngineDialog() override;

    /// Empty for the engine that is installed.
    QString commandLine() const;

private:
    void check();
    void test();
    void showAnswer(const Result<EngineInfo>& info);
    void setTesting(bool testing);

    QLineEdit* m_command;
    QPushButton* m_test;
    QLabel* m_answer;
    QDialogButtonBox* m_buttons;
    std::unique_ptr<EngineErrands> m_errands; ///< while a test runs
};

} // namespace mambascope::ui
