// SPDX-License-Identifier: GPL-3.0-or-later
// Nothing is lost when the disk is full.
#include "core/session/session.h"
#include "tests/core/session/examples.h"
#include "tests/support/paths.h"

#include <QtTest>

#include <csignal>
#include <sys/resource.h>

using namespace mambascope;
using namespace mambascope::test;
namespace fs = std::filesystem;

namespace {

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
