// SPDX-License-Identifier: GPL-3.0-or-later
// What a desktop is told of the program and of its files, as it is installed.
#include "core/session/session.h"
#include "tests/support/paths.h"

#include <QDir>
#include <QFileInfo>
#include <QMimeDatabase>
#include <QProcess>
#include <QSettings>
#include <QStandardPaths>
#include <QXmlStreamReader>
#include <QtTest>

#include <sqlite3.h>

using namespace mambascope;

namespace {

const QString kId = QStringLiteral("io.github.mambascope.Mambascope");
const QString kType = QStringLiteral("application/x-mambascope-session");

/// What a program prints; empty if it fails.
QString outputOf(const QString& program, const QStringList& arguments) {
    QProcess process;
    process.start(program, arguments);
    const bool done = process.waitForFinished() && process.exitCode() == 0;
    return done ? QString::fromUtf8(process.readAllStandardOutput()) : QString();
}

/// A database of somebody else's.
bool makeDatabase(const QString& path) {
    sqlite3* handle = nullptr;
    const bool made = sqlite3_open(path.toUtf8().constData(), &handle) == SQLITE_OK &&
                      sqlite3_exec(handle, "CREATE TABLE t (x)", nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(handle);
    return made;
}

} // namespace

class DesktopFilesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        m_root = QString::fromStdString(m_folder.path().string());
        QCOMPARE(
            QProcess::execute(
                QStringLiteral(CMAKE_PROGRAM),
                {QStringLiteral("--install"), QStringLiteral(BUILD_FOLDER), QStringLiteral("--component"),
                 QStringLiteral("desktop"), QStringLiteral("--prefix"), m_root}),
            0);
        m_data = m_root + QStringLiteral("/" DATA_FOLDER);
        // As in the folder of a distribution, where other packages have their types, too. Before anything
        // asks for a type: Qt's database reads this once.
        const QString packages = m_data + QStringLiteral("/mime/packages/");
        m_types = QFile::copy(
                      QStringLiteral("/usr/share/mime/packages/freedesktop.org.xml"),
                      packages + QStringLiteral("freedesktop.org.xml")) &&
                  !QStandardPaths::findExecutable(QStringLiteral("update-mime-database")).isEmpty();
        if (m_types) {
            QCOMPARE(
                QProcess::execute(QStringLiteral("update-mime-database"), {m_data + QStringLiteral("/mime")}),
                0);
        }
        qputenv("XDG_DATA_DIRS", m_data.toUtf8());
        m_session = m_root + QStringLiteral("/study"); // without its suffix
        const auto session = Session::create(m_session.toStdString(), false);
        QVERIFY2(session.ok(), session.ok() ? "" : describe(session.error()).c_str());
        m_database = m_root + QStringLiteral("/database");
        QVERIFY(makeDatabase(m_database));
    }

    void theTypeIsThatOfTheSessionsApplicationId() {
        QFile file(m_data + QStringLiteral("/mime/packages/") + kId + QStringLiteral(".xml"));
        QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName()));
        QXmlStreamReader reader(&file);
        QString type, glob, id;
        while (!reader.atEnd()) {
            reader.readNext();
            const auto attributes = reader.attributes();
            if (reader.isStartElement() && reader.name() == QLatin1String("mime-type")) {
                type = attributes.value(QStringLiteral("type")).toString();
            } else if (reader.isStartElement() && reader.name() == QLatin1String("glob")) {
                glob = attributes.value(QStringLiteral("pattern")).toString();
            } else if (
                reader.isStartElement() &&
                attributes.value(QStringLiteral("offset")) == QLatin1String("68")) {
                id = attributes.value(QStringLiteral("value")).toString();
            }
        }
        QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
        QCOMPARE(type, kType);
        QCOMPARE(glob, QStringLiteral("*.mscope"));
        QCOMPARE(id.toInt(nullptr, 16), Session::kApplicationId);
    }

    void aSessionIsKnownByItsContent() {
        if (!m_types) {
            QSKIP("There is no shared-mime-info on this machine.");
        }
        const QMimeDatabase database;
        QCOMPARE(database.mimeTypeForFile(m_session, QMimeDatabase::MatchContent).name(), kType);
        QCOMPARE(
            database.mimeTypeForFile(QStringLiteral("a.mscope"), QMimeDatabase::MatchExtension).name(),
            kType);
        QVERIFY(database.mimeTypeForFile(m_database, QMimeDatabase::MatchContent).name() != kType);
        QVERIFY(database.mimeTypeForName(kType).inherits(QStringLiteral("application/vnd.sqlite3")));
    }

    void fileManagersKnowItToo() {
        if (!m_types || QStandardPaths::findExecutable(QStringLiteral("gio")).isEmpty()) {
            QSKIP("There is no shared-mime-info or no gio on this machine.");
        }
        const QStringList ask{
            QStringLiteral("info"), QStringLiteral("-a"), QStringLiteral("standard::content-type")};
        const QString session = outputOf(QStringLiteral("gio"), ask + QStringList{m_session});
        QVERIFY2(session.contains(kType), qPrintable(session));
        const QString other = outputOf(QStringLiteral("gio"), ask + QStringList{m_database});
        QVERIFY2(other.contains(QStringLiteral("sqlite3")) && !other.contains(kType), qPrintable(other));
    }

    void theEntryStartsTheProgramOnAFile() {
        const QString path = m_data + QStringLiteral("/applications/") + kId + QStringLiteral(".desktop");
        QSettings entry(path, QSettings::IniFormat);
        entry.beginGroup(QStringLiteral("Desktop Entry"));
        QVERIFY(entry.value(QStringLiteral("MimeType")).toString().startsWith(kType));
        const QStringList command = entry.value(QStringLiteral("Exec")).toString().split(u' ');
        QCOMPARE(command, (QStringList{QStringLiteral("mambascope"), QStringLiteral("%f")}));
        QVERIFY(QFileInfo(qEnvironmentVariable("MAMBASCOPE_BIN") + u'/' + command.first()).isExecutable());
        const QString icons = m_data + QStringLiteral("/icons/hicolor/scalable/");
        for (const QString& icon :
             {QString(QStringLiteral("apps/") + entry.value(QStringLiteral("Icon")).toString()),
              QStringLiteral("mimetypes/application-x-mambascope-session")}) {
            QFile file(icons + icon + QStringLiteral(".svg"));
            QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName()));
            QXmlStreamReader reader(&file);
            QVERIFY(reader.readNextStartElement() && reader.name() == QLatin1String("svg"));
        }
    }

    void softwareCentresReadTheDescription() {
        const QString file = m_data + QStringLiteral("/metainfo/") + kId + QStringLiteral(".metainfo.xml");
        QVERIFY(QFileInfo::exists(file));
        if (QStandardPaths::findExecutable(QStringLiteral("appstreamcli")).isEmpty()) {
            QSKIP("There is no appstreamcli on this machine.");
        }
        QCOMPARE(
            QProcess::execute(
                QStringLiteral("appstreamcli"),
                {QStringLiteral("validate"), QStringLiteral("--no-net"), file}),
            0);
    }

private:
    test::TemporaryFolder m_folder;
    QString m_root, m_data, m_session, m_database;
    bool m_types = false; ///< those of the desktop are installed beside ours
};

QTEST_GUILESS_MAIN(DesktopFilesTest)
#include "desktop_files_test.moc"
