// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

namespace mambascope::test {

/// What a finished program left, and what it took.
struct Measured {
    int exitCode = -3; ///< −1: it had to be killed, −2: a signal ended it, −3: it did not start
    QByteArray err;
    double cpuSeconds = 0; ///< user and system
    double peakMb = 0;     ///< largest resident set (mapped files included), 10^6 bytes
};

/// Runs a program of the build to its end, at most 30 seconds.
Measured runMeasured(const char* name, const QStringList& arguments);

/// Whether the programs are built with a sanitizer, whose memory is not theirs.
bool builtWithSanitizer();

} // namespace mambascope::test
