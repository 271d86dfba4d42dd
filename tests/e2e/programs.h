// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <QByteArray>
#include <QProcess>
#include <QString>
#include <QStringList>

namespace mambascope::test {

/// What a finished program left.
struct Outcome {
    int exitCode = -1;
    QByteArray out;
    QByteArray err;
    Json json() const { return Json::parse(out.toStdString()); }
};

inline QString program(const char* name) {
    return qEnvironmentVariable("MAMBASCOPE_BIN") + u'/' + QLatin1String(name);
}

/// Runs a program of the build to its end.
inline Outcome run(const char* name, const QStringList& arguments, int timeoutMs = 540000) {
    QProcess process;
    process.start(program(name), arguments);
    if (!process.waitForFinished(timeoutMs)) {
        process.kill();
        process.waitForFinished();
        return {-1, process.readAllStandardOutput(), "timed out: " + process.readAllStandardError()};
    }
    const int code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2;
    return {code, process.readAllStandardOutput(), process.readAllStandardError()};
}

inline Outcome cli(const QStringList& arguments) {
    return run("mambascope-cli", arguments);
}

} // namespace mambascope::test
