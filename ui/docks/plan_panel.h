// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QStackedWidget;

namespace mambascope::ui {

class PlanModel;
class PlanTable;
class SitePreviewPanel;
class Theme;
class Workspace;

/// The plan: presets and model-wide settings on top, the table of sites, what it makes of one of them, and in words what
/// it does.
class PlanPanel : public QWidget {
    Q_OBJECT
public:
    PlanPanel(Workspace& workspace, const Theme& theme, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    PlanTable* table() const { return m_table; }
    PlanModel* model() const { return m_model; }

Q_SIGNALS:
    void evaluateRequested();
    void searchRequested();
    void openRequested();

private:
    void buildControls();
    QWidget* controls();
    QWidget* noModelPage();
    void connectControls();
    void refreshModel();
    void refreshRows();
    /// The preview is of the table's row: of a site, or of one in the selected layer.
    void refreshPreview();
    void refreshPlan();
    void refreshWords();
    void choosePreset(int index);
    void chooseScope(int index);

    Workspace& m_workspace;
    PlanModel* m_model;
    PlanTable* m_table;
    SitePreviewPanel* m_preview;
    QComboBox* m_preset;
    QComboBox* m_scope;
    QComboBox* m_rule;
    QDoubleSpinBox* m_k;
    QComboBox* m_rows;
    QLabel* m_summary;
    QLabel* m_difference;
    QStackedWidget* m_stack; ///< the plan, or why there is none
    QLabel* m_noModelText;
    QPushButton* m_openButton;
};

} // namespace mambascope::ui
