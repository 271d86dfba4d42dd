// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/session.h"
#include "ui/models/compared_runs.h"

#include <QDialog>

#include <memory>

class QComboBox;
class QLabel;
class QLineEdit;
class QSortFilterProxyModel;
class QTableView;
class QTextBrowser;

namespace mambascope::ui {

class ActivationComparison;
class ComparisonModel;
class FlipsModel;
class RunComparer;
class Theme;
class Workspace;

/// Two runs of the session side by side: accuracies with intervals, what the plans do differently, which
/// answers flipped and why, and how the activations differ.
class CompareDialog : public QDialog {
    Q_OBJECT
public:
    CompareDialog(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    /// Chooses the two runs (0: the baseline, or the newest) and compares them.
    void compare(RunId from, RunId to);
    ComparisonModel* tasks() const { return m_tasks; }
    FlipsModel* flips() const { return m_flips; }
    QTableView* flipsTable() const { return m_flipsTable; }
    QLineEdit* search() const { return m_search; }
    QString planWords() const;
    QString detail() const;
    ActivationComparison* activations() const { return m_activations; }

Q_SIGNALS:
    /// The comparison that was asked for is shown.
    void compared();

private:
    QWidget* choice();
    QWidget* summary(const Theme& theme);
    QWidget* flipsView();
    void fillRuns();
    void refresh();
    void present(const std::shared_ptr<const ComparedRuns>& runs);
    void showFlip();

    Workspace& m_workspace;
    RunComparer* m_comparer;
    ComparisonModel* m_tasks;
    FlipsModel* m_flips;
    QSortFilterProxyModel* m_found;
    QComboBox* m_from;
    QComboBox* m_to;
    QTableView* m_tasksTable;
    QTableView* m_flipsTable;
    QLabel* m_plan;
    QLabel* m_count;
    QLineEdit* m_search;
    QTextBrowser* m_detail;
    ActivationComparison* m_activations;
};

} // namespace mambascope::ui
