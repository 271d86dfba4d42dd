// SPDX-License-Identifier: GPL-3.0-or-later
// What a run of several tasks tells its scorer and its caller between them.
#include "core/evaluation/evaluator.h"
#include "core/evaluation/score_announcer.h"
#include "tests/support/paths.h"

#include <QTest>

#include <algorithm>
#include <vector>

using namespace mambascope;

namespace {

using Requests = std::vector<ScoreRequest>;

EvaluationRequest demoRequest(const std::vector<Task>& tasks) {
    EvaluationRequest request;
    for (const Task task : tasks) {
        request.tasks.push_back(
            loadTask(task, test::sourceFolder() / "resources" / "demo" / "tasks").value());
    }
    request.limit = 10;
    return request;
}

std::shared_ptr<const Tokenizer> demoTokenizer() {
    return Tokenizer::open(test::sourceFolder() / "resources" / "demo").value();
}

/// Scores that depend on the request alone. Keeps what it was asked.
class CountingScorer : public Scorer {
public:
    Result<std::vector<Score>>
    score(std::span<const ScoreRequest> requests, const ScoreSink&, const Job&) override {
        asked.emplace_back(requests.begin(), requests.end());
        std::vector<Score> scores;
        for (const ScoreRequest& request : requests) {
            scores.push_back({-static_cast<double>(request.continuation.front()), false});
        }
        return scores;
    }
    std::vector<Requests> asked;
};

/// Keeps what it was told as well.
class ListeningScorer final : public CountingScorer, public ScoreAnnouncer {
public:
    void announce(std::span<const ScoreRequest> requests) override {
        announced.emplace_back(requests.begin(), requests.end());
    }
    Result<std::vector<Score>>
    score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job& job) override {
        announcedBefore.push_back(announced.size());
        return CountingScorer::score(requests, sink, job);
    }
    std::vector<Requests> announced;
    std::vector<std::size_t> announcedBefore; ///< how many there were at each call of score()
};

bool same(const Requests& a, const Requests& b) {
    return std::equal(
        a.begin(), a.end(), b.begin(), b.end(), [](const ScoreRequest& x, const ScoreRequest& y) {
            return x.context == y.context && x.continuation == y.continuation;
        });
}

} // namespace

class TaskSequenceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyTaskIsAnnouncedBeforeTheOneBeforeEnds() {
        EvaluationRequest request = demoRequest({Task::Lambada, Task::Piqa, Task::Rte, Task::Copa});
        CountingScorer silent;
        const auto expected = evaluate(silent, *demoTokenizer(), request, {}, {}).value();
        request.known = [&](const TaskData& data) {
            return data.task == Task::Rte ? std::optional(expected.tasks[2]) : std::nullopt;
        };
        ListeningScorer scorer;
        const auto result = evaluate(scorer, *demoTokenizer(), request, {}, {}).value();
        QCOMPARE(scorer.announcedBefore, (std::vector<std::size_t>{2, 3, 3}));
        QCOMPARE(scorer.announced.size(), std::size_t{3});
        for (std::size_t i = 0; i < 3; ++i) {
            QVERIFY(same(scorer.announced[i], scorer.asked[i]));
        }
        QVERIFY(same(scorer.asked[2], silent.asked[3])); // what is known is not asked for
        for (std::size_t i = 0; i < 4; ++i) {
            QVERIFY(result.tasks[i].items == expected.tasks[i].items);
        }
    }

    void finishedTasksAreHandedOut() {
        EvaluationRequest request = demoRequest({Task::Lambada, Task::Piqa, Task::Copa});
        std::vector<TaskResult> finished;
        request.finished = [&](const TaskResult& task) -> Result<void> {
            finished.push_back(task);
            return finished.size() < 2 ? Result<void>() : Result<void>(Error::failed("The disk is full."));
        };
        CountingScorer scorer;
        const auto result = evaluate(scorer, *demoTokenizer(), request, {}, {});
        QVERIFY(!result.ok());
        QCOMPARE(result.error().message, std::string("The disk is full."));
        QCOMPARE(finished.size(), std::size_t{2});
        QVERIFY(finished[0].whole());
        QCOMPARE(finished[1].task, Task::Piqa);
    }
};

QTEST_APPLESS_MAIN(TaskSequenceTest)
#include "task_sequence_test.moc"
