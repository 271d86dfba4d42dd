// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/last_folder.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>

namespace mambascope::ui {
namespace {

QString key() {
    return QStringLiteral("lastFolder");
}

} // namespace

QString lastFolder() {
    return QSettings().value(key(), QDir::homePath()).toString();
}

void rememberFolder(const QString& path) {
    QSettings().setValue(key(), QFileInfo(path).absolutePath());
}

} // namespace mambascope::ui
