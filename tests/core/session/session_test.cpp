// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/session.h"

#include "core/session/items.h"
#include "tests/core/session/examples.h"
#include "tests/support/paths.h"

#include <QtTest>

using namespace mambascope;
using namespace mambascope::test;

namespace {

std::unique_ptr<Session> created(const std::filesystem::path& path) {
    Result<std::unique_ptr<Session>> session = Session::create(path, false);
    return session.ok() ? std::move(session).value() : nullptr;
}

std::unique_ptr<Session> reopened(std::unique_ptr<Session> session) {
    const std::filesystem::path path = session->path();
    session.reset();
    Result<std::unique_ptr<Session>> again = Session::open(path);
    if (!again.ok()) {
        qWarning("%s", describe(again.error()).c_str());
        return nullptr;
    }
    return std::move(again).value();
}

} // namespace

class SessionTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        m_folder = std::make_unique<TemporaryFolder>();
        m_session = created(m_folder->path() / "one.mscope");
        QVERIFY(m_session != nullptr);
        QVERIFY(!m_session->readOnly());
        QVERIFY(m_session->readOnlyReason().empty());
    }
    void cleanup() { m_session.reset(); }

    void aNewSessionIsEmpty() {
        QVERIFY(!m_session->checkpoint());
        QVERIFY(m_session->calibration() == nullptr);
        QVERIFY(m_session->plan() == QuantPlan{});
        QVERIFY(m_session->runs().empty());
        QVERIFY(m_session->baseline() == nullptr);
        QVERIFY(m_session->notes().empty());
        QVERIFY(m_session->view().is_null());
        QVERIFY(m_session->planHistory().value().empty());
        QVERIFY(!m_session->undoLabel() && !m_session->redoLabel());
        QVERIFY(m_session->searches().value().empty() && m_session->sweeps().value().empty());
    }

    void tasksOfFilesAndEarlyStopsComeBack() {
        auto result = std::make_shared<EvaluationResult>(*exampleResult("c1", examplePlan(0.5), 5));
        for (const Task kind : {Task::FileChoice, Task::FileChoiceNorm, Task::FileGreedy}) {
            TaskResult task = result->tasks.front();
            const std::string name = "mine-" + std::to_string(static_cast<int>(kind));
            task.task = kind;
            task.identity = std::make_shared<const TaskIdentity>(TaskIdentity{name, "Mine ü", 0.25});
            result->tasks.push_back(task);
        }
        result->tasks[1].stoppedEarly = StoppedEarly{0.01, 0.0078125};
        QVERIFY(m_session->setCheckpoint(exampleCheckpoint("c1")).ok());
        QVERIFY(m_session->addRun(result).ok());
        m_session = reopened(std::move(m_session));
        QVERIFY(m_session != nullptr);
        const EvaluationResult& back = *m_session->runs().front().result;
        QVERIFY2(difference(back, *result).empty(), difference(back, *result).c_str());
        QVERIFY(back.tasks.front().identity == nullptr);
        QVERIFY(back.find("mine-8") != nullptr && back.find("mine-8")->task == Task::FileGreedy);
        // Built-in ones first, then those of files by name.
        const EvaluationResult* const results[] = {&back};
        QCOMPARE(taskLabels(results).back().name, std::string("mine-8"));
        QCOMPARE(taskLabels(results).front().name, std::string("lambada"));
    }

    void everythingComesBack() {
        const CheckpointReference checkpoint = exampleCheckpoint("c1");
        const auto calibration = exampleCalibration(checkpoint, 1);
        const auto result = exampleResult("c1", examplePlan(0.5), 50);
        const Json view{{"layer", 7}, {"axis", "log"}};
        QVERIFY(m_session->setCheckpoint(checkpoint).ok());
        QVERIFY(m_session->addCalibration(calibration).ok());
        QVERIFY(m_session->setPlan(examplePlan(0.5), "α of all").ok());
        const Result<RunId> id = m_session->addRun(result);
        QVERIFY(id.ok());
        QVERIFY(m_session->setRunNote(id.value(), "überraschend").ok());
        QVERIFY(m_session->setNotes("line one\nline two").ok());
        QVERIFY(m_session->setView(view).ok());

        m_session = reopened(std::move(m_session));
        QVERIFY(m_session != nullptr);
        QVERIFY(m_session->checkpoint() == checkpoint);
        QVERIFY(m_session->calibration() != nullptr);
        QVERIFY(*m_session->calibration() == *calibration);
        QVERIFY(m_session->plan() == examplePlan(0.5));
        QCOMPARE(m_session->runs().size(), std::size_t{1});
        QCOMPARE(m_session->runs()[0].id, id.value());
        QCOMPARE(m_session->runs()[0].note, std::string("überraschend"));
        QVERIFY(m_session->runs()[0].created > 1'700'000'000); // after this program was begun
        QCOMPARE(difference(*m_session->runs()[0].result, *result), std::string());
        QCOMPARE(m_session->notes(), std::string("line one\nline two"));
        QVERIFY(m_session->view() == view);
    }

    void aClosedSessionIsOneFile() {
        QVERIFY(m_session->setNotes("x").ok());
        const std::filesystem::path path = m_session->path();
        m_session.reset();
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(path.parent_path())) {
            names.push_back(entry.path().filename().string());
        }
        QCOMPARE(names, std::vector<std::string>{"one.mscope"});
    }

    void theNewestCalibrationCounts() {
        const CheckpointReference checkpoint = exampleCheckpoint("c1");
        QVERIFY(m_session->setCheckpoint(checkpoint).ok());
        const auto first = exampleCalibration(checkpoint, 1), second = exampleCalibration(checkpoint, 2);
        QVERIFY(m_session->addCalibration(first).ok());
        QVERIFY(m_session->addCalibration(second).ok());
        QVERIFY(*reopen()->calibration() == *second);
        QVERIFY(m_session->addCalibration(first).ok()); // the first one again makes it the newest
        QVERIFY(*reopen()->calibration() == *first);
    }

    void anotherCheckpointDropsNothing() {
        const CheckpointReference one = exampleCheckpoint("c1"), two = exampleCheckpoint("c2");
        QVERIFY(m_session->setCheckpoint(one).ok());
        QVERIFY(m_session->addCalibration(exampleCalibration(one, 1)).ok());
        QVERIFY(m_session->addRun(exampleResult("c1", {}, 3)).ok());
        QVERIFY(m_session->setCheckpoint(two).ok());
        QVERIFY(m_session->calibration() == nullptr);
        QVERIFY(m_session->runs().empty());
        QVERIFY(m_session->addRun(exampleResult("c1", {}, 3)).ok()); // late result of the old checkpoint
        QVERIFY(m_session->runs().empty());
        QVERIFY(m_session->setCheckpoint(one).ok());
        QVERIFY(*m_session->calibration() == *exampleCalibration(one, 1));
        QCOMPARE(m_session->runs().size(), std::size_t{2});
        QVERIFY(reopen()->checkpoint() == one);
    }

    void aMovedCheckpointKeepsItsParts() {
        CheckpointReference checkpoint = exampleCheckpoint("c1");
        QVERIFY(m_session->setCheckpoint(checkpoint).ok());
        QVERIFY(m_session->addRun(exampleResult("c1", {}, 3)).ok());
        checkpoint.path = "/elsewhere";
        QVERIFY(m_session->setCheckpoint(checkpoint).ok());
        QCOMPARE(m_session->runs().size(), std::size_t{1});
        QVERIFY(reopen()->checkpoint() == checkpoint);
    }

    void planHistoryKeepsEveryStepOnce() {
        QVERIFY(m_session->setPlan(examplePlan(0.1), "first").ok());
        QVERIFY(m_session->setPlan(examplePlan(0.1), "the same").ok());
        QVERIFY(m_session->setPlan(examplePlan(0.2), "second").ok());
        QVERIFY(m_session->setPlan(examplePlan(0.1), "back").ok());
        const std::vector<PlanRevision> history = reopen()->planHistory().value();
        QCOMPARE(history.size(), std::size_t{3});
        QCOMPARE(history[0].label, std::string("first"));
        QCOMPARE(history[1].label, std::string("second"));
        QCOMPARE(history[2].label, std::string("back"));
        QVERIFY(history[1].plan == examplePlan(0.2));
        QVERIFY(history[0].id < history[1].id && history[1].id < history[2].id);
        QVERIFY(m_session->plan() == examplePlan(0.1));
    }

    void undoAndRedoGoOnAfterReopening() {
        QVERIFY(m_session->setPlan(examplePlan(0.1), "one").ok());
        QVERIFY(m_session->setPlan(examplePlan(0.2), "two").ok());
        QVERIFY(m_session->undoPlan().ok());
        QVERIFY(m_session->plan() == examplePlan(0.1));
        QCOMPARE(reopen()->redoLabel().value(), std::string("two"));
        QCOMPARE(m_session->undoLabel().value(), std::string("one"));
        QVERIFY(m_session->undoPlan().ok());
        QVERIFY(reopen()->plan() == QuantPlan{});
        QCOMPARE(m_session->undoPlan().error().code, ErrorCode::Usage);
        QVERIFY(m_session->redoPlan().ok() && m_session->redoPlan().ok());
        QVERIFY(reopen()->plan() == examplePlan(0.2));
        QCOMPARE(m_session->redoPlan().error().code, ErrorCode::Usage);
    }

    void aBranchStaysWhenOneUndoesAndEdits() {
        QVERIFY(m_session->setPlan(examplePlan(0.1), "root").ok());
        QVERIFY(m_session->setPlan(examplePlan(0.2), "left").ok());
        QVERIFY(m_session->undoPlan().ok());
        QVERIFY(m_session->setPlan(examplePlan(0.3), "right").ok());
        QVERIFY(m_session->undoPlan().ok());
        QCOMPARE(
            m_session->redoLabel().value(), std::string("right")); // what was undone, not the first child
        const std::vector<PlanRevision> history = reopen()->planHistory().value();
        QCOMPARE(history.size(), std::size_t{3});
        QCOMPARE(history[0].parent, std::int64_t{0});
        QCOMPARE(history[1].parent, history[0].id);
        QCOMPARE(history[2].parent, history[0].id);
        QVERIFY(history[1].plan == examplePlan(0.2));
        QCOMPARE(m_session->planRevision(), history[0].id);
    }

    void anAmendedRevisionIsOneEdit() {
        QCOMPARE(m_session->amendPlan(examplePlan(0.1), "x").error().code, ErrorCode::Usage);
        QVERIFY(m_session->setPlan(examplePlan(0.1), "before").ok());
        QVERIFY(m_session->setPlan(examplePlan(0.2), "drag").ok());
        QVERIFY(m_session->amendPlan(examplePlan(0.3), "drag on").ok());
        QCOMPARE(reopen()->planHistory().value().size(), std::size_t{2});
        QCOMPARE(m_session->undoLabel().value(), std::string("drag on"));
        QVERIFY(m_session->plan() == examplePlan(0.3));
        QVERIFY(m_session->amendPlan(examplePlan(0.1), "drag back").ok()); // leaves nothing
        QCOMPARE(reopen()->planHistory().value().size(), std::size_t{1});
        QCOMPARE(m_session->undoLabel().value(), std::string("before"));
        QVERIFY(m_session->undoPlan().ok());
        QVERIFY(m_session->setPlan(examplePlan(0.4), "other").ok());
        QVERIFY(m_session->undoPlan().ok() && m_session->setPlan(examplePlan(0.5), "third").ok());
        QVERIFY(m_session->setPlan(examplePlan(0.6), "child").ok() && m_session->undoPlan().ok());
        QCOMPARE(m_session->amendPlan(examplePlan(0.7), "x").error().code, ErrorCode::Usage);
    }

    void searchesAndSweepsComeBack() {
        QVERIFY(m_session->setCheckpoint(exampleCheckpoint("c1")).ok());
        const OrderedJson trace{{"target", "alpha"}, {"sites", {{"z", {0.5}}, {"a", {0.25}}}}};
        const OrderedJson table{{"recipe", "mine"}, {"groups", OrderedJson::array()}};
        QVERIFY(m_session->addSearch(trace, "c1").ok());
        QVERIFY(m_session->addSearch({{"target", "bits"}}, "c2").ok());
        QVERIFY(m_session->addSweep(table).ok());
        const std::vector<Record> searches = reopen()->searches().value();
        QCOMPARE(searches.size(), std::size_t{1});
        QCOMPARE(searches[0].content.dump(), trace.dump()); // members in their order
        QVERIFY(searches[0].created > 1'700'000'000);
        QCOMPARE(m_session->sweeps().value().front().content.dump(), table.dump());
        QVERIFY(m_session->setCheckpoint(exampleCheckpoint("c2")).ok());
        QCOMPARE(m_session->searches().value().front().content.dump(), std::string(R"({"target":"bits"})"));
        QCOMPARE(m_session->sweeps().value().size(), std::size_t{1});
    }

    void runsCanBeRemovedAndAnnotated() {
        const RunId first = m_session->addRun(exampleResult("", {}, 2)).value();
        const RunId second = m_session->addRun(exampleResult("", examplePlan(0.3), 2)).value();
        QVERIFY(m_session->removeRun(first).ok());
        QCOMPARE(m_session->removeRun(first).error().code, ErrorCode::Usage);
        QCOMPARE(m_session->setRunNote(first, "x").error().code, ErrorCode::Usage);
        QCOMPARE(m_session->result(first).error().code, ErrorCode::Usage);
        QCOMPARE(reopen()->runs().size(), std::size_t{1});
        QCOMPARE(m_session->runs()[0].id, second);
        QVERIFY(m_session->addRun(exampleResult("", {}, 2)).value() > second); // numbers are not used again
    }

    void theBaselineIsTheNewestCompleteRunWithoutQuantization() {
        QVERIFY(m_session->setCheckpoint(exampleCheckpoint("c1")).ok());
        QVERIFY(m_session->addRun(exampleResult("c1", examplePlan(0.5), 2)).ok());
        QVERIFY(m_session->baseline() == nullptr);
        const RunId first = m_session->addRun(exampleResult("c1", {}, 2)).value();
        QCOMPARE(m_session->baseline()->id, first);
        const RunId second = m_session->addRun(exampleResult("c1", {}, 2)).value();
        EvaluationResult stopped = *exampleResult("c1", {}, 2);
        stopped.partial = true;
        QVERIFY(m_session->addRun(std::make_shared<const EvaluationResult>(stopped)).ok());
        QVERIFY(m_session->addRun(exampleResult("c1", examplePlan(0.1), 2)).ok());
        QCOMPARE(reopen()->baseline()->id, second);
        QVERIFY(m_session->removeRun(second).ok());
        QCOMPARE(m_session->baseline()->id, first);
    }

    void itemsOfOldRunsAreReadWhenNeeded() {
        constexpr int kItems = 30'000; // two tasks a run: the third run passes kLoadedItems
        std::vector<RunId> ids;
        for (int i = 0; i < 3; ++i) {
            ids.push_back(
                m_session->addRun(exampleResult("", i == 0 ? QuantPlan{} : examplePlan(0.5), kItems))
                    .value());
        }
        QVERIFY(3 * 2 * kItems > Session::kLoadedItems);
        const auto& runs = reopen()->runs();
        QVERIFY(runs[0].result->tasks[0].items.empty());
        QCOMPARE(runs[0].result->tasks[0].metrics.n, kItems);
        QCOMPARE(runs[2].result->tasks[0].items.size(), std::size_t{kItems});
        const auto expected = exampleResult("", {}, kItems);
        QCOMPARE(difference(*m_session->result(ids[0]).value(), *expected), std::string());
        QCOMPARE(m_session->baseline()->id, ids[0]);
        QCOMPARE(difference(*m_session->baseline()->result, *expected), std::string());
    }

    void textOfEveryKindSurvives() {
        using namespace std::string_literals;
        const std::string odd = "nul \0 byte, \xff\xfe no UTF-8, 'quotes\" and ; DROP TABLE run"s;
        QVERIFY(m_session->setNotes(odd).ok());
        QCOMPARE(reopen()->notes(), odd);
    }

    void aCopyIsTheSessionAsItStands() {
        QVERIFY(m_session->setCheckpoint(exampleCheckpoint("c1")).ok());
        QVERIFY(m_session->addRun(exampleResult("c1", {}, 5)).ok());
        QVERIFY(m_session->setNotes("before").ok());
        const std::filesystem::path copy = m_folder->path() / "copy.mscope";
        QVERIFY(m_session->saveCopy(copy, false).ok());
        QVERIFY(m_session->setNotes("after").ok());
        {
            const auto other = std::move(Session::open(copy)).value();
            QVERIFY(!other->readOnly());
            QCOMPARE(other->notes(), std::string("before"));
            QCOMPARE(other->runs().size(), std::size_t{1});
        }
        QCOMPARE(m_session->saveCopy(copy, false).error().code, ErrorCode::Usage);
        QVERIFY(m_session->saveCopy(copy, true).ok());
        QCOMPARE(std::move(Session::open(copy)).value()->notes(), std::string("after"));
        QCOMPARE(m_session->saveCopy(m_session->path(), true).error().code, ErrorCode::Usage);
        QVERIFY(!m_session->saveCopy(m_folder->path() / "nowhere" / "x.mscope", false).ok());
        QCOMPARE(m_session->saveCopy(m_folder->path(), true).error().code, ErrorCode::Usage);
    }

    void aCopyDoesNotReplaceASessionThatIsOpen() {
        const auto other = created(m_folder->path() / "other.mscope");
        QVERIFY(other->setNotes("theirs").ok());
        const Result<void> refused = m_session->saveCopy(other->path(), true);
        QVERIFY(!refused.ok());
        QVERIFY(refused.error().message.find("in use") != std::string::npos);
        QVERIFY(other->setNotes("still theirs").ok());
    }

    void createRefusesAnExistingFileUnlessToldOtherwise() {
        const std::filesystem::path path = m_session->path();
        QVERIFY(m_session->setNotes("old").ok());
        QCOMPARE(Session::create(path, false).error().code, ErrorCode::Usage);
        QVERIFY(!Session::create(path, true).ok()); // it is open
        m_session.reset();
        m_session = std::move(Session::create(path, true)).value();
        QVERIFY(m_session->notes().empty());
    }

    void aNameWithoutAFolderIsInTheCurrentOne() {
        const std::filesystem::path before = std::filesystem::current_path();
        std::filesystem::current_path(m_folder->path());
        const Result<std::unique_ptr<Session>> session = Session::create("bare.mscope", false);
        std::filesystem::current_path(before);
        QVERIFY2(session.ok(), session.ok() ? "" : describe(session.error()).c_str());
        QVERIFY(std::filesystem::exists(m_folder->path() / "bare.mscope"));
    }

    void observersHearWhatChanged() {
        std::vector<Session::Change> heard;
        auto handle = m_session->observe([&](Session::Change change) { heard.push_back(change); });
        using C = Session::Change;
        QVERIFY(m_session->setCheckpoint(exampleCheckpoint("c1")).ok());
        QCOMPARE(heard, (std::vector<C>{C::Checkpoint, C::Calibration, C::Runs, C::Searches}));
        heard.clear();
        QVERIFY(m_session->addCalibration(exampleCalibration(exampleCheckpoint("c1"), 1)).ok());
        QVERIFY(m_session->setPlan(examplePlan(0.5), "").ok());
        QVERIFY(m_session->setPlan(examplePlan(0.5), "").ok());
        QVERIFY(m_session->undoPlan().ok());
        QVERIFY(m_session->addRun(exampleResult("c1", {}, 1)).ok());
        QVERIFY(m_session->addSearch({}, "c1").ok());
        QVERIFY(m_session->addSearch({}, "another checkpoint").ok());
        QVERIFY(m_session->addSweep({}).ok());
        QVERIFY(m_session->setNotes("n").ok());
        QVERIFY(m_session->setView({{"a", 1}}).ok());
        QCOMPARE(
            heard,
            (std::vector<C>{
                C::Calibration, C::Plan, C::Plan, C::Runs, C::Searches, C::Sweeps, C::Notes, C::View}));
        heard.clear();
        handle.reset();
        QVERIFY(m_session->setNotes("m").ok());
        QVERIFY(heard.empty());
    }

    void observersMayGoWhileTheyAreCalled() {
        int first = 0, second = 0;
        std::shared_ptr<void> one, two;
        one = m_session->observe([&](Session::Change) {
            ++first;
            one.reset(); // itself
            two.reset(); // one that has not been called yet
        });
        two = m_session->observe([&](Session::Change) { ++second; });
        QVERIFY(m_session->setNotes("a").ok());
        QVERIFY(m_session->setNotes("b").ok());
        QCOMPARE(first, 1);
        QCOMPARE(second, 0);
    }

    void observersMayEditAndMayEndTheSession() {
        auto editor = m_session->observe([&](Session::Change change) {
            if (change == Session::Change::Notes) {
                QVERIFY(m_session->setView({{"seen", m_session->notes()}}).ok());
            }
        });
        QVERIFY(m_session->setNotes("a").ok());
        QVERIFY((m_session->view() == Json{{"seen", "a"}}));
        const std::filesystem::path path = m_session->path();
        auto end = m_session->observe([&](Session::Change) { m_session.reset(); });
        QVERIFY(m_session->setCheckpoint(exampleCheckpoint("c1")).ok());
        QVERIFY(m_session == nullptr);
        QVERIFY(std::move(Session::open(path)).value()->checkpoint() == exampleCheckpoint("c1"));
    }

    void itemBytesAreChecked() {
        const auto result = exampleResult("", {}, 4);
        const std::vector<std::byte> bytes = itemsToBytes(result->tasks[0].items);
        QVERIFY(itemsFromBytes(bytes, "x").ok());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            QVERIFY(!itemsFromBytes(std::span(bytes).first(size), "x").ok());
        }
        std::vector<std::byte> huge(bytes.begin(), bytes.begin() + 1);
        huge.insert(huge.end(), 9, std::byte{0xff}); // a count near 2^63
        huge.push_back(std::byte{0x01});
        QVERIFY(!itemsFromBytes(huge, "x").ok());
    }

private:
    Session* reopen() {
        m_session = reopened(std::move(m_session));
        return m_session.get();
    }
    std::unique_ptr<TemporaryFolder> m_folder;
    std::unique_ptr<Session> m_session;
};

QTEST_APPLESS_MAIN(SessionTest)
#include "session_test.moc"
