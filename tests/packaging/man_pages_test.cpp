// SPDX-License-Identifier: GPL-3.0-or-later
// The man pages as they are installed, against what the programs say of themselves.
#include "tests/support/paths.h"

#include <QProcess>
#include <QRegularExpression>
#include <QSet>
#include <QStandardPaths>
#include <QtTest>

using namespace mambascope;

namespace {

QString outputOf(const QString& program, const QStringList& arguments) {
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    process.waitForFinished();
    return process.exitCode() == 0 ? QString::fromUtf8(process.readAll()) : QString();
}

/// The words of --help after "Subcommands:".
QStringList verbsOf(const QString& help) {
    static const QRegularExpression kVerb(
        QStringLiteral("^  ([a-z][a-z-]*) "), QRegularExpression::MultilineOption);
    QStringList verbs;
    for (auto match = kVerb.globalMatch(help.section(QStringLiteral("Subcommands:"), 1)); match.hasNext();) {
        verbs.append(match.next().captured(1));
    }
    return verbs;
}

/// "verb --option" of a program with all its verbs.
void collect(const QString& program, const QStringList& words, QSet<QString>& options) {
    static const QRegularExpression kOption(QStringLiteral("--[a-z][a-z0-9-]*"));
    const QString help = outputOf(program, words + QStringList{QStringLiteral("--help")});
    QVERIFY2(!help.isEmpty(), qPrintable(program + words.join(u' ')));
    for (auto match = kOption.globalMatch(help); match.hasNext();) {
        options.insert((words + QStringList{match.next().captured()}).join(u' '));
    }
    for (const QString& verb : verbsOf(help)) {
        collect(program, words + QStringList{verb}, options);
    }
}

} // namespace

class ManPagesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const QString folder = QString::fromStdString(m_folder.path().string());
        QVERIFY(
            !outputOf(
                 QStringLiteral(CMAKE_PROGRAM),
                 {QStringLiteral("--install"), QStringLiteral(BUILD_FOLDER), QStringLiteral("--component"),
                  QStringLiteral("man"), QStringLiteral("--prefix"), folder})
                 .isEmpty());
        m_pages = folder + QStringLiteral("/" MAN_FOLDER "/man1/");
    }

    void everyOptionIsNamed_data() {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QStringList>("unlisted");
        QTest::addColumn<int>("fewest");
        QTest::newRow("window") << "mambascope" << QStringList{"figure", "report"} << 20;
        QTest::newRow("cli") << "mambascope-cli" << QStringList() << 100;
        QTest::newRow("engine") << "mambascope-engine" << QStringList() << 4;
    }

    void everyOptionIsNamed() {
        QFETCH(QString, program);
        QFETCH(QStringList, unlisted);
        QFETCH(int, fewest);
        QFile file(m_pages + program + QStringLiteral(".1"));
        QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName()));
        const QString page =
            QString::fromUtf8(file.readAll()).replace(QStringLiteral("\\-"), QStringLiteral("-"));
        const QString path = qEnvironmentVariable("MAMBASCOPE_BIN") + u'/' + program;
        QSet<QString> options;
        collect(path, {}, options);
        for (const QString& verb : unlisted) {
            collect(path, {verb}, options);
        }
        QVERIFY2(options.size() >= fewest, qPrintable(QString::number(options.size())));
        for (const QString& option : options) {
            const QString verb = option.section(u' ', 0, -2);
            // From the heading of the verb to the next one.
            const QString heading = QStringLiteral(".SS \"%1 %2\"\n").arg(program, verb);
            const QString section = verb.isEmpty()
                                        ? page.section(QStringLiteral("\n.SH VERBS"), 0, 0)
                                        : page.section(heading, 1).section(QStringLiteral("\n.S"), 0, 0);
            const QRegularExpression word(
                QRegularExpression::escape(option.section(u' ', -1)) + QStringLiteral("(?![a-z0-9-])"));
            QVERIFY2(section.contains(word), qPrintable(program + u' ' + option));
        }
    }

    void manReadsThemWithoutAWarning() {
        if (QStandardPaths::findExecutable(QStringLiteral("man")).isEmpty()) {
            QSKIP("There is no man on this machine.");
        }
        for (const char* program : {"mambascope", "mambascope-cli", "mambascope-engine"}) {
            QProcess man;
            man.start(
                QStringLiteral("man"), {QStringLiteral("--warnings"), QStringLiteral("-l"),
                                        m_pages + QLatin1String(program) + ".1"});
            QVERIFY(man.waitForFinished());
            QCOMPARE(man.exitCode(), 0);
            QCOMPARE(QString::fromUtf8(man.readAllStandardError()), QString());
        }
    }

private:
    test::TemporaryFolder m_folder;
    QString m_pages;
};

QTEST_GUILESS_MAIN(ManPagesTest)
#include "man_pages_test.moc"
