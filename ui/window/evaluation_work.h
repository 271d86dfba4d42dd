// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"
#include "core/evaluation/evaluator.h"
#include "core/search/plan_search.h"
#include "ui/models/live_task.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mambascope::ui {

/// How far an evaluation is.
struct LiveState {
    std::map<std::string, LiveTask> tasks; ///< by name, those that have items
    int done = 0, total = 0;             ///< items that are computed in this run; not those that were known
    double seconds = 0;                  ///< since the first of them was asked for
};

/// Running metrics of an evaluation: written on the engine's thread, read on the GUI's whenever it wants to
/// paint.
class LiveMetrics {
public:
    /// The items of so many are computed from now on.
    void begin(int total);
    /// `computed`: in this run.
    void set(const TaskData& task, const TaskMetrics& metrics, bool computed);
    LiveState get() const;

private:
    mutable std::mutex m_mutex;
    LiveState m_state;
    std::map<std::string, int> m_done; ///< items by task
    std::optional<std::chrono::steady_clock::time_point> m_begin;
};

/// The tokenizer of the loaded model, made once a checkpoint. Used on the engine's thread only.
class TokenizerCache {
public:
    /// `chosen` is the tokenizer.json to be used, which has to fit the model; empty: the checkpoint's own.
    Result<std::shared_ptr<const Tokenizer>>
    get(Engine& engine, const LoadedModel& model, const std::filesystem::path& chosen);

private:
    std::string m_hash;
    std::filesystem::path m_chosen;
    std::shared_ptr<const Tokenizer> m_tokenizer;
};

/// Everything that determines a result.
struct EvaluationWork {
    QuantPlan plan;
    std::shared_ptr<const CalibrationSnapshot> calibration; ///< null if the plan needs none
    std::string calibrationHash;                            ///< empty if the plan needs none
    LoadedModel model;
    std::filesystem::path tokenizer; ///< chosen by the user; empty: the checkpoint's own
    std::filesystem::path folder;
    std::vector<Task> tasks;
    std::vector<std::filesystem::path> taskFiles;
    int limit = 0;
    std::int64_t seed = 0;
    BrokenLines brokenLines = BrokenLines::Refuse;
    std::optional<EarlyStop> earlyStop = std::nullopt;
};

/// Data that could be read but for some lines.
struct BrokenData {
    Error error; ///< about the first of them
    std::size_t lines = 0;
};

struct EvaluationOutcome {
    std::shared_ptr<const EvaluationResult> result; ///< null if `broken` says why
    bool known = false;                ///< it is one of the results that were there already
    std::vector<std::string> warnings; ///< of the plan
    std::optional<BrokenData> broken = std::nullopt; ///< nothing was evaluated, because broken lines are refused
};

/// Loads the tasks, sets the plan and evaluates it. Tasks that one of `known` has are taken from there; if
/// one of them has them all, it is the answer.
Result<EvaluationOutcome> evaluateOnEngine(
    Engine& engine, TokenizerCache& tokenizers, const EvaluationWork& work,
    const std::vector<std::shared_ptr<const EvaluationResult>>& known, LiveMetrics& live, const Job& job);

/// What a calibration job is asked for.
struct CalibrationWork {
    LoadedModel model;
    std::filesystem::path textFile;
    WindowRequest windows;
    std::filesystem::path tokenizer; ///< chosen by the user; empty: the checkpoint's own
    bool rotated = false;            ///< CalibrationSource::rotated
};
Result<std::shared_ptr<const CalibrationSnapshot>>
calibrateOnEngine(Engine& engine, TokenizerCache& tokenizers, const CalibrationWork& work, const Job& job);

/// What a search over plans is asked for.
struct PlanSearchWork {
    CalibrationWork text; ///< what is measured on
    PlanSearch search;    ///< without its windows
};
/// Cuts the windows, and runs searchPlan() on them.
Result<PlanSearchResult> searchOnEngine(
    Engine& engine, TokenizerCache& tokenizers, const PlanSearchWork& work, const Job& job);

} // namespace mambascope::ui
