// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/bench_interactive.h"

#include "app/cli/session_file.h"
#include "core/engine/describe.h"
#include "core/evaluation/result_key.h"
#include "core/evaluation/task_file.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>

namespace mambascope::cli {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Processor time of all threads of a process on this machine, in seconds; 0 where the system does not say.
double processorSeconds(int process) {
    std::error_code error;
    double nanoseconds = 0;
    const std::filesystem::directory_iterator threads("/proc/" + std::to_string(process) + "/task", error);
    for (const auto& thread : threads) {
        std::ifstream file(thread.path() / "schedstat");
        double part = 0;
        nanoseconds += file >> part ? part : 0.0;
    }
    return nanoseconds * 1e-9;
}

/// A folder that goes with its owner.
class ScratchFolder {
public:
    ScratchFolder()
        : m_path(
              std::filesystem::temp_directory_path() /
              ("mambascope-bench-" + std::to_string(std::random_device()()))) {
        std::filesystem::create_directories(m_path);
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    std::string file(const char* name) const { return (m_path / name).string(); }

private:
    std::filesystem::path m_path;
};

/// One evaluation under the clock.
struct Timed {
    EvaluationResult result;
    double seconds = 0, firstInterval = 0; ///< from the edit on
    double processor = 0;                  ///< the engine's processor time
};

/// What the rounds have measured of an edit at one layer.
struct Edit {
    int layer = 0;
    std::vector<double> seconds, ratio, firstInterval, processorRatio;
};

bool sameScores(const EvaluationResult& a, const EvaluationResult& b) {
    return std::equal(
        a.tasks.begin(), a.tasks.end(), b.tasks.begin(), b.tasks.end(),
        [](const TaskResult& x, const TaskResult& y) { return x.items == y.items; });
}

class Interactive {
public:
    Interactive(
        const Context& context, int rounds, EvaluationRequest request, LoadedEngine keeping,
        LoadedEngine plain)
        : m_context(context)
        , m_rounds(rounds)
        , m_request(std::move(request))
        , m_keeping(std::move(keeping))
        , m_plain(std::move(plain)) {
        const int layers = m_keeping.model.spec.layers;
        for (const int layer : {layers - 1, layers * 3 / 4, layers / 2, 0}) {
            m_edits.push_back({layer, {}, {}, {}, {}});
        }
    }

    Result<OrderedJson> run() {
        auto tokenizer = tokenizerOf(m_keeping);
        if (!tokenizer.ok()) {
            return tokenizer.error();
        }
        m_tokenizer = tokenizer.value();
        prepareChoices();
        for (int round = -1; round < m_rounds; ++round) { // the first one only fills what is kept
            if (const Result<void> done = playRound(round); !done.ok()) {
                return done.error();
            }
        }
        const Result<double> cached = timeCached();
        return cached.ok() ? Result<OrderedJson>(report(cached.value())) : cached.error();
    }

private:
    /// The next plan: the layer's in_proj gets other weights than it had.
    void edit(int layer, int round) {
        m_plan.sites[{layer, Linear::InProj}].weightBits = 8 - (round + 1) % 3;
    }

    Result<Timed> timed(LoadedEngine& on) {
        Timed timed;
        const double processor = processorSeconds(on.engine->processId());
        const auto start = Clock::now();
        const Job quiet{m_context.job.stop, {}};
        if (const auto applied = on.engine->applyPlan(m_plan, nullptr, quiet); !applied.ok()) {
            return applied.error();
        }
        const auto sink = [&](const TaskData&, const TaskMetrics& running) {
            if (timed.firstInterval == 0 && running.n > 0) {
                timed.firstInterval = secondsSince(start);
            }
        };
        auto result = evaluate(*on.engine, *m_tokenizer, m_request, sink, quiet);
        if (!result.ok()) {
            return result.error();
        }
        timed.seconds = secondsSince(start);
        timed.processor = processorSeconds(on.engine->processId()) - processor;
        timed.result = std::move(result).value();
        if (timed.result.partial) {
            return Error::cancelled();
        }
        return timed;
    }

