// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"
#include "core/evaluation/evaluator.h"
#include "tests/support/paths.h"

#include <QRegularExpression>
#include <QTest>

#include <cmath>
#include <limits>
#include <set>
#include <thread>

using namespace mambascope;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::shared_ptr<const Tokenizer> demoTokenizer() {
    static const auto tokenizer = Tokenizer::open(test::sourceFolder() / "resources" / "demo").value();
    return tokenizer;
}

EvaluationRequest demoRequest(std::vector<Task> tasks, int limit) {
    EvaluationRequest request;
    for (const Task task : tasks) {
        request.tasks.push_back(
            loadTask(task, test::sourceFolder() / "resources" / "demo" / "tasks").value());
    }
    request.limit = limit;
    request.seed = 3;
    return request;
}

/// Every token has probability 1/V, so none is the argmax for sure. Hands out scores in small parts.
class UniformScorer : public Scorer {
public:
    explicit UniformScorer(double vocabulary)
        : m_logProbability(-std::log(vocabulary)) {}

    Result<std::vector<Score>>
    score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job& job) override {
        std::vector<Score> all;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (job.stopRequested()) {
                return Error::cancelled();
            }
            tokens += requests[i].continuation.size();
            all.push_back({m_logProbability * static_cast<double>(requests[i].continuation.size()), false});
            if (sink && (i % 3 == 2 || i + 1 == requests.size())) {
                const std::size_t first = i / 3 * 3;
                sink(first, std::span<const Score>(all).subspan(first));
            }
            ++served;
            if (stopAfter > 0 && served == stopAfter) {
                stopSource.request_stop();
            }
        }
        return all;
    }

    std::size_t tokens = 0;
    int served = 0, stopAfter = 0;
    std::stop_source stopSource;

private:
    double m_logProbability;
};

/// Returns what it is told to.
class ScriptedScorer : public Scorer {
public:
    explicit ScriptedScorer(Result<std::vector<Score>> answer)
        : m_answer(std::move(answer)) {}
    Result<std::vector<Score>> score(std::span<const ScoreRequest>, const ScoreSink&, const Job&) override {
        return m_answer;
    }

private:
    Result<std::vector<Score>> m_answer;
};

/// Pseudo-random but fixed scores that depend on the request alone.
class HashScorer : public Scorer {
public:
    Result<std::vector<Score>>
    score(std::span<const ScoreRequest> requests, const ScoreSink&, const Job&) override {
        std::vector<Score> all;
        for (const ScoreRequest& request : requests) {
            std::uint64_t h = 14695981039346656037u;
            for (const auto* part : {&request.context, &request.continuation}) {
                for (const std::int32_t id : *part) {
                    h = (h ^ static_cast<std::uint64_t>(id)) * 1099511628211u;
                }
            }
            all.push_back({-static_cast<double>(h % 1000003) / 1000, h % 3 == 0});
        }
        return all;
    }
};

std::set<int> rows(const TaskResult& task) {
    std::set<int> result;
    for (const ItemResult& item : task.items) {
        result.insert(item.index);
    }
    return result;
}

EvaluationResult hashResult(int limit) {
    HashScorer scorer;
    auto result = evaluate(
                      scorer, *demoTokenizer(),
                      demoRequest({Task::Lambada, Task::HellaSwag, Task::Piqa, Task::Copa}, limit), {}, {})
                      .value();
    result.modelName = "demo|1";
    result.modelHash = "aa";
    result.plan = OrderedJson{{"format", 1}};
    result.planName = "W8";
    result.planHash = "bb";
    result.calibrationHash = "cc";
    result.engine = "fake 1";
    result.dtype = "f32";
    result.device = "cpu";
    return result;
}

} // namespace

class EvaluatorTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void uniformModelIsAtChance();
    void uniformLambadaPerplexityOfTheDataSet();
    void limitDrawsTheSameItemsForEveryPlan();
    void runningMetricsGrowToTheFinalOnes();
    void streamedAndReturnedScoresGiveTheSame();
    void cancelKeepsWhatIsDone();
    void cancelBeforeTheFirstItem();
    void errorsNameTheTask();
    void wrongNumberOfScoresIsAnError();
    void resultFileHoldsTheContract();
    void resultFileRoundTrip();
    void nonfiniteNumbersSurviveTheFile();
    void baselineAddsThePairedDifference();
    void damagedResultFilesAreRefused();
    void markdownComparesToTheFirst();
    void examplesAreOneLineEach();
};

