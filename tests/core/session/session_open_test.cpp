// SPDX-License-Identifier: GPL-3.0-or-later
// What can be wrong with a file that is to be opened, and who may write to it.
#include "core/base/file.h"
#include "core/session/session.h"
#include "tests/core/session/examples.h"
#include "tests/support/paths.h"

#include <QtTest>

#include <csignal>
#include <fstream>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mambascope;
using namespace mambascope::test;
namespace fs = std::filesystem;

namespace {

/// Changes a session behind the program's back.
bool tamper(const fs::path& path, const std::string& sql) {
    sqlite3* handle = nullptr;
    const bool done = sqlite3_open(path.c_str(), &handle) == SQLITE_OK &&
                      sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(handle);
    return done;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Opens a session in a child that then waits to be killed; the child's id, once it has the file open.
pid_t childThatOpens(const fs::path& path) {
    int ends[2];
    if (pipe(ends) != 0) {
        return -1;
    }
    const pid_t child = fork();
    if (child == 0) {
        const Result<std::unique_ptr<Session>> session = Session::open(path);
        const char verdict = session.ok() && !session.value()->readOnly() ? 'w' : '-';
        (void)!write(ends[1], &verdict, 1);
        for (;;) {
            pause();
        }
    }
    close(ends[1]);
    char verdict = 0;
    (void)!read(ends[0], &verdict, 1);
    close(ends[0]);
    return verdict == 'w' ? child : -1;
}

std::string everySetterIsRefused(Session& session) {
    const CheckpointReference checkpoint = exampleCheckpoint("other");
    const RunId run = session.runs().empty() ? 0 : session.runs()[0].id;
    const Result<RunId> added = session.addRun(exampleResult("", {}, 1));
    const std::array<Result<void>, 12> outcomes{
        session.setCheckpoint(checkpoint),
        session.addCalibration(exampleCalibration(checkpoint, 9)),
        session.setPlan(examplePlan(0.9), "x"),
        session.amendPlan(examplePlan(0.9), "x"),
        session.undoPlan(),
        session.addSearch({}, "c1"),
        session.addSweep({}),
        session.setNotes("other"),
        session.setView({{"other", 1}}),
        session.removeRun(run),
        session.setRunNote(run, "other"),
        added.ok() ? Result<void>() : added.error()};
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const std::string which = "setter " + std::to_string(i);
        if (outcomes[i].ok()) {
            return which + " worked";
        }
        const Error& error = outcomes[i].error();
        if (error.code != ErrorCode::ReadOnly || error.message.empty() || error.hint.empty()) {
            return which + " failed with: " + describe(error);
        }
    }
    return {};
}

} // namespace

class SessionOpenTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_folder = std::make_unique<TemporaryFolder>();
        m_path = m_folder->path() / "one.mscope";
        const auto session = std::move(Session::create(m_path, false)).value();
        QVERIFY(session->setCheckpoint(exampleCheckpoint("c1")).ok());
        QVERIFY(session->addCalibration(exampleCalibration(exampleCheckpoint("c1"), 1)).ok());
        QVERIFY(session->setPlan(examplePlan(0.5), "plan").ok());
        QVERIFY(session->addRun(exampleResult("c1", {}, 3)).ok());
        QVERIFY(session->setNotes("notes").ok());
    }

    /// Session format 1: one run, two tasks of the demo, five items each.
    void formatOne() {
        for (const bool writable : {true, false}) {
            const fs::path file = m_folder->path() / (writable ? "writable.mscope" : "fixed.mscope");
            fs::copy_file(test::goldenFolder() / "session_format_1.sqlite", file);
            if (!writable) {
                fs::permissions(file, fs::perms::owner_read);
            }
            const std::string before = readFile(file).value();
            {
                const Result<std::unique_ptr<Session>> session = Session::open(file);
                QVERIFY2(session.ok(), session.ok() ? "" : describe(session.error()).c_str());
                QCOMPARE(session.value()->readOnly(), !writable);
                QCOMPARE(session.value()->runs().size(), std::size_t{1});
                const EvaluationResult& result = *session.value()->runs().front().result;
                QCOMPARE(result.tasks.size(), std::size_t{2});
                QCOMPARE(result.tasks.front().items.size(), std::size_t{5});
                QVERIFY(result.tokenizerHash.empty());
                QVERIFY(!result.tasks.front().stoppedEarly && result.tasks.front().identity == nullptr);
                QCOMPARE(session.value()->addRun(exampleResult("", {}, 2)).ok(), writable);
            }
            QCOMPARE(readFile(file).value() == before, !writable);
            QVERIFY(Session::open(file).ok());
        }
    }

    /// Session format 2: two plans after the baseline, a run of each, all on a straight line of history.
    void formatTwo() {
        for (const bool writable : {true, false}) {
            const fs::path file = m_folder->path() / (writable ? "writable.mscope" : "fixed.mscope");
            fs::copy_file(test::goldenFolder() / "session_format_2.sqlite", file);
            if (!writable) {
                fs::permissions(file, fs::perms::owner_read);
            }
            const std::string before = readFile(file).value();
            {
                const Result<std::unique_ptr<Session>> session = Session::open(file);
                QVERIFY2(session.ok(), session.ok() ? "" : describe(session.error()).c_str());
                QCOMPARE(session.value()->readOnly(), !writable);
                QCOMPARE(session.value()->runs().size(), std::size_t{3});
                QVERIFY(!session.value()->runs().front().result->tokenizerHash.empty());
                const std::vector<PlanRevision> history = session.value()->planHistory().value();
                QCOMPARE(history.size(), std::size_t{3});
                std::int64_t parent = 0;
                for (const PlanRevision& revision : history) {
                    QCOMPARE(revision.parent, std::exchange(parent, revision.id));
                }
                QCOMPARE(session.value()->planRevision(), parent);
                QVERIFY(session.value()->plan() == history.back().plan);
                QCOMPARE(session.value()->undoPlan().ok(), writable);
                QVERIFY(session.value()->plan() == history[writable ? 1 : 2].plan);
            }
            QCOMPARE(readFile(file).value() == before, !writable);
            QVERIFY(Session::open(file).ok());
        }
    }

    void unreadableFiles_data() {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("sentence");
        const std::pair<const char*, const char*> kRows[] = {
            {"missing", "does not exist"},
            {"folder", "is a folder"},
            {"empty", "is empty"},
            {"text", "not a mambascope session"},
            {"device", "is not a file"},
            {"other database", "database of another program"},
            {"newer version", "newer version of mambascope (session format 4; this version reads up to 3)"},
            {"version zero", "is damaged"},
            {"truncated", "is damaged"},
            {"header only", "is damaged"},
            {"table missing", "is damaged"},
            {"trigger planted", "is damaged"},
            {"document missing", "is damaged"},
            {"plan damaged", "is damaged"},
            {"spec damaged", "is damaged"},
            {"view damaged", "is damaged"},
            {"calibration damaged", "is damaged"},
            {"items damaged", "is damaged"},
            {"task unknown", "is damaged"},
            {"reference dangling", "is damaged"},
        };
        for (const auto& [kind, sentence] : kRows) {
            QTest::newRow(kind) << QString(kind) << QString(sentence);
        }
    }

    void unreadableFiles() {
        QFETCH(QString, kind);
        QFETCH(QString, sentence);
        const fs::path path = spoil(kind.toStdString());
        QVERIFY(!path.empty());
        const std::string before = listing(m_folder->path());
        const Result<std::unique_ptr<Session>> session = Session::open(path);
        QVERIFY(!session.ok());
        const Error& error = session.error();
        QCOMPARE(error.code, ErrorCode::Unreadable);
        QVERIFY2(contains(error.message, sentence.toStdString()), describe(error).c_str());
        QVERIFY2(!error.hint.empty(), describe(error).c_str());
        QVERIFY(error.message.ends_with('.'));
        QCOMPARE(listing(m_folder->path()), before); // nothing written, nothing left beside it
    }

    void damageAnywhereIsAnErrorOrHarmless() {
        const std::string whole = readFile(m_path).value();
        const fs::path path = m_folder->path() / "damaged.mscope";
        for (std::size_t at = 0; at < whole.size();
             at += 1009) { // a prime, so that every kind of byte is met
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
            std::ofstream(path, std::ios::binary) << damaged;
            const Result<std::unique_ptr<Session>> session = Session::open(path);
            QVERIFY(session.ok() || session.error().code == ErrorCode::Unreadable);
        }
    }

    void openingWithoutAChangeWritesNothing() {
        const std::string before = listing(m_folder->path());
        { QVERIFY(Session::open(m_path).ok()); }
        QCOMPARE(listing(m_folder->path()), before);
    }

    void aLinkOpensTheFileItPointsTo() {
        fs::create_directory(m_folder->path() / "elsewhere");
        const fs::path link = m_folder->path() / "elsewhere" / "link.mscope";
        fs::create_symlink(m_path, link);
        const auto session = std::move(Session::open(link)).value();
        QVERIFY(!session->readOnly());
        QVERIFY(std::move(Session::open(m_path)).value()->readOnly()); // the same file
    }

    void aSecondWindowReadsOnly() {
        auto first = std::move(Session::open(m_path)).value();
        QVERIFY(!first->readOnly());
        QVERIFY(first->setNotes("from the first").ok());
        {
            const auto second = std::move(Session::open(m_path)).value();
            QVERIFY(second->readOnly());
            QVERIFY(contains(second->readOnlyReason(), "another window or program has it open"));
            QCOMPARE(second->notes(), std::string("from the first"));
            QVERIFY(second->calibration() != nullptr);
            QCOMPARE(everySetterIsRefused(*second), std::string());
            const fs::path copy = m_folder->path() / "copy.mscope";
            QVERIFY(second->saveCopy(copy, false).ok());
            QCOMPARE(std::move(Session::open(copy)).value()->notes(), std::string("from the first"));
        }
        QVERIFY(first->setNotes("still the writer").ok());
        first.reset();
        const auto third = std::move(Session::open(m_path)).value();
        QVERIFY(!third->readOnly());
        QCOMPARE(third->notes(), std::string("still the writer"));
    }

    void theLockWorksAcrossProcessesAndEndsWithThem() {
        const pid_t child = childThatOpens(m_path);
        QVERIFY(child > 0);
        {
            const auto second = std::move(Session::open(m_path)).value();
            QVERIFY(second->readOnly());
            QCOMPARE(everySetterIsRefused(*second), std::string());
        }
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        const auto after = std::move(Session::open(m_path)).value();
        QVERIFY2(!after->readOnly(), after->readOnlyReason().c_str());
        QVERIFY(after->setNotes("mine now").ok());
    }

    void aReaderInAnotherProcessHarmsNoWriter() {
        int go[2], said[2];
        QVERIFY(pipe(go) == 0 && pipe(said) == 0);
        const pid_t child =
            fork(); // before this process has the file open: SQLite's locks do not survive a fork
        if (child == 0) {
            char ignored = 0;
            (void)!read(go[0], &ignored, 1);
            std::string notes = "not opened";
            if (const Result<std::unique_ptr<Session>> reader = Session::open(m_path); reader.ok()) {
                notes = (reader.value()->readOnly() ? "reads " : "writes ") + reader.value()->notes();
            }
            (void)!write(said[1], notes.data(), notes.size());
            _exit(0);
        }
        auto writer = std::move(Session::open(m_path)).value();
        QVERIFY(writer->setNotes("one").ok());
        (void)!write(go[1], "g", 1);
        char text[64];
        const ssize_t size = read(said[0], text, sizeof text);
        QCOMPARE(
            std::string(text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))),
            std::string("reads one"));
        waitpid(child, nullptr, 0);
        for (const int end : {go[0], go[1], said[0], said[1]}) {
            close(end);
        }
        QVERIFY(writer->setNotes("two").ok());
        writer.reset();
        QCOMPARE(std::move(Session::open(m_path)).value()->notes(), std::string("two"));
    }

    void aWriteProtectedFileOpensReadOnly() {
        chmod(m_folder->path().c_str(), 0777);
        chmod(m_path.c_str(), 0444);
        const std::string before = listing(m_folder->path());
        QCOMPARE(asReader("the file may not be written"), std::string());
        QCOMPARE(listing(m_folder->path()), before);
    }

    void aWriteProtectedFolderOpensReadOnly() {
        chmod(m_path.c_str(), 0666);
        chmod(m_folder->path().c_str(), 0555);
        const std::string before = listing(m_folder->path());
        QCOMPARE(asReader("its folder may not be written"), std::string());
        QCOMPARE(listing(m_folder->path()), before);
    }

    void aCrashedSessionInAWriteProtectedFolderSaysSo() {
        const pid_t child = childThatOpens(m_path);
        QVERIFY(child > 0);
        QVERIFY(std::move(Session::open(m_path)).ok());
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        QVERIFY(fs::exists(m_path.string() + "-wal"));
        QVERIFY(writeFile(m_path.string() + "-wal", std::string(100, 'x'), true).ok());
        fs::remove(m_path.string() + "-shm");
        for (const auto& entry : fs::directory_iterator(m_folder->path())) {
            chmod(entry.path().c_str(), 0444);
        }
        chmod(m_folder->path().c_str(), 0555);
        const std::string said = inChild(
            [&] {
                const Result<std::unique_ptr<Session>> session = Session::open(m_path);
                return session.ok() ? std::string("opened") : session.error().message;
            },
            true);
        QVERIFY2(contains(said, "was not closed properly"), said.c_str());
    }

    void anUnreadableFileSaysSo() {
        chmod(m_folder->path().c_str(), 0755);
        chmod(m_path.c_str(), 0000);
        const std::string said = inChild(
            [&] {
                const Result<std::unique_ptr<Session>> session = Session::open(m_path);
                return session.ok() ? std::string("opened") : session.error().message;
            },
            true);
        QVERIFY2(contains(said, "may not be read"), said.c_str());
    }

    void cleanup() { chmod(m_folder->path().c_str(), 0755); }

