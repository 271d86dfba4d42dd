// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/recover.h"

#include "core/base/file.h"
#include "core/session/session.h"
#include "tests/core/session/examples.h"
#include "tests/support/paths.h"

#include <QtTest>

#include <fstream>
#include <random>
#include <sqlite3.h>

using namespace mambascope;
using namespace mambascope::test;
namespace fs = std::filesystem;

namespace {

constexpr int kRuns = 20, kItems = 200;

bool tamper(const fs::path& path, const char* sql) {
    sqlite3* handle = nullptr;
    const bool done = sqlite3_open(path.c_str(), &handle) == SQLITE_OK &&
                      sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(handle);
    return done;
}

std::shared_ptr<const EvaluationResult> resultOf(int run) {
    return exampleResult("c1", examplePlan(run / 100.0), kItems);
}

/// How many of the runs are there with everything that was stored; −1 if one holds what never was.
int wholeRuns(const Session& session) {
    int whole = 0;
    for (const Run& run : session.runs()) {
        const Result<std::shared_ptr<const EvaluationResult>> result = session.result(run.id);
        const std::string differs =
            result.ok() ? difference(*result.value(), *resultOf(static_cast<int>(run.id) - 1)) : "unreadable";
        whole += differs.empty() ? 1 : 0;
        if (!differs.empty() && !differs.starts_with("items") && !differs.starts_with("number of tasks")) {
            return -1;
        }
    }
    return whole;
}

} // namespace

class SessionRecoverTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_folder = std::make_unique<TemporaryFolder>();
        m_path = m_folder->path() / "one.mscope";
        m_target = m_folder->path() / "recovered.mscope";
        const auto session = std::move(Session::create(m_path, false)).value();
        QVERIFY(session->setCheckpoint(exampleCheckpoint("c1")).ok());
        QVERIFY(session->addCalibration(exampleCalibration(exampleCheckpoint("c1"), 1)).ok());
        for (int run = 0; run < kRuns; ++run) {
            QVERIFY(session->setPlan(examplePlan(run / 100.0), "plan").ok());
            QVERIFY(session->addRun(resultOf(run)).ok());
        }
        QVERIFY(session->addSearch({{"target", "alpha"}}, "c1").ok());
        QVERIFY(session->setNotes("notes").ok());
    }

    void aSoundSessionLosesNothing() {
        const std::string before = readFile(m_path).value();
        const auto lost = recoverSession(m_path, m_target, false);
        QVERIFY2(lost.ok(), lost.ok() ? "" : describe(lost.error()).c_str());
        QVERIFY(lost.value().empty());
        QCOMPARE(readFile(m_path).value() == before, true);
        const auto session = std::move(Session::open(m_target)).value();
        QCOMPARE(wholeRuns(*session), kRuns);
        QVERIFY(*session->calibration() == *exampleCalibration(exampleCheckpoint("c1"), 1));
        QCOMPARE(session->planHistory().value().size(), std::size_t{kRuns});
        QVERIFY(session->plan() == examplePlan((kRuns - 1) / 100.0));
        QCOMPARE(session->searches().value().size(), std::size_t{1});
        QCOMPARE(session->notes(), std::string("notes"));
        QVERIFY(session->undoPlan().ok());
        QCOMPARE(recoverSession(m_path, m_target, false).error().code, ErrorCode::Usage); // it exists
        QCOMPARE(recoverSession(m_path, m_path, true).error().code, ErrorCode::Usage);
    }

    void anOlderFormatIsBroughtForward() {
        const fs::path old = test::goldenFolder() / "session_format_1.sqlite";
        const auto lost = recoverSession(old, m_target, false);
        QVERIFY2(lost.ok() && lost.value().empty(), lost.ok() ? "" : describe(lost.error()).c_str());
        QCOMPARE(std::move(Session::open(m_target)).value()->runs().size(), std::size_t{1});
    }

    void whatIsDamagedIsLeftOut_data() {
        QTest::addColumn<QByteArray>("sql");
        QTest::addColumn<QString>("lost");
        QTest::addColumn<int>("runs");
        const auto row = [](const char* name, const char* sql, const char* lost, int runs) {
            QTest::newRow(name) << QByteArray(sql) << QString::fromLatin1(lost) << runs;
        };
        row("items", "UPDATE task_items SET data = zeroblob(length(data)) WHERE run_id = 3",
            "2 tasks' item results", kRuns - 1);
        row("items missing", "DELETE FROM task_items WHERE run_id = 3 AND position = 1",
            "1 tasks' item results", kRuns - 1);
        row("calibration", "UPDATE calibration_slice SET data = zeroblob(length(data))", "1 calibrations",
            kRuns);
        row("plan", "UPDATE plan_revision SET plan = '{' WHERE id = 7", "1 plans", kRuns);
        row("run", "UPDATE run SET plan = '{' WHERE id = 7", "1 runs", kRuns - 1);
        row("task", "UPDATE task_result SET task = 'chess' WHERE run_id = 7 AND position = 0", "1 runs",
            kRuns - 1);
        row("search", "UPDATE search SET trace = '{'", "1 searches", kRuns);
        row("view", "UPDATE document SET view = '[['", "1 views", kRuns);
        row("document", "DELETE FROM document", "", kRuns); // the checkpoint of the newest run is taken
        row("dangling", "PRAGMA foreign_keys = OFF; DELETE FROM plan_revision WHERE id = 20", "", kRuns);
    }

    void whatIsDamagedIsLeftOut() {
        QFETCH(QByteArray, sql);
        QFETCH(QString, lost);
        QFETCH(int, runs);
        QVERIFY(tamper(m_path, sql.constData()));
        const auto said = recoverSession(m_path, m_target, false);
        QVERIFY2(said.ok(), said.ok() ? "" : describe(said.error()).c_str());
        QCOMPARE(said.value().empty() ? std::string() : said.value().front(), lost.toStdString());
        QVERIFY(said.value().size() <= 1);
        const auto session = std::move(Session::open(m_target)).value();
        QCOMPARE(wholeRuns(*session), runs);
    }

    void aPlanWithoutItsParentFollowsTheOneBefore() {
        QVERIFY(tamper(m_path, "UPDATE plan_revision SET plan = '{' WHERE id IN (7, 8)"));
        QVERIFY(recoverSession(m_path, m_target, false).ok());
        const std::vector<PlanRevision> history =
            std::move(Session::open(m_target)).value()->planHistory().value();
        QCOMPARE(history.size(), std::size_t{kRuns - 2});
        QCOMPARE(history[6].id, std::int64_t{9});
        QCOMPARE(history[6].parent, std::int64_t{6});
    }

    void aDestroyedPageLeavesTheRest() {
        constexpr std::size_t kPage = 16384;
        const std::string whole = readFile(m_path).value();
        const std::size_t pages = whole.size() / kPage;
        std::mt19937 random(20260714);
        int recovered = 0, kept = 0;
        for (std::size_t page = 1; page < pages; ++page) { // the first one says where everything is
            std::string damaged = whole;
            for (std::size_t i = 0; i < kPage; ++i) {
                damaged[page * kPage + i] = static_cast<char>(random());
            }
            std::ofstream(m_path, std::ios::binary) << damaged;
            if (!recoverSession(m_path, m_target, true).ok()) {
                continue;
            }
            ++recovered;
            const auto session = std::move(Session::open(m_target)).value();
            QCOMPARE(integrity(m_target), std::string("ok"));
            const int runs = wholeRuns(*session);
            QVERIFY(runs >= 0);
            kept += runs;
        }
        qInfo(
            "%zu pages destroyed in turn: %d times a session was left, with %.1f of %d runs whole on average",
            pages - 1, recovered, static_cast<double>(kept) / recovered, kRuns);
        QVERIFY(recovered * 10 >= static_cast<int>(pages - 1) * 9);
        QVERIFY(kept * 10 >= recovered * kRuns * 8);
    }

    void whatIsNoSessionIsSaid() {
        QVERIFY(writeFile(m_path, std::string(5000, 'a'), true).ok());
        QCOMPARE(recoverSession(m_path, m_target, false).error().code, ErrorCode::Unreadable);
        QVERIFY(!fs::exists(m_target));
    }

private:
    std::unique_ptr<TemporaryFolder> m_folder;
    fs::path m_path, m_target;
};

QTEST_APPLESS_MAIN(SessionRecoverTest)
#include "session_recover_test.moc"
