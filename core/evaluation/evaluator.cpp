// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/evaluator.h"

#include "core/evaluation/score_announcer.h"
#include "core/evaluation/sequential.h"
#include "core/evaluation/text.h"

#include <algorithm>
#include <chrono>

namespace mambascope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int32_t kEndOfText = 0;
constexpr auto kRunningInterval = std::chrono::milliseconds(100);

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void keepLast(ScoreRequest& request, std::size_t length) {
    const std::size_t total = request.context.size() + request.continuation.size();
    if (total <= length) {
        return;
    }
    std::size_t surplus = total - length;
    if (surplus >= request.context.size()) {
        // Only continuation is left: its first kept token becomes the context of the others.
        surplus -= request.context.size();
        request.context = {request.continuation[surplus]};
        ++surplus;
        request.continuation.erase(
            request.continuation.begin(),
            request.continuation.begin() + static_cast<std::ptrdiff_t>(surplus));
        return;
    }
    request.context.erase(
        request.context.begin(), request.context.begin() + static_cast<std::ptrdiff_t>(surplus));
}

ScoreRequest withoutContext(const Tokenizer& tokenizer, std::string_view continuation) {
    ScoreRequest request{{kEndOfText}, tokenizer.encode(continuation)};
    if (request.continuation.size() > 1 && request.continuation.front() == kEndOfText) {
        request.continuation.erase(request.continuation.begin());
    }
    return request;
}

/// What all tasks of a run share.
struct Run {
    Scorer& scorer;
    ScoreAnnouncer* announcer; ///< the same; null if it cannot be told what comes next
    const Tokenizer& tokenizer;
    const EvaluationRequest& request;
    const EvaluationSink& sink;
    const Job& job;
    std::uint64_t totalRequests = 0;
    std::uint64_t doneRequests = 0; ///< of earlier tasks
};

/// Which items of a task the baseline had right.
class BaselineItems {
public:
    BaselineItems(const EvaluationRequest& request, const TaskResult& task) {
        const TaskResult* before = request.earlyStop && request.earlyStop->baseline
                                       ? request.earlyStop->baseline->counterpart(task)
                                       : nullptr;
        if (before != nullptr) {
            for (const ItemResult& item : before->items) {
                m_right[item.index] = right(item, task.task);
            }
        }
    }
    bool empty() const { return m_right.empty(); }
    /// +1 gained, −1 lost, 0 the same or not known.
    int change(const ItemResult& item, Task task) const {
        const auto before = m_right.find(item.index);
        return before == m_right.end() ? 0 : static_cast<int>(right(item, task)) - before->second;
    }

private:
    static int right(const ItemResult& item, Task task) {
        return (publishedMetric(task) == "acc_norm" ? item.correctNorm : item.correct) ? 1 : 0;
    }
    std::map<int, int> m_right; ///< by index
};

/// One task of a run: tokenizes its items, has them scored, and turns scores into items as they arrive.
class TaskRun {
public:
    TaskRun(Run& run, const TaskData& data)
        : m_run(run)
        , m_data(data)
        , m_phase("Evaluating " + data.title()) {
        m_result.task = data.task;
        m_result.dataHash = data.fileHash;
        m_result.note = data.note;
        m_result.identity = data.identity;
        m_baseline.emplace(run.request, m_result);
    }

    /// Tokenizes the items, and announces their scoring; execute() does it if it was not done before, and says
    /// what went wrong.
    void prepare() {
        if (m_prepared) {
            return;
        }
        m_prepared = makeRequests();
        if (m_prepared->ok() && m_run.announcer != nullptr) {
            m_run.announcer->announce(m_requests);
        }
    }

    /// Prepares `next` (if there is one) while the scorer works. Cancelled leaves what is done in result().
    Result<void> execute(TaskRun* next) {
        const auto start = Clock::now();
        prepare();
        if (next != nullptr && m_prepared->ok()) {
            next->prepare();
        }
        const Result<void> outcome = m_prepared->ok() ? score() : *m_prepared;
        m_result.metrics = taskMetrics(m_data.task, m_result.items, static_cast<int>(m_order.size()));
        m_result.seconds = secondsSince(start);
        if (m_run.sink && !m_result.items.empty()) {
            m_run.sink(m_data, m_result.metrics);
        }
        m_run.doneRequests += m_requests.size();
        return outcome;
    }

    TaskResult& result() { return m_result; }

private:
    const TaskItem& item(std::size_t i) const { return m_data.items[static_cast<std::size_t>(m_order[i])]; }

    Result<void> makeRequests() {
        m_order = itemOrder(static_cast<int>(m_data.items.size()), m_run.request.limit, m_run.request.seed);
        for (std::size_t i = 0; i < m_order.size(); ++i) {
            if (m_run.job.stopRequested()) {
                return Error::cancelled();
            }
            for (const TaskItem::Choice& choice : item(i).choices) {
                m_requests.push_back(scoreRequest(m_run.tokenizer, choice.context, choice.continuation));
                if (m_requests.back().continuation.empty()) {
                    return Error::unreadable(
                        "Item " + std::to_string(item(i).index) + " of " + m_data.title() +
                            " has a choice without any token of its own.",
                        "Correct or remove it in " + m_data.file.string() + ".");
                }
            }
        }
        return {};
    }

