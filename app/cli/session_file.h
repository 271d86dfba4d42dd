// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"
#include "core/session/session.h"

#include <memory>
#include <string>
#include <vector>

namespace mambascope::cli {

/// How sessions refer to a checkpoint.
CheckpointReference referenceTo(const LoadedModel& model);

// No file name means no session: then nothing is wrong, and nothing is written.

/// ReadOnly if the session exists and cannot be written; to be asked before hours of work.
Result<void> checkSession(const std::string& file);
/// The same, and Usage if it is about another checkpoint than `model`.
Result<void> checkSession(const std::string& file, const LoadedModel& model);
/// Adds a calibration to a session file, which is created if it does not exist and made to refer to `model`.
/// ReadOnly if the session cannot be written; Usage if it is about another checkpoint.
Result<void> addToSession(
    const std::string& file, const LoadedModel& model,
    std::shared_ptr<const CalibrationSnapshot> calibration);
/// The results of the session, if there is one, that were made as `run` is going to be, whatever their tasks,
/// with their items.
Result<std::vector<std::shared_ptr<const EvaluationResult>>>
resultsLike(const std::string& file, const LoadedModel& model, const EvaluationResult& run);
/// Adds an evaluation, and makes its plan the session's current plan.
Result<void> addToSession(
    const std::string& file, const LoadedModel& model, const QuantPlan& plan,
    std::shared_ptr<const EvaluationResult> result);
/// Adds the trace of a search.
Result<void> addSearchToSession(const std::string& file, const LoadedModel& model, const OrderedJson& trace);
/// Adds the results of a sweep, over whatever checkpoints.
Result<void> addSweepToSession(const std::string& file, const OrderedJson& results);
/// Makes `plan` the session's current plan: its results are there already.
Result<void> setSessionPlan(const std::string& file, const LoadedModel& model, const QuantPlan& plan);

} // namespace mambascope::cli
