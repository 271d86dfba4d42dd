// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/session_files.h"

#include <QDate>
#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSettings>
#include <QStandardPaths>

namespace mambascope::ui {
namespace {

QString recentKey() {
    return QStringLiteral("recent/files");
}

QString tokenizerKey(const std::string& checkpointHash) {
    return QStringLiteral("tokenizers/") + QString::fromStdString(checkpointHash);
}

} // namespace

QString newSessionFile(const QString& folder, const QString& name) {
    static const QRegularExpression unsafe(QStringLiteral("[^A-Za-z0-9._-]+"));
    QString base = QString(name).replace(unsafe, QStringLiteral("-"));
    if (base.isEmpty() || base.startsWith(QLatin1Char('.'))) {
        base.prepend(QStringLiteral("session"));
    }
    base += QLatin1Char('-') + QDate::currentDate().toString(Qt::ISODate);
    const QDir directory(folder);
    QString file = directory.filePath(base + QStringLiteral(".mscope"));
    for (int number = 2; QFileInfo::exists(file); ++number) {
        file = directory.filePath(QStringLiteral("%1-%2.mscope").arg(base).arg(number));
    }
    return file;
}

QString standardSessionsFolder() {
    // Not AppLocalDataLocation: that names organization and application, which are the same here.
    return QDir(QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation))
        .filePath(QStringLiteral("mambascope/sessions"));
}

QStringList recentFiles() {
    const QSettings settings;
    // Before there were other files than sessions, the list had another name.
    const QVariant files = settings.value(recentKey(), settings.value(QStringLiteral("recent/sessions")));
    return files.toStringList().mid(0, kRecentFiles);
}

void rememberFile(const QString& file) {
    const QString path = QFileInfo(file).absoluteFilePath();
    QStringList files = recentFiles();
    files.removeAll(path);
    files.prepend(path);
    QSettings().setValue(recentKey(), QStringList(files.mid(0, kRecentFiles)));
}

void forgetRecentFiles() {
    QSettings().setValue(recentKey(), QStringList());
}

QString chosenTokenizer(const std::string& checkpointHash) {
    return QSettings().value(tokenizerKey(checkpointHash)).toString();
}

void rememberTokenizer(const std::string& checkpointHash, const QString& file) {
    QSettings().setValue(tokenizerKey(checkpointHash), QFileInfo(file).absoluteFilePath());
}

} // namespace mambascope::ui
