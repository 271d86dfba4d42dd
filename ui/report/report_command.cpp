// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/report/report_command.h"

#include "ui/report/report_printer.h"

#include <QCommandLineParser>

#include <cstdio>

namespace mambascope::ui {
namespace {

const char* const kHelp = R"(Usage: mambascope report SESSION -o FILE [--force]

Writes the report of a session: checkpoint, results with intervals, plan, calibration with its figure, notes, and
the command lines that make it again. Needs no display with --platform offscreen.

  -o, --output FILE   .pdf or .html
  --force             overwrite FILE
  -h, --help          this text

Exit status: 0 done, 1 failed, 2 usage, 3 unreadable input.
)";

Result<void> perform(const QCommandLineParser& parser) {
    if (parser.positionalArguments().size() != 1 || !parser.isSet(QStringLiteral("output"))) {
        return Error::usage("report needs one session and -o.", "See: mambascope report --help");
    }
    const Result<std::unique_ptr<Session>> session =
        Session::openForReading(parser.positionalArguments().constFirst().toStdString());
    return session.ok() ? exportReport(
                              *session.value(), parser.value(QStringLiteral("output")).toStdString(),
                              parser.isSet(QStringLiteral("force")))
                        : session.error();
}

} // namespace

int runReportCommand(const QStringList& arguments) {
    QCommandLineParser parser;
    parser.addOptions(
        {{{QStringLiteral("o"), QStringLiteral("output")}, QString(), QStringLiteral("FILE")},
         {QStringLiteral("force"), QString()},
         {{QStringLiteral("h"), QStringLiteral("help")}, QString()}});
    const bool understood = parser.parse(QStringList{QStringLiteral("report")} + arguments);
    if (understood && parser.isSet(QStringLiteral("help"))) {
        std::fputs(kHelp, stdout);
        return 0;
    }
    const Result<void> done =
        understood ? perform(parser)
                   : Error::usage(parser.errorText().toStdString(), "See: mambascope report --help");
    if (done.ok()) {
        return 0;
    }
    std::fprintf(stderr, "mambascope: %s\n", describe(done.error()).c_str());
    return exitStatus(done.error());
}

} // namespace mambascope::ui
