// SPDX-License-Identifier: GPL-3.0-or-later
// An installation in a folder of its own: complete, and it runs without what it was built from.
#include "tests/support/paths.h"

#include <QFileInfo>
#include <QProcess>
#include <QtTest>

using namespace mambascope;

class InstallTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QCOMPARE(
            QProcess::execute(
                QStringLiteral(CMAKE_PROGRAM), {QStringLiteral("--install"), QStringLiteral(BUILD_FOLDER),
                                                QStringLiteral("--prefix"), m_prefix}),
            0);
    }

    void everythingIsThere() {
        const QString id = QStringLiteral("io.github.mambascope.Mambascope");
        for (const QString& file :
             {QStringLiteral(BIN_FOLDER "/mambascope"), QStringLiteral(BIN_FOLDER "/mambascope-cli"),
              QStringLiteral(BIN_FOLDER "/mambascope-engine"),
              QStringLiteral(MAN_FOLDER "/man1/mambascope.1"),
              QStringLiteral(MAN_FOLDER "/man1/mambascope-cli.1"),
              QStringLiteral(MAN_FOLDER "/man1/mambascope-engine.1"),
              QStringLiteral(DATA_FOLDER "/mambascope/demo/model.safetensors"),
              QStringLiteral(DATA_FOLDER "/applications/") + id + QStringLiteral(".desktop"),
              QStringLiteral(DATA_FOLDER "/metainfo/") + id + QStringLiteral(".metainfo.xml"),
              QStringLiteral(DATA_FOLDER "/mime/packages/") + id + QStringLiteral(".xml"),
              QStringLiteral(DATA_FOLDER "/icons/hicolor/scalable/apps/") + id + QStringLiteral(".svg")}) {
            QVERIFY2(QFileInfo(m_prefix + u'/' + file).size() > 0, qPrintable(file));
        }
    }

    void theProgramsRunFromThere() {
        const QString cli = outputOf("mambascope-cli", {QStringLiteral("info"), QStringLiteral("demo")});
        QVERIFY2(
            cli.contains(m_prefix + QStringLiteral("/" DATA_FOLDER "/mambascope/demo")), qPrintable(cli));
        const QString window = outputOf(
            "mambascope", {QStringLiteral("--platform"), QStringLiteral("offscreen"),
                           QStringLiteral("report"), QStringLiteral("--help")});
        QVERIFY2(window.startsWith(QStringLiteral("Usage: mambascope report")), qPrintable(window));
#ifdef WITH_TORCH
        const QString text = outputOf(
            "mambascope-cli", {QStringLiteral("generate"), QStringLiteral("demo"), QStringLiteral("--text"),
                               QStringLiteral("The cat"), QStringLiteral("-n"), QStringLiteral("4")});
        QVERIFY(!text.trimmed().isEmpty());
#endif
    }

private:
    /// What an installed program prints, in an environment that knows nothing of the build.
    QString outputOf(const char* program, const QStringList& arguments) const {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char* name : {"MAMBASCOPE_RESOURCES", "MAMBASCOPE_ENGINE", "MAMBASCOPE_BIN"}) {
            environment.remove(QLatin1String(name));
        }
        process.setProcessEnvironment(environment);
        process.start(m_prefix + QStringLiteral("/" BIN_FOLDER "/") + QLatin1String(program), arguments);
        const bool done = process.waitForFinished(120000) && process.exitCode() == 0;
        return done ? QString::fromUtf8(process.readAllStandardOutput())
                    : QString::fromUtf8(process.readAllStandardError());
    }

    test::TemporaryFolder m_folder;
    const QString m_prefix = QString::fromStdString(m_folder.path().string());
};

QTEST_GUILESS_MAIN(InstallTest)
#include "install_test.moc"
