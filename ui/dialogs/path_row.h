// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>

class QFormLayout;
class QLineEdit;
class QWidget;

namespace mambascope::ui {

/// A labelled row with a path and a button that browses for another.
void addPathRow(
    QFormLayout& form, const QString& label, QLineEdit* path, QWidget* dialog, std::function<void()> browse);

} // namespace mambascope::ui