private:
    /// Opens the session as somebody without rights; "" if it is read-only, complete, and says why.
    std::string asReader(const std::string& reason) {
        return inChild(
            [&]() -> std::string {
                Result<std::unique_ptr<Session>> opened = Session::open(m_path);
                if (!opened.ok()) {
                    return describe(opened.error());
                }
                Session& session = *opened.value();
                if (!session.readOnly() || !contains(session.readOnlyReason(), reason)) {
                    return "reason: " + session.readOnlyReason();
                }
                if (session.notes() != "notes" || session.runs().size() != 1 ||
                    session.calibration() == nullptr) {
                    return "incomplete";
                }
                return everySetterIsRefused(session);
            },
            true);
    }

    fs::path spoil(const std::string& kind) {
        const std::string whole = readFile(m_path).value();
        const auto write = [this](const std::string& bytes) {
            return writeFile(m_path, bytes, true).ok() ? m_path : fs::path();
        };
        const auto sql = [this](const std::string& statements) {
            return tamper(m_path, statements) ? m_path : fs::path();
        };
        if (kind == "missing") {
            return m_folder->path() / "nothing.mscope";
        }
        if (kind == "folder") {
            return m_folder->path();
        }
        if (kind == "device") {
            return "/dev/null";
        }
        if (kind == "empty") {
            return write("");
        }
        if (kind == "text") {
            return write(std::string(5000, 'a'));
        }
        if (kind == "truncated") {
            return write(whole.substr(0, whole.size() / 2));
        }
        if (kind == "header only") {
            return write(whole.substr(0, 100));
        }
        static const std::map<std::string, std::string> kStatements{
            {"other database", "PRAGMA application_id = 1"},
            {"newer version", "PRAGMA user_version = 4"},
            {"version zero", "PRAGMA user_version = 0"},
            {"table missing", "DROP TABLE task_items"},
            {"trigger planted", "CREATE TRIGGER t AFTER UPDATE ON document BEGIN DELETE FROM run; END"},
            {"document missing", "DELETE FROM document"},
            {"plan damaged", "UPDATE plan_revision SET plan = '{\"format\": 1, \"bits\": 77}'"},
            {"spec damaged", "UPDATE checkpoint SET spec = '{'"},
            {"view damaged", "UPDATE document SET view = '[[['"},
            {"calibration damaged", "UPDATE calibration_slice SET data = zeroblob(length(data))"},
            {"items damaged", "UPDATE task_items SET data = zeroblob(length(data))"},
            {"task unknown", "UPDATE task_result SET task = 'chess' WHERE position = 0"},
            {"reference dangling", "DELETE FROM checkpoint"},
        };
        return sql(kStatements.at(kind));
    }

    std::unique_ptr<TemporaryFolder> m_folder;
    fs::path m_path;
};

QTEST_APPLESS_MAIN(SessionOpenTest)
#include "session_open_test.moc"