    Result<void> playRound(int round) {
        m_context.job.report(
            "Measuring", static_cast<std::uint64_t>(round + 1), static_cast<std::uint64_t>(m_rounds + 1));
        std::vector<Timed> edited;
        for (const Edit& each : m_edits) {
            edit(each.layer, round);
            auto again = timed(m_keeping);
            if (!again.ok()) {
                return again.error();
            }
            edited.push_back(std::move(again).value());
        }
        auto full = timed(m_plain);
        if (!full.ok()) {
            return full.error();
        }
        if (!sameScores(full.value().result, edited.back().result)) {
            return Error::failed("Scores depend on what the engine has kept.");
        }
        if (round >= 0) {
            m_full.push_back(full.value().seconds);
            m_fullFirst.push_back(full.value().firstInterval);
            m_fullProcessor.push_back(full.value().processor);
            for (std::size_t i = 0; i < edited.size(); ++i) {
                m_edits[i].seconds.push_back(edited[i].seconds);
                m_edits[i].ratio.push_back(edited[i].seconds / full.value().seconds);
                m_edits[i].firstInterval.push_back(edited[i].firstInterval);
                m_edits[i].processorRatio.push_back(edited[i].processor / full.value().processor);
            }
        }
        m_result = std::move(full.value().result);
        return round < 0 ? Result<void>() : timeForking();
    }

    /// The requests as they stand, and by the number of the choice.
    void prepareChoices() {
        for (const TaskData& task : m_request.tasks) {
            for (const int row :
                 itemOrder(static_cast<int>(task.items.size()), m_request.limit, m_request.seed)) {
                const auto& choices = task.items[static_cast<std::size_t>(row)].choices;
                for (std::size_t i = 0; i < choices.size(); ++i) {
                    m_together.push_back(
                        scoreRequest(*m_tokenizer, choices[i].context, choices[i].continuation));
                    m_apart.resize(std::max(m_apart.size(), i + 1));
                    m_apart[i].push_back(m_together.back());
                }
            }
        }
    }

    /// All choices of an item side by side, against one choice of every item at a time, so that no two
    /// requests that the engine sees together share a context.
    Result<void> timeForking() {
        const Result<Timed> together = scored({m_together});
        const Result<Timed> apart = together.ok() ? scored(m_apart) : together.error();
        if (!apart.ok()) {
            return apart.error();
        }
        m_forking.push_back(apart.value().seconds / together.value().seconds);
        m_forkingProcessor.push_back(apart.value().processor / together.value().processor);
        return {};
    }

    Result<Timed> scored(const std::vector<std::vector<ScoreRequest>>& parts) {
        Timed timed;
        const double processor = processorSeconds(m_plain.engine->processId());
        const auto start = Clock::now();
        for (const std::vector<ScoreRequest>& requests : parts) {
            const auto scores = m_plain.engine->score(requests, {}, {m_context.job.stop, {}});
            if (!scores.ok()) {
                return scores.error();
            }
        }
        timed.seconds = secondsSince(start);
        timed.processor = processorSeconds(m_plain.engine->processId()) - processor;
        return timed;
    }

    /// Looks a result up in a session file, as `evaluate --session` does.
    Result<double> timeCached() {
        const Result<EngineInfo> info = m_plain.engine->info();
        if (!info.ok()) {
            return info.error();
        }
        auto result = std::make_shared<EvaluationResult>(m_result);
        describeRun(*result, m_plain.model, info.value(), m_plan, {}, *m_tokenizer);
        const ScratchFolder folder;
        const std::string file = folder.file("bench.mscope");
        if (const Result<void> added = addToSession(file, m_plain.model, m_plan, result); !added.ok()) {
            return added.error();
        }
        const auto start = Clock::now();
        const auto known = resultsLike(file, m_plain.model, *result);
        if (!known.ok()) {
            return known.error();
        }
        for (const TaskData& task : m_request.tasks) {
            if (findResult(known.value(), resultKey(*result, task)) == nullptr) {
                return Error::failed("The session does not find the result of " + task.title() + ".");
            }
        }
        return secondsSince(start);
    }

