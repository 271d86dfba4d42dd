// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QDir>
#include <QFile>
#include <QList>
#include <QString>

#include <unistd.h>

namespace mambascope::test {

/// Process ids of the children of `parent` whose program is mambascope-engine.
inline QList<qint64> enginesOf(qint64 parent) {
    QList<qint64> found;
    const QStringList processes = QDir(QStringLiteral("/proc")).entryList(QDir::Dirs);
    for (const QString& entry : processes) {
        bool number = false;
        const qint64 id = entry.toLongLong(&number);
        QFile stat(QStringLiteral("/proc/%1/stat").arg(id));
        if (!number || !stat.open(QIODevice::ReadOnly)) {
            continue;
        }
        const QByteArray line = stat.readAll();
        const QList<QByteArray> fields = line.mid(line.lastIndexOf(')') + 2).split(' ');
        if (line.contains("(mambascope-eng") && fields.size() > 1 && fields[1].toLongLong() == parent &&
            fields[0] != "Z") {
            found << id;
        }
    }
    return found;
}

/// Processor time, user and system, that a process has used.
inline double processorSeconds(qint64 process) {
    QFile stat(QStringLiteral("/proc/%1/stat").arg(process));
    if (!stat.open(QIODevice::ReadOnly)) {
        return 0;
    }
    const QByteArray line = stat.readAll();
    const QList<QByteArray> fields = line.mid(line.lastIndexOf(')') + 2).split(' ');
    return (fields.value(11).toDouble() + fields.value(12).toDouble()) /
           static_cast<double>(sysconf(_SC_CLK_TCK));
}

inline bool exists(qint64 process) {
    QFile stat(QStringLiteral("/proc/%1/stat").arg(process));
    return stat.open(QIODevice::ReadOnly) && !stat.readAll().contains(") Z ");
}

} // namespace mambascope::test
