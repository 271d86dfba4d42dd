// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Files that the tests of the programs make.

#include "tests/support/paths.h"

#include <QByteArray>
#include <QFile>
#include <QString>
#include <QTest>

namespace mambascope::test {

inline QString inFolder(const TemporaryFolder& folder, const char* name) {
    return QString::fromStdString((folder.path() / name).string());
}

/// The test fails if it cannot be read.
inline QByteArray readText(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        QTest::qFail(qPrintable(path + QStringLiteral(" cannot be read")), __FILE__, __LINE__);
        return {};
    }
    return file.readAll();
}

inline void writeText(const QString& path, const QByteArray& text) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
}

} // namespace mambascope::test
