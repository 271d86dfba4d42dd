// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/figures/figure_painter.h"

#include <QDialog>

class QCheckBox;
class QDoubleSpinBox;
class QLabel;
class QSpinBox;

namespace mambascope::ui {

/// Shows a figure as it will be in a file or on paper, lets size, resolution and colours be chosen, and
/// saves, copies or prints it. What was chosen is there again the next time.
class FigureDialog : public QDialog {
    Q_OBJECT
public:
    /// `name` is what a file is called at first, without its extension.
    FigureDialog(Printable figure, const QString& name, QWidget* parent = nullptr);

    FigureExportOptions options() const;

private:
    class Preview;
    QWidget* choices();
    void readSettings();
    void storeSettings() const;
    void save();
    void copy();
    void print();

    Printable m_figure;
    QString m_name;
    Preview* m_preview;
    QDoubleSpinBox* m_width;
    QDoubleSpinBox* m_height;
    QSpinBox* m_dpi;
    QCheckBox* m_dark;
    QLabel* m_outcome; ///< of the last thing that was done
};

} // namespace mambascope::ui
