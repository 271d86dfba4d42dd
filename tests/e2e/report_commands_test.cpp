// SPDX-License-Identifier: GPL-3.0-or-later
// The command lines that a report prints, run as they stand: they make again what the session holds.
#include "core/base/json.h"
#include "tests/e2e/files.h"
#include "tests/e2e/programs.h"
#include "tests/support/paths.h"

#include <QDir>
#include <QRegularExpression>
#include <QtTest>

using namespace mambascope;
using namespace mambascope::test;

namespace {

Json readJson(const QString& path) {
    return Json::parse(readText(path).toStdString(), nullptr, false);
}

QString unescaped(QString html) {
    return html.replace(QStringLiteral("&lt;"), QStringLiteral("<"))
        .replace(QStringLiteral("&gt;"), QStringLiteral(">"))
        .replace(QStringLiteral("&quot;"), QStringLiteral("\""))
        .replace(QStringLiteral("&#39;"), QStringLiteral("'"))
        .replace(QStringLiteral("&amp;"), QStringLiteral("&"));
}

/// What is measured of a result; no times.
Json metricsOf(Json tasks) {
    for (auto& [name, task] : tasks.items()) {
        task.erase("seconds");
    }
    return tasks;
}

} // namespace

class ReportCommandsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theyMakeTheSessionAgain() {
        const QString session = inFolder(m_folder, "o'neill & co.mscope");
        fill(session);
        QCOMPARE(
            cli({QStringLiteral("session"), session, QStringLiteral("report"), QStringLiteral("-o"),
                 inFolder(m_folder, "report.html")})
                .exitCode,
            0);
        const QString page = QString::fromUtf8(readText(inFolder(m_folder, "report.html")));
        const QRegularExpression last(
            QStringLiteral("Make it again</h2>\\s*<pre>(.*?)</pre>"),
            QRegularExpression::DotMatchesEverythingOption);
        QString commands = unescaped(last.match(page).captured(1));
        QVERIFY2(commands.startsWith(QStringLiteral("MODEL=")), qPrintable(commands));
        const QString resources = qEnvironmentVariable("MAMBASCOPE_RESOURCES") + QStringLiteral("/demo/");
        commands.replace(
            QRegularExpression(QStringLiteral("^MODEL=.*$"), QRegularExpression::MultilineOption),
            QStringLiteral("MODEL=demo"));
        commands.replace(
            QRegularExpression(QStringLiteral("^DATA=.*$"), QRegularExpression::MultilineOption),
            QStringLiteral("DATA='%1tasks'").arg(resources));
        QVERIFY(QFile::copy(
            resources + QStringLiteral("calibration.txt"), inFolder(m_folder, "calibration.txt")));
        QProcess shell;
        shell.setWorkingDirectory(QString::fromStdString(m_folder.path().string()));
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(
            QStringLiteral("PATH"),
            qEnvironmentVariable("MAMBASCOPE_BIN") + QStringLiteral(":") + qEnvironmentVariable("PATH"));
        shell.setProcessEnvironment(environment);
        shell.start(QStringLiteral("sh"), {QStringLiteral("-eu"), QStringLiteral("-c"), commands});
        QVERIFY(shell.waitForFinished(540000));
        const QByteArray said = shell.readAllStandardError();
        QVERIFY2(shell.exitCode() == 0, said.constData());
        compare(session);
    }

private:
    void fill(const QString& session) {
        const auto done = [](const QStringList& arguments) {
            const Outcome outcome = cli(arguments);
            QVERIFY2(outcome.exitCode == 0, (arguments.join(u' ').toUtf8() + ": " + outcome.err).constData());
        };
        const QString calibration = inFolder(m_folder, "made.safetensors"),
                      plan = inFolder(m_folder, "made.json"), recipe = inFolder(m_folder, "made-recipe.json");
        done(
            {"calibrate", "demo", "--samples", "4", "--length", "64", "-o", calibration, "--session",
             session});
        done({"plan", "new", "--preset", "W8A8 input", "-o", plan});
        const QStringList planned{"--plan", plan, "--calibration", calibration, "--session", session};
        done(
            {"evaluate", "demo", "--tasks", "copa,lambada", "--limit", "6", "--seed", "2", "--session",
             session});
        done(
            QStringList{"evaluate", "demo", "--tasks", "copa,lambada", "--limit", "6", "--seed", "2"} +
            planned);
        const QStringList few{"--samples", "2", "--length", "24", "--seed", "1"};
        done(QStringList{"search", "demo", "--target", "alpha", "--grid", "0.25,0.5"} + few + planned);
        done(
            QStringList{"search", "demo", "--target", "bits", "--bits", "8,4", "--average-bits", "6.3"} +
            few + planned);
        done(QStringList{"search", "demo", "--target", "sensitivity", "--contiguous"} + few + planned);
        writeText(recipe, R"({"format": 1, "name": "two", "plans": ["baseline", "W8A8 input"]})");
        done(
            {"sweep", "demo", "--recipe", recipe, "--tasks", "copa,piqa", "--limit", "4", "--calibration",
             calibration, "-o", inFolder(m_folder, "made-sweep"), "--session", session});
    }

    void compare(const QString& session) {
        const Json held = cli({QStringLiteral("session"), session, QStringLiteral("show")}).json();
        QCOMPARE(held["runs"].size(), std::size_t{2});
        for (const Json& run : held["runs"]) {
            const QString id = QString::number(run["id"].get<int>());
            const QString before = inFolder(m_folder, "before.json");
            QCOMPARE(
                cli({"session", session, "export", "run", "--run", id, "-o", before, "--force"}).exitCode, 0);
            const Json again =
                readJson(inFolder(m_folder, qPrintable(QStringLiteral("run-%1.json").arg(id))));
            QVERIFY(metricsOf(again["tasks"]) == metricsOf(readJson(before)["tasks"]));
            QVERIFY(again["plan_hash"] == run["plan_hash"]);
        }
        QCOMPARE(held["searches"].size(), std::size_t{3});
        for (const Json& search : held["searches"]) {
            const bool sensitivity = search["target"] == "sensitivity";
            const QString name = QStringLiteral("search-%1%2.json")
                                     .arg(
                                         QString::number(search["id"].get<int>()),
                                         sensitivity ? QString() : QStringLiteral("-trace"));
            const Json again = readJson(inFolder(m_folder, qPrintable(name)));
            for (const auto& [member, value] : again.items()) {
                QVERIFY2(search.contains(member) && search[member] == value, member.c_str());
            }
        }
        QCOMPARE(held["sweeps"].size(), std::size_t{1});
        const Json again = readJson(inFolder(m_folder, "sweep-1/results.json"));
        QVERIFY(again["checkpoints"] == held["sweeps"][0]["checkpoints"]);
        QVERIFY(QFile::exists(inFolder(m_folder, "quantized/mambascope.json")));
    }

    TemporaryFolder m_folder;
};

QTEST_GUILESS_MAIN(ReportCommandsTest)
#include "report_commands_test.moc"
