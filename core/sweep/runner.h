// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"
#include "core/evaluation/evaluator.h"
#include "core/sweep/recipe.h"
#include "core/tokenizer/tokenizer.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mambascope {

/// What a sweep is made of and where it keeps what is done.
struct SweepRequest {
    Recipe recipe;
    std::vector<TaskData> tasks;
    int limit = 0; ///< items a task; 0: all
    std::int64_t seed = 0;
    std::vector<LoadRequest> checkpoints; ///< device and threads are those of an engine of its own
    /// One engine each; plans are spread over them. The results do not depend on how.
    std::vector<std::string> devices{"auto"};
    std::filesystem::path tokenizer; ///< tokenizer.json for every checkpoint; empty: each its own
    std::filesystem::path folder;    ///< exists; results go to its folder "runs"
};

/// One checkpoint's results: a row per plan of the recipe, in its order, every row with all tasks in their
/// order.
struct SweepGroup {
    LoadedModel model;
    std::string calibrationHash; ///< empty if no plan needs one
    std::vector<EvaluationResult> rows;
};

struct SweepStep {
    std::string checkpoint, plan, task;
    double published = 0; ///< the task's published metric
    double seconds = 0;
    std::size_t done = 0, total = 0; ///< results of this checkpoint, those found in the folder included
};

/// What the sweep asks of its caller, and tells it. The calls come from several threads, but never two at
/// once.
struct SweepHooks {
    std::function<Result<std::unique_ptr<Engine>>()> startEngine;
    /// A calibration for the checkpoint that `engine` has loaded. Called once a checkpoint, if a plan needs
    /// it.
    std::function<Result<std::shared_ptr<const CalibrationSnapshot>>(
        Engine& engine, const LoadedModel& model, const Tokenizer& tokenizer, const Job& job)>
        calibrate;
    std::function<void(const SweepStep&)> finished; ///< may be empty
    std::function<void(const std::string&)> warn;   ///< may be empty
};

/// Runs what is not in the folder yet, and returns everything. Each finished (checkpoint, plan, task) is in
/// the folder at once, so that a sweep that is killed or cancelled goes on where it was. Cancelled stops
/// within a batch. An error of one engine stops the others.
Result<std::vector<SweepGroup>>
runSweep(const SweepRequest& request, const SweepHooks& hooks, const Job& job);

} // namespace mambascope