    Result<void> score() {
        report();
        const std::stop_callback passOn(m_run.job.stop, [this] { m_stop.request_stop(); });
        const Job quiet{m_stop.get_token(), {}};
        auto scores = m_run.scorer.score(
            m_requests, [this](std::size_t first, std::span<const Score> part) { take(first, part); }, quiet);
        if (m_result.stoppedEarly && !m_run.job.stopRequested()) {
            report(); // whether the scorer has noticed or was done does not matter
            return {};
        }
        if (!scores.ok()) {
            return scores.error();
        }
        if (scores.value().size() != m_requests.size()) {
            return Error::failed(
                "The engine returned " + std::to_string(scores.value().size()) + " scores for " +
                std::to_string(m_requests.size()) + " requests.");
        }
        take(0, scores.value());
        report();
        return {};
    }

    void take(std::size_t first, std::span<const Score> part) {
        // Scores come in request order; what is known already is skipped.
        if (first > m_scores.size() || first + part.size() > m_requests.size() || m_result.stoppedEarly) {
            return;
        }
        const std::size_t known = std::min(m_scores.size() - first, part.size());
        m_scores.insert(m_scores.end(), part.begin() + static_cast<std::ptrdiff_t>(known), part.end());
        while (m_result.items.size() < m_order.size() && !m_result.stoppedEarly && completeItem()) {
            lookAtDifference();
        }
        const bool news = !m_shown && !m_result.items.empty();
        if (news || Clock::now() - m_lastReport >= kRunningInterval) {
            report();
        }
    }

    /// Makes the next item's result if all its scores are there.
    bool completeItem() {
        const TaskItem& next = item(m_result.items.size());
        const std::size_t end = m_usedScores + next.choices.size();
        if (end > m_scores.size()) {
            return false;
        }
        for (std::size_t i = m_usedScores; i < end; ++i) {
            m_result.tokens +=
                static_cast<std::int64_t>(m_requests[i].context.size() + m_requests[i].continuation.size());
        }
        m_result.items.push_back(itemResult(
            next, std::span<const Score>(m_scores).subspan(m_usedScores, next.choices.size()), m_data.task));
        m_usedScores = end;
        return true;
    }

    void lookAtDifference() {
        if (m_baseline->empty()) {
            return;
        }
        m_difference.add(m_baseline->change(m_result.items.back(), m_data.task));
        const double level = m_run.request.earlyStop->level;
        if (m_difference.p() <= level && m_result.items.size() < m_order.size()) {
            m_result.stoppedEarly = StoppedEarly{level, m_difference.p()};
            m_stop.request_stop();
        }
    }

    void report() {
        m_lastReport = Clock::now();
        m_run.job.report(m_phase, m_run.doneRequests + m_scores.size(), m_run.totalRequests);
        // The metrics of the complete task follow from execute().
        if (m_run.sink && !m_result.items.empty() && m_result.items.size() < m_order.size()) {
            m_shown = true;
            m_run.sink(
                m_data, taskMetrics(m_data.task, m_result.items, static_cast<int>(m_order.size())));
        }
    }

    Run& m_run;
    const TaskData& m_data;
    std::string m_phase;
    std::optional<Result<void>> m_prepared;
    std::vector<int> m_order;
    std::vector<ScoreRequest> m_requests;
    std::vector<Score> m_scores;
    std::size_t m_usedScores = 0;
    TaskResult m_result;
    std::optional<BaselineItems> m_baseline;
    SequentialTest m_difference;
    std::stop_source m_stop; ///< of this task's scoring
    Clock::time_point m_lastReport;
    bool m_shown = false; ///< something of this task
};

/// What is known of the tasks already, one entry each.
std::vector<std::optional<TaskResult>> knownTasks(const EvaluationRequest& request) {
    std::vector<std::optional<TaskResult>> known(request.tasks.size());
    for (std::size_t i = 0; i < known.size() && request.known; ++i) {
        known[i] = request.known(request.tasks[i]);
    }
    return known;
}

std::uint64_t
countRequests(const EvaluationRequest& request, const std::vector<std::optional<TaskResult>>& known) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < request.tasks.size(); ++i) {
        if (known[i]) {
            continue;
        }
        const TaskData& data = request.tasks[i];
        for (const int row : itemOrder(static_cast<int>(data.items.size()), request.limit, request.seed)) {
            total += data.items[static_cast<std::size_t>(row)].choices.size();
        }
    }
    return total;
}

} // namespace

