// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/window/preferences.h"

#include <QDialog>

#include <functional>
#include <vector>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QGroupBox;
class QLineEdit;
class QSpinBox;

namespace mambascope::ui {

/// All preferences on one page, with a search. Every change applies at once.
class SettingsDialog : public QDialog {
    Q_OBJECT
public:
    explicit SettingsDialog(const Preferences& preferences, QWidget* parent = nullptr);

    const Preferences& preferences() const { return m_preferences; }
    /// Shows what was changed elsewhere; tells nobody.
    void setPreferences(const Preferences& preferences);
    QLineEdit* search() const { return m_search; }

Q_SIGNALS:
    void changed(const mambascope::ui::Preferences& preferences);

private:
    struct Row {
        QGroupBox* group;
        QWidget* label; ///< null for a check box, which says itself what it is
        QWidget* field;
        QString words; ///< that the search looks through
    };
    QFormLayout* addGroup(const QString& title);
    void addRow(QFormLayout& form, const QString& label, QWidget* field, const QString& toolTip);
    void buildAppearance();
    void buildEngine();
    void buildSessions();
    void buildFigures();
    void filter(const QString& typed);
    /// Takes what the fields say, and tells it.
    void take();
    void browseData();

    Preferences m_preferences;
    bool m_showing = false; ///< the fields are being filled
    std::vector<Row> m_rows;
    QLineEdit* m_search;
    QWidget* m_page;
    QComboBox* m_theme;
    QComboBox* m_language;
    QCheckBox* m_reducedMotion;
    QCheckBox* m_asks;
    QLineEdit* m_engine;
    QComboBox* m_device;
    QComboBox* m_dtype;
    QSpinBox* m_threads;
    QComboBox* m_rule;
    QDoubleSpinBox* m_k;
    QLineEdit* m_data;
    QSpinBox* m_reuse;
    QDoubleSpinBox* m_width;
    QDoubleSpinBox* m_height;
    QSpinBox* m_dpi;
    QCheckBox* m_dark;
};

} // namespace mambascope::ui
