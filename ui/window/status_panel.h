// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStatusBar>

class QLabel;
class QProgressBar;
class QToolButton;

namespace mambascope::ui {

class Theme;
class Workspace;

/// The bottom line: the job with its progress and a way to stop it, the model's facts, the engine and its
/// device.
class StatusPanel : public QStatusBar {
    Q_OBJECT
public:
    StatusPanel(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    QString jobText() const;

private:
    void refreshJob();
    void refreshEngine();
    void refreshModel();

    Workspace& m_workspace;
    QLabel* m_job;
    QProgressBar* m_progress;
    QToolButton* m_stop;
    QLabel* m_model;
    QLabel* m_engine;
};

} // namespace mambascope::ui