void EvaluatorTest::uniformModelIsAtChance() {
    UniformScorer scorer(4096);
    const auto request = demoRequest({kTasks.begin(), kTasks.end()}, 0);
    const auto result = evaluate(scorer, *demoTokenizer(), request, {}, {});
    QVERIFY(result.ok());
    // tests/golden/demo_expected.json: 400 LAMBADA items, 400 continuation tokens: perplexity V^(400/400) =
    // V.
    const TaskMetrics& lambada = result.value().find(Task::Lambada)->metrics;
    QCOMPARE(lambada.accuracy, 0.0);
    QVERIFY(std::abs(lambada.perplexity / 4096 - 1) < 1e-12);
    // WinoGrande: both choices are the same continuation: always a tie, so index 0.
    const TaskResult& winoGrande = *result.value().find(Task::WinoGrande);
    int zeros = 0;
    for (const TaskItem& item : request.tasks[3].items) {
        zeros += item.gold == 0 ? 1 : 0;
    }
    QCOMPARE(winoGrande.metrics.correct, zeros);
    for (const ItemResult& item : winoGrande.items) {
        QCOMPARE(item.predicted, 0);
    }
    const auto golden = Json::parse(readFile(test::goldenFolder() / "demo_expected.json").value());
    std::int64_t tokens = 0;
    for (const TaskResult& task : result.value().tasks) {
        const auto expected =
            golden["requests"][std::string(taskName(task.task))]["tokens"].get<std::int64_t>();
        QCOMPARE(task.tokens, expected);
        tokens += expected;
    }
    QCOMPARE(result.value().tokens, tokens);
    QVERIFY(!result.value().partial);
}

void EvaluatorTest::uniformLambadaPerplexityOfTheDataSet() {
    const auto data = test::sharedData();
    if (!data) {
        QSKIP("The public data sets are not on this machine (MAMBASCOPE_SHARED_DATA).");
    }
    const auto tokenizer = Tokenizer::open(*data / "gpt-neox-20b-tokenizer" / "20B_tokenizer.json").value();
    UniformScorer scorer(50280);
    EvaluationRequest request{{loadTask(Task::Lambada, *data).value()}, 0, 0};
    const auto result = evaluate(scorer, *tokenizer, request, {}, {}).value();
    // Evaluation specification, section 7: 50280^(7054/5153), about 2.73 million; acc 0.
    const double expected = std::pow(50280.0, 7054.0 / 5153.0);
    QVERIFY(std::abs(result.tasks[0].metrics.perplexity / expected - 1) < 1e-9);
    QVERIFY(std::abs(expected / 2.73e6 - 1) < 0.002);
    QCOMPARE(result.tasks[0].metrics.correct, 0);
}

void EvaluatorTest::limitDrawsTheSameItemsForEveryPlan() {
    HashScorer first;
    UniformScorer second(10);
    const auto request = demoRequest({Task::Piqa}, 50);
    const auto a = evaluate(first, *demoTokenizer(), request, {}, {}).value();
    const auto b = evaluate(second, *demoTokenizer(), request, {}, {}).value();
    QCOMPARE(a.tasks[0].items.size(), std::size_t{50});
    QCOMPARE(rows(a.tasks[0]), rows(b.tasks[0]));
    QCOMPARE(rows(a.tasks[0]).size(), std::size_t{50});
    // The order of evaluation is the order of itemOrder, and items keep their row and gold label.
    const auto order = itemOrder(400, 50, 3);
    for (std::size_t i = 0; i < 50; ++i) {
        QCOMPARE(a.tasks[0].items[i].index, order[i]);
        QCOMPARE(a.tasks[0].items[i].gold, request.tasks[0].items[static_cast<std::size_t>(order[i])].gold);
    }
}

void EvaluatorTest::runningMetricsGrowToTheFinalOnes() {
    /// Takes a tenth of a second for a part.
    class SlowScorer : public UniformScorer {
    public:
        using UniformScorer::UniformScorer;
        Result<std::vector<Score>>
        score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job& job) override {
            return UniformScorer::score(
                requests,
                [&](std::size_t first, std::span<const Score> part) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(40));
                    sink(first, part);
                },
                job);
        }
    };
    SlowScorer scorer(100);
    std::vector<TaskMetrics> seen;
    std::vector<std::uint64_t> done;
    Job job;
    job.onProgress = [&](const Progress& progress) {
        QCOMPARE(progress.total, std::uint64_t{40});
        done.push_back(progress.done);
    };
    const auto result = evaluate(
        scorer, *demoTokenizer(), demoRequest({Task::Copa}, 20),
        [&](const TaskData& task, const TaskMetrics& metrics) {
            QCOMPARE(task.task, Task::Copa);
            seen.push_back(metrics);
        },
        job);
    QVERIFY(result.ok());
    // 14 parts of 40 ms, at most ten reports a second, and the last one.
    QVERIFY(seen.size() >= 3 && seen.size() <= 8);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        QCOMPARE(seen[i].total, 20);
        QVERIFY(i == 0 || seen[i].n > seen[i - 1].n);
    }
    QCOMPARE(seen.back().n, 20);
    QVERIFY(std::is_sorted(done.begin(), done.end()));
    QCOMPARE(done.back(), std::uint64_t{40});
}