    OrderedJson report(double cached) const {
        const LoadedModel& model = m_plain.model;
        OrderedJson json{
            {"model", model.name},  {"device", model.device},      {"device_name", model.deviceName},
            {"dtype", model.dtype}, {"layers", model.spec.layers}, {"rounds", m_rounds}};
        for (const TaskResult& task : m_result.tasks) {
            json["items"][task.name()] = task.metrics.n;
        }
        json["tokens"] = m_result.tokens;
        json["full"] = {{"seconds", median(m_full)}, {"first_interval_seconds", median(m_fullFirst)}};
        // An engine elsewhere has its processor time elsewhere, too.
        const bool here = median(m_fullProcessor) > 0.01 * median(m_full);
        if (here) {
            json["full"]["processor_seconds"] = median(m_fullProcessor);
        }
        for (const Edit& edit : m_edits) {
            json["edits"].push_back(
                {{"layer", edit.layer},
                 {"seconds", median(edit.seconds)},
                 {"ratio", median(edit.ratio)},
                 {"ratios", edit.ratio},
                 {"first_interval_seconds", median(edit.firstInterval)}});
            if (here) {
                json["edits"].back()["processor_ratio"] = median(edit.processorRatio);
                json["edits"].back()["processor_ratios"] = edit.processorRatio;
            }
        }
        json["forking_gain"] = median(m_forking);
        if (here) {
            json["forking_gain_processor"] = median(m_forkingProcessor);
        }
        json["cached_result_seconds"] = cached;
        return json;
    }

    const Context& m_context;
    int m_rounds;
    EvaluationRequest m_request;
    LoadedEngine m_keeping, m_plain; ///< keeps residual streams between plans; does not
    std::shared_ptr<const Tokenizer> m_tokenizer;
    QuantPlan m_plan;
    std::vector<Edit> m_edits;
    std::vector<ScoreRequest> m_together;
    std::vector<std::vector<ScoreRequest>> m_apart;
    std::vector<double> m_full, m_fullFirst, m_fullProcessor, m_forking, m_forkingProcessor;
    EvaluationResult m_result; ///< of the last plan
};

} // namespace

void addInteractiveOptions(CLI::App& verb, InteractiveBench& options) {
    verb.add_option(
        "--tasks", options.tasks,
        "Measure edits of a plan on these tasks instead: time after an edit over a full evaluation");
    verb.add_option("--data", options.data, "Folder of the tasks' data (default for the demo: its own)");
    verb.add_option("--limit", options.limit, "Items a task (default 300)")->check(CLI::Range(1, 1 << 30));
}

Result<void> benchInteractive(
    const Context& context, const std::string& model, int rounds, const InteractiveBench& options,
    const OutputOptions& output) {
    if (const Result<void> free = checkOutput(output); !free.ok()) {
        return free.error();
    }
    EvaluationRequest request;
    request.limit = options.limit;
    Result<std::vector<TaskData>> tasks = loadTasks(options.tasks, tasksFolder(options.data, model));
    if (!tasks.ok()) {
        return tasks.error();
    }
    request.tasks = std::move(tasks).value();
    Context nothing = context;
    nothing.options.reuseMegabytes = 0;
    Result<LoadedEngine> keeping = loadModel(forSeveralPlans(context), model);
    Result<LoadedEngine> plain = keeping.ok() ? loadModel(nothing, model) : keeping.error();
    if (!plain.ok()) {
        return plain.error();
    }
    Result<OrderedJson> report =
        Interactive(context, rounds, std::move(request), std::move(keeping).value(), std::move(plain).value())
            .run();
    return report.ok() ? writeJson(report.value(), output) : report.error();
}

} // namespace mambascope::cli