ScoreRequest scoreRequest(
    const Tokenizer& tokenizer, std::string_view context, std::string_view continuation, int maxLength) {
    const std::size_t space = trailingSpace(context);
    const std::string_view kept = context.substr(0, context.size() - space);
    ScoreRequest request;
    if (kept.empty()) {
        request = withoutContext(tokenizer, std::string(context) + std::string(continuation));
    } else {
        request.context = tokenizer.encode(kept);
        const auto whole = tokenizer.encode(std::string(context) + std::string(continuation));
        const std::size_t split = std::min(request.context.size(), whole.size());
        request.continuation.assign(whole.begin() + static_cast<std::ptrdiff_t>(split), whole.end());
    }
    keepLast(request, static_cast<std::size_t>(std::max(maxLength, 1)) + 1);
    return request;
}

int EvaluationResult::nonfinite() const {
    int sum = 0;
    for (const TaskResult& task : tasks) {
        sum += task.metrics.nonfinite;
    }
    return sum;
}

bool TaskResult::whole() const {
    return !stoppedEarly && !items.empty() && metrics.n == metrics.total &&
           items.size() == static_cast<std::size_t>(metrics.n);
}

double EvaluationResult::average() const {
    double sum = 0;
    int count = 0;
    for (const TaskResult& task : tasks) {
        if (task.metrics.n > 0) {
            sum += task.metrics.published(task.task);
            ++count;
        }
    }
    return count > 0 ? sum / count : 0.0;
}

const TaskResult* EvaluationResult::find(Task task) const {
    const auto it =
        std::find_if(tasks.begin(), tasks.end(), [task](const TaskResult& r) { return r.task == task; });
    return it == tasks.end() ? nullptr : &*it;
}

const TaskResult* EvaluationResult::find(std::string_view name) const {
    const auto it =
        std::find_if(tasks.begin(), tasks.end(), [name](const TaskResult& r) { return r.name() == name; });
    return it == tasks.end() ? nullptr : &*it;
}

std::vector<TaskLabel> taskLabels(std::span<const EvaluationResult* const> results) {
    std::map<std::pair<std::size_t, std::string>, TaskLabel> labels; // a file's tasks are behind all others
    for (const EvaluationResult* result : results) {
        for (const TaskResult& task : result->tasks) {
            const auto place = std::find(kTasks.begin(), kTasks.end(), task.task) - kTasks.begin();
            labels[{static_cast<std::size_t>(place), task.name()}] = {task.task, task.name(), task.title()};
        }
    }
    std::vector<TaskLabel> ordered;
    for (auto& [place, label] : labels) {
        ordered.push_back(std::move(label));
    }
    return ordered;
}

const TaskResult* EvaluationResult::counterpart(const TaskResult& task) const {
    const auto it = std::find_if(tasks.begin(), tasks.end(), [&](const TaskResult& r) {
        const bool sameData = r.dataHash.empty() || task.dataHash.empty() || r.dataHash == task.dataHash;
        return r.task == task.task && r.name() == task.name() && sameData;
    });
    return it == tasks.end() ? nullptr : &*it;
}

Result<EvaluationResult> evaluate(
    Scorer& scorer, const Tokenizer& tokenizer, const EvaluationRequest& request, const EvaluationSink& sink,
    const Job& job) {
    if (request.tasks.empty()) {
        return Error::usage("No task was chosen.", "Choose at least one.");
    }
    const auto start = Clock::now();
    std::vector<std::optional<TaskResult>> known = knownTasks(request);
    Run run{
        scorer, dynamic_cast<ScoreAnnouncer*>(&scorer), tokenizer, request, sink, job,
        countRequests(request, known), 0};
    std::vector<std::unique_ptr<TaskRun>> runs;
    for (std::size_t i = 0; i < known.size(); ++i) {
        runs.push_back(known[i] ? nullptr : std::make_unique<TaskRun>(run, request.tasks[i]));
    }
    EvaluationResult result;
    result.seed = request.seed;
    result.limit = request.limit;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const TaskData& data = request.tasks[i];
        if (known[i]) {
            if (sink) {
                sink(data, known[i]->metrics);
            }
            result.tokens += known[i]->tokens;
            result.tasks.push_back(std::move(*known[i]));
            continue;
        }
        const std::unique_ptr<TaskRun> task = std::move(runs[i]); // its requests go with it
        const auto next =
            std::find_if(runs.begin(), runs.end(), [](const auto& later) { return later != nullptr; });
        auto outcome = task->execute(next == runs.end() ? nullptr : next->get());
        if (outcome.ok() && request.finished) {
            outcome = request.finished(task->result());
        }
        if (!outcome.ok() && outcome.error().code != ErrorCode::Cancelled) {
            return outcome.error().within(data.title());
        }
        result.tokens += task->result().tokens;
        if (outcome.ok() || !task->result().items.empty()) {
            result.tasks.push_back(std::move(task->result()));
        }
        if (!outcome.ok()) {
            result.partial = true;
            break;
        }
    }
    if (result.partial && result.tasks.empty()) {
        return Error::cancelled();
    }
    result.seconds = secondsSince(start);
    return result;
}

} // namespace mambascope
