// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/window/view_state.h"

#include <QDialog>

#include <array>

class QCheckBox;
class QComboBox;
class QDialogButtonBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QSpinBox;
class QStackedWidget;

namespace mambascope::ui {

class Workspace;

/// Asks what to search for, from the plan as it is: α, bits under a budget, or how sensitive each site is.
/// Says how many passes over the text that takes, or why it cannot begin.
class SearchDialog : public QDialog {
    Q_OBJECT
public:
    /// Begins with the settings of the workspace's view.
    explicit SearchDialog(const Workspace& workspace, QWidget* parent = nullptr);

    SearchSettings settings() const;
    void setTarget(SearchTarget target);

private:
    void fill(const SearchSettings& settings);
    QWidget* alphaPage();
    QWidget* bitsPage();
    QWidget* sensitivityPage();
    void buildForm();
    void alignFields();
    void browse();
    void stepByUnit();
    void changeUnit();
    /// Why the search cannot begin as it is set; empty if it can.
    QString trouble() const;
    QString effort() const;
    void check();
    double budgetBits() const;

    const Workspace& m_workspace;
    QComboBox* m_target;
    QStackedWidget* m_pages; ///< by SearchTarget
    QLabel* m_about;
    QLineEdit* m_grid;
    QDoubleSpinBox* m_budget;
    QComboBox* m_unit; ///< bits a weight, MiB
    QLabel* m_otherUnit;
    std::array<QCheckBox*, 7> m_widths{}; ///< 8 to 2 bits
    QCheckBox* m_weighted;
    QCheckBox* m_on;
    QCheckBox* m_off;
    QLineEdit* m_text;
    QSpinBox* m_samples;
    QSpinBox* m_length;
    QSpinBox* m_seed;
    QLabel* m_state;
    QDialogButtonBox* m_buttons;
};

} // namespace mambascope::ui