void EvaluatorTest::streamedAndReturnedScoresGiveTheSame() {
    /// Streams only some of its scores, twice the same ones.
    class StutteringScorer : public HashScorer {
    public:
        Result<std::vector<Score>>
        score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const Job& job) override {
            auto all = HashScorer::score(requests, sink, job);
            sink(0, std::span<const Score>(all.value()).first(7));
            sink(3, std::span<const Score>(all.value()).subspan(3, 6));
            return all;
        }
    };
    HashScorer plain;
    StutteringScorer stuttering;
    const auto request = demoRequest({Task::HellaSwag}, 30);
    const auto a = evaluate(plain, *demoTokenizer(), request, {}, {}).value();
    const auto b = evaluate(stuttering, *demoTokenizer(), request, {}, {}).value();
    QVERIFY(a.tasks[0].items == b.tasks[0].items);
}

void EvaluatorTest::cancelKeepsWhatIsDone() {
    const auto request = demoRequest({Task::Lambada, Task::HellaSwag, Task::Copa}, 40);
    UniformScorer whole(100), stopped(100);
    stopped.stopAfter = 40 + 50; // all of LAMBADA and 50 of HellaSwag's 160 requests
    Job job;
    job.stop = stopped.stopSource.get_token();
    const auto result = evaluate(stopped, *demoTokenizer(), request, {}, job);
    QVERIFY(result.ok());
    QVERIFY(result.value().partial);
    QCOMPARE(result.value().tasks.size(), std::size_t{2});
    QCOMPARE(result.value().tasks[0].metrics.n, 40);
    // Parts of three: 48 of the 50 scores were handed out, which is 12 items of four choices.
    const TaskResult& hellaSwag = result.value().tasks[1];
    QCOMPARE(hellaSwag.metrics.n, 12);
    QCOMPARE(hellaSwag.metrics.total, 40);
    const auto all = evaluate(whole, *demoTokenizer(), request, {}, {}).value();
    const auto& items = all.tasks[1].items;
    QVERIFY(hellaSwag.items == std::vector<ItemResult>(items.begin(), items.begin() + 12));
}

void EvaluatorTest::cancelBeforeTheFirstItem() {
    UniformScorer scorer(100);
    scorer.stopSource.request_stop();
    Job job;
    job.stop = scorer.stopSource.get_token();
    const auto result = evaluate(scorer, *demoTokenizer(), demoRequest({Task::Copa}, 5), {}, job);
    QVERIFY(!result.ok());
    QCOMPARE(result.error().code, ErrorCode::Cancelled);
    QCOMPARE(evaluate(scorer, *demoTokenizer(), {}, {}, {}).error().code, ErrorCode::Usage);
}

void EvaluatorTest::errorsNameTheTask() {
    ScriptedScorer scorer(Error{ErrorCode::EngineLost, "The engine ended.", {}, {}});
    const auto result = evaluate(scorer, *demoTokenizer(), demoRequest({Task::Copa}, 5), {}, {});
    QVERIFY(!result.ok());
    QCOMPARE(result.error().code, ErrorCode::EngineLost);
    QVERIFY(result.error().context.starts_with("COPA"));
}

void EvaluatorTest::wrongNumberOfScoresIsAnError() {
    for (const std::size_t n : {0u, 9u, 11u}) {
        ScriptedScorer scorer{std::vector<Score>(n)};
        const auto result = evaluate(scorer, *demoTokenizer(), demoRequest({Task::Copa}, 5), {}, {});
        QVERIFY(!result.ok());
        QCOMPARE(result.error().code, ErrorCode::Failed);
    }
}

