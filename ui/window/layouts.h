// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QStringList>

namespace mambascope::ui {

// Arrangements of docks (QMainWindow::saveState()) under names of the user's, kept in the user's settings.

/// In alphabetical order.
QStringList layoutNames();
/// Empty if there is none of that name.
QByteArray namedLayout(const QString& name);
/// Takes the place of one with the same name.
void storeNamedLayout(const QString& name, const QByteArray& layout);
void removeNamedLayout(const QString& name);

} // namespace mambascope::ui
