// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/metrics.h"
#include "core/evaluation/score.h"
#include "core/evaluation/tasks.h"
#include "core/tokenizer/tokenizer.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mambascope {

/// Splits a choice into context and continuation tokens (evaluation specification, 2.1): trailing whitespace
/// of the context moves to the continuation, both are tokenized together, the continuation is what follows
/// the context's own tokens; an empty context becomes token 0. Sequences longer than `maxLength` + 1 keep
/// their last tokens.
ScoreRequest scoreRequest(
    const Tokenizer& tokenizer, std::string_view context, std::string_view continuation,
    int maxLength = 2048);

/// How a task ended before its last item because its difference to the baseline was clear.
struct StoppedEarly {
    double level = 0; ///< at which it was to stop
    double p = 1;     ///< anytime-valid p-value of the difference (sequential.h)
    bool operator==(const StoppedEarly&) const = default;
};

/// One task of a run: its items (in the order of evaluation) and their aggregate.
struct TaskResult {
    Task task = Task::Lambada;
    TaskMetrics metrics;
    std::vector<ItemResult> items;
    std::string dataHash;
    std::string note;
    std::int64_t tokens = 0; ///< context + continuation over all requests
    double seconds = 0;
    std::shared_ptr<const TaskIdentity> identity = nullptr; ///< of a task file; null for the built-in ones
    std::optional<StoppedEarly> stoppedEarly = std::nullopt;

    /// Every item of the run is there: nobody has stopped it, early or otherwise.
    bool whole() const;
    std::string name() const { return identity ? identity->name : std::string(taskName(task)); }
    std::string title() const { return identity ? identity->title : std::string(taskDisplayName(task)); }
    double chance() const { return identity ? identity->chance : chanceLevel(task); }
};

/// A whole evaluation. Immutable once made; shared as shared_ptr<const EvaluationResult>.
struct EvaluationResult {
    std::string modelName, modelHash;
    OrderedJson plan; ///< the plan file's content
    std::string planName, planHash, calibrationHash;
    std::int64_t seed = 0;
    int limit = 0;
    std::string engine, dtype, device;
    std::string tokenizerHash; ///< Tokenizer::hash()
    std::vector<TaskResult> tasks;
    std::int64_t tokens = 0;
    double seconds = 0;
    bool partial = false; ///< cancelled before the end
    int nonfinite() const;
    /// Unweighted mean of the published metrics of the tasks that have items.
    double average() const;
    const TaskResult* find(Task task) const;             ///< a built-in task
    const TaskResult* find(std::string_view name) const; ///< any task, by TaskResult::name()
    /// The same task on the same data (two hashes that are both known must agree); null if there is none.
    const TaskResult* counterpart(const TaskResult& task) const;
};

/// A task as a row of a table.
struct TaskLabel {
    Task task = Task::Lambada;
    std::string name, title;
    bool operator==(const TaskLabel&) const = default;
};
/// The tasks that any of the results has: the built-in ones in their order, then those of files by name.
std::vector<TaskLabel> taskLabels(std::span<const EvaluationResult* const> results);

/// Ends every task whose paired difference to `baseline` is clear.
struct EarlyStop {
    double level = 0; ///< a task ends once the p-value of sequential.h is at most this
    /// Tasks that it does not have with its items on the same data are evaluated to their end.
    std::shared_ptr<const EvaluationResult> baseline = nullptr;
};

struct EvaluationRequest {
    std::vector<TaskData> tasks;
    int limit = 0; ///< items a task, drawn at random; 0: all
    std::int64_t seed = 0;
    std::optional<EarlyStop> earlyStop = std::nullopt; ///< off for numbers that are to be published
    /// What is known of a task is taken instead of being computed; may be empty.
    std::function<std::optional<TaskResult>(const TaskData&)> known = nullptr;
    /// Gets every task that was computed as soon as it is done; an error ends the run. May be empty.
    std::function<Result<void>(const TaskResult&)> finished = nullptr;
};

/// Called whenever more is known of a task (running metrics), on the thread of the evaluation.
using EvaluationSink = std::function<void(const TaskData& task, const TaskMetrics& running)>;

/// Runs all tasks on a scorer. Items are drawn in seeded random order, so that running metrics are unbiased.
/// A scorer that is a ScoreAnnouncer is told of each task before it has finished the one before.
/// On cancel returns what is done so far, marked partial, if at least one item is; otherwise Cancelled. The
/// caller fills in model, plan, engine and tokenizer.
Result<EvaluationResult> evaluate(
    Scorer& scorer, const Tokenizer& tokenizer, const EvaluationRequest& request, const EvaluationSink& sink,
    const Job& job);

/// Result file, format 1 (command line contract, docs/evaluation.md section 9). With a baseline each task
/// that it has on the same data adds delta, gained, lost, p_mcnemar and a bootstrap interval. With `items`
/// every task also holds its item results, so that the file can serve as a baseline.
OrderedJson toJson(const EvaluationResult& result, const EvaluationResult* baseline, bool items);
Result<EvaluationResult> evaluationFromJson(const Json& json, std::string_view what);
/// A Markdown table: tasks and metrics as rows, one column a result, values in per cent with standard error
/// and 95 % interval; from the second column on the paired difference to the first.
std::string toMarkdown(std::span<const EvaluationResult* const> results);
/// One JSON line per item: task, index, gold, scores, greedy, pred.
std::string examplesToJsonLines(const EvaluationResult& result);

/// Perplexity of running text.
enum class PerplexityMethod { Document, Contiguous };
struct PerplexityResult {
    PerplexityMethod method = PerplexityMethod::Document;
    int window = 2048;
    std::int64_t tokens = 0, words = 0, bytes = 0, windows = 0;
    double logLikelihood = 0;
    double tokenPerplexity = 0; ///< contiguous: exp(mean nll of scored tokens)
    double wordPerplexity = 0, bytePerplexity = 0, bitsPerByte = 0; ///< document
};
/// Evaluation specification, section 5: document-level with the harness's detokenizer, or contiguous windows.
Result<PerplexityResult> perplexity(
    Scorer& scorer, const Tokenizer& tokenizer, std::string_view text, PerplexityMethod method, int window,
    const Job& job);
OrderedJson toJson(const PerplexityResult& result);

} // namespace mambascope