void EvaluatorTest::resultFileHoldsTheContract() {
    const EvaluationResult result = hashResult(60);
    const OrderedJson json = toJson(result, nullptr, false);
    QVERIFY(json["format"] == 1);
    QVERIFY(json["model"]["hash"] == "aa");
    QVERIFY(json["plan_hash"] == "bb");
    QVERIFY(json["calibration_hash"] == "cc");
    QVERIFY(json["seed"] == 3);
    QVERIFY(json["nonfinite"] == 0);
    QCOMPARE(json["average"].get<double>(), result.average());
    const auto& tasks = json["tasks"];
    QVERIFY(tasks["hellaswag"]["n"] == 60);
    QCOMPARE(
        tasks["hellaswag"]["acc_norm"].get<double>(), result.find(Task::HellaSwag)->metrics.accuracyNorm);
    QVERIFY(tasks["piqa"].contains("acc_norm"));
    QVERIFY(!tasks["copa"].contains("acc_norm"));
    QVERIFY(!tasks["copa"].contains("delta"));
    QVERIFY(!tasks["copa"].contains("items"));
    QVERIFY(tasks["lambada"].contains("perplexity"));
    QVERIFY(tasks["hellaswag"]["metric"] == "acc_norm" && tasks["hellaswag"]["chance"] == 0.25);
    const Interval wilson = wilsonInterval(tasks["copa"]["acc"].get<double>(), 60);
    QVERIFY((tasks["copa"]["acc_interval"] == OrderedJson{wilson.low, wilson.high}));
    // The average is the plain mean of the published metrics.
    const double mean =
        (tasks["lambada"]["acc"].get<double>() + tasks["hellaswag"]["acc_norm"].get<double>() +
         tasks["piqa"]["acc"].get<double>() + tasks["copa"]["acc"].get<double>()) /
        4;
    QVERIFY(std::abs(mean - result.average()) < 1e-15);
}

void EvaluatorTest::resultFileRoundTrip() {
    const EvaluationResult result = hashResult(60);
    const std::string text = toJson(result, nullptr, true).dump();
    const auto read = evaluationFromJson(Json::parse(text), "r.json");
    QVERIFY(read.ok());
    for (std::size_t i = 0; i < result.tasks.size(); ++i) {
        QCOMPARE(read.value().tasks[i].task, result.tasks[i].task);
        QVERIFY(read.value().tasks[i].items == result.tasks[i].items);
        QCOMPARE(read.value().tasks[i].dataHash, result.tasks[i].dataHash);
    }
    QCOMPARE(read.value().modelName, result.modelName);
    QCOMPARE(read.value().limit, 60);
    // Whatever was written is written again.
    QCOMPARE(toJson(read.value(), nullptr, true).dump(), text);
}

void EvaluatorTest::nonfiniteNumbersSurviveTheFile() {
    EvaluationResult result = hashResult(5);
    result.tasks[0].metrics.perplexity = kInfinity;
    result.tasks[1].items[0].scores = {-kInfinity, std::nan(""), kInfinity, -1};
    result.tasks[1].items[0].nonfinite = true;
    const auto read = evaluationFromJson(Json::parse(toJson(result, nullptr, true).dump()), "r.json").value();
    QCOMPARE(read.tasks[0].metrics.perplexity, kInfinity);
    const auto& scores = read.tasks[1].items[0].scores;
    QCOMPARE(scores[0], -kInfinity);
    QVERIFY(std::isnan(scores[1]));
    QCOMPARE(scores[2], kInfinity);
    QVERIFY(read.tasks[1].items[0].nonfinite);
}

void EvaluatorTest::baselineAddsThePairedDifference() {
    const EvaluationResult baseline = hashResult(60);
    EvaluationResult changed = baseline;
    TaskResult& copa = changed.tasks[3];
    int flipped = 0;
    for (ItemResult& item : copa.items) {
        if (item.correct && flipped < 6) {
            item.correct = false;
            ++flipped;
        }
    }
    copa.metrics = taskMetrics(Task::Copa, copa.items, 60);
    const OrderedJson json = toJson(changed, &baseline, false)["tasks"];
    QVERIFY(json["copa"]["lost"] == 6);
    QVERIFY(json["copa"]["gained"] == 0);
    QCOMPARE(json["copa"]["delta"].get<double>(), -0.1); // 6 of 60
    QVERIFY(std::abs(json["copa"]["p_mcnemar"].get<double>() - 2.0 / 64) < 1e-12);
    QCOMPARE(json["piqa"]["delta"].get<double>(), 0.0);
    QCOMPARE(json["piqa"]["p_mcnemar"].get<double>(), 1.0);
    QVERIFY(json["piqa"]["other"]["metric"] == "acc_norm");
    QCOMPARE(json["piqa"]["other"]["delta"].get<double>(), 0.0);
    QVERIFY(json["hellaswag"]["other"]["metric"] == "acc");
    QVERIFY(!json["copa"].contains("other"));
    QCOMPARE(json["lambada"]["perplexity_delta"].get<double>(), 0.0);
    QVERIFY((json["lambada"]["perplexity_delta_interval"] == OrderedJson{0.0, 0.0}));
    const OrderedJson whole = toJson(changed, &baseline, false);
    QVERIFY(std::abs(whole["average_delta"].get<double>() + 0.1 / 4) < 1e-15); // one of four tasks
    // 6 of 60 lost: −0.1 with deviation √(0.09/60) = 0.0387; a quarter of it, ± 1.96 deviations; in steps of
    // 1/240.
    QVERIFY(std::abs(whole["average_delta_interval"][0].get<double>() - (-0.025 - 0.01898)) < 0.0043);
    QVERIFY(std::abs(whole["average_delta_interval"][1].get<double>() - (-0.025 + 0.01898)) < 0.0043);
    QVERIFY(whole["baseline"]["plan_hash"] == "bb");
}

