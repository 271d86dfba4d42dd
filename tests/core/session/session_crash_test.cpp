// SPDX-License-Identifier: GPL-3.0-or-later
// Nothing is lost: the process killed at any moment, the disk full.
#include "core/session/session.h"
#include "tests/core/session/examples.h"
#include "tests/support/paths.h"

#include <QtTest>

#include <csignal>
#include <random>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mambascope;
using namespace mambascope::test;
namespace fs = std::filesystem;

namespace {

/// Makes edit number `count`: every kind of edit in turn; the notes say which one was the last.
bool edit(Session& session, int count) {
    switch (count % 5) {
    case 0:
        if (!session.setPlan(examplePlan(count % 1000 / 1000.0), "edit " + std::to_string(count)).ok()) {
            return false;
        }
        break;
    case 1:
        if (!session.addRun(exampleResult("c1", {}, 20)).ok()) {
            return false;
        }
        break;
    case 2:
        if (!session.addCalibration(exampleCalibration(exampleCheckpoint("c1"), count)).ok()) {
            return false;
        }
        break;
    case 3:
        if (!session.setView({{"edit", count}}).ok()) {
            return false;
        }
        break;
    default:
        if (!session.runs().empty() && !session.removeRun(session.runs().front().id).ok()) {
            return false;
        }
    }
    return session.setNotes(std::to_string(count)).ok();
}

/// Edits without end and writes the number of each completed edit into the pipe.
[[noreturn]] void editUntilKilled(const fs::path& path, int from, int pipeEnd) {
    Result<std::unique_ptr<Session>> session = Session::open(path);
    if (!session.ok() || session.value()->readOnly()) {
        _exit(1);
    }
    for (int count = from;; ++count) {
        if (!edit(*session.value(), count)) {
            _exit(2);
        }
        (void)!write(pipeEnd, &count, sizeof count);
    }
}

/// The last number in the pipe; `fallback` if there is none.
int lastNumber(int pipeEnd, int fallback) {
    int number = fallback;
    for (int next = 0; read(pipeEnd, &next, sizeof next) == sizeof next;) {
        number = next;
    }
    return number;
}

std::string integrity(const fs::path& path) {
    sqlite3* handle = nullptr;
    sqlite3_stmt* check = nullptr;
    std::string verdict = "no verdict";
    if (sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
        sqlite3_prepare_v2(handle, "PRAGMA integrity_check", -1, &check, nullptr) == SQLITE_OK &&
        sqlite3_step(check) == SQLITE_ROW) {
        verdict = reinterpret_cast<const char*>(sqlite3_column_text(check, 0));
    }
    sqlite3_finalize(check);
    sqlite3_close(handle);
    return verdict;
}

/// Lets files of this process grow to `bytes` at most while it lives.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        getrlimit(RLIMIT_FSIZE, &m_before);
        m_handler = std::signal(SIGXFSZ, SIG_IGN);
        rlimit limited = m_before;
        limited.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &limited);
    }
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &m_before);
        std::signal(SIGXFSZ, m_handler);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    rlimit m_before{};
    void (*m_handler)(int) = nullptr;
};

} // namespace

class SessionCrashTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void killedAtRandomMoments() {
        constexpr int kRounds = 40, kMostRounds = 200, kRoundsWithEdits = 15;
        const TemporaryFolder folder;
        const fs::path path = folder.path() / "one.mscope";
        {
            const auto session = std::move(Session::create(path, false)).value();
            QVERIFY(session->setCheckpoint(exampleCheckpoint("c1")).ok());
            QVERIFY(session->setNotes("0").ok());
        }
        std::mt19937 random(20260101); // any seed: the moments differ by timing anyway
        int done = 0, grew = 0, round = 0;
        // A busy machine needs more rounds: a child that was killed before its first edit tells little.
        for (; round < kRounds || (grew < kRoundsWithEdits && round < kMostRounds); ++round) {
            int ends[2];
            QVERIFY(pipe(ends) == 0);
            const pid_t child = fork();
            if (child == 0) {
                close(ends[0]);
                editUntilKilled(path, done + 1, ends[1]);
            }
            close(ends[1]);
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
            kill(child, SIGKILL);
            int status = 0;
            waitpid(child, &status, 0);
            QVERIFY2(WIFSIGNALED(status), "an edit failed in the child");
            const int acknowledged = lastNumber(ends[0], done);
            close(ends[0]);

            Result<std::unique_ptr<Session>> session = Session::open(path);
            QVERIFY2(session.ok(), session.ok() ? "" : describe(session.error()).c_str());
            QVERIFY2(!session.value()->readOnly(), session.value()->readOnlyReason().c_str());
            const int found = std::stoi(session.value()->notes());
            QVERIFY2(
                found == acknowledged || found == acknowledged + 1,
                qPrintable(QString("%1 acknowledged, %2 found").arg(acknowledged).arg(found)));
            for (const Run& run : session.value()->runs()) {
                QCOMPARE(difference(*run.result, *exampleResult("c1", {}, 20)), std::string());
            }
            session.value().reset();
            QCOMPARE(integrity(path), std::string("ok"));
            grew += found > done ? 1 : 0;
            done = found;
        }
        qInfo("%d edits in %d rounds, %d of them with edits", done, round, grew);
        QVERIFY2(grew >= kRoundsWithEdits, "hardly any round came to an edit: the test says nothing");
    }

    void aFullDiskLeavesThePreviousState() {
        const TemporaryFolder folder;
        const auto session = std::move(Session::create(folder.path() / "one.mscope", false)).value();
        QVERIFY(session->setCheckpoint(exampleCheckpoint("c1")).ok());
        QVERIFY(session->setNotes("before").ok());
        QVERIFY(session->setPlan(examplePlan(0.5), "before").ok());
        const Run kept{session->addRun(exampleResult("c1", {}, 3)).value(), 0, {}, nullptr};
        {
            const FileSizeLimit limit(256 << 10);
            const std::string large(1 << 20, 'n');
            QCOMPARE(failure(session->setNotes(large)), std::string());
            QCOMPARE(failure(session->setView({{"large", large}})), std::string());
            QCOMPARE(failure(session->setRunNote(kept.id, large)), std::string());
            QCOMPARE(failure(session->setPlan(examplePlan(0.7), large)), std::string());
            const Result<RunId> run = session->addRun(exampleResult("c1", {}, 50'000));
            QCOMPARE(failure(run.ok() ? Result<void>() : run.error()), std::string());
            const Result<void> copied = session->saveCopy(folder.path() / "copy.mscope", false);
            QVERIFY(copied.ok()); // small enough
        }
        QVERIFY(!session->readOnly());
        QCOMPARE(session->notes(), std::string("before"));
        QVERIFY(session->plan() == examplePlan(0.5));
        QVERIFY(session->view().is_null());
        QCOMPARE(session->runs().size(), std::size_t{1});
        QVERIFY(session->runs()[0].note.empty());
        QVERIFY(session->setNotes("after").ok());
        const fs::path path = session->path();
        const_cast<std::unique_ptr<Session>&>(session).reset();
        QCOMPARE(integrity(path), std::string("ok"));
        const auto again = std::move(Session::open(path)).value();
        QCOMPARE(again->notes(), std::string("after"));
        QVERIFY(again->plan() == examplePlan(0.5));
        QCOMPARE(again->planHistory().value().size(), std::size_t{1});
        QCOMPARE(again->runs().size(), std::size_t{1});
    }

    void aFullDiskLeavesNoHalfCopy() {
        const TemporaryFolder folder;
        const auto session = std::move(Session::create(folder.path() / "one.mscope", false)).value();
        QVERIFY(session->setNotes(std::string(1 << 20, 'n')).ok());
        fs::create_directory(folder.path() / "target");
        {
            const FileSizeLimit limit(256 << 10);
            QCOMPARE(
                failure(session->saveCopy(folder.path() / "target" / "copy.mscope", false)), std::string());
        }
        QVERIFY(fs::is_empty(folder.path() / "target"));
        QVERIFY(session->saveCopy(folder.path() / "target" / "copy.mscope", false).ok());
    }

private:
    /// "" if it failed as a full disk has to, else what is wrong.
    static std::string failure(const Result<void>& outcome) {
        if (outcome.ok()) {
            return "it worked";
        }
        const Error& error = outcome.error();
        const bool clear =
            error.code == ErrorCode::Failed && error.message.find("written") != std::string::npos &&
            error.hint.find("space") != std::string::npos && error.message.find(".tmp") == std::string::npos;
        return clear ? "" : describe(error);
    }
};

QTEST_APPLESS_MAIN(SessionCrashTest)
#include "session_crash_test.moc"
