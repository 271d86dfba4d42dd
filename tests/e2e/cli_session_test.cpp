// SPDX-License-Identifier: GPL-3.0-or-later
// Session files that cannot be read, or not be written, or whose checkpoint is gone: every verb says so in a
// sentence with a hint, exits as the contract says, and writes nothing.
#include "core/base/file.h"
#include "core/model/content.h"
#include "core/session/session.h"
#include "tests/core/session/examples.h"
#include "tests/e2e/programs.h"
#include "tests/support/paths.h"

#include <QtTest>

#include <csignal>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mambascope;
using namespace mambascope::test;
namespace fs = std::filesystem;

namespace {

QString text(const fs::path& path) {
    return QString::fromStdString(path.string());
}

bool changeByHand(const fs::path& file, const char* sql) {
    sqlite3* handle = nullptr;
    const bool done = sqlite3_open(file.c_str(), &handle) == SQLITE_OK &&
                      sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(handle);
    return done;
}

/// What every verb that opens a session is called with.
QList<QStringList> readingVerbs(const fs::path& session) {
    const QStringList begin{"session", text(session)};
    return {
        begin + QStringList{"list"},
        begin + QStringList{"show"},
        begin + QStringList{"check"},
        begin + QStringList{"check", "--checkpoint"},
        begin + QStringList{"export", "plan"},
        begin + QStringList{"export", "run", "--run", "1"},
        begin + QStringList{"export", "calibration", "-o", text(session.parent_path() / "c.safetensors")},
        begin + QStringList{"diff", "1", "2"},
        begin + QStringList{"report", "-o", text(session.parent_path() / "r.html")}};
}

} // namespace

class CliSessionTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_folder = std::make_unique<TemporaryFolder>();
        m_file = m_folder->path() / "one.mscope";
        m_model = m_folder->path() / "model";
        fs::copy(fixtureFolder() / "hf-f32", m_model, fs::copy_options::recursive);
        const auto checkpoint = openCheckpoint(m_model).value();
        const CheckpointReference reference{
            m_model.string(), "model", readContent(*checkpoint, {}).value().hash, checkpoint->spec};
        const auto session = std::move(Session::create(m_file, false)).value();
        QVERIFY(session->setCheckpoint(reference).ok());
        QVERIFY(session->setPlan(examplePlan(0.5), "plan").ok());
        QVERIFY(session->addRun(exampleResult(reference.hash, {}, 3)).ok());
        QVERIFY(session->addRun(exampleResult(reference.hash, examplePlan(0.5), 3)).ok());
    }
    void cleanup() {
        std::error_code ignored;
        fs::permissions(m_folder->path(), fs::perms::owner_all, ignored);
    }

    void unreadableFiles_data() {
        QTest::addColumn<QByteArray>("sentence");
        QTest::addColumn<QByteArray>("hint");
        QTest::newRow("missing") << QByteArray("does not exist") << QByteArray("Check the name");
        QTest::newRow("folder") << QByteArray("is a folder") << QByteArray("Choose a .mscope file");
        QTest::newRow("empty") << QByteArray("is empty") << QByteArray("Choose a .mscope file");
        QTest::newRow("text") << QByteArray("is not a mambascope session")
                              << QByteArray("Choose a .mscope file");
        QTest::newRow("weights") << QByteArray("is not a mambascope session")
                                 << QByteArray("Choose a .mscope file");
        QTest::newRow("other database")
            << QByteArray("database of another program") << QByteArray("Choose a .mscope file");
        QTest::newRow("newer version")
            << QByteArray("newer version of mambascope") << QByteArray("Open it with a newer mambascope");
        QTest::newRow("truncated") << QByteArray("is damaged") << QByteArray("Open an earlier copy");
        QTest::newRow("header only") << QByteArray("is damaged") << QByteArray("Open an earlier copy");
    }

    void unreadableFiles() {
        QFETCH(QByteArray, sentence);
        QFETCH(QByteArray, hint);
        QVERIFY(spoil(QTest::currentDataTag()));
        const std::string before = listing(m_folder->path());
        QList<QStringList> calls = readingVerbs(m_file);
        if (sentence != "does not exist") { // there calibrate makes a session
            calls << QStringList{
                "calibrate", "demo",      "--samples",  "1",  "--length",
                "16",        "--session", text(m_file), "-o", text(m_folder->path() / "c.safetensors")};
        }
        for (const QStringList& call : calls) {
            const Outcome outcome = cli(call);
            QVERIFY2(outcome.exitCode == 3, qPrintable(call.join(u' ') + QString::fromUtf8(outcome.err)));
            QVERIFY2(outcome.err.contains(sentence), outcome.err.constData());
            QVERIFY2(outcome.err.contains(hint), outcome.err.constData());
            QVERIFY(outcome.out.isEmpty());
            QCOMPARE(listing(m_folder->path()), before);
        }
    }

    void readingWritesNothing_data() {
        QTest::addColumn<QString>("oldFile");
        QTest::newRow("of this format") << QString();
        QTest::newRow("of format 1") << QStringLiteral("session_format_1.sqlite");
        QTest::newRow("of format 2") << QStringLiteral("session_format_2.sqlite");
    }

    void readingWritesNothing() {
        QFETCH(QString, oldFile);
        if (!oldFile.isEmpty()) {
            fs::remove(m_file);
            fs::copy_file(goldenFolder() / oldFile.toStdString(), m_file);
        }
        const std::string before = listing(m_folder->path());
        for (const char* verb : {"list", "show", "check"}) {
            const Outcome outcome = cli({"session", text(m_file), verb});
            QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
            QCOMPARE(listing(m_folder->path()), before);
        }
        fs::permissions(m_file, fs::perms::owner_read);
        fs::permissions(m_folder->path(), fs::perms::owner_read | fs::perms::owner_exec);
        const Outcome shown = cli({"session", text(m_file), "show"});
        QVERIFY2(shown.exitCode == 0, shown.err.constData());
        QVERIFY(shown.json()["read_only"].get<bool>());
        QCOMPARE(listing(m_folder->path()), before);
    }

    void aSessionThatIsOpenCanBeReadAndStaysItsWriters() {
        const auto session = std::move(Session::open(m_file)).value();
        QVERIFY(session->setNotes("seen by the other").ok());
        const Outcome shown = cli({"session", text(m_file), "show"});
        QVERIFY2(shown.exitCode == 0, shown.err.constData());
        QCOMPARE(shown.json()["notes"].get<std::string>(), std::string("seen by the other"));
        QVERIFY(session->setNotes("still the writer").ok());
    }

    void aCrashedSessionIsReadAsItWasLeft() {
        const pid_t child = fork();
        if (child == 0) {
            const auto session = std::move(Session::open(m_file)).value();
            if (session->setNotes("the last edit").ok()) {
                kill(getpid(), SIGKILL);
            }
            _exit(1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        QVERIFY(WIFSIGNALED(status));
        const fs::path log = m_file.string() + "-wal";
        const std::string file = readFile(m_file).value(), edits = readFile(log).value();
        const Outcome shown = cli({"session", text(m_file), "show"});
        QVERIFY2(shown.exitCode == 0, shown.err.constData());
        QCOMPARE(shown.json()["notes"].get<std::string>(), std::string("the last edit"));
        QVERIFY(readFile(m_file).value() == file && readFile(log).value() == edits);
        QCOMPARE(std::move(Session::open(m_file)).value()->notes(), std::string("the last edit"));
    }

    void aSearchIsKept() {
        const fs::path found = m_folder->path() / "found.mscope";
        const Outcome searched = cli(
            {"search", "demo", "--target", "bits", "--bits", "8,4", "--average-bits", "6", "--samples", "1",
             "--length", "16", "--trace", text(m_folder->path() / "trace.json"), "--session", text(found)});
        QVERIFY2(searched.exitCode == 0, searched.err.constData());
        const Json listed = cli({"session", text(found), "list"}).json();
        QCOMPARE(listed["searches"].size(), std::size_t{1});
        QVERIFY(listed["searches"][0]["target"] == "bits");
        Json shown = cli({"session", text(found), "show"}).json()["searches"][0];
        shown.erase("id");
        shown.erase("created");
        const Result<Json> trace = parseJson(readFile(m_folder->path() / "trace.json").value(), "the trace");
        QVERIFY(shown == trace.value());
    }

    void aSessionOfAnotherCheckpointIsLeftAlone() {
        const std::string before = listing(m_folder->path());
        for (const QStringList& call :
             {QStringList{
                  "evaluate", "demo", "--tasks", "copa", "--limit", "1", "--no-cache", "-o",
                  text(m_folder->path() / "r.json")},
              QStringList{
                  "calibrate", "demo", "--samples", "1", "--length", "16", "-o",
                  text(m_folder->path() / "c.safetensors")}}) {
            const Outcome outcome = cli(call + QStringList{"--session", text(m_file)});
            QCOMPARE(outcome.exitCode, 2);
            QVERIFY2(outcome.err.contains("is about another checkpoint, model at"), outcome.err.constData());
            QVERIFY2(outcome.err.contains("Name another session file"), outcome.err.constData());
            QCOMPARE(listing(m_folder->path()), before);
        }
    }

    void theCheckpointIsWhereItWas() {
        const Outcome outcome = cli({"session", text(m_file), "check", "--checkpoint"});
        QVERIFY2(outcome.exitCode == 0, outcome.err.constData());
        QCOMPARE(outcome.json()["checkpoint"].get<std::string>(), m_model.string());
    }

    void aMovedOrReplacedCheckpointSaysSo_data() {
        QTest::addColumn<QByteArray>("sentence");
        QTest::addColumn<QByteArray>("hint");
        QTest::newRow("moved") << QByteArray("any more.") << QByteArray("If it was moved");
        QTest::newRow("replaced") << QByteArray("its weights differ")
                                  << QByteArray("What was measured stays");
        QTest::newRow("one value changed")
            << QByteArray("its weights differ") << QByteArray("What was measured stays");
    }

    void aMovedOrReplacedCheckpointSaysSo() {
        QFETCH(QByteArray, sentence);
        QFETCH(QByteArray, hint);
        const QByteArray kind = QTest::currentDataTag();
        if (kind == "moved") {
            fs::rename(m_model, m_folder->path() / "elsewhere");
        } else if (kind == "replaced") {
            fs::remove_all(m_model);
            fs::copy(fixtureFolder() / "ssm-original", m_model, fs::copy_options::recursive);
        } else {
            const fs::path weights = m_model / "model.safetensors";
            std::string bytes = readFile(weights).value();
            bytes.back() = static_cast<char>(bytes.back() ^ 1);
            QVERIFY(writeFile(weights, bytes, true).ok());
        }
        const std::string before = listing(m_folder->path());
        const Outcome outcome = cli({"session", text(m_file), "check", "--checkpoint"});
        QCOMPARE(outcome.exitCode, 3);
        QVERIFY2(outcome.err.contains(sentence), outcome.err.constData());
        QVERIFY2(outcome.err.contains(hint), outcome.err.constData());
        QVERIFY2(outcome.err.contains(m_model.string().c_str()), outcome.err.constData());
        QVERIFY(outcome.out.isEmpty());
        // The session itself is as good as before.
        QCOMPARE(cli({"session", text(m_file), "check"}).exitCode, 0);
        QCOMPARE(listing(m_folder->path()), before);
    }

private:
    bool spoil(const QByteArray& kind) {
        const std::string whole = readFile(m_file).value();
        const auto write = [this](const std::string& bytes) {
            return writeFile(m_file, bytes, true).ok();
        };
        if (kind == "missing") {
            return fs::remove(m_file);
        }
        if (kind == "folder") {
            return fs::remove(m_file) && fs::create_directory(m_file);
        }
        if (kind == "other database") {
            return changeByHand(m_file, "PRAGMA application_id = 1");
        }
        if (kind == "newer version") {
            return changeByHand(m_file, "PRAGMA user_version = 4");
        }
        return write(
            kind == "empty"       ? std::string()
            : kind == "text"      ? std::string(5000, 'a')
            : kind == "weights"   ? readFile(m_model / "model.safetensors").value()
            : kind == "truncated" ? whole.substr(0, whole.size() / 2)
                                  : whole.substr(0, 100));
    }

    std::unique_ptr<TemporaryFolder> m_folder;
    fs::path m_file, m_model;
};

QTEST_APPLESS_MAIN(CliSessionTest)
#include "cli_session_test.moc"
