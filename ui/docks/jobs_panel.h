// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QWidget>

class QAction;
class QTableView;

namespace mambascope::ui {

class JobsModel;
class Theme;
class Workspace;

/// The engine's jobs with their progress; one that runs can be stopped, one that waits dropped or moved.
class JobsPanel : public QWidget {
    Q_OBJECT
public:
    JobsPanel(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    QSize minimumSizeHint() const override;
    JobsModel* model() const { return m_model; }
    QTableView* table() const { return m_table; }

private:
    QAction* addVerb(const QString& text, const QString& toolTip, const QKeySequence& keys);
    void refresh();
    void refreshVerbs();
    void cancelSelected();
    void moveSelected(int places);

    Workspace& m_workspace;
    JobsModel* m_model;
    QTableView* m_table;
    QAction* m_cancel;
    QAction* m_earlier;
    QAction* m_later;
    QElapsedTimer m_clock;
    std::uint64_t m_selected = 0; ///< JobStatus::id; 0: none
};

} // namespace mambascope::ui