void EvaluatorTest::damagedResultFilesAreRefused() {
    for (const char* text :
         {"null", "[]", "{}", R"({"format": 1})", R"({"format": 2, "tasks": {}})",
          R"({"format": "1", "tasks": {}})", R"({"tasks": {}})", R"({"format": 1, "tasks": []})"}) {
        const auto read = evaluationFromJson(Json::parse(text), "r.json");
        QVERIFY2(!read.ok(), text);
        QCOMPARE(read.error().code, ErrorCode::Unreadable);
        QVERIFY(read.error().message.starts_with("r.json"));
    }
    // Members of another kind do no harm.
    const auto odd = evaluationFromJson(
        Json::parse(R"({"format": 1, "model": 3, "plan": "x", "seed": "y", "limit": -4,
        "tasks": {"rte": {"n": -1, "acc": "x", "items": [1, {"scores": 3, "index": 1e30}]}, "copa": 7}})"),
        "r.json");
    QVERIFY(odd.ok());
    QCOMPARE(odd.value().find(Task::Rte)->items.size(), std::size_t{2});
    QVERIFY(!toJson(odd.value(), nullptr, true).dump().empty());
}

void EvaluatorTest::markdownComparesToTheFirst() {
    EvaluationResult baseline = hashResult(60);
    baseline.planName.clear();
    EvaluationResult other = hashResult(60);
    other.tasks.pop_back();
    other.partial = true;
    baseline.tasks[1].note = "A note.";
    const EvaluationResult* both[] = {&baseline, &other};
    const QString table = QString::fromStdString(toMarkdown(both));
    QVERIFY(table.startsWith("| task | metric | n | chance | demo\\|1 | W8 (partial) |\n| --- |"));
    // Both metrics side by side, the published one in bold; chance stands only beside that.
    QVERIFY(table.contains("| HellaSwag | acc | 60 |  | "));
    QVERIFY(table.contains("| HellaSwag | **acc_norm** | 60 | 25.0 | "));
    QVERIFY(table.contains("| LAMBADA | perplexity | 60 |  | "));
    QVERIFY(table.contains("(+0.00, +0 −0, p = 1) |\n"));
    QVERIFY(table.contains("| items with a non-finite score | | | | 0 | 0 |\n"));
    // The second one lacks COPA, so the averages are not compared.
    QVERIFY(table.contains(
        QRegularExpression("\\| average of the bold \\| \\| \\| \\| [0-9.]+ \\| [0-9.]+ \\|\n")));
    QVERIFY(table.contains(" – |\n")); // COPA is missing in the second one
    QVERIFY(!table.contains("RTE"));
    QVERIFY(table.endsWith("\nA note.\n"));
    QVERIFY(toMarkdown({}).empty());
}

void EvaluatorTest::examplesAreOneLineEach() {
    const EvaluationResult result = hashResult(10);
    const QStringList lines =
        QString::fromStdString(examplesToJsonLines(result)).split('\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 40);
    const Json first = Json::parse(lines[0].toStdString());
    QVERIFY(first["task"] == "lambada");
    QCOMPARE(first["scores"].size(), std::size_t{1});
    QVERIFY(first["greedy"] == result.tasks[0].items[0].greedy);
    const Json last = Json::parse(lines[39].toStdString());
    QVERIFY(last["task"] == "copa");
    QVERIFY(last["index"] == result.tasks[3].items[9].index);
    QVERIFY(last["pred"] == result.tasks[3].items[9].predicted);
    QVERIFY(last["gold"] == result.tasks[3].items[9].gold);
}

QTEST_APPLESS_MAIN(EvaluatorTest)
#include "evaluator_test.moc"
