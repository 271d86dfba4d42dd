// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/path_row.h"

#include <QCoreApplication>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include <utility>

namespace mambascope::ui {

void addPathRow(
    QFormLayout& form, const QString& label, QLineEdit* path, QWidget* dialog, std::function<void()> browse) {
    auto* button = new QPushButton(QCoreApplication::translate("PathRow", "Browse…"), dialog);
    button->setAutoDefault(false);
    auto* row = new QHBoxLayout;
    row->addWidget(path, 1);
    row->addWidget(button);
    auto* text = new QLabel(label, dialog);
    text->setBuddy(path);
    form.addRow(text, row);
    QObject::connect(button, &QPushButton::clicked, dialog, std::move(browse));
}

} // namespace mambascope::ui
