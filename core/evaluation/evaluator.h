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

struct EvaluationRequest {
    std::vector<TaskData> tasks;
    int limit = 0; ///< items a task, drawn at random; 0: all
    std::int64_t seed = 0;
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
    std::vector<TaskResult> tasks;
    std::int64_t tokens = 0;
    double seconds = 0;
    bool partial = false; ///< cancelled before the end
    int nonfinite() const;
    /// Unweighted mean of the published metrics of the tasks that have items.
    double average() const;
    const TaskResult* find(Task task) const; ///< a built-in task
    /// The same task on the same data (two hashes that are both known must agree); null if there is none.
    const TaskResult* counterpart(const TaskResult& task) const;
};

/// Called whenever more is known of a task (running metrics), on the thread of the evaluation.
using EvaluationSink = std::function<void(Task task, const TaskMetrics& running)>;

/// Runs all tasks on a scorer. Items are drawn in seeded random order, so that running metrics are unbiased.
/// On cancel returns what is done so far, marked partial, if at least one item is; otherwise Cancelled. The
/// caller fills in model, plan, engine.
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
