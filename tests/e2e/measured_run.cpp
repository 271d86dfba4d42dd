// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/e2e/measured_run.h"

#include "tests/e2e/programs.h"

#include <QProcess>

namespace mambascope::test {

Measured runMeasured(const char* name, const QStringList& arguments) {
    QProcess measure;
    measure.start(
        QStringLiteral(MAMBASCOPE_MEASURE), QStringList{QStringLiteral("30"), program(name)} + arguments);
    Measured result;
    if (!measure.waitForFinished(60000)) {
        return result;
    }
    const QList<QByteArray> took = measure.readAllStandardOutput().trimmed().split(' ');
    if (took.size() != 3) {
        return result;
    }
    result.exitCode = took[0].toInt();
    result.err = measure.readAllStandardError();
    result.cpuSeconds = took[1].toDouble();
    result.peakMb = took[2].toDouble() * 1024e-6;
    return result;
}

bool builtWithSanitizer() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}

} // namespace mambascope::test
